"""Answer for an exception in debug mode, and for the console of its page.

Here live the frames that are kept, and who may run code in them.  One
`Debugger` belongs to one application in one process.

SECURITY: the console runs any code.  Its guards, each one enough on its own
against another site that the developer has open: the `Host` must be a name of
this machine (against DNS rebinding, CVE-2024-34069), the request must come
from the page's own origin, as JSON, and name a secret of the page.  Against
other users of the machine or the network stands the PIN, with ten tries.
"""

from __future__ import annotations

import asyncio
import contextvars
import hmac
import ipaddress
import json
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, NamedTuple

import click
import itsdangerous
from werkzeug.debug import get_pin_and_cookie_name

from .. import _current
from .console import FrameConsole
from .failure import Failure, FrameView
from .traceback_page import Answer, ConsoleLink, RequestFacts, answer_failure

CONSOLE_PATH = "/-/console"
MOST_KEPT_PAGES = 8
"""Exceptions whose frames are kept; each may hold much memory."""

MOST_TRIES = 10
"""Wrong PINs until the console is shut for this process."""

SECONDS_OF_TRUST = 7 * 24 * 3600
"""How long a browser that gave the PIN is trusted."""

LARGEST_COMMAND = 1 << 20
_COOKIE = "demijohn-console"
_TRUSTED = b"trusted"
_HOST = re.compile(r"(?:(?P<name>[a-z0-9._-]+)|\[(?P<ipv6>[0-9a-f:.]+)\])(?::[0-9]{1,5})?")


class Refusal(NamedTuple):
    """Say with which status a request is refused, and why."""

    status: int
    kind: str
    text: str


NOT_LOCAL = Refusal(403, "host", "The console answers only to names of this machine, such as localhost and 127.0.0.1.")
NOT_OWN = Refusal(403, "origin", "The console answers only to the page of the exception.")
NOT_POST = Refusal(405, "method", "The console takes commands by POST.")
NOT_JSON = Refusal(400, "body", "A command is a JSON object of at most 1 MiB that names secret, page, frame, command.")
NOT_KNOWN = Refusal(403, "secret", "The page is from before the server's last start. Load it again.")
NOT_TRUSTED = Refusal(403, "pin", "The PIN is asked for. It was printed where the server runs.")
WRONG_PIN = Refusal(403, "wrong-pin", "This is not the PIN. It was printed where the server runs.")
TOO_MANY_TRIES = Refusal(429, "tries", "Too many wrong PINs: the console is shut until the server starts again.")
NOT_KEPT = Refusal(404, "frame", "The frames of this page are no longer kept. Load it again.")


class _KeptPage:
    """Hold the frames of one page, and make their consoles when asked."""

    def __init__(
        self, frames: dict[int, FrameView], context: contextvars.Context, loop: asyncio.AbstractEventLoop | None
    ) -> None:
        self.frames = frames
        self.context = context
        self.loop = loop
        self.consoles: dict[int, FrameConsole] = {}


