"""Write a value as JSON: models of every kind, and what is in them.

Here live the one encoder of typed views and problem answers, and what it does
with values that msgspec does not know.  Which fields of a value are to be
written is decided before, in `projector`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from .. import _current


def dump_json(value: Any) -> bytes:
    """Return a value as JSON in UTF-8.

    Args:
        value: A model, or whatever else may stand in one.

    Returns:
        The bytes, without blanks and without a line end.

    Raises:
        TypeError: The value, or one in it, is none that JSON could hold.
    """
    try:
        return _encode(value)
    except ValueError as error:
        # SECURITY: half of a surrogate pair may come from a client, whom the answer must not fail.
        if not isinstance(error, UnicodeEncodeError) and "surrogates not allowed" not in str(error):
            raise
        return _encode(_replace_surrogates(msgspec.to_builtins(value, enc_hook=_dump_to_builtins, str_keys=True)))


def _dump_foreign(value: Any) -> Any:
    """Return what msgspec can write of what it does not know."""
    serializer = getattr(type(value), "__pydantic_serializer__", None)
    if serializer is not None:
        return msgspec.Raw(serializer.to_json(value, by_alias=True))
    return _dump_to_builtins(value)


def _dump_to_builtins(value: Any) -> Any:
    """Return what stands for a value in a tree of plain values.

    Raises:
        TypeError: Nothing does.
    """
    kind = type(value)
    serializer = getattr(kind, "__pydantic_serializer__", None)
    if serializer is not None:
        return serializer.to_python(value, mode="json", by_alias=True)
    for base, convert in _BASES:
        if isinstance(value, base):
            return convert(value)
    app = _current.find_app()
    default = None if app is None else getattr(app.json, "default", None)
    if default is None:
        raise TypeError(f"JSON cannot hold a {kind.__module__}.{kind.__qualname__}. Convert it before it is returned.")
    return default(value)


def _replace_surrogates(value: Any) -> Any:
    """Return a tree of plain values whose texts can all be written."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_replace_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_replace_surrogates(key): _replace_surrogates(item) for key, item in value.items()}
    return value


#: What msgspec writes only if it is of exactly that type -> what makes it so.
_BASES: tuple[tuple[Any, Any], ...] = (
    (str, str.__str__),
    (int, int),
    (float, float),
    (Mapping, dict),
    (Collection, list),
)

_encode = msgspec.json.Encoder(enc_hook=_dump_foreign).encode
