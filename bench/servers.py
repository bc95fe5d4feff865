"""Real servers with one worker on loopback: started here, looked at, and ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .peers import PEERS
from .process import CACHE, ROOT, build_environment

HOST = "127.0.0.1"
_START_SECONDS = 20.0
_STOP_SECONDS = 10.0

_GRANIAN = ("granian", "--workers", "1", "--host", HOST, "--port", "{port}", "{app}", "--interface")
_UVICORN = ("uvicorn", "--workers", "1", "--no-access-log", "--log-level", "warning")

SERVERS: dict[str, tuple[str, ...]] = {
    "Granian (WSGI)": (*_GRANIAN, "wsgi", "--no-ws"),
    "Granian (ASGI)": (*_GRANIAN, "asgi", "--no-ws"),
    "Granian (RSGI)": (*_GRANIAN, "rsgi", "--no-ws"),
    "demijohn serve": ("demijohn", "--app", "{app}", "serve", "--host", HOST, "--port", "{port}"),
    "gunicorn (gthread)": (
        "gunicorn",
        "-k",
        "gthread",
        "-w",
        "1",
        "--threads",
        "4",
        "-b",
        f"{HOST}:{{port}}",
        "{app}",
    ),
    "waitress": ("waitress", "--threads", "4", "--listen", f"{HOST}:{{port}}", "{app}"),
    "uvicorn": (*_UVICORN, "--host", HOST, "--port", "{port}", "{app}"),
}
"""The arguments of `python -m` that start each server."""

RSGI = "rsgi"
"""The name of the bare RSGI function, which is no peer: nothing in process could call it."""


@dataclass(frozen=True)
class Row:
    """A framework behind a server, and what it is asked there."""

    peer: str
    server: str
    cases: tuple[str, ...] = ("plain", "json")

    @property
    def name(self) -> str:
        """Give the name under which its figures are kept."""
        return f"{self.peer} on {self.server}"

    @property
    def label(self) -> str:
        """Give the name of the framework, without the interface, which the server's name tells."""
        if self.peer == RSGI:
            return "bare RSGI function"
        return PEERS["demijohn"].label if self.peer == "demijohn_asgi" else PEERS[self.peer].label


def choose_rows(rows: tuple[Row, ...], peers: list[str], *, is_whole: bool) -> list[Row]:
    """Choose the rows of some peers.

    Args:
        rows: All rows.
        peers: The names of the frameworks that are wanted.
        is_whole: Whether the rows of the bare RSGI function are wanted too.

    Returns:
        The rows, in their order.
    """
    return [row for row in rows if row.peer in peers or (row.peer == RSGI and is_whole)]


@contextmanager
def serving(row: Row, case: str, more: tuple[str, ...] = ()) -> Iterator[tuple[int, int]]:
    """Run a server, in a process group of its own, for as long as the block runs.

    Args:
        row: Which framework behind which server.
        case: Which of its apps; see `bench.serve`.
        more: Further arguments of the server's.

    Yields:
        The port, and the number of the server's first process.

    Raises:
        RuntimeError: The server did not start; the end of its log is told.
    """
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = int(free.getsockname()[1])
    words = [word.format(port=port, app="bench.serve:app") for word in (*SERVERS[row.server], *more)]
    log = CACHE / "logs" / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env=build_environment(BENCH_PEER=row.peer, BENCH_CASE=case),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait_for(port, process, log)
        yield port, process.pid
    finally:
        _stop(process)


def list_processes(root: int) -> list[int]:
    """List a process and all that descend from it."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    family = [root]
    for member in family:
        family += [number for number, parent in parents.items() if parent == member]
    return family


def read_rss(root: int) -> int:
    """Give the bytes of resident memory of a process and of all that descend from it."""
    return sum(_read_one(number) for number in list_processes(root))


def _read_one(number: int) -> int:
    try:
        pages = int(Path(f"/proc/{number}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-500:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a server and its workers; the group is its own, so that nobody else is met."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
    process.wait(_STOP_SECONDS)
