"""Calls a WSGI app with a request made by hand, and writes down everything that comes back.

No socket and no test client stands between, so that a path, a header or a length may hold what no client would send.
"""

from __future__ import annotations

import dataclasses
import io
import re
import sys
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote_to_bytes

from itsdangerous import BadSignature, TimestampSigner

from tests.differential.trail import describe, drain

OWN_HEADERS = ("CONTENT_TYPE", "CONTENT_LENGTH")


@dataclasses.dataclass(frozen=True)
class Call:
    """One request.

    Attributes:
        method: The method, as a server would hand it over.
        path: The path with percent-encoding; it may be anything.
        query: The query string without its question mark.
        headers: Names and values; equal names are joined with a comma, as servers do.
        body: The bytes that the server can read.
        length: What stands in Content-Length; `auto` is the body's length, None leaves it out.
        environ: Keys of the environ that are set last.
    """

    method: str = "GET"
    path: str = "/"
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    length: str | None = "auto"
    environ: tuple[tuple[str, Any], ...] = ()

    def build(self, cookies: dict[str, str] | None = None) -> dict[str, Any]:
        """Build the environ.

        Args:
            cookies: Cookies that are sent besides those in the headers.

        Returns:
            A new environ.
        """
        raw_path = unquote_to_bytes(self.path.encode("utf-8", "surrogateescape"))
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": raw_path.decode("latin-1"),
            "QUERY_STRING": self.query.encode("utf-8", "surrogateescape").decode("latin-1"),
            "REQUEST_URI": f"{self.path}?{self.query}",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        environ.update(join_headers(self.headers, cookies or {}))
        length = str(len(self.body)) if self.length == "auto" and self.body else self.length
        if length is not None and length != "auto":
            environ["CONTENT_LENGTH"] = length
        environ.update(self.environ)
        return environ

    def __str__(self) -> str:
        """Show the request as it would stand on the wire."""
        target = self.path + ("?" + self.query if self.query else "")
        lines = [f"{self.method} {target}", *(f"{name}: {value}" for name, value in self.headers)]
        if self.length is not None and (self.length != "auto" or self.body):
            lines.append(f"Content-Length: {len(self.body) if self.length == 'auto' else self.length}")
        lines += [f"environ {key} = {value!r}" for key, value in self.environ]
        return "\n  ".join([*lines, *([repr(self.body[:400])] if self.body else [])])


@dataclasses.dataclass
class Answer:
    """What came back for one request.

    Attributes:
        status: The status line.
        headers: Sorted names and values, with times made relative and sessions opened.
        body: All pieces together.
        error: The exception that reached the server, described.
        events: What hooks, handlers, signals and the logger wrote to the trail.
        left: Contexts that were left behind.
        set_cookies: The Set-Cookie values as they were sent.
    """

    status: str = ""
    headers: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    body: bytes = b""
    error: str = ""
    events: list[str] = dataclasses.field(default_factory=list)
    left: str = ""
    set_cookies: list[str] = dataclasses.field(default_factory=list)

    @property
    def code(self) -> int:
        """Return the status as a number, 0 where none was sent."""
        return int(self.status[:3]) if self.status[:3].isdigit() else 0

    def header(self, name: str) -> list[str]:
        """Return all values of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


def call(app: Any, request: Call, cookies: dict[str, str] | None = None) -> Answer:
    """Make one request and take the whole answer.

    Args:
        app: The app.
        request: The request.
        cookies: A cookie jar, which is read and then updated.

    Returns:
        The answer, also where the app raised.
    """
    answer = Answer()
    drain()
    pieces: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        answer.status, answer.headers = status, list(headers)
        return pieces.append

    try:
        run(app, request.build(cookies), start_response, pieces)
    except Exception as error:
        answer.error = describe(error)
    answer.body = b"".join(pieces)
    answer.events = drain()
    answer.left = find_contexts_left(app)
    answer.set_cookies = answer.header("Set-Cookie")
    answer.headers = sorted((name, settle(app, name, value)) for name, value in answer.headers)
    if cookies is not None:
        update_jar(cookies, answer.set_cookies)
    return answer


def run(app: Any, environ: dict[str, Any], start_response: Any, pieces: list[bytes]) -> None:
    """Call the app as a server does, closing the body also when it fails."""
    body = app(environ, start_response)
    try:
        for piece in body:
            pieces.append(bytes(piece) if isinstance(piece, bytes | bytearray) else f"<{piece!r}>".encode())
    finally:
        if hasattr(body, "close"):
            body.close()


def join_headers(headers: tuple[tuple[str, str], ...], cookies: dict[str, str]) -> dict[str, str]:
    """Turn headers into environ keys."""
    joined: dict[str, str] = {}
    for name, value in headers:
        key = name.upper().replace("-", "_")
        key = key if key in OWN_HEADERS else f"HTTP_{key}"
        text = value.encode("utf-8", "surrogateescape").decode("latin-1")
        joined[key] = f"{joined[key]},{text}" if key in joined else text
    if cookies:
        own = [joined["HTTP_COOKIE"]] if "HTTP_COOKIE" in joined else []
        joined["HTTP_COOKIE"] = "; ".join([*own, *(f"{name}={value}" for name, value in cookies.items())])
    return joined


def find_contexts_left(app: Any) -> str:
    """Say which contexts the answered request left behind."""
    package = sys.modules[package_of(app)]
    kinds = ("request", "app")
    return " ".join(kind for kind in kinds if getattr(package, f"has_{kind}_context")())


def package_of(app: Any) -> str:
    """Return the name of the package whose app this is."""
    classes = type(app).__mro__
    return next(name for c in classes if (name := c.__module__.partition(".")[0]) in {"flask", "demijohn"})


def settle(app: Any, name: str, value: str) -> str:
    """Take out of a header what depends on the clock or on chance."""
    if name.lower() in {"expires", "date"}:
        return relate(value)
    if name.lower() == "allow":  # written from a set, whose order is by chance
        return ", ".join(sorted(value.split(", ")))
    if name.lower() != "set-cookie":
        return value
    value = re.sub(r"(?<=Expires=)[^;]+", lambda match: relate(match[0]), value)
    cookie, separator, attributes = value.partition(";")
    key, _, signed = cookie.partition("=")
    if key == app.config.get("SESSION_COOKIE_NAME") and signed:
        cookie = f"{key}=<{open_session(app, signed)}>"
    return cookie + separator + attributes


def relate(moment: str) -> str:
    """Turn a date near today into minutes from now."""
    try:
        parsed = parsedate_to_datetime(moment)
    except ValueError:
        return moment
    minutes = round((parsed - datetime.now(UTC)).total_seconds() / 60)
    return moment if abs(minutes) > 60 * 24 * 365 else f"in {minutes} minutes"


def open_session(app: Any, signed: str) -> str:
    """Check a session cookie's signature, and return the signed part without its time."""
    keys = [*(app.config.get("SECRET_KEY_FALLBACKS") or []), app.secret_key]
    signer = TimestampSigner(keys, salt="cookie-session", key_derivation="hmac")
    try:
        return signer.unsign(signed).decode()
    except BadSignature as error:
        return f"{signed} {error}"


def update_jar(jar: dict[str, str], set_cookies: list[str]) -> None:
    """Keep and forget cookies as a browser would, whatever their path and domain."""
    for line in set_cookies:
        cookie, _, attributes = line.partition(";")
        name, _, value = cookie.partition("=")
        if "Max-Age=0" in attributes or "01 Jan 1970" in attributes:
            jar.pop(name, None)
        else:
            jar[name] = value
