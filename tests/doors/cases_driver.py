"""Hands one request, made by hand, to each door of an app, and compares what comes back.

A `Call` of the differential test is written once. Here it becomes the WSGI environ, the ASGI scope and the RSGI
scope that a server would make of the same bytes, and the servers are the strict ones of `demijohn.testing`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import http
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from demijohn.testing import _asgi, _rsgi
from demijohn.testing._incoming import BodyCutError
from tests.differential.driver import OWN_HEADERS, Answer, Call, call, find_contexts_left, settle, update_jar
from tests.differential.trail import describe, drain
from tests.doors.cases_deviations import DEVIATIONS, UNSENDABLE

DOORS = ("wsgi", "asgi", "rsgi")
PARTS = ("code", "error", "body", "headers", "events", "left")
GRACE = 1.0
PHRASES = {status.value: status.phrase for status in http.HTTPStatus}

Jars = dict[str, dict[str, str]]

# What is the same for all requests of a server, and what the doors that have a loop always say.
SERVER = (("wsgi.multithread", True), ("wsgi.multiprocess", True), ("REMOTE_PORT", "50000"))


class Sent:
    """Give the bytes of a body as a server does, in pieces.

    Args:
        data: What arrives.
        is_cut: Whether more was announced than arrives.
    """

    def __init__(self, data: bytes, *, is_cut: bool = False) -> None:
        self._data = data
        self._is_cut = is_cut
        self._size = max(7, len(data) // 20)
        #: Whether everything was read.
        self.is_read = False
        #: How many bytes were handed over.
        self.seen = 0

    def read(self) -> bytes:
        """Return the next piece.

        Raises:
            BodyCutError: Nothing is left, though more was announced.
        """
        piece = self._data[self.seen : self.seen + self._size]
        self.seen += len(piece)
        if not piece and self._is_cut:
            raise BodyCutError
        self.is_read = self.seen == len(self._data) and not self._is_cut
        return piece


class Served:
    """Be the servers of all three doors, on one loop."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()

    def ask(self, door: str, app: Any, request: Call, cookies: dict[str, str] | None = None) -> Answer:
        """Make one request through one door.

        Args:
            door: A name of `DOORS`.
            app: The app.
            request: The request.
            cookies: A cookie jar, which is read and then updated.

        Returns:
            The answer, also where the app raised.
        """
        request = prepare(request)
        if door == "wsgi":
            answer = call(app, request, cookies)
            answer.headers = sorted((name.lower(), value) for name, value in answer.headers)
            return answer
        answer = Answer()
        drain()
        self.runner.run(exchange_one(door, app, request, cookies, answer))
        answer.events = drain()
        answer.set_cookies = answer.header("set-cookie")
        answer.headers = sorted((name, settle(app, name, value)) for name, value in answer.headers)
        if cookies is not None:
            update_jar(cookies, answer.set_cookies)
        return answer

    def differ(self, app: Any, request: Call, doors: tuple[str, ...] = DOORS[1:], jars: Jars | None = None) -> str:
        """Make one request through WSGI and through other doors.

        Returns:
            A text that tells how the answers differ; empty where they do not, or as is listed.
        """
        jars = jars or {}
        first = self.ask("wsgi", app, request, jars.get("wsgi"))
        lines = []
        for door in doors:
            if not can_send(door, request):
                continue
            other = self.ask(door, app, request, jars.get(door))
            lines += compare(door, request, first, other)
        return "\n".join(lines)

    def require_equal(self, app: Any, requests: Any) -> None:
        """Make each request through every door, and tell of the first few that differ."""
        reports = [self.differ(app, request) for request in requests]
        different = [report for report in reports if report]
        assert not different, "\n".join([f"{len(different)} of {len(reports)} requests differ:", *different[:8]])

    def close(self) -> None:
        """Stop the loop."""
        self.runner.close()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Give the servers of all doors, closed after the module."""
    made = Served()
    yield made
    made.close()


def prepare(request: Call) -> Call:
    """Add what a server says of every request, and name the encoding of a body without a length."""
    headers = request.headers
    if is_chunked(request):
        headers = (*headers, ("Transfer-Encoding", "chunked"))
    return dataclasses.replace(request, headers=headers, environ=(*SERVER, *request.environ))


def is_chunked(request: Call) -> bool:
    """Return whether the server marks the end of a body whose length nobody said."""
    return request.length is None and ("wsgi.input_terminated", True) in request.environ


def can_send(door: str, request: Call) -> bool:
    """Return whether a server of this door can hand over this request at all."""
    return not any(door in row.doors and row.holds(request) for row in UNSENDABLE)


def compare(door: str, request: Call, first: Answer, other: Answer) -> list[str]:
    """Describe how the answer of a door differs from that of WSGI, in lines."""
    different = find_different(first, other)
    if not different or any(row.allows(door, request, first, other, set(different)) for row in DEVIATIONS):
        return []
    lines = [f"{door} has a different {', '.join(different)} for", f"  {request}"]
    for part in different:
        mine, its = getattr(first, part), getattr(other, part)
        if part == "headers":
            mine, its = [pair for pair in mine if pair not in its], [pair for pair in its if pair not in mine]
        if part == "body":
            start = next((n for n, (a, b) in enumerate(zip(mine, its, strict=False)) if a != b), 0)
            mine, its = mine[max(0, start - 60) : start + 200], its[max(0, start - 60) : start + 200]
        lines += [f"{part}:", f"  wsgi {mine!r}", f"  {door} {its!r}"]
    return [*lines, f"statuses: {first.status!r}, {other.status!r}"]


def find_different(first: Answer, other: Answer) -> list[str]:
    """Return the parts in which two answers differ."""
    return [part for part in PARTS if getattr(first, part) != getattr(other, part)]


async def exchange_one(door: str, app: Any, request: Call, cookies: dict[str, str] | None, answer: Answer) -> None:
    """Make one request through ASGI or RSGI, and fill in the answer."""
    left: list[str] = []

    async def watched(*args: Any) -> None:
        try:
            await (app(*args) if door == "asgi" else app.__rsgi__(*args))
        finally:
            left.append(find_contexts_left(app))

    exchange = open_exchange(door, watched, request, cookies)
    pieces: list[bytes] = []
    try:
        async with asyncio.timeout(2 * GRACE):
            await exchange.open()
            while (piece := await exchange.take()) is not None:
                pieces.append(piece)
    except Exception as error:
        answer.error = describe(error)
        await exchange.abort()
    for _ in range(3):
        await asyncio.sleep(0)
    tasks = [f"task {task.get_coro()}" for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    answer.left = " ".join([*filter(None, left), *tasks])
    answer.status = f"{exchange.status} {PHRASES.get(exchange.status, '')}" if exchange.status else ""
    answer.headers = exchange.headers
    answer.body = b"".join(pieces)


def open_exchange(door: str, app: Any, request: Call, cookies: dict[str, str] | None) -> Any:
    """Make the exchange of a request that was prepared."""
    environ = request.build(cookies)
    headers = list_headers(request, environ, has_jar=bool(cookies))
    body = build_body(request)
    if door == "asgi":
        return Slow(app, build_scope(request, environ, headers), body, GRACE)  # type: ignore[arg-type]  # a body of its own
    scope = _rsgi.RsgiScope({**environ, "PATH_INFO": "/"})
    scope.path = find_path(request, environ).decode(errors="replace") or "/"
    scope.query_string = environ["QUERY_STRING"].encode("latin-1").decode(errors="replace")
    scope.headers = _rsgi.RsgiHeaders([(name, value.decode("latin-1")) for name, value in headers])
    return Impatient(app, scope, body, GRACE)  # type: ignore[arg-type]  # a body of its own


class Slow(_asgi.HttpExchange):
    """Be a server whose every event takes its time, as those of real ones do."""

    async def receive(self) -> dict[str, Any]:
        """Return what happened next, after another turn of the loop."""
        await asyncio.sleep(0)
        return await super().receive()


class Impatient(_rsgi.HttpExchange):
    """Be a client that gives up as soon as the app itself waits for that.

    RSGI cannot cut an answer, so one that failed half-way is left open until the client goes away.
    """

    async def wait_gone(self) -> None:
        """Wait until the client goes away, which it does when nothing else can come."""
        self.is_gone = self.is_gone or asyncio.current_task() is self._task
        self.tell()
        await super().wait_gone()


def build_scope(request: Call, environ: dict[str, Any], headers: list[tuple[str, bytes]]) -> dict[str, Any]:
    """Return the ASGI scope of a request."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": environ["wsgi.url_scheme"],
        "path": find_path(request, environ).decode(errors="replace") or "/",
        "raw_path": environ["SCRIPT_NAME"].encode() + request.path.encode("utf-8", "surrogateescape"),
        "query_string": environ["QUERY_STRING"].encode("latin-1"),
        "root_path": environ["SCRIPT_NAME"],
        "headers": [(name.encode(), value) for name, value in headers],
        "client": (environ["REMOTE_ADDR"], 50_000),
        "server": (environ["SERVER_NAME"], int(environ["SERVER_PORT"])),
        "extensions": {},
    }


