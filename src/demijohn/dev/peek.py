"""Look at values of a broken program without being harmed by them.

Here lives the `repr` of the traceback page: bounded in size and in time,
blind to what looks like a secret, and never an exception.  What frames there
are to look at is the business of `failure`.
"""

from __future__ import annotations

import contextvars
import functools
import itertools
import re
import sys
import threading
import time
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from werkzeug.datastructures import Headers

LONGEST_VALUE = 500
"""Characters of one value, and of one text inside of it."""

MOST_ITEMS = 20
"""Items of one container."""

MOST_NODES = 200
"""Values that are looked at inside of one value."""

DEEPEST = 4
"""Containers inside containers."""

MOST_BITS = 2000
"""Bits of a whole number that is written out."""

SECONDS_PER_VALUE = 0.2
"""How long one value may hold up those after it."""

SECONDS_OF_GRACE = 0.1
"""How long code that was told to stop may take for it."""

MASK = "•••"
"""What stands in a secret's place."""

_SECRET_PARTS = (
    "password", "passwd", "passphrase", "passcode", "secret", "token", "cookie", "credential", "authorization",
    "apikey", "accesskey", "privatekey",
)  # fmt: skip
_SECRET_WORDS = frozenset({"key", "pwd", "jwt", "otp", "dsn", "pin", "csrf"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

_TEXT = r"""b?'(?:[^'\\]|\\.)*'?|b?"(?:[^"\\]|\\.)*"?"""

# The values in the repr of an object: `User(password='x')`, `<Config {'SECRET_KEY': 'x'}>`.
_NAMED_TEXT = re.compile(rf"""(['"]?\b([A-Za-z_-]{{2,60}})\b['"]?(?:\s?[=:]\s?|,\s))({_TEXT})""")
_URL_PASSWORD = re.compile(r"(://[^/\s:@'\"]{0,100}:)[^/\s@'\"]{1,200}@")

# SECURITY: terminals obey control characters, and marks of direction show a line otherwise than it is read.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

_TELLING = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType, type)
_BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
}


class Variable(NamedTuple):
    """Hold a variable as it is shown."""

    name: str
    kind: str
    value: str


class TooSlowError(BaseException):
    """Tell that the time for a look is over; no `except Exception` stops it."""


def clean_text(text: str) -> str:
    r"""Return a text with the characters escaped that a reader cannot see.

    >>> clean_text("a\x1b[2J\u202eb")
    'a\\x1b[2J\\u202eb'
    """
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def is_secret_name(name: str) -> bool:
    """Say whether a variable, key, header or field of this name is masked.

    >>> [is_secret_name(name) for name in ("SECRET_KEY", "apiKey", "X-Csrf-Token", "keyboard")]
    [True, True, True, False]
    """
    folded = re.sub(r"[^a-z]", "", name.lower())
    if any(part in folded for part in _SECRET_PARTS):
        return True
    return not _SECRET_WORDS.isdisjoint(word.lower() for word in _WORD.findall(name))


