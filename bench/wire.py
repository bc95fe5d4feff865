"""Measure on the wire: a real server with one worker on loopback, and wrk against it."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .cases import CASES, Answer, find_fault
from .process import CACHE, ROOT, build_environment

CASE_NAMES = ("plain", "json")
CONNECTIONS = 32
_HOST = "127.0.0.1"
_START_SECONDS = 20.0
_STOP_SECONDS = 10.0

SERVERS: dict[str, tuple[str, ...]] = {
    "Granian (WSGI)": (
        "granian",
        "--interface",
        "wsgi",
        "--no-ws",
        "--workers",
        "1",
        "--host",
        _HOST,
        "--port",
        "{port}",
        "{app}",
    ),
    "Granian (ASGI)": (
        "granian",
        "--interface",
        "asgi",
        "--no-ws",
        "--workers",
        "1",
        "--host",
        _HOST,
        "--port",
        "{port}",
        "{app}",
    ),
    "Granian (RSGI)": (
        "granian",
        "--interface",
        "rsgi",
        "--no-ws",
        "--workers",
        "1",
        "--host",
        _HOST,
        "--port",
        "{port}",
        "{app}",
    ),
    "gunicorn (gthread)": (
        "gunicorn",
        "-k",
        "gthread",
        "-w",
        "1",
        "--threads",
        "4",
        "-b",
        f"{_HOST}:{{port}}",
        "{app}",
    ),
    "waitress": ("waitress", "--threads", "4", "--listen", f"{_HOST}:{{port}}", "{app}"),
    "uvicorn": (
        "uvicorn",
        "--workers",
        "1",
        "--no-access-log",
        "--log-level",
        "warning",
        "--host",
        _HOST,
        "--port",
        "{port}",
        "{app}",
    ),
}
"""The arguments of `python -m` that start each server."""


@dataclass(frozen=True)
class Row:
    """A framework behind a server."""

    peer: str
    server: str

    @property
    def name(self) -> str:
        """Give the name under which its figures are kept."""
        return f"{self.peer} on {self.server}"


ROWS = (
    Row("demijohn", "Granian (WSGI)"),
    Row("flask", "Granian (WSGI)"),
    Row("wsgi", "Granian (WSGI)"),
    Row("demijohn", "gunicorn (gthread)"),
    Row("flask", "gunicorn (gthread)"),
    Row("demijohn", "waitress"),
    Row("flask", "waitress"),
    Row("starlette", "uvicorn"),
    Row("fastapi", "uvicorn"),
    Row("blacksheep", "uvicorn"),
    Row("quart", "uvicorn"),
    Row("starlette", "Granian (ASGI)"),
    Row("fastapi", "Granian (ASGI)"),
    Row("blacksheep", "Granian (ASGI)"),
    Row("quart", "Granian (ASGI)"),
    Row("rsgi", "Granian (RSGI)"),
)


def install_wrk() -> str:
    """Install wrk from the distribution's packages, if it is not there.

    Returns:
        An empty string, or why there is no wrk.
    """
    if shutil.which("wrk"):
        return ""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return "wrk is not installed; install the package wrk of your distribution, then run the part again"
    for arguments in (["update", "-q"], ["install", "-y", "-q", "wrk"]):
        subprocess.run(
            ["apt-get", *arguments], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300
        )
    return "" if shutil.which("wrk") else "apt-get could not install wrk; install it by hand, then run the part again"


def count_steps(rows: list[Row], rounds: int) -> int:
    """Say how often `measure` will tell that it has come further."""
    return len(CASE_NAMES) * len(rows) * rounds


def measure(rows: list[Row], rounds: int, seconds: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Load servers with wrk.

    Args:
        rows: Which frameworks behind which servers.
        rounds: How many turns each has; the one with most requests counts.
        seconds: How long a turn is, after a second of warm-up.
        tell: Called before every turn with what is going on.

    Returns:
        By case and row: `rps` (requests a second), `p50_ms`, `p99_ms` and
        `rss` (bytes of all the server's processes) of the best turn, and
        `spread`, its throughput over that of the worst; or `fault`.
    """
    turns: dict[str, dict[str, list[dict[str, Any]]]] = {case: {row.name: [] for row in rows} for case in CASE_NAMES}
    for case in CASE_NAMES:
        for number in range(rounds):
            shift = number % len(rows)
            for row in rows[shift:] + rows[:shift]:
                tell(f"{CASES[case].label}, {row.name}: round {number + 1} of {rounds}")
                turns[case][row.name].append(_load(row, case, seconds))
    return {case: {name: choose_turn(some) for name, some in by_row.items()} for case, by_row in turns.items()}


def choose_turn(turns: list[dict[str, Any]]) -> dict[str, Any]:
    """Choose the turn with most requests; one that failed spoils all.

    Args:
        turns: What each turn measured.

    Returns:
        The best, with its `spread`; or the first that has a `fault`.
    """
    for turn in turns:
        if "fault" in turn:
            return turn
    best = max(turns, key=lambda turn: turn["rps"])
    return {**best, "spread": round(best["rps"] / max(1, min(turn["rps"] for turn in turns)), 2)}


def _load(row: Row, case: str, seconds: int) -> dict[str, Any]:
    try:
        with _serving(row, case) as (port, process):
            fault = _find_fault(case, port)
            if fault:
                return {"fault": fault}
            _run_wrk(port, 1)
            figures = parse_wrk(_run_wrk(port, seconds))
            if "fault" in figures:
                return figures
            return {**figures, "rss": sum(_read_rss(number) for number in list_processes(process.pid))}
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        return {"fault": str(error)}


@contextmanager
def _serving(row: Row, case: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run a server, in a process group of its own, for as long as the block runs."""
    with socket.socket() as free:
        free.bind((_HOST, 0))
        port = int(free.getsockname()[1])
    words = [word.format(port=port, app="bench.serve:app") for word in SERVERS[row.server]]
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
        yield port, process
    finally:
        _stop(process)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            socket.create_connection((_HOST, port), 1).close()
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


def _find_fault(case: str, port: int) -> str:
    connection = http.client.HTTPConnection(_HOST, port, timeout=10)
    try:
        connection.request("GET", CASES[case].request.path)
        response = connection.getresponse()
        return find_fault(CASES[case], Answer(response.status, response.getheaders(), response.read()))
    finally:
        connection.close()


def _run_wrk(port: int, seconds: int) -> str:
    command = ["wrk", "--latency", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", f"http://{_HOST}:{port}/"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 30).stdout


def parse_wrk(output: str) -> dict[str, Any]:
    """Read what wrk printed.

    Args:
        output: Its output, with the latency distribution.

    Returns:
        `rps`, `p50_ms` and `p99_ms`, or `fault` when some requests failed.
    """
    errors = re.search(r"(Non-2xx or 3xx responses|Socket errors): *(.*)", output)
    if errors:
        return {"fault": f"{errors.group(1)}: {errors.group(2)}"}
    found = re.search(r"Requests/sec: *([\d.]+)", output)
    times = {mark: _milliseconds(*pair) for mark, *pair in re.findall(r"(50|99)% +([\d.]+)(us|ms|s)\b", output)}
    if found is None or len(times) != 2:
        return {"fault": f"wrk printed something else than figures: {output[-300:]}"}
    return {"rps": round(float(found.group(1))), "p50_ms": times["50"], "p99_ms": times["99"]}


def _milliseconds(number: str, unit: str) -> float:
    return round(float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit], 3)


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


def _read_rss(number: int) -> int:
    try:
        pages = int(Path(f"/proc/{number}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
