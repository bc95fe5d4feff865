"""What may differ between the doors, and what a door's server cannot hand over, each with its reason."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from tests.differential.driver import Answer, Call

PIECE_OF_NO_BYTES = re.compile(rb"<('[^']*'|\d+)>")  # as the driver writes them down
LOOPS = frozenset({"asgi", "rsgi"})
RSGI = frozenset({"rsgi"})
ALL = frozenset({"code", "error", "body", "headers", "events"})


@dataclasses.dataclass(frozen=True)
class Unsendable:
    """A kind of request that a server of some doors never hands over.

    Attributes:
        name: A short name.
        reason: Why it does not.
        doors: Which doors.
        holds: Whether a request is of this kind.
    """

    name: str
    reason: str
    doors: frozenset[str]
    holds: Callable[[Call], bool]


@dataclasses.dataclass(frozen=True)
class Deviation:
    """One meant difference between a door's answer and that of WSGI.

    Attributes:
        name: A short name.
        reason: Why it is so.
        doors: Which doors.
        parts: The parts of an answer that may differ.
        holds: Whether this request and these answers are such a case.
    """

    name: str
    reason: str
    doors: frozenset[str]
    parts: frozenset[str]
    holds: Callable[[Call, Answer, Answer], bool]

    def allows(self, door: str, request: Call, first: Answer, other: Answer, different: set[str]) -> bool:
        """Return whether the parts that differ may do so here."""
        return door in self.doors and different <= self.parts and self.holds(request, first, other)


def sets(request: Call, *keys: str) -> bool:
    """Return whether the environ of a request is changed in one of these keys."""
    return any(key in keys for key, _ in request.environ)


def has_wide_header(request: Call) -> bool:
    """Return whether a header holds more than ASCII."""
    return any(not value.isascii() for _, value in request.headers)


def has_lost_bytes(text: str | bytes) -> bool:
    """Return whether bytes of a text are no UTF-8."""
    raw = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return "\ufffd" in raw.decode(errors="replace")


UNSENDABLE = (
    Unsendable(
        "prefix",
        "RSGI has no place for the prefix under which an app is mounted.",
        RSGI,
        lambda request: sets(request, "SCRIPT_NAME"),
    ),
    Unsendable(
        "empty path",
        "A server that decodes the path itself says / where nothing stands; ASGI wants one.",
        LOOPS,
        lambda request: not request.path or sets(request, "PATH_INFO"),
    ),
    Unsendable(
        "server",
        "ASGI and RSGI name the server by a host and a number; a WSGI environ may hold any text.",
        LOOPS,
        lambda request: any(key == "SERVER_PORT" and not value.isdigit() for key, value in request.environ),
    ),
    Unsendable(
        "a view that counts",
        "One view counts how often it was called, so that no two answers are alike.",
        LOOPS,
        lambda request: request.path == "/one-object",
    ),
)

DEVIATIONS: tuple[Deviation, ...] = (
    Deviation(
        "wide header",
        "Granian leaves out request headers that hold more than ASCII.",
        RSGI,
        ALL,
        lambda request, first, other: has_wide_header(request),
    ),
    Deviation(
        "no bytes",
        "A body that gives no bytes is an error of the app. WSGI leaves it to the server to say so, as Flask does.",
        LOOPS,
        frozenset({"body", "error"}),
        lambda request, first, other: bool(PIECE_OF_NO_BYTES.search(first.body)),
    ),
    Deviation(
        "nothing was sent",
        "Under WSGI a status that was started is not sent before the first piece; the other doors do not start it.",
        LOOPS,
        frozenset({"code", "headers"}),
        lambda request, first, other: bool(first.error) and not first.body and not other.code,
    ),
    Deviation(
        "no status",
        "A status that is no number from 100 on is an error of the app, which WSGI leaves to the server.",
        LOOPS,
        ALL,
        lambda request, first, other: first.code < 100 and not other.code and "ValueError" in other.error,
    ),
    Deviation(
        "sendfile",
        "Behind X-Sendfile no bytes follow, so the length of the file is left out, which WSGI servers let pass.",
        LOOPS,
        frozenset({"headers"}),
        lambda request, first, other: (
            bool(first.header("x-sendfile"))
            and [pair for pair in first.headers if pair[0] != "content-length"] == other.headers
        ),
    ),
    Deviation(
        "two hosts",
        "WSGI servers join two Host headers, or refuse them; the other doors see both, and refuse them.",
        LOOPS,
        ALL,
        lambda request, first, other: [name for name, _ in request.headers].count("Host") > 1 and other.code == 400,
    ),
    Deviation(
        "query of no UTF-8",
        "RSGI gives the query string as text, in which bytes that are no UTF-8 are lost.",
        RSGI,
        frozenset({"body", "headers"}),
        lambda request, first, other: has_lost_bytes(request.query),
    ),
    Deviation(
        "path of no UTF-8",
        "RSGI gives the path as text without its escapes, in which bytes that are no UTF-8 are lost.",
        RSGI,
        frozenset({"body", "headers"}),
        lambda request, first, other: has_lost_bytes(unquote_to_bytes(request.path.encode("utf-8", "replace"))),
    ),
)
