"""The cases: what is asked of every framework, and the answer that each has to give.

An app is timed only after its answer was found right, so that no figure
stands for an error page.  Bodies are compared, content types are compared
without their parameters, and a template's white space does not count.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

HELLO = "Hello, World!"
MESSAGE = {"message": HELLO}
PERSON = {"name": "Ann", "age": 36, "tags": ["a", "b", "c"], "address": {"city": "Bern", "zip": "3000"}}
RECEIPT = {"name": "Ann", "age": 36, "cities": ["Bern"]}
FILE_BYTES = 1024 * 1024
STATIC_BYTES = 16 * 1024
CHUNK = b"x" * 1023 + b"\n"
CHUNKS = 100
ROWS = [{"number": number, "name": f"item {number} <&>", "price": number * 1.5} for number in range(20)]
ROUTES = 100
TEMPLATE_STRING = "<p>Hello {{ name }}!</p>{% if is_new %}<b>new</b>{% endif %}"

BOUNDARY = "----bench7MA4YWxkTrZu0gW"
_HTML = "text/html"
_TEXT = "text/plain"

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """What a client asks."""

    path: str
    method: str = "GET"
    query: str = ""
    body: bytes = b""
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a framework answered."""

    status: int
    headers: Headers
    body: bytes

    def get(self, name: str) -> str:
        """Give a header's value, or an empty string."""
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass(frozen=True)
class Case:
    """One thing that is asked of every framework.

    `first` is a request that goes before, and `follow` makes the request
    that is timed out of the answer to it (a cookie, an entity tag).
    `missing` is why a framework has none, unless it says so itself.
    """

    name: str
    label: str
    request: Request
    body: Callable[[bytes], bool] = field(repr=False)
    status: int = 200
    mimetype: str = _HTML
    header: tuple[str, str] | None = None
    first: Request | None = None
    follow: Callable[[Request, Answer], Request] | None = None
    teardowns: int = 0
    note: str = ""
    missing: str = ""


def find_fault(case: Case, answer: Answer) -> str:
    """Say what is wrong with an answer.

    Args:
        case: What was asked.
        answer: What came back.

    Returns:
        One sentence, or an empty string when the answer is right.
    """
    mimetype = answer.get("content-type").partition(";")[0].strip().lower()
    if answer.status != case.status:
        return f"the status is {answer.status}, not {case.status}: {answer.body[:120]!r}"
    if case.mimetype and mimetype != case.mimetype:
        return f"the content type is {mimetype!r}, not {case.mimetype!r}"
    if case.header is not None:
        name, pattern = case.header
        if not re.search(pattern, answer.get(name)):
            return f"the header {name} is {answer.get(name)!r}, which does not match {pattern!r}"
    if not case.body(answer.body):
        return f"the body is not the one that was asked for: {answer.body[:120]!r}"
    return ""