def find_path(request: Call, environ: dict[str, Any]) -> bytes:
    """Return the path with its prefix, its escapes resolved."""
    return environ["SCRIPT_NAME"].encode() + unquote_to_bytes(request.path.encode("utf-8", "surrogateescape"))


def list_headers(request: Call, environ: dict[str, Any], *, has_jar: bool) -> list[tuple[str, bytes]]:
    """Return the headers as a server has them: names in lower case, repeated ones apart."""
    overridden = {key for key, _ in request.environ} | ({"HTTP_COOKIE"} if has_jar else set())
    pairs = []
    known = set()
    for name, value in request.headers:
        key = name.upper().replace("-", "_")
        key = key if key in OWN_HEADERS else f"HTTP_{key}"
        if key not in overridden:
            known.add(key)
            pairs.append((name.lower(), value.encode("utf-8", "surrogateescape")))
    for key, value in environ.items():
        if (key.startswith("HTTP_") or key == "CONTENT_LENGTH") and key not in known:
            name = key.removeprefix("HTTP_").lower().replace("_", "-")
            pairs.append((name, value.encode("latin-1", "replace")))
    return pairs


def build_body(request: Call) -> Sent:
    """Return the bytes that arrive: as many as announced, all of a chunked body, none otherwise."""
    length = str(len(request.body)) if request.length == "auto" else request.length
    if is_chunked(request):
        return Sent(request.body)
    if length is None or not (length.isascii() and length.isdigit()):
        return Sent(b"")
    return Sent(request.body[: int(length)], is_cut=int(length) > len(request.body))
