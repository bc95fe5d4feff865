"""Compares two answers to one request, and tells the difference in a form that can be read."""

from __future__ import annotations

from typing import Any

from tests.differential.deviations import DEVIATIONS
from tests.differential.driver import Answer, Call, call

PARTS = ("status", "error", "body", "headers", "events", "left")


def check(pair: tuple[Any, Any], request: Call, jars: tuple[dict[str, str], dict[str, str]] | None = None) -> Answer:
    """Make one request on both sides and require the same answer.

    Args:
        pair: The app on Flask and the app on Demijohn.
        request: The request.
        jars: A cookie jar for each side.

    Returns:
        The answer, which is the same on both sides.

    Raises:
        AssertionError: The answers differ, in a way that `deviations` does not list.
    """
    theirs, ours = answer_both(pair, request, jars)
    report = compare(request, theirs, ours)
    if report:
        raise AssertionError(report)
    return ours


def answer_both(
    pair: tuple[Any, Any], request: Call, jars: tuple[dict[str, str], dict[str, str]] | None = None
) -> tuple[Answer, Answer]:
    """Make one request on both sides."""
    first, second = jars if jars is not None else (None, None)
    return call(pair[0], request, first), call(pair[1], request, second)


def compare(request: Call, theirs: Answer, ours: Answer) -> str:
    """Describe how two answers differ.

    Returns:
        A text with the request and both answers, empty where they are the same or differ as allowed.
    """
    different = [part for part in PARTS if getattr(theirs, part) != getattr(ours, part)]
    if not different or any(deviation.allows(request, theirs, ours, set(different)) for deviation in DEVIATIONS):
        return ""
    lines = [f"different {', '.join(different)} for", f"  {request}"]
    for part in different:
        lines += tell(part, getattr(theirs, part), getattr(ours, part))
    return "\n".join([*lines, f"statuses: Flask {theirs.status!r}, Demijohn {ours.status!r}", ""])


def tell(part: str, theirs: Any, ours: Any) -> list[str]:
    """Describe the difference of one part, of a list only the members that differ."""
    if part == "headers":
        theirs, ours = [h for h in theirs if h not in ours], [h for h in ours if h not in theirs]
    if part == "body" and len(theirs) + len(ours) > 1200:
        start = next((n for n, (a, b) in enumerate(zip(theirs, ours, strict=False)) if a != b), 0)
        theirs, ours = theirs[max(0, start - 60) : start + 300], ours[max(0, start - 60) : start + 300]
    return [f"{part}:", f"  Flask    {theirs!r}", f"  Demijohn {ours!r}"]
