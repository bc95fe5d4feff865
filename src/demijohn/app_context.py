"""Hold what belongs to an application while it works, `g` among it.

Here live `AppContext`, and how contexts keep track of being entered and
left, which `ctx` uses for requests.
"""

from __future__ import annotations

import sys
from contextvars import Token
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from . import _current
from .pipeline.dispatch import teardown_app
from .pipeline.drive import drive
from .pipeline.plan import Plan, find_plan
from .signals import appcontext_popped, appcontext_pushed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from werkzeug.routing import MapAdapter

    from .pipeline.drive import Step
    from .typing import AppLike

_UNSET: Any = object()


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

    if TYPE_CHECKING:

        def __setattr__(self, name: str, value: Any) -> None: ...
        def __delattr__(self, name: str) -> None: ...


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
        adapter: MapAdapter | None = self._url_adapter
        return adapter

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
        drive(self.leave(find_error(exc)))

    def leave(self, exc: BaseException | None) -> Step[None]:
        """Leave this context, and tear it down if it is left for good.

        Args:
            exc: The error for the teardown functions, or None.

        Raises:
            AssertionError: Another context was entered and not left.
        """
        try:
            if len(self._entries) == 1:
                override = find_plan(self.app).overrides.do_teardown_appcontext
                if override is not None:
                    yield override, (exc,)
                else:
                    yield from teardown_app(self.app, exc)
        finally:
            current = _current.context.get(None)
            if self._entries[-1] is None:
                self._entries.pop()
            else:
                saved = take_entry(self._entries)
                if saved is not None:
                    (self._request_context,) = saved
        if current is not self:
            raise AssertionError(say_wrong_context(current, self))
        if appcontext_popped.receivers:
            yield partial(appcontext_popped.send, self.app, _async_wrapper=self.app.ensure_sync), ()

    def adopt(self) -> None:
        """Count this context as entered by the request that owns it."""
        self._entries.append(None)
        if appcontext_pushed.receivers:
            token = _current.context.set(self)
            try:
                appcontext_pushed.send(self.app, _async_wrapper=self.app.ensure_sync)
            finally:
                _current.context.reset(token)

    def forget(self, plan: Plan | None) -> bool:
        """Leave without tearing down, where there is nothing to tear down.

        Args:
            plan: The plan that says that there is nothing.

        Returns:
            Whether that was possible: the plan still holds, and nobody has
            entered this context and not left it.
        """
        if self.app._registry.plan is not plan or len(self._entries) != 1:
            return False
        self._entries.clear()
        return True

    def release(self, exc: BaseException | None) -> Step[None]:
        """Leave on behalf of the request that owns this context."""
        token = _current.context.set(self)
        try:
            yield from self.leave(exc)
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


def take_entry(entries: list[Any]) -> tuple[Any, ...] | None:
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


def find_error(exc: BaseException | None) -> BaseException | None:
    """Return an error, or the one being handled where none was given."""
    return sys.exc_info()[1] if exc is _UNSET else exc


def say_wrong_context(current: object, expected: object) -> str:
    """Explain that a context was left while another one is current."""
    return (
        f"{expected!r} was left while {current!r} is the current context."
        " Contexts are left in the reverse order of entering; use `with`."
    )
