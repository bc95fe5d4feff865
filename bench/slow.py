"""Measure what slow clients do to others: of good requests, how many are answered while slow ones are open."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .process import run_program
from .serve import SLOW
from .servers import Row, serving


@dataclass(frozen=True)
class Kind:
    """What slow clients do, and how many they are."""

    label: str
    client: str
    count: int


KINDS = {
    "bodies": Kind("64 bodies that come byte by byte", "bodies", 64),
    "many_bodies": Kind("1,000 bodies that come byte by byte", "bodies", 1000),
    "heads": Kind("1,000 heads that come line by line", "heads", 1000),
    "readers": Kind("64 readers of a stream of 16 MiB, of which they take 128 bytes a second", "readers", 64),
}

ROWS = (
    Row("demijohn", "demijohn serve", tuple(KINDS)),
    Row("demijohn", "Granian (WSGI)", tuple(KINDS)),
    Row("demijohn", "Granian (ASGI)", tuple(KINDS)),
    Row("demijohn", "Granian (RSGI)", tuple(KINDS)),
    Row("demijohn", "uvicorn", tuple(KINDS)),
    Row("flask", "Granian (WSGI)", tuple(KINDS)),
    Row("demijohn", "gunicorn (gthread)", tuple(KINDS)),
    Row("flask", "gunicorn (gthread)", tuple(KINDS)),
)


def count_steps(rows: list[Row], kinds: tuple[str, ...]) -> int:
    """Say how often `measure` will tell that it has come further."""
    return len(rows) * len(kinds)


def measure(rows: list[Row], kinds: tuple[str, ...], seconds: float, tell: Callable[[str], None]) -> dict[str, Any]:
    """Have slow clients come to every server.

    Args:
        rows: Which frameworks behind which servers; the views are plain functions.
        kinds: What the slow clients do slowly, names in `KINDS`.
        seconds: How long good clients ask.
        tell: Called before every turn with what is going on.

    Returns:
        By kind and row what `slow_client` measured; or `fault`.
    """
    results: dict[str, Any] = {}
    for kind in kinds:
        results[kind] = {}
        for row in rows:
            tell(f"slow clients, {row.name}: {KINDS[kind].label}")
            results[kind][row.name] = _run(row, kind, seconds)
    return results


def _run(row: Row, kind: str, seconds: float) -> dict[str, Any]:
    try:
        with serving(row, SLOW) as (port, process):
            words = (str(port), str(process), KINDS[kind].client, str(KINDS[kind].count), str(seconds))
            return run_program("bench.slow_client", *words, timeout=120)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        return {"fault": str(error)}
