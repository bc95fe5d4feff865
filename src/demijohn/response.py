"""Hold what goes back to the client.

Here lives `Response`, Werkzeug's with Flask's defaults, and the short way
to make one for a body that is complete.  How a view's result becomes a
response is in `pipeline.result`; how a response is sent is for the doors.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as WerkzeugResponse

from . import _current
from . import json as json_module
from ._lazy import Lazy

#: Attributes of a cookie, in the order in which `set_cookie` takes them.
_COOKIE_ATTRIBUTES = ("max_age", "expires", "path", "domain", "secure", "httponly", "samesite", "partitioned")


class _Lengths(dict[int, tuple[str, str]]):
    """Give the header for the size of a body; those of short ones are ready."""

    def __missing__(self, size: int) -> tuple[str, str]:
        return "Content-Length", str(size)


#: The header that tells the size of a body, by the size.
LENGTHS = _Lengths({size: ("Content-Length", str(size)) for size in range(1_024)})

#: What is sent where nothing has to be decided any more: the status line, the
#: headers and the whole body.
Parts = tuple[str, list[tuple[str, str]], bytes]

#: Headers that Werkzeug completes or rewrites before they are sent.
_REWRITTEN = frozenset({"location", "content-location"})
#: Paths that Werkzeug sends as they are, and that need no escaping in a page.
_is_plain_location = re.compile(r"/(?!/)[A-Za-z0-9_.~/?=:;@!$()*,-]*").fullmatch
_REDIRECT_CODES = frozenset({301, 302, 303, 307, 308})
_HTML_TYPE = "Content-Type", "text/html; charset=utf-8"
#: Status codes that are sent without a body.
EMPTY = frozenset({*range(100, 200), 204, 304})
_NO_STATE: dict[str, Any] = {}
#: Methods of a response that decide what is sent.
SEND_METHODS = (
    *("__call__", "get_wsgi_response", "get_wsgi_headers", "get_app_iter"),
    *("iter_encoded", "close"),
)
#: What a response has of its own when sending it is more than its parts.
_CHANGES = frozenset(SEND_METHODS)
_new = object.__new__

#: What a header name is made of (RFC 9110, section 5.6.2).
_is_token = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
#: Control characters but for the tab, which may stand in a value.
_find_control = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]").search
#: Text that does not end a cookie's name or attribute (RFC 6265, section 4.1.1).
_is_cookie_text = re.compile(r"[^;\x00-\x1f\x7f]*").fullmatch


class Response(WerkzeugResponse):
    """Answer a request.

    An application may use a subclass through `Flask.response_class`.
    """

    default_mimetype: str | None = "text/html"
    json_module = json_module
    autocorrect_location_header = False

    # PERF: what `build_plain` need not set: 0.1 µs a response.
    direct_passthrough = False
    _status = "200 OK"
    _status_code = 200
    _on_close: Any = Lazy("_on_close", lambda response: [])

    def set_cookie(self, key: str, value: str = "", *args: Any, **kwargs: Any) -> None:
        """Set a cookie; see `werkzeug.wrappers.Response.set_cookie`.

        Flask: a name, domain or date that would add attributes is refused.

        Args:
            key: The name of the cookie.
            value: Its value, which is quoted where it has to be.
            *args: Its attributes, the first is `max_age`.
            **kwargs: Its attributes.

        Raises:
            ValueError: The name or an attribute is not valid.
        """
        if "=" in key:
            raise ValueError(f"The key {key!r} of a cookie holds a '=', which would end it.")
        for what, text in (("key", key), *zip(_COOKIE_ATTRIBUTES, args, strict=False), *kwargs.items()):
            if isinstance(text, str) and what != "path" and not _is_cookie_text(text):
                raise ValueError(
                    f"The {what} {text!r} of a cookie holds a character that would end it and begin another"
                    " attribute. Do not make it of what a client sent."
                )
        super().set_cookie(key, value, *args, **kwargs)

    @property
    def max_cookie_size(self) -> int:  # type: ignore[override]  # Werkzeug has an attribute
        """The size in bytes above which `set_cookie` warns; 0 for never.

        `MAX_COOKIE_SIZE` of the current application.
        """
        app = _current.find_app()
        if app is None:
            return WerkzeugResponse.max_cookie_size
        size: int = app.config["MAX_COOKIE_SIZE"]
        return size


def has_plain_init(response_class: Any) -> bool:
    """Say whether `build_plain` makes what calling the class would make."""
    base: Any = WerkzeugResponse
    return (
        issubclass(response_class, Response)
        and response_class.__init__ is base.__init__
        and response_class.__new__ is object.__new__
        and response_class.__setattr__ is object.__setattr__
        and response_class.default_status == 200
        and response_class.default_mimetype is not None
        and response_class.set_data is base.set_data
    )


def build_plain(response_class: Any, parts: Parts) -> Any:
    """Make a response of a complete body, past the constructor.

    PERF: 0.3 µs where `Response(body, content_type=…)` takes 3.9 µs: the
    header list and the status line are ready, nothing is parsed.

    Args:
        response_class: A class that `has_plain_init`.
        parts: The status line, the content type and length, and the body.

    Returns:
        The instance, in the state in which the constructor leaves it.
    """
    status, pairs, body = parts
    response = _new(response_class)
    response.headers = headers = _new(Headers)
    headers._list = pairs
    response.response = chunks = [body]
    response._plain = pairs[0], pairs[1], chunks
    if status != "200 OK":
        response._status = status
        response._status_code = int(status.partition(" ")[0])
    return response


@lru_cache(maxsize=256)
def find_status_line(code: int) -> str:
    """Return the status line that Werkzeug gives a status code."""
    response = WerkzeugResponse()
    response.status_code = code
    return response.status


def build_redirect(response_class: Any, location: str, code: int) -> Any:
    """Make what `werkzeug.utils.redirect` makes, past the constructor.

    PERF: 1.4 µs for a plain path, and 8 µs by Werkzeug.

    Args:
        response_class: A class that `has_plain_init`.
        location: The URL to go to.
        code: The status code.

    Returns:
        The response, with Werkzeug's own page.
    """
    if type(location) is not str or code not in _REDIRECT_CODES or not _is_plain_location(location):
        return redirect(location, code=code, Response=response_class)
    body = location.join(_read_redirect_page()).encode()
    response = build_plain(response_class, (find_status_line(code), [_HTML_TYPE, LENGTHS[len(body)]], body))
    response.headers._list.append(("Location", location))
    return response


@cache
def _read_redirect_page() -> list[str]:
    """Return the parts of Werkzeug's page between which the URL stands."""
    return redirect("/0").get_data(as_text=True).split("/0")