def build_multipart() -> bytes:
    """Build the body of a form with one field and one file of 1 MiB."""
    lines = [
        f"--{BOUNDARY}",
        'Content-Disposition: form-data; name="title"',
        "",
        "a file",
        f"--{BOUNDARY}",
        'Content-Disposition: form-data; name="file"; filename="data.bin"',
        "Content-Type: application/octet-stream",
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + build_file(FILE_BYTES) + f"\r\n--{BOUNDARY}--\r\n".encode()


def build_file(size: int) -> bytes:
    """Build bytes that look like a binary file and are the same in every run."""
    blocks = range(0, size, 32)
    return b"".join(hashlib.sha256(number.to_bytes(8, "big")).digest() for number in blocks)[:size]


def is_text(text: str) -> Callable[[bytes], bool]:
    """Build the check of a body that is this text."""
    return lambda body: body == text.encode()


def is_json(value: Any) -> Callable[[bytes], bool]:
    """Build the check of a body that says this value in JSON."""
    return lambda body: bool(json.loads(body) == value)


def is_markup(text: str) -> Callable[[bytes], bool]:
    """Build the check of a body that is this markup, white space aside."""
    return lambda body: _squeeze(body.decode()) == _squeeze(text)


def carry_cookie(request: Request, answer: Answer) -> Request:
    """Send the cookies back that an answer set."""
    pairs = [value.partition(";")[0] for name, value in answer.headers if name.lower() == "set-cookie"]
    return replace(request, headers=(*request.headers, ("Cookie", "; ".join(pairs))))


def carry_validators(request: Request, answer: Answer) -> Request:
    """Ask whether a file has changed, by the tags of an earlier answer."""
    names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    known = [(theirs, answer.get(ours)) for ours, theirs in names.items() if answer.get(ours)]
    return replace(request, headers=(*request.headers, *known))


def build_table() -> str:
    """Build the table that `render_template` has to give."""
    rows = [
        f"<tr><td>{row['number']}</td><td>{html.escape(str(row['name']))}</td><td>{row['price']}</td></tr>"
        for row in ROWS
    ]
    return f"<!doctype html><title>Items</title><h1>Items</h1><table>{''.join(rows)}</table><p>{len(ROWS)} items</p>"


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _is_any(_body: bytes) -> bool:
    return True


_UPLOAD = build_multipart()
_TYPED = Request("/", "POST", body=json.dumps(PERSON).encode(), content_type="application/json")
_STATIC = Request("/static/data.txt")

CASES = {
    case.name: case
    for case in (
        Case("plain", "plain text", Request("/"), is_text(HELLO)),
        Case("json", "JSON", Request("/"), is_json(MESSAGE), mimetype="application/json"),
        Case(
            "int_route",
            "two int variables among 100 routes",
            Request("/resource50/17/items/25"),
            is_text("42"),
            note="half of the 100 routes are static, half have two int variables; the 50th is asked for",
        ),
        Case(
            "query",
            "query string",
            Request("/search", query="term=wine&page=3&size=20"),
            is_text("wine 3 20"),
            note="three values, two of them read as int",
        ),
        Case(
            "json_body",
            "JSON body",
            Request("/", "POST", body=json.dumps(PERSON).encode(), content_type="application/json"),
            is_text("Ann 36"),
        ),
        Case(
            "form",
            "urlencoded form",
            Request(
                "/",
                "POST",
                body=b"name=Ann&age=36&city=Bern&note=a+b%26c",
                content_type="application/x-www-form-urlencoded",
            ),
            is_text("Ann 36 a b&c"),
        ),
        Case(
            "multipart",
            "multipart with a 1 MiB file",
            Request("/", "POST", body=_UPLOAD, content_type=f"multipart/form-data; boundary={BOUNDARY}"),
            is_text(f"a file {FILE_BYTES}"),
            note="the view reads the whole file; ASGI servers hand the body over in pieces of 64 KiB",
        ),
        Case(
            "template_string",
            "render_template_string",
            Request("/"),
            is_markup("<p>Hello Ann!</p><b>new</b>"),
        ),
        Case("template", "render_template, 20 rows", Request("/"), is_markup(build_table())),
        Case(
            "session_read",
            "session read",
            Request("/who"),
            is_text("Ann"),
            first=Request("/login"),
            follow=carry_cookie,
            note="the cookie comes from the framework's own answer; some sign it, some encrypt it",
        ),
        Case(
            "session_write",
            "session write",
            Request("/login"),
            is_text("ok"),
            header=("set-cookie", "="),
        ),
        Case("url_for", "url_for", Request("/"), is_text("/item/7")),
        Case(
            "hooks",
            "blueprint with before, after and teardown",
            Request("/part/"),
            is_text("Ann"),
            header=("x-hook", "^after$"),
            teardowns=1,
            note="or the middleware that the framework's documentation gives for the same purpose",
        ),
        Case(
            "not_found",
            "404",
            Request("/missing"),
            _is_any,
            status=404,
            mimetype="",
            note="each framework's own page, among the 100 routes of the case above",
        ),
        Case("error_handler", "error handler", Request("/"), is_text("caught: no"), status=400),
        Case(
            "redirect",
            "redirect",
            Request("/old"),
            _is_any,
            status=302,
            mimetype="",
            header=("location", "^(http://127.0.0.1:8000)?/new$"),
        ),
        Case(
            "static",
            "static file, 16 KiB",
            _STATIC,
            lambda body: body == build_file(STATIC_BYTES),
            mimetype=_TEXT,
        ),
        Case(
            "static_304",
            "static file, not modified",
            _STATIC,
            is_text(""),
            status=304,
            mimetype="",
            first=_STATIC,
            follow=carry_validators,
        ),
        Case("stream", "stream of 100 chunks", Request("/"), lambda body: body == CHUNK * CHUNKS, mimetype=_TEXT),
        Case(
            "async_view",
            "async view",
            Request("/"),
            is_text(HELLO),
            note="the view awaits asyncio.sleep(0) once",
        ),
        Case(
            "async_json",
            "async JSON view",
            Request("/"),
            is_json(MESSAGE),
            mimetype="application/json",
            note="a coroutine function that awaits nothing; under ASGI it is the row JSON again",
        ),
        Case(
            "sync_json",
            "sync JSON view",
            Request("/"),
            is_json(MESSAGE),
            mimetype="application/json",
            note="a plain function; under ASGI it runs in a worker thread, under WSGI it is the row JSON again",
        ),
        Case(
            "typed",
            "typed JSON body, typed result",
            _TYPED,
            is_json(RECEIPT),
            mimetype="application/json",
            note="the models are FastAPI's pydantic, and msgspec's elsewhere; under ASGI the views are async",
            missing="its views are not typed",
        ),
        Case(
            "typed_by_hand",
            "the same, parsed by hand",
            _TYPED,
            is_json(RECEIPT),
            mimetype="application/json",
            note="the view calls msgspec itself, and makes a response",
            missing="Demijohn's typed views are compared with itself",
        ),
    )
}
