"""Start a server on a free port, wait until it answers, and end it with everything that it started."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.table import Server

HERE = Path(__file__).parent
PROGRAMS = Path(os.environ.get("DEMIJOHN_SERVERS_BIN", HERE.parents[1] / ".venvs" / "servers" / "bin"))
ABSENT = "DEMIJOHN_SERVERS_ABSENT"
LONGEST_START = 20.0
LONGEST_STOP = 15.0
LONGEST_LIFE = 600
ATTEMPTS = 3
BAD_GATEWAY = 502
"""What a proxy answers whose server is not there yet."""


class Running:
    """A server that runs: where it listens, and where it and the tests leave word for each other."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.port = 0
        self.processes: list[subprocess.Popen[bytes]] = []
        self.stopped: list[int] | None = None

    def start(self) -> None:
        """Start the server, and again when another program was faster to take the port."""
        for _ in range(ATTEMPTS):
            inner, self.port = find_free_ports(2)
            ports = {"port": str(self.port), "inner": str(inner), "folder": str(self.folder)}
            if self.server.front:
                (self.folder / "nginx.conf").write_text(fill_in((HERE / "nginx.conf").read_text("utf-8"), ports))
            commands = [self.server.command, self.server.front] if self.server.front else [self.server.command]
            self.stopped = None
            self.processes = [self.start_process(fill_in(command, ports)) for command in commands]
            if self.answers():
                return
            self.stop()
            if "in use" not in self.read_log():
                break
        pytest.fail(f"{self.server.name} does not answer:\n{self.read_log()}", pytrace=False)

    def start_process(self, command: str) -> subprocess.Popen[bytes]:
        """Start one program in a session of its own.

        `timeout` ends it also when this process is killed and can no longer do so.
        """
        name, *arguments = command.split()
        program = ["timeout", "--foreground", "--kill-after=5", str(LONGEST_LIFE), find_program(name), *arguments]
        variables = {key: value for key, value in os.environ.items() if not key.startswith("FLASK_")}
        variables |= {
            "PYTHONPATH": str(HERE),
            "PYTHONUNBUFFERED": "1",
            "GUNICORN_CMD_ARGS": "--no-control-socket",  # it would lie in the home, and all would share it
            "SERVED_FOLDER": str(self.folder),
            "SERVED_BEHIND_PROXY": "yes" if self.server.front else "",
        }
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                program, cwd=self.folder, env=variables, stdout=log, stderr=log, start_new_session=True
            )

    def answers(self) -> bool:
        """Wait until the server answers, or has ended."""
        end = time.monotonic() + LONGEST_START
        while time.monotonic() < end and not any(process.poll() is not None for process in self.processes):
            with contextlib.suppress(OSError, http.client.HTTPException), self.connect() as connection:
                connection.request("GET", "/")
                if connection.getresponse().status != BAD_GATEWAY:
                    return True
            time.sleep(0.05)
        return False

    def stop(self) -> list[int]:
        """Ask the server to stop, and end what does not.

        Returns:
            The exit status of each program: -9 for one that did not stop by itself.
        """
        if self.stopped is None:
            self.stopped = [stop_process(process) for process in reversed(self.processes)]
        return self.stopped

    @contextlib.contextmanager
    def connect(self) -> Iterator[http.client.HTTPConnection]:
        """Open a connection, and close it whatever happens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=8)
        try:
            yield connection
        finally:
            connection.close()

    def read_log(self) -> str:
        """Return what the server printed."""
        return (self.folder / "log").read_text("utf-8", errors="replace")


class Farm:
    """Keep one server running at a time: the one that was asked for last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: Running | None = None
        self.dead: set[str] = set()

    def give(self, server: Server) -> Running:
        """Return the server, started when it does not run yet."""
        if self.running and self.running.server == server and self.running.stopped is None:
            return self.running
        self.stop()
        for command in filter(None, (server.command, server.front)):
            find_program(command.split()[0])
        if server.name in self.dead:
            pytest.fail(f"{server.name} did not start the first time", pytrace=False)
        folder = self.folder / server.name
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "static").mkdir(parents=True)
        (folder / "static" / "numbers.bin").write_bytes(make_bytes(256 * 1024))
        self.dead.add(server.name)
        self.running = Running(server, folder)
        self.running.start()
        self.dead.remove(server.name)
        return self.running

    def stop(self) -> None:
        """Leave nothing behind."""
        if self.running:
            self.running.stop()
        self.running = None


def find_program(name: str) -> str:
    """Return the path of a program, or fail with what to do.

    A server that is missing is a failure, so that no report looks complete which is not.
    """
    own = PROGRAMS / name
    found = str(own) if own.exists() else shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found:
        return found
    if name in os.environ.get(ABSENT, "").split(","):
        pytest.skip(f"{name} is absent, and {ABSENT} says that it may be")
    pytest.fail(
        f"The program {name!r} is neither in {PROGRAMS} nor on the PATH, so it cannot serve. Make the environment with"
        f" scripts/environments, install nginx-light from the distribution, or set {ABSENT}={name}.",
        pytrace=False,
    )


def find_free_ports(count: int) -> list[int]:
    """Find ports on the loopback that nobody listens on."""
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in listeners]


def fill_in(text: str, values: dict[str, str]) -> str:
    """Fill in the values; other braces stay, nginx has many."""
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def stop_process(process: subprocess.Popen[bytes]) -> int:
    """Ask one program to stop, and kill what is left of its session."""
    process.terminate()
    try:
        status = process.wait(LONGEST_STOP)
    except subprocess.TimeoutExpired:
        status = -signal.SIGKILL
    if not is_gone(process.pid):
        status = -signal.SIGKILL
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(LONGEST_STOP)
    return status


def is_gone(group: int) -> bool:
    """Tell whether all processes of a group end within a moment."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def make_bytes(size: int) -> bytes:
    """Make bytes that look random and are always the same."""
    return random.Random(5).randbytes(size)
