"""Check the messages that an application sends by ASGI.

Here live the tables of ASGI 3.0 (HTTP and WebSocket 2.5, lifespan 2.0):
which message may come when, what stands in it, and of which type it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

Check = Callable[[Any], str | None]
"""Takes a value and returns what it should be, or None."""

_is_token = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+").fullmatch
_find_control = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]").search
#: The codes that may be sent in a close frame (RFC 6455, section 7.4).
_CLOSE_CODES = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)})
_LONGEST_REASON = 123


def check_headers(headers: Any) -> str | None:
    """Say what is wrong with a list of headers.

    Args:
        headers: What the application gave.
    """
    if isinstance(headers, (str, bytes, dict)) or not isinstance(headers, Iterable):
        return "a list of pairs of bytes"
    for pair in headers:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            return f"a list of pairs of bytes, but it holds {pair!r}"
        name, value = pair
        if type(name) is not bytes or type(value) is not bytes:
            return f"a list of pairs of bytes, but it holds {tuple(pair)!r}"
        if not _is_token(name):
            return f"a list with names in lower case and without special characters, but one is {name!r}"
        if _find_control(value) or value != value.strip(b" \t"):
            return f"a list with values free of control characters and outer blanks, but {name!r} is {value!r}"
    return None


def _expect(kind: type, what: str) -> Check:
    return lambda value: None if type(value) is kind else what


def _optional(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _check_status(status: Any) -> str | None:
    return None if type(status) is int and 200 <= status < 1000 else "a whole number from 200 to 999"


def _check_code(code: Any) -> str | None:
    return None if type(code) is int and code in _CLOSE_CODES else "a close code of RFC 6455, section 7.4"


def _check_reason(reason: Any) -> str | None:
    is_short = isinstance(reason, str) and len(reason.encode()) <= _LONGEST_REASON
    return None if is_short else f"a str of at most {_LONGEST_REASON} bytes"


_bytes = _expect(bytes, "bytes")
_text = _expect(str, "a str")
_truth = _expect(bool, "True or False")

REQUIRED = frozenset({"status", "path"})
"""Keys that a message must have wherever it may have them."""

FIELDS: dict[str, dict[str, Check]] = {
    "http.response.start": {"status": _check_status, "headers": check_headers},
    "http.response.body": {"body": _bytes, "more_body": _truth},
    "http.response.pathsend": {"path": _text},
    "websocket.accept": {"subprotocol": _optional(_text), "headers": check_headers},
    "websocket.send": {"bytes": _optional(_bytes), "text": _optional(_text)},
    "websocket.close": {"code": _check_code, "reason": _optional(_check_reason)},
    "websocket.http.response.start": {"status": _check_status, "headers": check_headers},
    "websocket.http.response.body": {"body": _bytes, "more_body": _truth},
    "lifespan.startup.complete": {},
    "lifespan.startup.failed": {"message": _text},
    "lifespan.shutdown.complete": {},
    "lifespan.shutdown.failed": {"message": _text},
}
"""Message -> key -> check."""

ORDER: dict[str, dict[str, str]] = {
    "request": {"http.response.start": "headers"},
    "headers": {"http.response.body": "body", "http.response.pathsend": "end"},
    "body": {"http.response.body": "body"},
    "handshake": {
        "websocket.accept": "open",
        "websocket.close": "refused",
        "websocket.http.response.start": "refusing",
    },
    "open": {"websocket.send": "open", "websocket.close": "closed"},
    "refusing": {"websocket.http.response.body": "refusing"},
    "startup": {"lifespan.startup.complete": "serving", "lifespan.startup.failed": "end"},
    "serving": {},
    "shutdown": {"lifespan.shutdown.complete": "end", "lifespan.shutdown.failed": "end"},
    "end": {},
    "refused": {},
    "closed": {},
}
"""State -> message -> next state."""

EXTENSIONS = {
    "http.response.pathsend": "http.response.pathsend",
    "websocket.http.response.start": "websocket.http.response",
    "websocket.http.response.body": "websocket.http.response",
}
"""Message -> the extension that a server must offer for it."""

ENDS = {"http.response.body": "end", "websocket.http.response.body": "refused"}
"""Message -> the state behind it when it has no `more_body`."""


def find_fault(state: str, message: Any, extensions: Iterable[str] = ()) -> str | None:
    """Say what is wrong with a message, in a sentence.

    Args:
        state: Where the exchange is, a key of `ORDER`.
        message: What the application sends.
        extensions: What the server offers.

    Returns:
        The sentence, or None when nothing is wrong.
    """
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return f"The application sent {message!r}, which is no dict with a 'type'."
    kind = message["type"]
    allowed = [name for name in ORDER[state] if EXTENSIONS.get(name) in (None, *extensions)]
    if kind not in allowed:
        known = "" if kind in FIELDS else ", which ASGI does not know,"
        instead = f"expected {' or '.join(allowed)}" if allowed else "nothing may be sent any more"
        return f"The application sent {kind!r}{known} in the state {state!r}, where {instead}."
    fields = FIELDS[kind]
    for key, value in message.items():
        if key != "type" and key not in fields:
            return f"The application sent {kind!r} with {key!r}, which it does not have; it has {sorted(fields)}."
        expected = None if key == "type" else fields[key](value)
        if expected is not None:
            return f"The application sent {kind!r} with {key!r} {value!r}. It must be {expected}."
    missing = sorted(key for key in REQUIRED & fields.keys() if key not in message)
    if missing:
        return f"The application sent {kind!r} without {missing[0]!r}."
    if kind == "websocket.send" and (message.get("bytes") is None) == (message.get("text") is None):
        return "The application sent 'websocket.send' that has not exactly one of 'bytes' and 'text'."
    return None


def find_next_state(state: str, message: dict[str, Any]) -> str:
    """Return the state behind a message that is right.

    Args:
        state: The state before it, a key of `ORDER`.
        message: What the application sent.
    """
    kind = message["type"]
    if kind in ENDS and not message.get("more_body", False):
        return ENDS[kind]
    return ORDER[state][kind]
