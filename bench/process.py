"""A framework in an interpreter of its own: started here, told what to do, and ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "bench"


class Worker:
    """A running worker; use it in a `with` statement."""

    def __init__(self, peer: str) -> None:
        logs = CACHE / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        self.log = logs / f"{peer}.log"
        self.peer = peer
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bench.worker", peer],
                cwd=ROOT,
                env=build_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.end()

    def do(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Send a command and wait for its answer.

        Args:
            command: What to do; see `worker.Worker`.
            arguments: With what.

        Returns:
            The answer.  `fault` in it says what went wrong.

        Raises:
            RuntimeError: The worker has ended; the end of its log is told.
        """
        sent, received = self.process.stdin, self.process.stdout
        if sent is None or received is None:
            raise RuntimeError(f"the worker of {self.peer} has no pipes")
        try:
            sent.write(json.dumps({"do": command, **arguments}) + "\n")
            sent.flush()
            line = received.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise RuntimeError(f"the worker of {self.peer} ended at {command!r}: {self.log.read_text()[-2000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        """Close the pipes, which ends the worker, and wait for that."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def run_program(module: str, *arguments: str, timeout: float = 3600) -> dict[str, Any]:
    """Run a program of this package that prints one object of JSON.

    Args:
        module: Its name.
        arguments: Its arguments.
        timeout: Seconds that it may take.

    Returns:
        What it printed.

    Raises:
        RuntimeError: It failed; the end of its error stream is told.
    """
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=build_environment(), capture_output=True, text=True, timeout=timeout, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with status {done.returncode}: {done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def build_environment(**more: str) -> dict[str, str]:
    """Build the environment of a child, whose hashes are seeded as in all."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FLASK_", "DJANGO_", "PYTHON"))}
    return {**kept, "PYTHONHASHSEED": "0", "PYTHONUNBUFFERED": "1", **more}
