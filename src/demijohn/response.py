"""Hold what goes back to the client.

Here lives `Response`, Werkzeug's with Flask's defaults, and the short way
to make one for a body that is complete.  How a view's result becomes a
response is in `pipeline.result`; how a response is sent is for the doors.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as WerkzeugResponse

from . import _current
from . import json as json_module

#: Attributes of a cookie, in the order in which `set_cookie` takes them.
_COOKIE_ATTRIBUTES = ("max_age", "expires", "path", "domain", "secure", "httponly", "samesite", "partitioned")

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
        response_class.__init__ is base.__init__
        and response_class.__new__ is object.__new__
        and response_class.__setattr__ is object.__setattr__
        and response_class.default_status == 200
        and response_class.default_mimetype is not None
        and response_class.set_data is base.set_data
    )


def build_plain(response_class: Any, body: bytes, content_type: str) -> Any:
    """Make a 200 response of a complete body, past the constructor.

    PERF: 0.45 µs where `Response(body, content_type=…)` takes 3.9 µs: the
    header list and the status line are ready, nothing is parsed.

    Args:
        response_class: A class that `has_plain_init`.
        body: The whole body.
        content_type: The complete header value, charset included.

    Returns:
        The instance, in the state in which the constructor leaves it.
    """
    response = response_class.__new__(response_class)
    headers = Headers.__new__(Headers)
    headers._list = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    response.headers = headers
    response._status = "200 OK"
    response._status_code = 200
    response.direct_passthrough = False
    response._on_close = []
    response.response = [body]
    return response


def check_response(response: Any) -> None:
    """Raise if a response says more than it was asked to.

    SECURITY: a control character in a status line or header could end its
    line and begin another (RFC 9110, section 5.5).  Servers differ in what
    they do with one, so none of them is shown any.

    Args:
        response: The final response; a WSGI application of another kind
            answers for itself.

    Raises:
        ValueError: The status line or a header is not valid.
    """
    if not isinstance(response, WerkzeugResponse):
        return
    # PERF: 0.04 µs a value; the pattern is only asked about text that is not plain.
    if not response._status.isprintable():
        _refuse_control(response, "status", response._status)
    for name, value in response.headers._list:
        if not _is_name(name):
            response.close()
            raise ValueError(
                f"The header name {name!r} is not valid: it may hold letters, digits and the"
                " characters of !#$%&'*+-.^_`|~ only. Do not make names of what a client sent."
            )
        if not value.isprintable():
            _refuse_control(response, f"header {name!r}", value)


def _refuse_control(response: WerkzeugResponse, what: str, text: str) -> None:
    if _find_control(text):
        response.close()
        raise ValueError(
            f"The {what} has a control character in it and cannot be sent: {text!r}."
            " Quote or remove what a client sent before it is put there."
        )


# Names are few, but a view may make them of anything.
@lru_cache(maxsize=1_000)
def _is_name(name: str) -> bool:
    return _is_token(name) is not None
