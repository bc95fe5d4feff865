"""Measure WebSockets: the memory of idle ones, and how many texts a second come back."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Callable
from typing import Any

from .process import run_program
from .serve import ECHO
from .servers import Row, serving
from .wire import choose_turn

CONNECTIONS = 64
_SPARE_FILES = 500
_MORE = {
    "Granian": ("--ws", "--backlog", "16384", "--backpressure", "16384"),
    "uvicorn": ("--backlog", "4096"),
}
"""What servers are told besides: as they are, Granian serves only so many connections at once as may wait."""

_ASKED = ("idle", "echo")

ROWS = (
    Row("demijohn_asgi", "uvicorn", _ASKED),
    Row("starlette", "uvicorn", _ASKED),
    Row("quart", "uvicorn", _ASKED),
    Row("asgi", "uvicorn", _ASKED),
    Row("demijohn_asgi", "Granian (ASGI)", _ASKED),
    Row("starlette", "Granian (ASGI)", _ASKED),
    Row("quart", "Granian (ASGI)", _ASKED),
    Row("asgi", "Granian (ASGI)", _ASKED),
    Row("demijohn_asgi", "Granian (RSGI)", _ASKED),
    Row("rsgi", "Granian (RSGI)", _ASKED),
)


def count_steps(rows: list[Row], rounds: int) -> int:
    """Say how often `measure` will tell that it has come further."""
    return len(rows) * (rounds + 1)


def measure(rows: list[Row], count: int, rounds: int, seconds: float, tell: Callable[[str], None]) -> dict[str, Any]:
    """Hold idle sockets, and send texts through others, on every server.

    Args:
        rows: Which frameworks behind which servers.
        count: How many idle sockets; fewer where the limit of open files is lower.
        rounds: How many turns of sending each has; the best counts.
        seconds: How long a turn is.
        tell: Called before every turn with what is going on.

    Returns:
        `count`, the number of idle sockets; `idle` and `echo`, by row what
        `socket_client` measured; or `fault`.
    """
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Servers inherit the limit; the client has as many files open as its server.
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(count, hard - _SPARE_FILES) if hard != resource.RLIM_INFINITY else count
    idle: dict[str, Any] = {}
    for row in rows:
        tell(f"{count} idle WebSockets, {row.name}")
        idle[row.name] = _find_fault(_run(row, "idle", count=count), count)
    turns: dict[str, list[dict[str, Any]]] = {row.name: [] for row in rows}
    for number in range(rounds):
        shift = number % max(1, len(rows))
        for row in rows[shift:] + rows[:shift]:
            tell(f"WebSocket echo, {row.name}: round {number + 1} of {rounds}")
            turns[row.name].append(_run(row, "echo", seconds=seconds))
    return {"count": count, "idle": idle, "echo": {name: choose_turn(some) for name, some in turns.items()}}


def _run(row: Row, kind: str, *, count: int = 0, seconds: float = 0) -> dict[str, Any]:
    more = next((words for name, words in _MORE.items() if row.server.startswith(name)), ())
    try:
        with serving(row, ECHO, more) as (port, process):
            rest = (str(process), str(count)) if kind == "idle" else (str(CONNECTIONS), str(seconds))
            return run_program("bench.socket_client", kind, str(port), *rest, timeout=300)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        return {"fault": str(error)}


def _find_fault(figure: dict[str, Any], count: int) -> dict[str, Any]:
    if "fault" in figure:
        return figure
    if figure["opened"] < count:
        return {"fault": f"{count - figure['opened']} of {count} sockets were refused or closed"}
    if figure["answered"] < figure["asked"]:
        return {"fault": f"{figure['answered']} of {figure['asked']} idle sockets still answer"}
    return figure
