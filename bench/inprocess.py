"""Time every case in process: one interpreter a framework, and rounds in which each has its turn.

A busy moment of the machine hits all frameworks of a round alike, and the
minimum over the rounds leaves it out.  Figures compare within one run only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

from .cases import CASES
from .peers import PEERS
from .process import Worker

Tell = Callable[[str], None]


def count_steps(cases: Iterable[str], rounds: int) -> int:
    """Say how often `measure` will tell that it has come further."""
    return len(list(cases)) * (rounds + 1)


def measure(cases: list[str], peers: list[str], rounds: int, seconds: float, tell: Tell) -> dict[str, Any]:
    """Time cases.

    Args:
        cases: Their names.
        peers: The names of those to compare.
        rounds: How many turns each has.
        seconds: How long a turn is.
        tell: Called before every round with what is going on.

    Returns:
        By case and peer: `us`, the least microseconds a request, and
        `spread`, the middle turn over the least; or `missing` or `fault`,
        why there is no figure.  Under `peers`: versions, and what is compiled.
    """
    results: dict[str, Any] = {}
    with ExitStack() as stack:
        workers = {name: stack.enter_context(Worker(name)) for name in peers}
        about = {name: worker.do("info") for name, worker in workers.items()}
        for case in cases:
            results[case] = _measure_case(case, workers, rounds, seconds, tell)
    _leave_out_strangers(results)
    return {"peers": about, "cases": results}


def _measure_case(case: str, workers: dict[str, Worker], rounds: int, seconds: float, tell: Tell) -> dict[str, Any]:
    label = CASES[case].label
    tell(f"{label}: checking answers")
    opened = {name: worker.do("open", case=case) for name, worker in workers.items()}
    counts = {name: max(1, int(seconds / one["seconds"])) for name, one in opened.items() if "seconds" in one}
    turns: dict[str, list[float]] = {name: [] for name in counts}
    order = list(counts)
    for number in range(rounds):
        tell(f"{label}: round {number + 1} of {rounds}")
        # Each round begins with another framework, so that none always follows the same one.
        shift = number % max(1, len(order))
        for name in order[shift:] + order[:shift]:
            answer = workers[name].do("time", count=counts[name])
            if "fault" in answer:
                opened[name] = answer
            else:
                turns[name].append(answer["seconds"] / counts[name] * 1e6)
    results: dict[str, Any] = {}
    for name, worker in workers.items():
        closed = worker.do("close") if name in counts else {"fault": ""}
        fault = opened[name].get("fault") or closed.get("fault")
        if "missing" in opened[name]:
            results[name] = {"missing": opened[name]["missing"]}
        elif fault:
            results[name] = {"fault": fault}
        else:
            results[name] = _summarise(turns[name])
    return results


def _summarise(turns: list[float]) -> dict[str, float]:
    least = min(turns)
    return {"us": round(least, 3), "spread": round(sorted(turns)[len(turns) // 2] / least, 2)}


def _leave_out_strangers(results: dict[str, Any]) -> None:
    """Drop the parts that are measured alone from the cases which they have nothing to do with."""
    for rows in results.values():
        for name in [name for name in rows if PEERS[name].interface == "function" and "missing" in rows[name]]:
            del rows[name]
