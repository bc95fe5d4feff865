"""Give users the proxies: whatever they name, it is the current one.

Nothing inside the package uses a proxy: an accessor of `_current` says the
same without the detour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from . import _current, _proxies

if TYPE_CHECKING:
    from contextvars import Token

    from .app import Flask
    from .ctx import AppContext, RequestContext, _AppCtxGlobals
    from .request import Request
    from .sessions import SessionMixin
    from .websocket import WebSocket

__all__ = [
    "_cv_app",
    "_cv_request",
    "_no_app_msg",
    "_no_req_msg",
    "app_ctx",
    "current_app",
    "g",
    "request",
    "request_ctx",
    "session",
    "websocket",
]

_UNSET: Any = object()


class ContextVarView:
    """Show one kind of context in the one ContextVar, as a ContextVar.

    Args:
        name: What the variable is called.
        attribute: The frame's attribute that holds the kind shown.
    """

    def __init__(self, name: str, attribute: str) -> None:
        self.name = name
        self._attribute = attribute

    def get(self, default: Any = _UNSET) -> Any:
        """Return the innermost context of this kind.

        Args:
            default: What to return where there is none.

        Raises:
            LookupError: There is none, and no default was given.
        """
        frame = _current.context.get(None)
        found = None if frame is None else getattr(frame, self._attribute)
        if found is not None:
            return found
        if default is _UNSET:
            raise LookupError(self)
        return default

    def set(self, value: Any) -> Token[Any]:
        """Make a context the current one without entering it."""
        return _current.context.set(value)

    def reset(self, token: Token[Any]) -> None:
        """Restore what was current before `set`."""
        _current.context.reset(token)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name!r}>"


_no_app_msg = _current.NO_APP
_no_req_msg = _current.NO_REQUEST
_cv_app = ContextVarView("flask.app_ctx", "app_context")
_cv_request = ContextVarView("flask.request_ctx", "request_context")

#: The current application context.
app_ctx = cast("AppContext", _proxies.app_ctx)
#: The application that handles the request or runs the command.
current_app = cast("Flask", _proxies.current_app)
#: A namespace for the time of one application context.
g = cast("_AppCtxGlobals", _proxies.g)
#: The current request context.
request_ctx = cast("RequestContext", _proxies.request_ctx)
#: The request being handled.
request = cast("Request", _proxies.request)
#: The session of the request being handled.
session = cast("SessionMixin", _proxies.session)
#: The WebSocket being served.
websocket = cast("WebSocket", _proxies.websocket)