class Debugger:
    """Show the exceptions of an application, with a console where it is safe.

    Args:
        app: The application, whose PIN is the one of Werkzeug's debugger:
            `WERKZEUG_DEBUG_PIN` sets it, and `off` turns it off.
        has_console: Give a console; without it no frames are kept.
    """

    def __init__(self, app: Any, has_console: bool = True) -> None:
        self.app = app
        self.has_console = has_console
        self._secret = secrets.token_urlsafe(24)
        self._pages: OrderedDict[str, _KeptPage] = OrderedDict()
        self._lock = threading.Lock()
        self._wrong_pins = 0
        self._is_announced = False
        self._pin: str | None = None
        self._is_pin_known = False

    @property
    def pin(self) -> str | None:
        """Return the PIN, or None if none is asked for."""
        if not self._is_pin_known:
            self._pin = get_pin_and_cookie_name(self.app)[0]
            self._is_pin_known = True
        return self._pin

    def announce(self) -> None:
        """Print the PIN where the server runs, once."""
        if self._is_announced:
            return
        self._is_announced = True
        asked = "asks for no PIN" if self.pin is None else f"asks for the PIN {self.pin}"
        click.echo(f" * The console of the traceback page {asked}", err=True)

    #: Makes what `answer_error` is told of a request.
    describe = RequestFacts

    def answer_error(
        self,
        error: BaseException,
        request: RequestFacts,
        current: Any = None,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> Answer:
        """Return the answer for an exception that nothing handled.

        It may take some seconds and runs code of the application (`repr`), so
        call it beside the server's loop. It raises nothing.

        Args:
            error: What was raised.
            request: What was asked for.
            current: The request's context, which commands then run in.
            loop: The server's loop, for commands that await.
        """

        def link(failure: Failure) -> ConsoleLink:
            return self._keep(failure, request, current, loop)

        return answer_failure(error, request, link)

    def answer_debug_request(
        self, method: str, path: str, query: str, headers: list[tuple[str, str]], body: bytes
    ) -> Answer | None:
        """Return the console's answer, or None if a request is not for it.

        A command runs in here, so call it in a thread, not on the loop.

        Args:
            method: The request's method.
            path: The path, decoded.
            query: The query, which is not used.
            headers: Names and values.
            body: The whole body; of one above a mebibyte the first so many bytes and one more are enough.
        """
        if path != CONSOLE_PATH or not self.has_console:
            return None
        refusal = _check_origin(method, headers)
        message = _parse_message(headers, body) if refusal is None else None
        if refusal is not None:
            return _refuse(refusal)
        if message is None:
            return _refuse(NOT_JSON)
        # The comparison takes the same time wherever two secrets differ.
        if not hmac.compare_digest(str(message.get("secret")).encode("utf-8", "replace"), self._secret.encode()):
            return _refuse(NOT_KNOWN)
        if "pin" in message:
            return self._try_pin(str(message["pin"]))
        if not self._is_trusted(headers):
            return _refuse(NOT_TRUSTED)
        return self._run_command(message)

    def _keep(
        self, failure: Failure, request: RequestFacts, current: Any, loop: asyncio.AbstractEventLoop | None
    ) -> ConsoleLink:
        """Keep the frames of a page, if its reader may have a console."""
        if not self.has_console:
            return ConsoleLink()
        if not _is_local(request.headers):
            return ConsoleLink(absence=NOT_LOCAL.text)
        context = contextvars.copy_context()
        if current is not None:
            context.run(_current.context.set, current)
        frames = {frame.number: frame for part in failure.walk() for frame in part.list_frames() if frame.frame}
        page = secrets.token_urlsafe(12)
        with self._lock:
            self._pages[page] = _KeptPage(frames, context, loop)
            while len(self._pages) > MOST_KEPT_PAGES:
                self._pages.popitem(last=False)
        self.announce()
        return ConsoleLink(CONSOLE_PATH, page, self._secret)

    def _try_pin(self, pin: str) -> Answer:
        """Return the answer to a PIN: a cookie, or a refusal."""
        with self._lock:
            if self._wrong_pins >= MOST_TRIES:
                return _refuse(TOO_MANY_TRIES)
            given = pin.strip().replace("-", "").encode("utf-8", "replace")
            if self.pin is not None and not hmac.compare_digest(given, self.pin.replace("-", "").encode()):
                self._wrong_pins += 1
                return _refuse(WRONG_PIN)
            self._wrong_pins = 0
        value = self._build_signer().sign(_TRUSTED).decode()
        cookie = f"{_COOKIE}={value}; Path={CONSOLE_PATH}; Max-Age={SECONDS_OF_TRUST}; HttpOnly; SameSite=Strict"
        return _answer_json(200, {"trusted": True}, [("Set-Cookie", cookie)])

    def _is_trusted(self, headers: list[tuple[str, str]]) -> bool:
        """Say whether the browser gave the PIN before, or none is asked for."""
        if self.pin is None:
            return True
        for header in _find_all(headers, "cookie"):
            try:
                morsel = SimpleCookie(header).get(_COOKIE)
                if morsel is not None:
                    return bool(self._build_signer().unsign(morsel.value, SECONDS_OF_TRUST) == _TRUSTED)
            except (CookieError, itsdangerous.BadData):
                continue
        return False

    def _build_signer(self) -> itsdangerous.TimestampSigner:
        """Return what signs the cookie; the PIN outlives a reload, so trust does."""
        return itsdangerous.TimestampSigner(self.pin or "", salt="demijohn.console")

    def _run_command(self, message: Mapping[str, Any]) -> Answer:
        """Run one command in one frame."""
        command, number = message.get("command"), message.get("frame")
        if not isinstance(command, str) or type(number) is not int:
            return _refuse(NOT_JSON)
        with self._lock:
            page = self._pages.get(str(message.get("page")))
            view = page.frames.get(number) if page is not None else None
            if page is None or view is None or view.frame is None:
                return _refuse(NOT_KEPT)
            console = page.consoles.get(number)
            if console is None:
                console = page.consoles[number] = FrameConsole(view.frame, page.context, page.loop)
        return _answer_json(200, {"output": console.run(command)})


def _check_origin(method: str, headers: list[tuple[str, str]]) -> Refusal | None:
    """Return why a request is not from the page of an exception, or None."""
    if not _is_local(headers):
        return NOT_LOCAL
    if method != "POST":
        return NOT_POST
    host = _find_all(headers, "host")[0].lower()
    own = {f"http://{host}", f"https://{host}"}
    if any(origin.lower() not in own for origin in _find_all(headers, "origin")):
        return NOT_OWN
    # Older browsers do not send it; they send Origin.
    if any(site != "same-origin" for site in _find_all(headers, "sec-fetch-site")):
        return NOT_OWN
    return None


def _is_local(headers: list[tuple[str, str]]) -> bool:
    """Say whether the one `Host` is a name that only this machine answers to."""
    hosts = _find_all(headers, "host")
    found = _HOST.fullmatch(hosts[0].lower()) if len(hosts) == 1 else None
    if found is None:
        return False
    name = found["name"] or found["ipv6"]
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _parse_message(headers: list[tuple[str, str]], body: bytes) -> dict[str, Any] | None:
    """Return a command's fields, or None if the body is not what the page sends."""
    kinds = [kind.partition(";")[0].strip().lower() for kind in _find_all(headers, "content-type")]
    if kinds != ["application/json"] or len(body) > LARGEST_COMMAND:
        return None
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def _find_all(headers: list[tuple[str, str]], name: str) -> list[str]:
    """Return the values of a header."""
    return [value for other, value in headers if other.lower() == name]


def _refuse(refusal: Refusal) -> Answer:
    """Return a refusal as the page understands it."""
    extra = [("Allow", "POST")] if refusal.status == 405 else []
    return _answer_json(refusal.status, {"error": refusal.kind, "text": refusal.text}, extra)


def _answer_json(status: int, message: dict[str, Any], extra: list[tuple[str, str]] | None = None) -> Answer:
    """Return a message to the page."""
    body = json.dumps(message).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        *(extra or []),
    ]
    return Answer(status, headers, body)
