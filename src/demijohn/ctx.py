"""Hold what belongs to one request, and to the application while it works.

Here live `RequestContext` and `AppContext`, the objects behind every
proxy, and the functions that work on the current one.  A context is
entered with `push` and left with `pop`, as often as one likes and nested as
one likes; the last `pop` tears it down.

A request context makes its application context when somebody first asks
for it, so that a request which uses no `g` pays for none.
"""

from __future__ import annotations

from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from werkzeug.exceptions import HTTPException

from . import _current
from ._lazy import Lazy
from .app_context import _UNSET, AppContext, _AppCtxGlobals, find_error, say_wrong_context, take_entry
from .pipeline.dispatch import find_steps, match, teardown_request
from .pipeline.drive import drive
from .pipeline.plan import Plan, Steps, seal
from .request import Request
from .signals import (
    appcontext_popped,
    appcontext_pushed,
    appcontext_tearing_down,
    request_tearing_down,
)
from .websocket import UpgradeRequired

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.routing import MapAdapter, Rule

    from .pipeline.drive import Step
    from .typing import AfterRequestCallable, AppLike

__all__ = [
    "AppContext",
    "RequestContext",
    "_AppCtxGlobals",
    "after_this_request",
    "copy_current_request_context",
    "has_app_context",
    "has_request_context",
]

Function = TypeVar("Function", bound="Callable[..., Any]")

_new = object.__new__
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})

_PRESERVE = "werkzeug.debug.preserve_context"

_APP_PUSHED = appcontext_pushed.receivers
_TEARING_DOWN = request_tearing_down.receivers
_APP_TEARING_DOWN = appcontext_tearing_down.receivers
_APP_POPPED = appcontext_popped.receivers