def check_response(response: Any, plain_class: Any = None) -> Any:
    """Look whether a response can be sent, and take its parts if they suffice.

    SECURITY: a control character in a status line or header could end its
    line and begin another (RFC 9110, section 5.5).  Servers differ in what
    they do with one, so none of them is shown any.

    Args:
        response: The final response; a WSGI application of another kind
            answers for itself.
        plain_class: The class whose instances are sent as Werkzeug does it,
            or None.

    Returns:
        The parts, where they may go out as they are: the body is one bytes
        object, its length is known, and no URL is to be rewritten; or the
        response itself.

    Raises:
        ValueError: The status line or a header is not valid.
    """
    state = getattr(response, "__dict__", _NO_STATE)
    if keeps_parts := _keeps_parts(response, state):
        is_plain = len(response.headers._list) == 2 or _check_head(response, keeps_parts)
    elif isinstance(response, WerkzeugResponse):
        is_plain = _check_head(response, keeps_parts)
    else:
        return response
    if not is_plain or type(response) is not plain_class or state.get("_on_close") or not _CHANGES.isdisjoint(state):
        return response
    # PERF: what is one bytes object goes out past Werkzeug's copy of the headers
    # and its iterators, which change nothing then: 0.3 µs, and 4.1 by them.
    chunks: Any = response.response
    return response._status, response.headers._list[:], chunks[0]


def _keeps_parts(response: Any, state: dict[str, Any]) -> bool:
    """Say whether nobody changed what `build_plain` made; there may be more.

    PERF: 0.1 µs, and 0.5 µs by looking at every header.
    """
    if "_plain" not in state or ("_status" in state and not response._status.isprintable()):
        return False
    content_type, length, chunks = state["_plain"]
    headers = getattr(response.headers, "_list", [])
    return (
        len(headers) >= 2
        and headers[0] is content_type
        and headers[1] is length
        and response.response is chunks
        and len(chunks) == 1
        and type(chunks[0]) is bytes
        and response._status_code not in EMPTY
    )


def _check_head(response: WerkzeugResponse, keeps_parts: bool) -> bool:
    """Refuse what would break the head; say whether the parts suffice."""
    if not isinstance(response.headers, Headers):
        response.headers = Headers(response.headers)
    headers = response.headers._list
    if not (response._status.isascii() and response._status.isprintable()):
        _refuse_unsendable(response, "status", response._status)
    has_length = keeps_parts
    has_url = False
    for name, value in headers[2:] if keeps_parts else headers:
        kind = _classify(name)
        if kind == _INVALID:
            response.close()
            raise ValueError(
                f"The header name {name!r} is not valid: it may hold letters, digits and the"
                " characters of !#$%&'*+-.^_`|~ only. Do not make names of what a client sent."
            )
        if not (value.isascii() and value.isprintable()):
            _refuse_unsendable(response, f"header {name!r}", value, is_encoded=kind == _URL)
        if kind == _LENGTH:
            has_length = True
        elif kind == _URL:
            has_url = has_url or response.autocorrect_location_header or not _is_plain_location(value)
    chunks: Any = response.response
    return (
        has_length
        and not has_url
        and response._status_code not in EMPTY
        and type(chunks) is list
        and len(chunks) == 1
        and type(chunks[0]) is bytes
    )


def _refuse_unsendable(response: WerkzeugResponse, what: str, text: str, *, is_encoded: bool = False) -> None:
    """Refuse text that HTTP has no place for.

    Args:
        response: What it is a part of.
        what: Which part.
        text: Text that is not printable ASCII alone.
        is_encoded: Whether its letters are encoded before it is sent.

    Raises:
        ValueError: There is a control character in it, or a letter that is
            not in Latin-1 (PEP 3333 and ASGI; RFC 9110, section 5.5).
    """
    if _find_control(text):
        response.close()
        raise ValueError(
            f"The {what} has a control character in it and cannot be sent: {text!r}."
            " Quote or remove what a client sent before it is put there."
        )
    wide = "" if is_encoded else "".join(letter for letter in text if letter > "\xff")
    if wide:
        response.close()
        raise ValueError(
            f"The {what} has letters in it that are not in Latin-1, and cannot be sent: {wide!r} of {text!r}."
            " Encode it, such as with 'urllib.parse.quote', or put it into the body."
        )


_INVALID, _LENGTH, _URL, _OTHER = range(4)


# Names are few, but a view may make them of anything.
@lru_cache(maxsize=1_000)
def _classify(name: str) -> int:
    """Say what a header's name means for sending it."""
    if _is_token(name) is None:
        return _INVALID
    if name.lower() in _REWRITTEN:
        return _URL
    return _LENGTH if name == "Content-Length" else _OTHER
