"""Measure what memory an app takes after many requests, and whether it still grows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .process import run_program

PEERS = ("demijohn", "flask")


def count_steps() -> int:
    """Say how often `measure` will tell that it has come further."""
    return 2 * len(PEERS)


def measure(first: int, last: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Soak apps.

    Args:
        first: The number of requests after which memory is looked at first.
        last: The number after which it is looked at again.
        tell: Called before every step with what is going on.

    Returns:
        By peer: `rss_first` and `rss_last` in bytes, and `rss_growth` and
        `traced_growth` in bytes a request between the two.
    """
    results: dict[str, Any] = {"requests": {"first": first, "last": last}}
    for peer in PEERS:
        tell(f"memory: {last} requests to {peer}")
        plain = run_program("bench.soak", peer, str(first), str(last))
        tell(f"memory: {last} requests to {peer}, every allocation traced")
        traced = run_program("bench.soak", peer, str(first), str(last), "trace")
        results[peer] = {
            "rss_first": plain["first"]["rss"],
            "rss_last": plain["last"]["rss"],
            "rss_growth": plain["growth"]["rss"],
            "traced_growth": traced["growth"]["traced"],
        }
    return results