class RequestContext:
    """Make a request the current one, with its session and messages.

    `Flask.request_context` and `Flask.test_request_context` make one.

    Args:
        app: The application that handles the request.
        environ: The WSGI environ of the request.
        request: The request, where it exists already.
        session: The session, where it is open already.
    """

    # How the context was entered: each time the token and, where another
    # application context of the same app was current, what was in force.
    _entries: Any = ()

    # PERF: what is not set in `__init__` is a default of the class: making a
    # context takes 0.25 µs instead of 0.55 µs.
    flashes: list[tuple[str, str]] | None = None
    #: The plan in force, what it says about the endpoint, and the error
    #: that reached the end of the request.
    plan: Plan | None = None
    steps: Steps | None = None
    error: BaseException | None = None
    #: Whether nothing comes between the match and the view.
    is_direct = False
    #: What a door knows of the request without its environ: the host, the raw
    #: cookies, whether only Werkzeug's adapter may match it, and whether
    #: somebody wants to be given the contexts at the end.
    host: str | None = None
    cookies: str | None = None
    asks_adapter = False
    is_preserved = False
    #: The WebSocket whose handshake the request is.
    websocket: Any = None
    #: The thread for its sync code, beside an event loop.
    worker: Any = None
    #: What is still to be cleaned up by the dependencies of a typed view.
    exits: Any = None
    #: Whether what is called for it now has to run, come what may.
    is_leaving = False
    #: The request once it was made; until then its rule, the variables of the
    #: rule and the error of matching are kept here.
    made_request: Any = None
    request: Any
    method: str
    path: str
    url_rule: Rule | None = None
    view_args: dict[str, Any] | None = None
    routing_exception: HTTPException | None = None
    _opened_session: Any = None
    _after_this_request: list[AfterRequestCallable[Any]] | None = None
    _app_context: AppContext | None = None
    _owns_app_context = True
    _url_adapter: Any = _UNSET

    def __init__(
        self,
        app: AppLike,
        environ: WSGIEnvironment,
        request: Request | None = None,
        session: Any = None,
    ) -> None:
        self.app: Any = app
        self.environ = environ
        self.request = app.request_class(environ) if request is None else request
        self.made_request = self.request
        self.host = environ.get("HTTP_HOST") or environ.get("SERVER_NAME")
        self.cookies = environ.get("HTTP_COOKIE")
        self.asks_adapter = not environ.get("PATH_INFO") or "HTTP_UPGRADE" in environ
        self.is_preserved = _PRESERVE in environ
        if session is not None:
            self._opened_session = session

    @property
    def route(self) -> Any:
        """What has the rule: the request, or this context before it is made."""
        made = self.made_request
        return self if made is None else made

    @property
    def request_context(self) -> RequestContext:
        """This context itself."""
        return self

    @property
    def app_context(self) -> AppContext:
        """The application context of the request, made on first use."""
        app_context = self._app_context
        if app_context is None:
            app_context = self._app_context = self.app.app_context()
            app_context.adopt()
        return app_context

    @property
    def session(self) -> Any:
        """The session, opened on first use; reading it counts as access."""
        session = self.open_session()
        session.accessed = True
        return session

    @session.setter
    def session(self, session: Any) -> None:
        self._opened_session = session

    @property
    def _session(self) -> Any:
        """The session, for extensions: reading it does not count as access."""
        return self.open_session()

    @_session.setter
    def _session(self, session: Any) -> None:
        self._opened_session = session

    @property
    def url_adapter(self) -> MapAdapter | None:
        """Werkzeug's adapter for this request, made on first use."""
        if self._url_adapter is _UNSET:
            self._url_adapter = None
            try:
                self._url_adapter = self.app.create_url_adapter(self.request)
            except HTTPException as error:
                self.request.routing_exception = error
        adapter: MapAdapter | None = self._url_adapter
        return adapter

    @url_adapter.setter
    def url_adapter(self, adapter: MapAdapter | None) -> None:
        self._url_adapter = adapter

    @property
    def has_adapter(self) -> bool:
        """Whether the adapter was made or set, and may have been changed."""
        return self._url_adapter is not _UNSET

    @property
    def _after_request_functions(self) -> list[AfterRequestCallable[Any]]:
        functions = self._after_this_request
        if functions is None:
            functions = self._after_this_request = []
        return functions

    def copy(self) -> RequestContext:
        """Return a context of the same request, for another thread or task.

        The request and the session are shared, `g` is not.
        """
        session = self.open_session()
        return self.__class__(self.app, self.request.environ, self.request, session)

    def open_session(self) -> Any:
        """Return the session, opened through the session interface."""
        session = self._opened_session
        if session is None:
            interface = self.app.session_interface
            session = interface.open_session(self.app, self.request)
            if session is None:
                session = interface.make_null_session(self.app)
            self._opened_session = session
        return session

    def match_request(self) -> None:
        """Match the URL through Werkzeug's adapter.

        The request gets its rule and variables, or the error for later.
        """
        adapter = self.url_adapter
        if adapter is None:
            return
        request = self.request
        try:
            request.url_rule, request.view_args = adapter.match(return_rule=True)
        except HTTPException as error:
            # Nobody asks how the router found out, and its frames hold the request.
            error.__context__ = None
            request.routing_exception = error.with_traceback(None)
        else:
            if getattr(request.url_rule, "serves_socket", False) and self.websocket is None:
                request.routing_exception = UpgradeRequired()

    def push(self) -> None:
        """Make this context the current one, and match on first use."""
        planned = self.plan
        self.enter()
        if _APP_PUSHED:
            _ = self.app_context
        if self.plan.opens_session:  # type: ignore[union-attr]  # entering finds one
            self.open_session()
        if self.steps is None:
            match(self)
        elif self.plan is not planned:
            # Something was registered since it was matched, such as while the body arrived.
            self.steps = None
            self.is_direct = False
            find_steps(self)

    def enter(self) -> None:
        """Make this context the current one, and find the plan in force."""
        outer = _current.context.get(None)
        token = _current.context.set(self)
        saved = None
        if outer is not None and outer is not self and outer.app is self.app:
            saved = self._app_context, self._owns_app_context
            self._app_context = outer.app_context
            self._owns_app_context = False
        if self._entries:
            self._entries.append((token, saved))
        else:
            self._entries = [(token, saved)]
        plan = self.app._registry.plan
        if plan is None or plan.revision != plan.url_map.revision:
            plan = seal(self.app)
        self.plan = plan

    def pop(self, exc: BaseException | None = _UNSET) -> None:
        """Leave this context, and tear it down if it is left for good.

        Args:
            exc: The error for the teardown functions; the one being
                handled unless given.

        Raises:
            AssertionError: Another context was entered and not left.
        """
        if not self.leave_quietly():
            drive(self.leave(find_error(exc)))

    def leave_quietly(self, *, teardown_here: bool = False) -> bool:
        """Leave this context where nothing else has to be done.

        PERF: the usual end of a request in 0.2 µs, 2 µs by all its steps.

        Args:
            teardown_here: Whether the request's own teardown functions may
                be called, in this thread.

        Returns:
            Whether that was possible.
        """
        plan = self.plan
        made = self.made_request
        if (
            plan is None
            or not plan.ends_quietly
            or plan is not self.app._registry.plan
            or self.error is not None
            or len(self._entries) != 1
            or not self._owns_app_context
            or self.steps is None
            or (self.steps.teardown and not teardown_here)
            or (made is not None and "files" in made.__dict__)
            or _TEARING_DOWN
            or _APP_TEARING_DOWN
            or _APP_POPPED
            or self.is_preserved
            or self.exits is not None
            or self.websocket is not None
            or _current.context.get(None) is not self
        ):
            return False
        failed: BaseException | None = None
        for function in self.steps.teardown:
            try:
                function(None)
            except BaseException as error:
                failed = failed or error
        app_context = self._app_context
        if app_context is not None:
            if not app_context.forget(plan):
                drive(self.leave(failed, is_torn_down=True))
                return True
            self._app_context = None
        _current.context.reset(self._entries.pop()[0])
        if made is not None or self.routing_exception is not None:
            self._break_circles()
        if failed is not None:
            raise failed
        return True

    def leave_request(self) -> Step[None]:
        """Leave this context when its response was handed over.

        A debugger or test client may ask in the environ to be given the
        contexts, which it then keeps.
        """
        if self.is_preserved:
            self.environ[_PRESERVE](self.app_context)
            self.environ[_PRESERVE](self)
        error, self.error = self.error, None
        try:
            if error is not None and (yield self.app.should_ignore_error, (error,)):
                error = None
        finally:
            yield from self.leave(error)

    def leave(self, exc: BaseException | None, *, is_torn_down: bool = False) -> Step[None]:
        """Leave this context, and tear it down if it is left for good.

        Args:
            exc: The error for the teardown functions, or None.
            is_torn_down: Whether the request's own ran already.

        Raises:
            AssertionError: Another context was entered and not left.
        """
        is_last = len(self._entries) == 1
        app_context = None
        try:
            if is_last and not is_torn_down:
                yield from self._tear_down(exc)
        finally:
            current = _current.context.get(None)
            if is_last and self._owns_app_context:
                app_context = self._find_app_context_to_release()
            saved = take_entry(self._entries)
            if saved is not None:
                self._app_context, self._owns_app_context = saved
                if is_last and self._owns_app_context:
                    app_context, self._app_context = self._app_context, None
            elif is_last and self._owns_app_context:
                self._app_context = None
            if is_last:
                self._break_circles()
            if app_context is not None:
                yield from app_context.release(exc)
        if current is not self:
            raise AssertionError(say_wrong_context(current, self))

    def _break_circles(self) -> None:
        """Have the request freed at once, not when the collector runs."""
        route = self.route
        if route is not self:
            self.environ["werkzeug.request"] = None
        if route.routing_exception is not None:
            route.routing_exception.__traceback__ = None

    def _tear_down(self, exc: BaseException | None) -> Step[None]:
        """Run what ends a request, the dependencies of its view first."""
        exits, self.exits = self.exits, None
        try:
            if exits is not None:
                yield from exits.close(exc)
        finally:
            yield from self._call_teardown(exc)

    def _call_teardown(self, exc: BaseException | None) -> Step[None]:
        """Run the functions for the end of a request, where there are any."""
        plan = self.plan
        if self.websocket is not None:
            pass  # It has teardown functions of its own.
        elif plan is not None and plan.overrides.do_teardown_request:
            yield self.app.do_teardown_request, (exc,)
        elif (
            plan is None
            or plan is not self.app._registry.plan
            or self.steps is None
            or self.steps.teardown
            or _TEARING_DOWN
        ):
            yield from teardown_request(self, exc)
        if plan is None or plan.closes_request or (self.made_request and "files" in vars(self.made_request)):
            yield self.request.close, ()

    def _find_app_context_to_release(self) -> AppContext | None:
        """Return the request's own application context if it was ever used."""
        plan = self.plan
        if (
            self._app_context is not None
            or plan is None
            or plan is not self.app._registry.plan
            or plan.tears_down_app
            or _APP_TEARING_DOWN
            or _APP_POPPED
        ):
            return self.app_context
        return None

    def __enter__(self) -> Self:
        self.push()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.pop(exc_value)

    def __repr__(self) -> str:
        request = self.request
        return f"<{type(self).__name__} {request.url!r} [{request.method}] of {self.app.name}>"


