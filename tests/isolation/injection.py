"""An application in which any function of the user's can be made to fail, or to wait until it is let go."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import demijohn
from demijohn import Blueprint, Flask, after_this_request, g, render_template_string, request, session, url_for
from demijohn import signals as sent
from demijohn import websocket as current_socket
from demijohn.sessions import SecureCookieSessionInterface


class Failure(Exception):  # noqa: N818 - it is thrown as a bug would be, whatever its name
    """Fail as a bug does."""


class Stop(BaseException):
    """Fail as what nobody is to catch."""


#: What can be raised: a bug, what `except Exception` lets through, and what a cancelled task raises in its awaiter.
FAULTS = {"exception": Failure, "base": Stop, "cancelled": asyncio.CancelledError}

#: What may be registered on an application and on a blueprint, and by which method.
HOOKS = {
    "url_value_preprocessor": "url_value_preprocessor",
    "before_request": "before_request",
    "after_request": "after_request",
    "teardown_request": "teardown_request",
    "error handler": "register_error_handler",
    "url_defaults": "url_defaults",
    "context_processor": "context_processor",
}
SOCKET_HOOKS = {
    "url_value_preprocessor": "url_value_preprocessor",
    "before_websocket": "before_websocket",
    "after_websocket": "after_websocket",
    "teardown_websocket": "teardown_websocket",
    "error handler": "register_error_handler",
}
#: What each signal is sent by, if not by every request.
SIGNALS = {
    "request_started": "",
    "request_finished": "",
    "request_tearing_down": "",
    "appcontext_pushed": "",
    "appcontext_popped": "",
    "appcontext_tearing_down": "",
    "got_request_exception": "error",
    "before_render_template": "template",
    "template_rendered": "template",
    "message_flashed": "flash",
}
#: What is neither a hook nor a signal: app-wide functions, the session, the view and what it hands over.
OTHERS = (
    *("teardown_appcontext", "session open", "session save", "view", "after_this_request"),
    *("first chunk", "second chunk", "end of stream", "call_on_close"),
)
SOCKET_OTHERS = (
    *("teardown_appcontext", "session open", "session save"),
    *("view before accept", "view after accept", "view after a message"),
)
#: Positions whose functions sync code calls as they are, in Flask too: a coroutine function cannot be one.
SYNC_ONLY = frozenset(
    {"url_value_preprocessor", "url_defaults", "context_processor", "session open", "session save", "call_on_close"}
)
#: What an async view calls itself, and so in the thread of the loop.
CALLED_BY_VIEW = frozenset(
    {"url_defaults", "context_processor", "before_render_template", "template_rendered", "message_flashed"}
)
#: What comes before the URL is matched, at least by WSGI: of a request that fails there, no blueprint is known.
BEFORE_MATCH = frozenset({"appcontext_pushed", "session open"})
#: What runs exactly once, whatever happens: two functions (a sync and an async one) on each.
ENDS = ("teardown_request", "teardown_appcontext")
SOCKET_ENDS = ("teardown_websocket", "teardown_appcontext")


class Target(NamedTuple):
    """Say which function is to fail, and how."""

    position: str
    #: "app" or "blueprint".
    place: str = "app"
    #: "sync" or "async".
    kind: str = "sync"
    #: A key of `FAULTS`, or "wait".
    fault: str = "exception"
    #: What kind of function the view is.
    view: str = "sync"


class Trace:
    """Keep what ran, and what is to be gone afterwards."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.ran: Counter[tuple[str, str, str]] = Counter()
        self.references: list[weakref.ref[Any]] = []
        self.cancelled = 0
        self.has_failed = False
        #: Sync functions that were called in the thread of an event loop.
        self.on_loop: set[str] = set()
        self.waits = threading.Event()
        self.released = threading.Event()
        self.released_on_loop: asyncio.Event | None = None

    def enter(self, position: str, place: str = "app") -> None:
        """Take note that a sync function runs, and fail or wait in it where that is the target."""
        is_on_loop = asyncio._get_running_loop() is not None
        if is_on_loop and not (self.target.view == "async" and position in CALLED_BY_VIEW):
            self.on_loop.add(position)
        if self._is_hit(position, place, "sync"):
            self.waits.set()
            if is_on_loop:
                return
            assert self.released.wait(20)

    async def enter_async(self, position: str, place: str = "app") -> None:
        """Take note that an async function runs, and fail or wait in it where that is the target."""
        is_hit = self._is_hit(position, place, "async")
        await asyncio.sleep(0)
        if is_hit:
            self.released_on_loop = asyncio.Event()
            self.waits.set()
            try:
                async with asyncio.timeout(20):
                    await self.released_on_loop.wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise

    def release(self) -> None:
        """Let go of what waits."""
        self.released.set()
        if self.released_on_loop is not None:
            self.released_on_loop.set()

    def refer(self) -> None:
        """Keep weak references to what belongs to the request."""
        frame = demijohn._current.context.get()
        things = (frame, frame.request, g._get_current_object())
        self.references.extend(map(weakref.ref, things))

    def _is_hit(self, position: str, place: str, kind: str) -> bool:
        self.ran[position, place, kind] += 1
        target = self.target
        if (position, place, kind) != target[:3] or target.fault == "none":
            return False
        if target.fault == "wait":
            return True
        self.has_failed = True
        raise FAULTS[target.fault](f"injected at {position}")


