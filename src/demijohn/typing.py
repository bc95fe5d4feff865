"""Name the types that users annotate with, and the Protocols below them.

The first half is Flask's `flask.typing`.  The second half are Protocols by
which a low floor names what a high floor defines, so that no module has to
import upwards; they list what the low floor uses and no more.
"""

from __future__ import annotations

import collections.abc as cabc
import os
import typing as t
from contextvars import Token

if t.TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from werkzeug.datastructures import Headers
    from werkzeug.routing import MapAdapter
    from werkzeug.sansio.response import Response

__all__ = [
    "AfterRequestCallable",
    "AppContextLike",
    "AppLike",
    "AppOrBlueprintKey",
    "BeforeFirstRequestCallable",
    "BeforeRequestCallable",
    "ErrorHandlerCallable",
    "Frame",
    "HeaderValue",
    "HeadersValue",
    "RequestContextLike",
    "ResponseClass",
    "ResponseReturnValue",
    "ResponseValue",
    "RouteCallable",
    "ShellContextProcessorCallable",
    "StrPath",
    "TeardownCallable",
    "TemplateContextProcessorCallable",
    "TemplateFilterCallable",
    "TemplateGlobalCallable",
    "TemplateTestCallable",
    "URLDefaultCallable",
    "URLValuePreprocessorCallable",
]

#: What a view returns for the body alone.
ResponseValue = t.Union[
    str,
    bytes,
    "Response",
    t.Mapping[str, t.Any],
    list[t.Any],
    t.Iterator[bytes],
    t.Iterator[str],
    cabc.AsyncIterable[bytes],
    cabc.AsyncIterable[str],
]

#: One header's value, or several for a header that is sent repeatedly.
HeaderValue = str | list[str] | tuple[str, ...]

#: The headers part of a view's result.
HeadersValue = t.Union[
    "Headers",
    t.Mapping[str, HeaderValue],
    t.Sequence[tuple[str, HeaderValue]],
]

#: A path, as a string or an object.
StrPath = str | os.PathLike[str]

#: Everything that a view may return.
ResponseReturnValue = t.Union[
    ResponseValue,
    "WSGIApplication",
    tuple[ResponseValue, int],
    tuple[ResponseValue, HeadersValue],
    tuple[ResponseValue, int, HeadersValue],
]

#: A response class or a subclass of it.
ResponseClass = t.TypeVar("ResponseClass", bound="Response")

#: The name of a blueprint, or None for the application.
AppOrBlueprintKey = str | None

AfterRequestCallable = (
    t.Callable[[ResponseClass], ResponseClass] | t.Callable[[ResponseClass], t.Awaitable[ResponseClass]]
)
BeforeFirstRequestCallable = t.Callable[[], None] | t.Callable[[], t.Awaitable[None]]
BeforeRequestCallable = (
    t.Callable[[], ResponseReturnValue | None] | t.Callable[[], t.Awaitable[ResponseReturnValue | None]]
)
ShellContextProcessorCallable = t.Callable[[], dict[str, t.Any]]
TeardownCallable = t.Callable[[BaseException | None], None] | t.Callable[[BaseException | None], t.Awaitable[None]]
TemplateContextProcessorCallable = t.Callable[[], dict[str, t.Any]] | t.Callable[[], t.Awaitable[dict[str, t.Any]]]
TemplateFilterCallable = t.Callable[..., t.Any]
TemplateGlobalCallable = t.Callable[..., t.Any]
TemplateTestCallable = t.Callable[..., bool]
URLDefaultCallable = t.Callable[[str, dict[str, t.Any]], None]
URLValuePreprocessorCallable = t.Callable[[str | None, dict[str, t.Any] | None], None]

#: A handler is given the exception; its exact type is the user's to say.
ErrorHandlerCallable = t.Callable[[t.Any], ResponseReturnValue] | t.Callable[[t.Any], t.Awaitable[ResponseReturnValue]]

#: A view, plain or `async`.
RouteCallable = t.Callable[..., ResponseReturnValue] | t.Callable[..., t.Awaitable[ResponseReturnValue]]


#: The application, as the floors below `app` name it.  They use the whole
#: public API of `Flask`, as users may override any of it: a Protocol of all
#: that would be the class a second time.
AppLike: t.TypeAlias = t.Any


class AppContextLike(t.Protocol):
    """What `_current` and the proxies use of an application context."""

    app: t.Any
    g: t.Any
    url_adapter: MapAdapter | None


class RequestContextLike(t.Protocol):
    """What the floors below `ctx` use of a request context."""

    app: t.Any
    request: t.Any
    flashes: list[tuple[str, str]] | None
    url_adapter: MapAdapter | None

    @property
    def session(self) -> t.Any:
        """The session, opened on first use."""
        ...

    @property
    def app_context(self) -> AppContextLike:
        """The application context that belongs to the request."""
        ...

    def push(self) -> None:
        """Make this context the current one."""

    def pop(self, exc: BaseException | None = ...) -> None:
        """Leave this context."""


class Frame(t.Protocol):
    """What the ContextVar holds: a request or an application context."""

    app: t.Any

    @property
    def app_context(self) -> t.Any:
        """The innermost application context."""
        ...

    @property
    def request_context(self) -> t.Any:
        """The innermost request context, or None."""
        ...


#: The token that `ContextVar.set` gave for a frame.
FrameToken = Token[Frame]