def open_context(app: AppLike, environ: WSGIEnvironment) -> RequestContext:
    """Make what `RequestContext(app, environ)` makes, past the constructors.

    PERF: 0.2 µs for the usual method and path, and 0.41 µs by the two
    constructors.  The request is made when somebody asks for it.

    Args:
        app: An application whose request class is `Request` itself.
        environ: The WSGI environ of the request.
    """
    method = environ.get("REQUEST_METHOD")
    path: str = environ.get("PATH_INFO", "")
    if method not in _METHODS or not path.isascii() or path[:1] != "/" or path[1:2] == "/":
        return RequestContext(app, environ)
    context = _new(RequestContext)
    context.app = app
    context.environ = environ
    context.method = method
    context.path = path
    context.host = environ.get("HTTP_HOST") or environ.get("SERVER_NAME")
    if "HTTP_COOKIE" in environ:
        context.cookies = environ["HTTP_COOKIE"]
    if "HTTP_UPGRADE" in environ:
        context.asks_adapter = True
    if _PRESERVE in environ:
        context.is_preserved = True
    return context


def _make_request(context: RequestContext) -> Request:
    """Make the request of a context that `open_context` made."""
    request = _new(Request)
    request.environ = environ = context.environ
    request.method = context.method
    request.path = context.path
    request.url_rule = context.url_rule
    request.view_args = context.view_args
    request.routing_exception = context.routing_exception
    context.made_request = environ["werkzeug.request"] = request
    return request


