"""What must hold after a bad request: a clear answer, no context left behind, and each teardown run once."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from tests.bad_input.app import build
from tests.differential.driver import Answer, Call, call
from tests.differential.sides import OURS, THEIRS

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
VISIBLE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

Settings = tuple[tuple[str, Any], ...]


@cache
def apps(settings: Settings = ()) -> tuple[Any, Any]:
    """Build the app on both sides, with settings as pairs."""
    return build(THEIRS, **dict(settings)), build(OURS, **dict(settings))


def ask(request: Call, settings: Settings = ()) -> tuple[Answer, Answer]:
    """Make a request on both sides, and require that Demijohn cleans up after it.

    Args:
        request: The request.
        settings: Settings of the app as pairs.

    Returns:
        Flask's answer and Demijohn's.
    """
    theirs, ours = (call(app, request) for app in apps(settings))
    assert ours.left == "", f"a context is left after {request}"
    assert ours.error == "", f"{ours.error} reached the server after {request}"
    teardowns = [event for event in ours.events if event.startswith("teardown")]
    assert teardowns == ["teardown", "teardown appcontext"], f"{teardowns} after {request}"
    assert is_well_formed(ours), f"{ours.status!r} {ours.headers!r} after {request}"
    return theirs, ours


def same(request: Call, code: int, settings: Settings = ()) -> Answer:
    """Require one status from both sides.

    Args:
        request: The request.
        code: The status that Flask gives, and Demijohn has to.
        settings: Settings of the app as pairs.

    Returns:
        Demijohn's answer.
    """
    theirs, ours = ask(request, settings)
    assert (ours.code, theirs.code) == (code, code), f"{theirs.status!r} in Flask, {ours.status!r} here for {request}"
    return ours


def better(request: Call, flasks: int, code: int, settings: Settings = ()) -> Answer:
    """Require another status than Flask's, which is a known fault.

    Args:
        request: The request.
        flasks: The status that Flask gives, checked so that this list stays true.
        code: The status that Demijohn has to give.
        settings: Settings of the app as pairs.

    Returns:
        Demijohn's answer.
    """
    theirs, ours = ask(request, settings)
    assert theirs.code == flasks, f"{theirs.status!r} in Flask for {request}"
    if OURS is not THEIRS:
        assert ours.code == code, f"{ours.status!r} here for {request}"
    return ours


def is_well_formed(answer: Answer) -> bool:
    """Return whether status line, header names and header values can go on the wire as they are."""
    names = all(TOKEN.fullmatch(name) for name, _ in answer.headers)
    values = all(VISIBLE.fullmatch(value) for _, value in answer.headers)
    return (names and values and bool(re.fullmatch(r"\d{3} [\x20-\x7e]*", answer.status))) or OURS is THEIRS


def careful(request: Call, settings: Settings = ()) -> Answer:
    """Require Flask's answer, or a refusal: for input that Flask lets pass as if it were harmless.

    Args:
        request: The request.
        settings: Settings of the app as pairs.

    Returns:
        Demijohn's answer.
    """
    theirs, ours = ask(request, settings)
    equal = (ours.code, ours.body) == (theirs.code, theirs.body) and ours.code < 500
    assert equal or 400 <= ours.code < 500, f"{theirs.status!r} in Flask, {ours.status!r} here for {request}"
    return ours


def never_500(request: Call, settings: Settings = ()) -> Answer:
    """Require an answer that does not blame the server, where Flask answers 500.

    Args:
        request: The request.
        settings: Settings of the app as pairs.

    Returns:
        Demijohn's answer.
    """
    theirs, ours = ask(request, settings)
    assert theirs.code == 500, f"{theirs.status!r} in Flask for {request}"
    if OURS is not THEIRS:
        assert 200 <= ours.code < 500, f"{ours.status!r} here for {request}"
    return ours
