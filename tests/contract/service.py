"""Serve examples/orders on a free port with a database of its own, and tell afterwards what was asked and answered."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "orders"
PROGRAMS = ROOT / ".venvs" / "contract" / "bin"
LONGEST_LIFE = 3 * 3600
SETTINGS = {
    "ORDERS_PASSWORD_METHOD": "pbkdf2:sha256:1",  # thousands of passwords are to be hashed
    "ORDERS_STREAM_SECONDS": "0",
    "ORDERS_SECRET_KEY": "only for this run",
    "ORDERS_TOKEN_SECONDS": str(LONGEST_LIFE),
}


class Service:
    """A running server: `url`, the credentials of an account that may do everything, and its log."""

    def __init__(self, folder: Path, interface: str = "auto") -> None:
        self.folder = folder
        self.interface = interface
        self.url = ""
        self.key = ""
        self.token = ""
        self.document = folder / "openapi.json"
        self._variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("FLASK_", "ORDERS_"))},
            **SETTINGS,
            "ORDERS_DATABASE": f"sqlite:///{folder / 'orders.sqlite'}",
        }

    def __enter__(self) -> Self:
        self.run_command("init-db")
        found = re.search(r"password (\S+); X-API-Key: (\S+)", self.run_command("seed"))
        assert found is not None
        password, self.key = found.groups()
        self.run_command("openapi", "--output", str(self.document))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = self._command("serve", "--port", str(port), "--interface", self.interface, "--access-log", "json")
        with (self.folder / "log").open("wb") as log, (self.folder / "access").open("wb") as access:
            self._server = subprocess.Popen(
                # `timeout` ends it also when this process is killed and can no longer do so.
                ["timeout", "--foreground", str(LONGEST_LIFE), *command],
                cwd=EXAMPLE,
                env=self._variables,
                stdout=access,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait()
            self.token = self._log_in(password)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def stop(self) -> int:
        """End the server and return its status."""
        self._server.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._server.wait(40)
        os.killpg(self._server.pid, signal.SIGKILL)
        return self._server.wait(10)

    def run_command(self, *arguments: str) -> str:
        """Run a command of the example and return what it says."""
        command = self._command(*arguments)
        run = subprocess.run(command, cwd=EXAMPLE, env=self._variables, capture_output=True, text=True, check=False)
        assert run.returncode == 0, f"{' '.join(arguments)}: {run.stdout}{run.stderr}"
        return run.stdout

    def count_answers(self) -> Counter[int]:
        """Return how many answers there were of each status."""
        lines = (self.folder / "access").read_text("utf-8").splitlines()
        return Counter(json.loads(line)["status"] for line in lines if line.startswith("{"))

    def read_log(self) -> str:
        """Return what the server wrote to standard error."""
        return (self.folder / "log").read_text("utf-8", "replace")

    def fetch(self, path: str) -> bytes:
        """Return the body of one answer."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            body: bytes = answer.read()
        return body

    def _command(self, *arguments: str) -> list[str]:
        return [str(PROGRAMS / "demijohn"), "--app", "orders", *arguments]

    def _wait(self) -> None:
        for _ in range(200):
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                self.fetch("/health")
                return
            if self._server.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(f"the server does not answer:\n{self.read_log()}")

    def _log_in(self, password: str) -> str:
        body = f"login=ada&password={password}".encode()
        with urllib.request.urlopen(f"{self.url}/auth/login", body, timeout=10) as answer:
            token: str = json.loads(answer.read())["access_token"]
        return token