setattr(RequestContext, "request", Lazy("request", _make_request))  # noqa: B010 - a descriptor until it is read


def has_app_context() -> bool:
    """Say whether an application is current."""
    return _current.context.get(None) is not None


def has_request_context() -> bool:
    """Say whether a request is being handled."""
    return _current.find_request_context() is not None


def after_this_request(f: AfterRequestCallable[Any]) -> AfterRequestCallable[Any]:
    """Call a function with the response of the current request only.

    Args:
        f: Takes the response, returns it or another one.

    Returns:
        The function, so that this serves as a decorator.

    Raises:
        RuntimeError: No request is being handled.
    """
    context = _current.find_request_context()
    if context is None:
        raise RuntimeError(
            "after_this_request was called outside of a request, so there is no response that"
            " the function could be given. Call it in a view or in a before_request function."
        )
    cast("RequestContext", context)._after_request_functions.append(f)
    return f


def copy_current_request_context(f: Function) -> Function:
    """Wrap a function so that it runs with the current request.

    Args:
        f: A function that will run elsewhere, such as in a greenlet.

    Returns:
        A function that enters a copy of the request context around `f`.

    Raises:
        RuntimeError: No request is being handled.
    """
    context = _current.find_request_context()
    if context is None:
        raise RuntimeError(
            "copy_current_request_context was called outside of a request, so there is no"
            " context that it could copy. Use it inside of a view, as a decorator of the"
            " function that will run elsewhere."
        )
    copied = cast("RequestContext", context).copy()

    def run_in_copy(*args: Any, **kwargs: Any) -> Any:
        with copied as entered:
            return entered.app.ensure_sync(f)(*args, **kwargs)

    return cast("Function", update_wrapper(run_in_copy, f))
