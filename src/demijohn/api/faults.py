"""Tell what is wrong with what a client sent.

A fault is one thing at one place; `Faulty` carries all of them at once, and
`MalformedJSON` a body that is no JSON at all.  The answers made from them are
in `problems`; how the faults of a value are found is in `explain`.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from msgspec import UNSET

#: How many faults one answer tells.
#: SECURITY: a body of a million wrong items must not be answered by a million faults.
MOST_FAULTS = 100

#: How much of a value a fault repeats: characters of a text, parts of an array or object, levels.
MOST_CHARACTERS = 80
MOST_PARTS = 5
MOST_LEVELS = 2

CUT = "…"

#: What is expected where nothing came, where nothing may be, and where nothing else can be said.
REQUIRED = "required"
UNKNOWN = "no field of this name"
ACCEPTED = "a value that is accepted"
TOO_DEEP = "a value that is nested less deeply"


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong, such as `body.items[3].price`.

    Args:
        where: The place: the source, then names and indexes.
        expected: What would have been right, in words.
        got: The JSON value that came, long ones cut; unset where nothing came
            or the value is secret.
    """

    where: str
    expected: str
    got: Any = UNSET


class Faulty(Exception):  # noqa: N818 - it is a value's state, of which the faults tell
    """A value that is not what its type asks for.

    Args:
        faults: All that is wrong with it.
    """

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults, the first at {faults[0].where}: {faults[0].expected}")
        self.faults = faults


class MalformedJSON(Exception):  # noqa: N818 - as HTTP's errors are named after what is wrong
    """A body that is not JSON (RFC 8259).

    Args:
        line: The line of the first wrong character, from 1.
        column: Its column, from 1.
        reason: What is wrong there.
    """

    def __init__(self, line: int, column: int, reason: str) -> None:
        super().__init__(f"line {line}, column {column}: {reason}")
        self.line = line
        self.column = column
        self.reason = reason


class Huge(str):
    """The digits of a number that no float or integer holds."""

    __slots__ = ()


def join_where(where: str, part: str | int) -> str:
    """Name a part of a place.

    Args:
        where: The place.
        part: A name or an index in it.

    Returns:
        `body.items`, `query.page-size`, `body[3]`, and `body["a b"]` for a name with other characters.
    """
    if isinstance(part, int):
        return f"{where}[{part}]"
    if part.replace("-", "_").isidentifier():
        return f"{where}.{_cut_text(part)}"
    return f"{where}[{json.dumps(_cut_text(part), ensure_ascii=False)}]"


def shorten(value: Any, levels: int = MOST_LEVELS) -> Any:
    """Cut a value down to what an answer may repeat of it.

    Args:
        value: Any JSON value.
        levels: How deep its parts are told.

    Returns:
        A JSON value, where what was left out is an ellipsis.
    """
    if isinstance(value, str):
        return _cut_text(value)
    if isinstance(value, list | tuple):
        if not levels:
            return CUT
        parts = [shorten(item, levels - 1) for item in value[:MOST_PARTS]]
        return parts if len(value) <= MOST_PARTS else [*parts, CUT]
    if isinstance(value, dict):
        if not levels:
            return CUT
        pairs = list(value.items())[:MOST_PARTS]
        short = {_cut_text(str(key)): shorten(item, levels - 1) for key, item in pairs}
        return short if len(value) <= MOST_PARTS else {**short, CUT: CUT}
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 64:
        # A reader of the answer may hold no such number, and Python may refuse to print it.
        return _cut_text(str(value)) if value.bit_length() < 14_000 else CUT
    return value if value is None or isinstance(value, bool | int | float) else _cut_text(str(value))


def _cut_text(text: str) -> str:
    short = text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + CUT
    return short.encode("utf-8", "replace").decode("utf-8")  # half of a surrogate pair cannot be sent
