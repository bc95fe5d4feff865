"""Hold what belongs to one request, and to the application while it works.

Here live `RequestContext` and `AppContext`, the objects behind every
proxy, and the functions that work on the current one.  A context is
entered with `push` and left with `pop`, as often as one likes and nested as
one likes; the last `pop` tears it down.

A request context makes its application context when somebody first asks
for it, so that a request which uses no `g` pays for none.
"""

from __future__ import annotations

import sys
from contextvars import Token
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from werkzeug.exceptions import HTTPException

from . import _current
from .pipeline.dispatch import match
from .pipeline.plan import Plan, Steps, seal
from .signals import (
    appcontext_popped,
    appcontext_pushed,
    appcontext_tearing_down,
    request_tearing_down,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.routing import MapAdapter

    from .request import Request
    from .typing import AfterRequestCallable, AppLike

Function = TypeVar("Function", bound="Callable[..., Any]")

_UNSET: Any = object()

_TEARING_DOWN = request_tearing_down.receivers
_APP_TEARING_DOWN = appcontext_tearing_down.receivers
_APP_POPPED = appcontext_popped.receivers


class _AppCtxGlobals:
    """Keep whatever a user sets on it, for one application context.

    This is what `g` stands for.  `Flask.app_ctx_globals_class` may name
    another class.
    """

    def __getattr__(self, name: str) -> Any:
        """Read an attribute that may have been set.

        Raises:
            AttributeError: It was not set.
        """
        raise AttributeError(
            f"g has no attribute {name!r}: nothing set it in this application context."
            " Set it first, or read it with g.get()."
        )

    def get(self, name: str, default: Any = None) -> Any:
        """Return an attribute, or `default` where it is not set."""
        return self.__dict__.get(name, default)

    def pop(self, name: str, default: Any = _UNSET) -> Any:
        """Remove an attribute and return it, or `default` where it is not set."""
        if default is _UNSET:
            return self.__dict__.pop(name)
        return self.__dict__.pop(name, default)

    def setdefault(self, name: str, default: Any = None) -> Any:
        """Return an attribute, after setting it where it is not set."""
        return self.__dict__.setdefault(name, default)

    def __contains__(self, name: str) -> bool:
        return name in self.__dict__

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__)

    def __repr__(self) -> str:
        frame = _current.context.get(None)
        if frame is not None:
            return f"<flask.g of {frame.app.name!r}>"
        return object.__repr__(self)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)


