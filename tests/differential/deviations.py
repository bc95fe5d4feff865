"""The differences that are meant, each with its reason and the narrowest condition that lets it through."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from tests.differential.driver import Answer, Call


@dataclasses.dataclass(frozen=True)
class Deviation:
    """One meant difference.

    Attributes:
        name: A short name.
        reason: Why Demijohn does otherwise.
        parts: The parts of an answer that may differ.
        holds: Whether this request and these answers are such a case.
    """

    name: str
    reason: str
    parts: frozenset[str]
    holds: Callable[[Call, Answer, Answer], bool]

    def allows(self, request: Call, theirs: Answer, ours: Answer, different: set[str]) -> bool:
        """Return whether the parts that differ may do so here."""
        return different <= self.parts and self.holds(request, theirs, ours)


ALL = frozenset({"status", "error", "body", "headers", "events"})


def is_cut(request: Call) -> bool:
    """Return whether the body is shorter than its length says."""
    return (
        request.length not in {None, "auto"}
        and str(request.length).isdigit()
        and int(str(request.length)) > len(request.body)
    )


def refused(ours: Answer) -> bool:
    """Return whether the client was told that the request is at fault."""
    return 400 <= ours.code < 500 and not ours.error


def finishes_the_ring(request: Call, theirs: Answer, ours: Answer) -> bool:
    """Return whether a raising teardown differs only by the teardowns that ran after it."""
    return (
        any(value.startswith("teardown ") for name, value in request.headers if name == "X-Raise")
        and ours.events[: len(theirs.events)] != theirs.events
        and contains_in_order(ours.events, theirs.events)
        and all("teardown" in event or "appcontext" in event for event in surplus(ours.events, theirs.events))
    )


def contains_in_order(events: list[str], wanted: list[str]) -> bool:
    """Return whether all wanted events occur, in their order."""
    remaining = iter(events)
    return all(event in remaining for event in wanted)


def surplus(events: list[str], known: list[str]) -> list[str]:
    """Return the events that are more than the known ones."""
    left = list(events)
    for event in known:
        left.remove(event)
    return left


DEVIATIONS = (
    Deviation(
        "cut body",
        "Flask hands a body that was cut off to the view as if it were complete; Demijohn answers 400.",
        ALL,
        lambda request, theirs, ours: is_cut(request) and refused(ours),
    ),
    Deviation(
        "raising teardown",
        "Flask leaves out the teardowns after one that raises; Demijohn runs all of them, and raises the same error.",
        frozenset({"events"}),
        finishes_the_ring,
    ),
)