class Sessions(SecureCookieSessionInterface):
    """Open and save sessions, unless that is to fail."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def open_session(self, app: Any, request: Any) -> Any:
        self.trace.enter("session open")
        return super().open_session(app, request)

    def save_session(self, *args: Any) -> None:
        self.trace.enter("session save")
        super().save_session(*args)


def build_app(trace: Trace) -> Flask:
    """Return an application with a sync and an async function at every position that takes both, on it and a blueprint.

    Its pages are `/page`, `/stream` and the WebSocket `/socket`, all of them in the blueprint.
    """
    app = Flask("injected")
    app.secret_key = "k"
    app.logger.disabled = True
    app.session_interface = Sessions(trace)
    blueprint = Blueprint("part", __name__)
    for place, scaffold in (("app", app), ("blueprint", blueprint)):
        for position, method in {**HOOKS, **SOCKET_HOOKS}.items():
            for function in build_functions(trace, position, place):
                if position == "error handler":
                    scaffold.register_error_handler(LookupError, function)
                else:
                    getattr(scaffold, method)(function)
    for function in build_functions(trace, "teardown_appcontext", "app"):
        app.teardown_appcontext(function)
    add_pages(blueprint, trace)
    add_socket(blueprint, trace)
    app.register_blueprint(blueprint)
    return app


def build_functions(trace: Trace, position: str, place: str) -> list[Callable[..., Any]]:
    """Return a sync and an async function for a position, or that one which is called where only one can be."""

    def give(args: tuple[Any, ...]) -> Any:
        if position == "error handler":
            return "handled"
        if position == "context_processor":
            return {}
        return args[0] if position in {"after_request", "after_websocket"} else None

    def function(*args: Any) -> Any:
        trace.enter(position, place)
        return give(args)

    async def coroutine_function(*args: Any) -> Any:
        await trace.enter_async(position, place)
        return give(args)

    if position in SYNC_ONLY:
        return [function]
    if position == "error handler":
        target = trace.target
        is_async = target.position == position and target.kind == "async"
        # The blueprint's handler is asked first: the application's is for when the blueprint has none.
        if target.position == position and target.place == "app" and place == "blueprint":
            return []
        return [coroutine_function if is_async else function]
    return [function, coroutine_function]


def connect(app: Flask, trace: Trace) -> Any:
    """Connect the target's receiver, where it is one; what is returned keeps it connected."""
    signal = getattr(sent, trace.target.position, None)
    if signal is None:
        return None

    def receive(sender: Any, **values: Any) -> None:
        trace.enter(trace.target.position)

    async def receive_async(sender: Any, **values: Any) -> None:
        await trace.enter_async(trace.target.position)

    receiver = receive_async if trace.target.kind == "async" else receive
    signal.connect(receiver, app)
    return partial(signal.disconnect, receiver, app)


def do_what_is_asked(trace: Trace) -> None:
    """Do in a view what the target needs to be reached."""
    trace.refer()
    session["seen"] = session.get("seen", 0) + 1
    after_this_request(lambda response: trace.enter("after_this_request") or response)

    @after_this_request
    async def after(response: Any) -> Any:
        await trace.enter_async("after_this_request")
        return response

    position = trace.target.position
    if position == "url_defaults":
        url_for("part.page")
    if position == "context_processor" or SIGNALS.get(position) == "template":
        render_template_string("{{ g }}")
    if SIGNALS.get(position) == "flash":
        demijohn.flash("said")
    if position == "error handler":
        raise LookupError("for the handler")
    if SIGNALS.get(position) == "error":
        raise Failure("for the signal")


def add_pages(blueprint: Blueprint, trace: Trace) -> None:
    """Add a page and a stream, whose views are of the target's kind."""

    def page() -> str:
        do_what_is_asked(trace)
        trace.enter("view", "blueprint")
        return "page"

    async def page_async() -> str:
        do_what_is_asked(trace)
        await trace.enter_async("view", "blueprint")
        return "page"

    def chunks() -> Iterator[str]:
        try:
            trace.enter("first chunk", "blueprint")
            yield "first"
            trace.enter("second chunk", "blueprint")
            yield "second"
        finally:
            trace.enter("end of stream", "blueprint")

    async def chunks_async() -> AsyncIterator[str]:
        try:
            await trace.enter_async("first chunk", "blueprint")
            yield "first"
            await trace.enter_async("second chunk", "blueprint")
            yield "second"
        finally:
            await trace.enter_async("end of stream", "blueprint")

    def stream() -> Any:
        do_what_is_asked(trace)
        response = demijohn.make_response(chunks_async() if trace.target.kind == "async" else chunks())
        response.call_on_close(lambda: trace.enter("call_on_close", "blueprint"))
        return response

    async def stream_async() -> Any:
        return stream()

    is_async = trace.target.view == "async"
    blueprint.add_url_rule("/page", "page", page_async if is_async else page)
    blueprint.add_url_rule("/stream", "stream", stream_async if is_async else stream)


def add_socket(blueprint: Blueprint, trace: Trace) -> None:
    """Add a WebSocket, which answers each message with its number."""

    @blueprint.websocket("/socket")
    async def talk() -> None:
        trace.refer()
        trace.references.append(weakref.ref(current_socket._get_current_object()))
        session["seen"] = True
        assert request.path == "/socket"
        await trace.enter_async("view before accept", "blueprint")
        if trace.target.position == "error handler" and trace.target.view == "sync":
            raise LookupError("before it is accepted")
        await current_socket.accept()
        await trace.enter_async("view after accept", "blueprint")
        if trace.target.position == "error handler":
            raise LookupError("for the handler")
        if trace.target.position == "got_request_exception":
            raise Failure("for the signal")
        count = 0
        async for _ in current_socket:
            count += 1
            await trace.enter_async("view after a message", "blueprint")
            await current_socket.send(str(count))