class AppContext:
    """Make an application the current one.

    Enter it with `with app.app_context():` outside of requests; a request
    has one of its own.

    Args:
        app: The application.
    """

    # How the context was entered: a token and the request context around it,
    # each time; None stands for the request that owns this context.
    _entries: list[tuple[Token[Any], tuple[Any, ...] | None] | None]

    def __init__(self, app: AppLike) -> None:
        self.app: Any = app
        self.g: Any = app.app_ctx_globals_class()
        self._entries = []
        self._request_context: Any = None
        self._url_adapter: Any = _UNSET

    @property
    def url_adapter(self) -> MapAdapter | None:
        """Werkzeug's adapter for building URLs, or None without SERVER_NAME."""
        if self._url_adapter is _UNSET:
            self._url_adapter = self.app.create_url_adapter(None)
        return cast("MapAdapter | None", self._url_adapter)

    @url_adapter.setter
    def url_adapter(self, adapter: MapAdapter | None) -> None:
        self._url_adapter = adapter

    @property
    def app_context(self) -> AppContext:
        """This context itself."""
        return self

    @property
    def request_context(self) -> Any:
        """The request context inside which this one was entered, or None."""
        return self._request_context

    def push(self) -> None:
        """Make this context the current one."""
        outer = _current.context.get(None)
        token = _current.context.set(self)
        self._entries.append((token, (self._request_context,)))
        self._request_context = None if outer is None else outer.request_context
        if appcontext_pushed.receivers:
            appcontext_pushed.send(self.app, _async_wrapper=self.app.ensure_sync)

    def pop(self, exc: BaseException | None = _UNSET) -> None:
        """Leave this context, and tear it down if it is left for good.

        Args:
            exc: The error for the teardown functions; the one being
                handled unless given.

        Raises:
            AssertionError: Another context was entered and not left.
        """
        try:
            if len(self._entries) == 1:
                self.app.do_teardown_appcontext(_find_error(exc))
        finally:
            current = _current.context.get(None)
            if self._entries[-1] is None:
                self._entries.pop()
            else:
                saved = _take_entry(self._entries)
                if saved is not None:
                    (self._request_context,) = saved
        if current is not self:
            raise AssertionError(_say_wrong_context(current, self))
        if appcontext_popped.receivers:
            appcontext_popped.send(self.app, _async_wrapper=self.app.ensure_sync)

    def adopt(self) -> None:
        """Count this context as entered by the request that owns it."""
        self._entries.append(None)
        if appcontext_pushed.receivers:
            token = _current.context.set(self)
            try:
                appcontext_pushed.send(self.app, _async_wrapper=self.app.ensure_sync)
            finally:
                _current.context.reset(token)

    def release(self, exc: BaseException | None) -> None:
        """Leave on behalf of the request that owns this context."""
        token = _current.context.set(self)
        try:
            self.pop(exc)
        finally:
            _current.context.reset(token)

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
    #: Whether the parts of the response may go out as they are.
    is_plain = False
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
        self.request: Any = app.request_class(environ) if request is None else request
        if session is not None:
            self._opened_session = session

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
        return cast("MapAdapter | None", self._url_adapter)

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

    def push(self) -> None:
        """Make this context the current one, and match on first use."""
        plan = self.app._registry.plan
        if plan is None or plan.revision != plan.url_map.revision:
            plan = seal(self.app)
        self.plan = plan
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
        if appcontext_pushed.receivers:
            _ = self.app_context
        if plan.opens_session:
            self.open_session()
        if self.steps is None:
            match(self)

    def pop(self, exc: BaseException | None = _UNSET) -> None:
        """Leave this context, and tear it down if it is left for good.

        Args:
            exc: The error for the teardown functions; the one being
                handled unless given.

        Raises:
            AssertionError: Another context was entered and not left.
        """
        plan = self.plan
        if (
            # PERF: the usual end of a request in 0.3 µs, 1.2 µs by all its steps.
            plan is not None
            and plan.ends_quietly
            and plan is self.app._registry.plan
            and len(self._entries) == 1
            and self._app_context is None
            and self.steps is not None
            and not self.steps.teardown
            and not (_TEARING_DOWN or _APP_TEARING_DOWN or _APP_POPPED)
            and "files" not in self.request.__dict__
            and self.request.routing_exception is None
            and _current.context.get(None) is self
        ):
            _current.context.reset(self._entries.pop()[0])
            self.request.environ["werkzeug.request"] = None
            return
        is_last = len(self._entries) == 1
        if is_last and exc is _UNSET:
            exc = sys.exc_info()[1]
        app_context = None
        try:
            if is_last:
                self._tear_down(exc)
        finally:
            current = _current.context.get(None)
            if is_last and self._owns_app_context:
                app_context = self._find_app_context_to_release()
            saved = _take_entry(self._entries)
            if saved is not None:
                self._app_context, self._owns_app_context = saved
            elif is_last and self._owns_app_context:
                self._app_context = None
            if is_last:
                # Has the request freed at once, not when the collector runs.
                request = self.request
                request.environ["werkzeug.request"] = None
                if request.routing_exception is not None:
                    request.routing_exception.__traceback__ = None
            if app_context is not None:
                app_context.release(exc)
        if current is not self:
            raise AssertionError(_say_wrong_context(current, self))

    def _tear_down(self, exc: BaseException | None) -> None:
        """Run what ends a request, where there is anything to run."""
        plan = self.plan
        if (
            plan is None
            or plan is not self.app._registry.plan
            or plan.overrides_request_teardown
            or self.steps is None
            or self.steps.teardown
            or _TEARING_DOWN
        ):
            self.app.do_teardown_request(exc)
        if plan is None or plan.closes_request or "files" in vars(self.request):
            self.request.close()

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


def _take_entry(entries: list[Any]) -> tuple[Any, ...] | None:
    """Take back the last entry that this thread or task made.

    A response that streams enters the request's contexts with context
    variables of its own, so entries need not end in the order they began.

    Returns:
        What the entry saved, to be restored; None if there is nothing, or
        if another entry is in force, which has it to restore now.
    """
    for index in range(len(entries) - 1, -1, -1):
        try:
            _current.context.reset(entries[index][0])
        except ValueError:
            if index == 0:
                raise
        else:
            saved: tuple[Any, ...] | None = entries.pop(index)[1]
            if index == len(entries):
                return saved
            if saved is not None:
                entries[index] = (entries[index][0], saved)
            break
    return None


def _find_error(exc: BaseException | None) -> BaseException | None:
    return sys.exc_info()[1] if exc is _UNSET else exc


def _say_wrong_context(current: object, expected: object) -> str:
    return (
        f"{expected!r} was left while {current!r} is the current context."
        " Contexts are left in the reverse order of entering; use `with`."
    )
