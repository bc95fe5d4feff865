"""Time what an app's growth costs: registration, the first request, and every request after it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from .process import Worker

PEERS = ("demijohn", "flask")
KINDS = ("static", "dynamic")


def count_steps(sizes: list[int], rounds: int) -> int:
    """Say how often `measure` will tell that it has come further."""
    return len(sizes) + rounds


def measure(sizes: list[int], rounds: int, seconds: float, tell: Callable[[str], None]) -> dict[str, Any]:
    """Time apps of several sizes.

    Args:
        sizes: How many routes.
        rounds: How many turns each has.
        seconds: How long a turn is.
        tell: Called before every step with what is going on.

    Returns:
        By peer and size: `registration_ms`, `first_ms` (the first two
        requests, which do what registration put off), `ready_ms` (both),
        `static_us` and `dynamic_us`.
    """
    results: dict[str, Any] = {peer: {} for peer in PEERS}
    with ExitStack() as stack:
        turns = []
        for size in sizes:
            tell(f"{size} routes: registering")
            for peer in PEERS:
                worker = stack.enter_context(Worker(peer))
                opened = _open(peer, size)
                worker.do("info")
                one = worker.do("open_routes", count=size)["seconds"]
                results[peer][str(size)] = opened
                turns += [(worker, opened, kind, max(1, int(seconds / one[kind]))) for kind in KINDS]
        for number in range(rounds):
            tell(f"requests among many routes: round {number + 1} of {rounds}")
            for worker, row, kind, count in turns:
                us = round(worker.do("time", count=count, which=kind)["seconds"] / count * 1e6, 3)
                row[f"{kind}_us"] = min(row.get(f"{kind}_us", us), us)
    return results


def _open(peer: str, size: int) -> dict[str, float]:
    """Register in fresh interpreters, twice, and keep the quicker."""
    found = []
    for _ in range(2):
        with Worker(peer) as worker:
            worker.do("info")
            found.append(worker.do("open_routes", count=size))
    registration = min(one["registration"] for one in found)
    first = min(one["first"] for one in found)
    return {
        "registration_ms": round(registration * 1000, 3),
        "first_ms": round(first * 1000, 3),
        "ready_ms": round((registration + first) * 1000, 3),
    }
