"""Measure on the wire: a real server with one worker on loopback, and wrk against it."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

from .cases import CASES, Answer, find_fault
from .servers import HOST, Row, read_rss, serving

CASE_NAMES = ("plain", "json", "sync_json")
CONNECTIONS = 32

_SYNC = ("sync_json",)
_ALL = ("plain", "json", "sync_json")

ROWS = (
    Row("demijohn", "Granian (WSGI)"),
    Row("flask", "Granian (WSGI)"),
    Row("wsgi", "Granian (WSGI)"),
    Row("demijohn", "gunicorn (gthread)"),
    Row("flask", "gunicorn (gthread)"),
    Row("demijohn", "waitress"),
    Row("flask", "waitress"),
    Row("demijohn_asgi", "uvicorn", _ALL),
    Row("starlette", "uvicorn", _ALL),
    Row("fastapi", "uvicorn", _ALL),
    Row("blacksheep", "uvicorn"),
    Row("quart", "uvicorn", _ALL),
    Row("asgi", "uvicorn"),
    Row("demijohn_asgi", "Granian (ASGI)", _ALL),
    Row("starlette", "Granian (ASGI)", _ALL),
    Row("fastapi", "Granian (ASGI)", _ALL),
    Row("blacksheep", "Granian (ASGI)"),
    Row("quart", "Granian (ASGI)", _ALL),
    Row("asgi", "Granian (ASGI)"),
    Row("demijohn_asgi", "Granian (RSGI)", _ALL),
    Row("rsgi", "Granian (RSGI)"),
    Row("demijohn_asgi", "demijohn serve", _ALL),
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
    return sum(len(row.cases) for row in rows) * rounds


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
    results: dict[str, Any] = {}
    for case in CASE_NAMES:
        asked = [row for row in rows if case in row.cases]
        turns: dict[str, list[dict[str, Any]]] = {row.name: [] for row in asked}
        for number in range(rounds if asked else 0):
            shift = number % len(asked)
            for row in asked[shift:] + asked[:shift]:
                tell(f"{CASES[case].label}, {row.name}: round {number + 1} of {rounds}")
                turns[row.name].append(_load(row, case, seconds))
        results[case] = {name: choose_turn(some) for name, some in turns.items()}
    return results


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
        with serving(row, case) as (port, process):
            fault = _find_fault(case, port)
            if fault:
                return {"fault": fault}
            _run_wrk(port, 1)
            figures = parse_wrk(_run_wrk(port, seconds))
            if "fault" in figures:
                return figures
            return {**figures, "rss": read_rss(process)}
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        return {"fault": str(error)}


def _find_fault(case: str, port: int) -> str:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", CASES[case].request.path)
        response = connection.getresponse()
        return find_fault(CASES[case], Answer(response.status, response.getheaders(), response.read()))
    finally:
        connection.close()


def _run_wrk(port: int, seconds: int) -> str:
    command = ["wrk", "--latency", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", f"http://{HOST}:{port}/"]
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
