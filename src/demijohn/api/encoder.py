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
from .pydantic_models import tell_places


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
    if hasattr(type(value), "__pydantic_serializer__"):
        return msgspec.Raw(_serialize(value, "to_json"))
    return _dump_to_builtins(value)


def _serialize(value: Any, method: str, **options: Any) -> Any:
    """Let a model of pydantic write itself, and nothing that its fields do not name.

    Raises:
        TypeError: It holds what its fields do not allow.
    """
    kind: Any = type(value)
    serialize = getattr(kind.__pydantic_serializer__, method)
    try:
        # SECURITY: pydantic writes a dict in the place of a model whole, and only warns.
        return serialize(value, by_alias=True, warnings="error", **options)
    except ValueError as error:
        if "surrogates not allowed" in str(error):
            raise
    return serialize(_validate_again(value), by_alias=True, **options)


def _validate_again(value: Any) -> Any:
    """Make a model of pydantic anew of what it holds.

    Raises:
        TypeError: It holds what its fields do not allow.
    """
    kind: Any = type(value)
    given = value.root if getattr(kind, "__pydantic_root_model__", False) else vars(value)
    try:
        return kind.__pydantic_validator__.validate_python(given, from_attributes=True, by_name=True)
    except ValueError as error:
        places = tell_places(error)
    # SECURITY: neither pydantic's words nor its error: both have the values, and a log would keep them.
    raise TypeError(
        f"The {kind.__name__} that was returned holds what its fields do not allow: {places}. Give them values of their"
        " types, or make the model by its constructor, which checks them."
    )


def _dump_to_builtins(value: Any) -> Any:
    """Return what stands for a value in a tree of plain values.

    Raises:
        TypeError: Nothing does.
    """
    kind = type(value)
    if hasattr(kind, "__pydantic_serializer__"):
        return _serialize(value, "to_python", mode="json")
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
