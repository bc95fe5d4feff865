"""Make a response of whatever a view returned.

Here lives the table from the type of a result to what makes a response of
it.  The table is filled when an application is sealed; a type that is not
in it is looked for once among the kinds below it and then remembered.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from ..events import STREAMS, build_response
from ..json.provider import MODEL_MARKS, DefaultJSONProvider
from ..response import EMPTY, LENGTHS, Parts, build_plain, find_status_line, has_plain_init

if TYPE_CHECKING:
    from ..typing import AppLike

Maker = Callable[[Any, Any], Any]

_JSON_TYPE = "Content-Type", "application/json"
_JSON_METHODS = ("dumps", "response")
#: The content type of an HTTP error's page, and what decides about its answer.
_ERROR_TYPE = "Content-Type", "text/html; charset=utf-8"
_ERROR_METHODS = ("__call__", "get_response", "get_body", "get_headers", "get_description", "name")
#: Types of descriptions that are the same each time they are shown.
_CONSTANT = frozenset({str, type(None)})
#: What an HTTP error may have of its own and still answer as its class does.
_ERROR_STATE = frozenset({"description", "response", "original_exception"})
#: How many types a table remembers; a view may make a class for each request.
_MOST_KINDS = 256

_FORMS = (
    "a string, bytes, a dict, a list, a response object, a generator, a WSGI callable, or a"
    " tuple of one of these with a status, headers or both"
)
_TUPLES = "(body, status, headers), (body, status) or (body, headers)"


class Encoded:
    """A body that is ready, and its media type: what typed views return."""

    __slots__ = ("body", "mimetype")

    def __init__(self, body: bytes, mimetype: str = "application/json") -> None:
        self.body = body
        self.mimetype = mimetype


class ResultTable(dict[type, Maker]):
    """Map the type of a result to what makes a response of it.

    Each value takes the request context, which may be None, and the result.

    Args:
        app: The application; its response class and JSON provider decide.
    """

    def __init__(self, app: AppLike) -> None:
        super().__init__()
        self.app = app
        self.response_class: type[Any] = app.response_class
        self[tuple] = self._from_tuple
        self[type(None)] = _refuse_none
        self[Encoded] = self._from_encoded
        self._error_bodies: dict[type, bytes] = {}
        #: What makes the parts that are sent, where nobody is to see a response.
        self.parts: dict[type, Callable[[Any], Parts | None]] = {}
        self.builds_plainly = has_plain_init(self.response_class)
        if self.builds_plainly:
            self._content_type = "Content-Type", self.response_class(b"").headers["Content-Type"]
            self.parts.update({str: self._text_parts, bytes: self._bytes_parts, tuple: self._tuple_parts})
            self.parts[Encoded] = self._encoded_parts
            kind = type(app.json)
            if all(getattr(kind, name, None) is getattr(DefaultJSONProvider, name) for name in _JSON_METHODS):
                self.parts[dict] = self.parts[list] = self._json_parts
            self.update({kind: self._from_parts for kind in (str, bytes, dict, list) if kind in self.parts})
        self._kinds: tuple[tuple[Any, Maker], ...] = (
            (self.response_class, _keep),
            (STREAMS, self._from_stream),
            (tuple, self._from_tuple),
            ((str, bytes, bytearray, Iterator, AsyncIterator), self._from_body),
            ((dict, list), self._from_provider),
            (WerkzeugResponse, self._from_other_response),
        )

    def __missing__(self, kind: type) -> Maker:
        maker = self._find_maker(kind)
        if len(self) < _MOST_KINDS:
            self[kind] = maker
        return maker

    def _find_maker(self, kind: type) -> Maker:
        for base, maker in self._kinds:
            if issubclass(kind, base):
                return maker
        is_error = issubclass(kind, HTTPException) and self.builds_plainly and _is_plain_error(kind)
        if is_error and len(self) < _MOST_KINDS:
            self.parts[kind] = self._error_parts
            return self._from_parts
        is_callable = any("__call__" in vars(base) for base in kind.__mro__)
        if is_callable:
            return self._from_other_response
        return self._from_provider if any(hasattr(kind, mark) for mark in MODEL_MARKS) else _refuse

    def _text_parts(self, result: str) -> Parts:
        body = result.encode()
        return "200 OK", [self._content_type, LENGTHS[len(body)]], body

    def _bytes_parts(self, result: bytes) -> Parts:
        return "200 OK", [self._content_type, LENGTHS[len(result)]], result

    def _encoded_parts(self, result: Encoded) -> Parts:
        return "200 OK", [("Content-Type", result.mimetype), LENGTHS[len(result.body)]], result.body

    def _json_parts(self, result: Any) -> Parts | None:
        provider = self.app.json
        compact = provider.compact
        if (
            provider.mimetype != "application/json"
            or compact is False
            or (compact is None and self.app.config["DEBUG"])
            or "dumps" in provider.__dict__
            or "response" in provider.__dict__
        ):
            return None
        body = f"{provider.dump_compact(result)}\n".encode()
        return "200 OK", [_JSON_TYPE, LENGTHS[len(body)]], body

    def _tuple_parts(self, result: tuple[Any, ...]) -> Parts | None:
        if len(result) == 2:
            body, code = result
            if type(code) is int and type(body) is not tuple and code not in EMPTY:
                make = self.parts.get(type(body))
                parts = None if make is None else make(body)
                return None if parts is None else (find_status_line(code), *parts[1:])
        return None

    def _error_parts(self, error: HTTPException) -> Parts | None:
        # PERF: 1 µs for an error with its own text, 27 µs by way of a WSGI call to it.
        kind = type(error)
        if error.response is not None or error.code is None or error.code in EMPTY:
            return None
        # SECURITY: what one error shows by a method of its own may not be kept for all others.
        if not vars(error).keys() <= _ERROR_STATE:
            return None
        body = self._error_bodies.get(kind)
        if error.description is not kind.description or type(error.description) not in _CONSTANT:
            body = error.get_body().encode()
        elif body is None:
            body = self._error_bodies[kind] = error.get_body().encode()
        return find_status_line(error.code), [_ERROR_TYPE, LENGTHS[len(body)]], body

    def _from_parts(self, context: Any, result: Any) -> Any:
        parts = self.parts[type(result)](result)
        if parts is not None:
            return build_plain(self.response_class, parts)
        is_error = isinstance(result, HTTPException)
        return self._from_other_response(context, result) if is_error else self._from_provider(context, result)

    def _from_body(self, context: Any, result: Any) -> Any:
        return self.response_class(result)

    def _from_encoded(self, context: Any, result: Encoded) -> Any:
        return self.response_class(result.body, mimetype=result.mimetype)

    def _from_stream(self, context: Any, result: Any) -> Any:
        return build_response(self.response_class, result)

    def _from_provider(self, context: Any, result: Any) -> Any:
        return self.app.json.response(result)

    def _from_other_response(self, context: Any, result: Any) -> Any:
        try:
            return self.response_class.force_type(result, context and context.request.environ)
        except TypeError as error:
            message = f"{error}\n{_describe(context, result)}"
            raise TypeError(message).with_traceback(sys.exc_info()[2]) from None

    def _from_tuple(self, context: Any, result: tuple[Any, ...]) -> Any:
        # PERF: 1.2 µs, and 4.4 by the constructor.
        parts = self._tuple_parts(result)
        if parts is not None:
            return build_plain(self.response_class, parts)
        status = headers = None
        if len(result) == 3:
            body, status, headers = result
        elif len(result) == 2:
            body, extra = result
            if isinstance(extra, (Headers, dict, tuple, list)):
                headers = extra
            else:
                status = extra
        else:
            raise TypeError(
                f"The view function returned a tuple of {len(result)} items. A response tuple must have"
                f" the form {_TUPLES}."
            )
        if isinstance(body, (str, bytes, bytearray, Iterator, AsyncIterator)):
            return self.response_class(body, status=status, headers=headers)
        if isinstance(body, tuple):
            _refuse(context, body)
        response = self[type(body)](context, body)
        if status is not None:
            if isinstance(status, (str, bytes, bytearray)):
                response.status = status
            else:
                response.status_code = status
        if headers:
            response.headers.update(headers)
        return response


def _is_plain_error(kind: Any) -> bool:
    """Say whether nothing of what an HTTP error answers with is its own."""
    return all(getattr(kind, name) is getattr(HTTPException, name) for name in _ERROR_METHODS)


def _keep(context: Any, result: Any) -> Any:
    return result


def _refuse_none(context: Any, result: Any) -> NoReturn:
    endpoint = context and context.request.endpoint
    raise TypeError(
        f"The view function for {endpoint!r} did not return a valid response:"
        " it returned None, or it ended without a return statement."
    )


def _refuse(context: Any, result: Any) -> NoReturn:
    raise TypeError(_describe(context, result))


def _describe(context: Any, result: Any) -> str:
    return (
        "The view function did not return a valid response. The return type must be"
        f" {_FORMS}, but it was a {type(result).__name__}."
    )
