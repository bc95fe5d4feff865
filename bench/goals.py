"""Compute from results how far each goal of goals.toml is met."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name("goals.toml")


@dataclass(frozen=True)
class Verdict:
    """How a goal stands; `is_met` is None when it cannot be judged, and `reason` says why."""

    what: str
    measured: float | None
    limit: str
    is_met: bool | None
    reason: str = ""


def load_goals() -> list[dict[str, Any]]:
    """Read the goals."""
    goals: list[dict[str, Any]] = tomllib.loads(PATH.read_text(encoding="utf-8"))["goal"]
    return goals


def judge(goals: list[dict[str, Any]], results: dict[str, Any]) -> list[Verdict]:
    """Hold results against goals.

    Args:
        goals: Rows as in goals.toml.
        results: What was measured, as in results.json.

    Returns:
        A verdict for every goal, in their order.
    """
    return [_judge_one(goal, results) for goal in goals]


def find(results: dict[str, Any], path: str) -> float | None:
    """Give the figure at a path, or None when nothing is there."""
    place: Any = results
    for part in path.split("/"):
        if not isinstance(place, dict) or part not in place:
            return None
        place = place[part]
    return float(place) if isinstance(place, int | float) else None


def _judge_one(goal: dict[str, Any], results: dict[str, Any]) -> Verdict:
    verdict = _compare(goal, results)
    for other in goal.get("or", ()):
        if verdict.is_met is not True:
            second = _compare({**goal, "plus": 0.0, **other, "what": goal["what"]}, results)
            if second.is_met:
                verdict = Verdict(second.what, second.measured, f"{second.limit} of: {other['what']}", is_met=True)
    return verdict


def _compare(goal: dict[str, Any], results: dict[str, Any]) -> Verdict:
    sign, limit = ("≤", goal["at_most"]) if "at_most" in goal else ("≥", goal["at_least"])
    ours = find(results, goal["ours"])
    theirs = find(results, goal["theirs"]) if "theirs" in goal else 1.0
    text = f"{sign} {limit:g}"
    if ours is None or theirs is None or theirs <= 0:
        return Verdict(goal["what"], None, text, is_met=None, reason="not measured")
    measured = (ours - goal.get("plus", 0.0)) / theirs
    needed = goal.get("needs")
    if needed is not None and (find(results, needed["figure"]) or 0.0) < needed["at_least"]:
        return Verdict(goal["what"], measured, text, is_met=None, reason=f"not judged: {needed['otherwise']}")
    if measured > goal.get("possible", measured):
        return Verdict(goal["what"], measured, text, is_met=None, reason="not judged: more than is possible, so noise")
    return Verdict(goal["what"], measured, text, is_met=measured <= limit if sign == "≤" else measured >= limit)
