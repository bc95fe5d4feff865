"""Say in words what a type asks for, the same for every kind of model.

The words stand for the types that `msgspec.inspect` finds, so that a struct
and a pydantic model with equal fields have equal words.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from msgspec import inspect

#: The most alternatives of an enum or a literal that are told.
MOST_VALUES = 20

#: The limit of a number -> how it is told.
NUMBER_LIMITS = {
    "ge": "at least",
    "gt": "greater than",
    "le": "at most",
    "lt": "less than",
    "multiple_of": "a multiple of",
}

#: The names of those limits in a JSON schema, where they stand for a type that msgspec does not limit.
SCHEMA_LIMITS = {
    "minimum": "ge",
    "exclusiveMinimum": "gt",
    "maximum": "le",
    "exclusiveMaximum": "lt",
    "multipleOf": "multiple_of",
}

#: A type without limits -> its words.
PLAIN_WORDS: dict[type[inspect.Type], str] = {
    inspect.AnyType: "any value",
    inspect.NoneType: "null",
    inspect.BoolType: "true or false",
    inspect.DateType: "a date such as 2026-01-31",
    inspect.TimeDeltaType: "a duration such as PT1H30M",
    inspect.UUIDType: "a UUID such as 123e4567-e89b-12d3-a456-426614174000",
    inspect.StructType: "an object",
    inspect.DataclassType: "an object",
    inspect.TypedDictType: "an object",
    inspect.NamedTupleType: "an array",
}

#: `tz` of a date and time, or of a time -> what is told after it.
ZONES = {None: "", True: " with a zone", False: " without a zone"}


def describe_type(node: inspect.Type, schema: dict[str, Any] | None = None) -> str:
    """Say what a type asks for.

    Args:
        node: The type, as `msgspec.inspect.type_info` tells it.
        schema: More of its JSON schema, which may hold limits.

    Returns:
        Words that go after "expected", such as `an integer at least 1`.
    """
    if isinstance(node, inspect.Metadata):
        return describe_type(node.type, {**(schema or {}), **(node.extra_json_schema or {})})
    if isinstance(node, inspect.DecimalType):
        limits = {SCHEMA_LIMITS[name]: limit for name, limit in (schema or {}).items() if name in SCHEMA_LIMITS}
        return _add_limits("a decimal number", limits) if limits else "a decimal number such as 12.50"
    tell = _TELLERS.get(type(node))
    return tell(node) if tell else PLAIN_WORDS.get(type(node), "a value that is accepted")


def describe_any_of(words: list[str]) -> str:
    """Join what several types ask for.

    Args:
        words: What each asks for.

    Returns:
        One sentence part, each alternative once, null last.
    """
    several = [word for word in dict.fromkeys(words) if word != "null"]
    return " or ".join([*several, "null"] if "null" in words else several)


def describe_count(least: int | None, most: int | None, unit: str) -> str:
    """Say how many characters or items something may have.

    Args:
        least: The least number, if there is one.
        most: The greatest number, if there is one.
        unit: What is counted, in the singular.

    Returns:
        Words such as ` of at least 1 and at most 20 characters`; none without limits.
    """
    if least is not None and least == most:
        return f" of exactly {least} {_plural(unit, least)}"
    limits = [f"at least {least}"] if least else []
    limits += [f"at most {most}"] if most is not None else []
    count = most if most is not None else least
    return f" of {' and '.join(limits)} {_plural(unit, count)}" if limits else ""


def describe_values(values: list[Any]) -> str:
    """Say which values there are to choose from.

    Args:
        values: Texts, integers, truths or None.

    Returns:
        Words such as `one of 'a', 'b'`.
    """
    told = ", ".join(_tell_value(value) for value in values[:MOST_VALUES])
    if len(values) == 1:
        return told
    return f"one of {told}" + (f" and {len(values) - MOST_VALUES} more" if len(values) > MOST_VALUES else "")


def _tell_value(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else json.dumps(value, default=str)


def _plural(unit: str, count: int | None) -> str:
    if count == 1:
        return unit
    return "properties" if unit == "property" else f"{unit}s"


def _add_limits(words: str, limits: dict[str, Any]) -> str:
    told = [f"{text} {limits[name]}" for name, text in NUMBER_LIMITS.items() if limits.get(name) is not None]
    return " ".join([words, " and ".join(told)]) if told else words


def _tell_number(node: Any) -> str:
    words = "an integer" if isinstance(node, inspect.IntType) else "a number"
    return _add_limits(words, {name: getattr(node, name) for name in NUMBER_LIMITS})


def _tell_text(node: Any) -> str:
    words = "a text" + describe_count(node.min_length, node.max_length, "character")
    return f"{words} that matches {node.pattern}" if node.pattern is not None else words


def _tell_bytes(node: Any) -> str:
    return "a text in base64" + describe_count(node.min_length, node.max_length, "byte")


def _tell_array(node: Any) -> str:
    return "an array" + describe_count(node.min_length, node.max_length, "item")


def _tell_tuple(node: Any) -> str:
    return "an array" + describe_count(len(node.item_types), len(node.item_types), "item")


def _tell_dict(node: Any) -> str:
    return "an object" + describe_count(node.min_length, node.max_length, "property")


def _tell_moment(node: Any) -> str:
    if isinstance(node, inspect.TimeType):
        return f"a time{ZONES[node.tz]} such as 12:30:00" + ("Z" if node.tz else "")
    return f"a date and time{ZONES[node.tz]} such as 2026-01-31T12:30:00" + ("" if node.tz is False else "Z")


def _tell_enum(node: Any) -> str:
    return describe_values([member.value for member in node.cls])


def _tell_literal(node: Any) -> str:
    return describe_values(sorted(node.values, key=_order_of_value))


def _order_of_value(value: Any) -> tuple[bool, bool, Any]:
    return (value is None, isinstance(value, str), 0 if value is None else value)


def _tell_union(node: Any) -> str:
    return describe_any_of([describe_type(member) for member in node.types])


def _tell_custom(node: Any) -> str:
    return f"a value that {node.cls.__name__} accepts"


_TELLERS: dict[type[inspect.Type], Callable[[Any], str]] = {
    inspect.IntType: _tell_number,
    inspect.FloatType: _tell_number,
    inspect.StrType: _tell_text,
    inspect.BytesType: _tell_bytes,
    inspect.ByteArrayType: _tell_bytes,
    inspect.MemoryViewType: _tell_bytes,
    inspect.ListType: _tell_array,
    inspect.SetType: _tell_array,
    inspect.FrozenSetType: _tell_array,
    inspect.VarTupleType: _tell_array,
    inspect.CollectionType: _tell_array,
    inspect.TupleType: _tell_tuple,
    inspect.DictType: _tell_dict,
    inspect.TimeType: _tell_moment,
    inspect.DateTimeType: _tell_moment,
    inspect.EnumType: _tell_enum,
    inspect.LiteralType: _tell_literal,
    inspect.UnionType: _tell_union,
    inspect.CustomType: _tell_custom,
}
