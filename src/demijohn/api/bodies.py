"""Read the body of a request: JSON, a form, or as it is.

A body of another type than the view reads is an error of its own (415), and
so is one that is no JSON (400): nothing in it could be told by a fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, get_args, get_origin

from ..request import _take_body
from .faults import REQUIRED, Fault, Faulty, MalformedJSON
from .models import find_reader
from .problems import MalformedBody, WrongContentType
from .reading import ABSENT, Read, add_faults, drop_none
from .signature import REQUIRED as NO_DEFAULT
from .signature import Parameter

JSON_TYPES = ("application/json",)
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")

_WHERE = "body"
_RAW = (bytes, str)


def compile_body(parameter: Parameter) -> Read:
    """Compile a parameter that is the whole body.

    Args:
        parameter: The parameter; bytes and texts are not parsed.

    Returns:
        A function that raises `MalformedBody` or `WrongContentType`.
    """
    kind = drop_none(parameter.type)
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if kind in _RAW:
        return _compile_raw(parameter, kind)
    reader = find_reader(parameter.type, lax=False)
    is_optional = parameter.default is not NO_DEFAULT

    def read_model(request: Any, url_values: Mapping[str, Any], faults: list[Fault]) -> Any:
        # PERF: 0.6 µs, and 4 by `is_json` and `get_data`.
        data = _take_body(request, "application/json")
        if data is None:
            data = _read_json(request)
        if not data:
            if not is_optional:
                faults.append(Fault(_WHERE, REQUIRED))
            return ABSENT
        request._cached_data = data
        try:
            return reader.read_json(data)
        except MalformedJSON as error:
            raise MalformedBody(error.line, error.column, error.reason) from None
        except Faulty as error:
            add_faults(faults, error.faults, parameter)
            return ABSENT

    return read_model


def _compile_raw(parameter: Parameter, kind: Any) -> Read:
    """Compile a body that the view is given as it is."""
    reader = None if parameter.type in _RAW else find_reader(drop_none(parameter.type), lax=False)
    is_optional = parameter.default is not NO_DEFAULT
    types = parameter.param.content_types
    max_size = parameter.param.max_size

    def read_raw(request: Any, url_values: Mapping[str, Any], faults: list[Fault]) -> Any:
        data: Any = request.get_data()
        if not data and is_optional:
            return ABSENT
        if types and not matches_type(request.mimetype, types):
            raise WrongContentType(types, request.mimetype)
        if max_size is not None and len(data) > max_size:
            faults.append(Fault(_WHERE, f"at most {max_size} bytes", len(data)))
            return ABSENT
        try:
            value = data.decode() if kind is str else data
            return value if reader is None else reader.read(value, _WHERE)
        except UnicodeDecodeError:
            faults.append(Fault(_WHERE, "a text in UTF-8"))
        except Faulty as error:
            add_faults(faults, error.faults, parameter)
        return ABSENT

    return read_raw


def _read_json(request: Any) -> bytes:
    """Return a body that has to be JSON if there is any.

    Raises:
        WrongContentType: It is of another type, or does not tell its type.
    """
    if request.is_json:
        data: bytes = request.get_data()
        return data
    # SECURITY: a page of another site may send a form or a text without asking, but no JSON.
    if _has_body(request):
        raise WrongContentType(JSON_TYPES, request.mimetype)
    return b""


def read_form(request: Any) -> Any:
    """Return the fields of a form, none where there is no body.

    Args:
        request: The request.

    Raises:
        WrongContentType: The body is no form.
    """
    mimetype = request.mimetype
    if mimetype not in FORM_TYPES and _has_body(request):
        raise WrongContentType(FORM_TYPES, mimetype)
    return request.form


def _has_body(request: Any) -> bool:
    length = request.content_length
    return bool(request.get_data()) if length is None else length > 0


def matches_type(mimetype: str, patterns: tuple[str, ...]) -> bool:
    """Say whether a content type is one of those that are read.

    Args:
        mimetype: Without parameters, in lower case.
        patterns: Such as `image/*`.
    """
    return any(fnmatchcase(mimetype, pattern.lower()) for pattern in patterns)