def mask_pairs(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return named texts, those of a secret's name masked."""
    return [(name, MASK if value and is_secret_name(name) else _mask_texts(value)) for name, value in pairs]


def run_within(seconds: float, function: Callable[[], Any]) -> bool:
    """Run a function beside this thread, for a time; say whether it ended.

    Python code that is still running then is stopped by an exception. What
    sleeps inside of C cannot be stopped, and is left behind.

    Args:
        seconds: The time for it.
        function: What leaves its findings where its caller sees them.
    """
    # To raise from here in the other thread instead (`PyThreadState_SetAsyncExc`) lets all of CPython 3.11 hang if that
    # thread waits inside of C while a debugger traces this one.
    deadline = time.monotonic() + seconds
    context = contextvars.copy_context()
    has_ended: list[bool] = []

    def watch(frame: types.FrameType, event: str, argument: Any) -> Any:
        if time.monotonic() > deadline:
            raise TooSlowError
        return watch

    def work() -> None:
        sys.settrace(watch)
        try:
            context.run(function)
            has_ended.append(True)
        except BaseException:  # noqa: S110 - whatever it was, the function has not ended
            pass
        finally:
            sys.settrace(None)

    thread = threading.Thread(target=work, name="demijohn-peek", daemon=True)
    thread.start()
    thread.join(seconds + SECONDS_OF_GRACE)
    return bool(has_ended)


def peek_variables(variables: Mapping[str, Any], seconds: float) -> list[Variable]:
    """Return variables as they are shown.

    Args:
        variables: Names and values.
        seconds: The time for all of them.
    """
    deadline = time.monotonic() + seconds
    shown: list[Variable] = []
    items = list(variables.items())
    while len(shown) < len(items) and (left := deadline - time.monotonic()) > 0:
        seen: list[Variable] = []
        look = functools.partial(_look_at_all, items[len(shown) :], seen)
        has_ended = run_within(min(left, SECONDS_PER_VALUE), look)
        # What is left behind still writes to its list, so it is read once.
        shown += seen[:]
        if not has_ended and len(shown) < len(items):
            name, value = items[len(shown)]
            shown.append(Variable(name, type(value).__name__, "(not shown: its repr takes too long)"))
    for name, value in items[len(shown) :]:
        shown.append(Variable(name, type(value).__name__, "(not looked at: no time was left)"))
    return shown


def peek_named(name: str, value: Any) -> str:
    """Return the bounded repr of a value, masked if its name says so."""
    if _is_masked(name, value):
        return f"{MASK} (masked)"
    return peek(value)


def peek(value: Any) -> str:
    """Return a repr that is short and no exception, with secrets masked.

    >>> peek({"user": "ada", "password": "x"})
    "{'user': 'ada', 'password': •••}"
    """
    return _shorten(_look(value, DEEPEST, itertools.count()), LONGEST_VALUE)


def _look_at_all(items: list[tuple[str, Any]], seen: list[Variable]) -> None:
    """Look at one variable after the other, and append what is shown."""
    for name, value in items:
        seen.append(Variable(name, type(value).__name__, peek_named(name, value)))


def _is_masked(name: Any, value: Any) -> bool:
    """Say whether a value is hidden because of its name; None is no secret."""
    if isinstance(name, bytes):
        name = name.decode("latin-1")
    if type(name) is not str or value is None or isinstance(value, (bool, *_TELLING)):
        return False
    return is_secret_name(name) and not (isinstance(value, (str, bytes, list, tuple, dict)) and not value)


def _look(value: Any, depth: int, nodes: Iterator[int]) -> str:
    """Return the repr of a value with at most so many containers inside."""
    if next(nodes) > MOST_NODES:
        return "…"
    try:
        if _is_plain(value, str) or _is_plain(value, bytes):
            return _look_at_text(value)
        if type(value) is int and value.bit_length() > MOST_BITS:
            return f"(an int of {value.bit_length()} bits)"
        if isinstance(value, (Mapping, Headers)):
            return _look_at_mapping(value, depth, nodes)
        for base, (opening, closing) in _BRACKETS.items():
            if _is_plain(value, base):
                return _look_at_items(value, opening, closing, depth, nodes)
        return _mask_texts(_shorten(repr(value), 8 * LONGEST_VALUE))
    except Exception as error:
        return f"(its repr fails with {type(error).__name__})"


def _is_plain(value: Any, base: type) -> bool:
    """Say whether a value is of a built-in kind, and shown as that kind is."""
    own: Any = type(value).__repr__
    return isinstance(value, base) and own is base.__repr__


def _look_at_text(value: str | bytes) -> str:
    """Return the repr of a text, or of its beginning and its length."""
    shown = _mask_texts(repr(value[:LONGEST_VALUE]))
    return shown if len(value) <= LONGEST_VALUE else f"{shown}… ({len(value)} in all)"


def _look_at_mapping(value: Any, depth: int, nodes: Iterator[int]) -> str:
    """Return the repr of names and values."""
    name = "" if type(value) is dict else type(value).__name__
    if not depth:
        return f"{name}{{…}}"
    parts = []
    for key, item in itertools.islice(value.items(), MOST_ITEMS):
        shown = MASK if _is_masked(key, item) else _look(item, depth - 1, nodes)
        parts.append(f"{_look(key, 0, nodes)}: {shown}")
    return f"{name}{{{', '.join(parts)}{_tell_rest(len(value))}}}"


def _look_at_items(value: Any, opening: str, closing: str, depth: int, nodes: Iterator[int]) -> str:
    """Return the repr of a sequence or set."""
    if not value:
        return repr(value)
    if not depth:
        return f"{opening}…{closing}"
    if isinstance(value, (list, tuple)) and len(value) == 2 and _is_masked(*value):
        # A header, as servers hand it over.
        return f"{opening}{_look(value[0], depth - 1, nodes)}, {MASK}{closing}"
    parts = [_look(item, depth - 1, nodes) for item in itertools.islice(value, MOST_ITEMS)]
    comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
    return f"{opening}{', '.join(parts)}{comma}{_tell_rest(len(value))}{closing}"


def _tell_rest(length: int) -> str:
    """Return how many items are not shown."""
    return f", … ({length} in all)" if length > MOST_ITEMS else ""


def _mask_texts(text: str) -> str:
    """Return a repr with the texts masked that stand after a secret's name."""
    text = _NAMED_TEXT.sub(lambda found: found[1] + MASK if is_secret_name(found[2]) else found[0], text)
    return _URL_PASSWORD.sub(rf"\1{MASK}@", text)


def _shorten(text: str, limit: int) -> str:
    """Return a text, or its beginning."""
    return text if len(text) <= limit else text[:limit] + "…"
