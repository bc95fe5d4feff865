"""Write the JSON Schema of single values: texts, numbers, dates.

`msgspec.json.schema` is not used: it leaves the type out of enums, and has no
format for times that are allowed to have no zone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import inspect

Schema = dict[str, Any]

_HOUR = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_DAY = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_ZONE = "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_FRACTION = r"(\.[0-9]{1,6})?"
#: Types without settings of their own.  The patterns are what is written,
#: which is somewhat less than what is read.
_PLAIN: dict[type[inspect.Type], Schema] = {
    inspect.AnyType: {},
    inspect.RawType: {},
    inspect.NoneType: {"type": "null"},
    inspect.BoolType: {"type": "boolean"},
    inspect.DateType: {"type": "string", "format": "date"},
    inspect.TimeDeltaType: {
        "type": "string",
        "format": "duration",
        "pattern": r"^-?P([0-9]{1,8}D(T[0-9]{1,9}(\.[0-9]{1,6})?S)?|T[0-9]{1,9}(\.[0-9]{1,6})?S)$",
    },
    inspect.UUIDType: {"type": "string", "format": "uuid"},
    # JSON numbers are read as well; texts are what is written.
    inspect.DecimalType: {
        "type": ["string", "number"],
        "format": "decimal",
        "pattern": r"^-?[0-9]+(\.[0-9]+)?([Ee][+-]?[0-9]{1,4})?$",
    },
}
#: By whether a zone is required, refused (False) or neither (None).
_DATETIMES: dict[bool | None, Schema] = {
    None: {"type": "string", "format": "date-time"},
    True: {"type": "string", "format": "date-time"},
    False: {"type": "string", "pattern": f"^{_DAY}T{_HOUR}{_FRACTION}$"},
}
_TIMES: dict[bool | None, Schema] = {
    None: {"type": "string", "pattern": f"^{_HOUR}{_FRACTION}{_ZONE}?$"},
    True: {"type": "string", "format": "time"},
    False: {"type": "string", "pattern": f"^{_HOUR}{_FRACTION}$"},
}
_NUMBER_LIMITS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}
_TEXT_LIMITS = {"min_length": "minLength", "max_length": "maxLength", "pattern": "pattern"}
#: What JSON calls the types of values that enums and literals have.
_VALUE_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def build_leaf(info: inspect.Type) -> Schema | None:
    """Return the schema of a type; None where it holds others.

    Args:
        info: The type, as msgspec inspects it.
    """
    plain = _PLAIN.get(type(info))
    if plain is not None:
        return dict(plain)
    make = _MAKERS.get(type(info))
    return None if make is None else make(info)


def list_values(values: list[Any]) -> Schema:
    """Return the schema of some values, of one type where they are.

    Args:
        values: The values.
    """
    types = list(dict.fromkeys(_VALUE_TYPES.get(type(value), "string") for value in values))
    kind = {"type": types[0]} if len(types) == 1 else {}
    return {**kind, "enum": values}


def name_type(value: Any) -> str:
    """Return what JSON calls the type of a text, a number or a truth.

    Args:
        value: The value.
    """
    return _VALUE_TYPES[type(value)]


def read_limits(info: Any, names: Mapping[str, str]) -> Schema:
    """Return the limits of a type.

    Args:
        info: The type, as msgspec inspects it.
        names: What JSON Schema calls them, by what msgspec calls them.
    """
    values = ((key, getattr(info, name, None)) for name, key in names.items())
    return {key: value for key, value in values if value is not None}


def _build_bytes(info: Any) -> Schema:
    limits = read_limits(info, {"min_length": "minLength", "max_length": "maxLength"})
    # Three bytes are four characters in Base64.
    lengths = {key: 4 * ((value + 2) // 3) for key, value in limits.items()}
    return {"type": "string", "contentEncoding": "base64", **lengths}


_MAKERS: dict[type[inspect.Type], Callable[[Any], Schema]] = {
    inspect.LiteralType: lambda info: list_values(list(info.values)),
    inspect.StrType: lambda info: {"type": "string", **read_limits(info, _TEXT_LIMITS)},
    inspect.IntType: lambda info: {"type": "integer", **read_limits(info, _NUMBER_LIMITS)},
    inspect.FloatType: lambda info: {"type": "number", **read_limits(info, _NUMBER_LIMITS)},
    inspect.DateTimeType: lambda info: dict(_DATETIMES[info.tz]),
    inspect.TimeType: lambda info: dict(_TIMES[info.tz]),
    **dict.fromkeys((inspect.BytesType, inspect.ByteArrayType, inspect.MemoryViewType), _build_bytes),
}
