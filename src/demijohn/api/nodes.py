"""Ask about the types that `msgspec.inspect` tells, one at a time."""

from __future__ import annotations

import datetime as dt
import functools
import math
import operator
import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, get_origin

import msgspec
from msgspec import inspect

from .refusals import REFUSALS
from .words import SCHEMA_LIMITS

ANYTHING = inspect.AnyType()

#: A part of a pattern: a pair with a backslash, a set of characters, or the sign for the end.
PATTERN_PART = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\$", re.DOTALL)

#: A text that stands for an integer.
INTEGER = re.compile(r"-?[0-9]+")

#: A limit's name -> does a number keep to it?
KEEPS: dict[str, Callable[[Any, Any], bool]] = {
    "ge": lambda value, limit: bool(value >= limit),
    "gt": lambda value, limit: bool(value > limit),
    "le": lambda value, limit: bool(value <= limit),
    "lt": lambda value, limit: bool(value < limit),
    "multiple_of": lambda value, limit: not value % Decimal(str(limit)),
}

#: What a JSON object or array may be taken for; everything else asks for a plain value.
OBJECTS = (inspect.StructType, inspect.DataclassType, inspect.TypedDictType, inspect.DictType)
ARRAYS = (
    inspect.ListType,
    inspect.SetType,
    inspect.FrozenSetType,
    inspect.VarTupleType,
    inspect.TupleType,
    inspect.NamedTupleType,
    inspect.CollectionType,
)

#: The plain JSON values that stand for a type; the others are texts.
KINDS: dict[type[inspect.Type], tuple[type, ...]] = {
    inspect.NoneType: (type(None),),
    inspect.BoolType: (bool,),
    inspect.IntType: (int,),
    inspect.FloatType: (int, float),
    inspect.DecimalType: (str, int, float),
    inspect.EnumType: (str, int),
    inspect.LiteralType: (str, int, type(None)),
}

LIMITS = ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern", "tz")

#: A type without parts -> what msgspec is asked about; one that is not here has a class.
PLAIN_TYPES: dict[type[inspect.Type], Any] = {
    inspect.NoneType: type(None),
    inspect.BoolType: bool,
    inspect.IntType: int,
    inspect.FloatType: float,
    inspect.StrType: str,
    inspect.BytesType: bytes,
    inspect.ByteArrayType: bytearray,
    inspect.MemoryViewType: memoryview,
    inspect.DateTimeType: dt.datetime,
    inspect.DateType: dt.date,
    inspect.TimeType: dt.time,
    inspect.TimeDeltaType: dt.timedelta,
    inspect.DecimalType: Decimal,
    inspect.UUIDType: uuid.UUID,
}


def list_parts(node: Any) -> list[inspect.Type]:
    """List the types that a type is made of.

    Args:
        node: The type.

    Returns:
        Those of its fields, items, keys, values or members.
    """
    if isinstance(node, inspect.Metadata):
        return [node.type]
    names = ("item_type", "key_type", "value_type")
    parts = [getattr(node, name) for name in names if hasattr(node, name)]
    parts += [field.type for field in getattr(node, "fields", ())]
    return [*parts, *getattr(node, "item_types", ()), *getattr(node, "types", ())]


def list_all_parts(node: inspect.Type) -> list[inspect.Type]:
    """List a type and all that is in it, at any depth.

    Args:
        node: The type.

    Returns:
        Each once.
    """
    seen: dict[int, inspect.Type] = {}
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if id(part) not in seen:
            seen[id(part)] = part
            waiting += list_parts(part)
    return list(seen.values())


def is_secret(node: inspect.Type) -> bool:
    """Tell whether a type is marked as one whose values no error tells.

    Args:
        node: The type.

    Returns:
        Whether its JSON schema is `writeOnly`.
    """
    return isinstance(node, inspect.Metadata) and bool((node.extra_json_schema or {}).get("writeOnly"))


def holds_secret(node: inspect.Type) -> bool:
    """Tell whether a type has a part that is secret, at any depth.

    Args:
        node: The type.
    """
    return any(map(is_secret, list_all_parts(node)))


def is_limited_decimal(node: inspect.Type) -> bool:
    """Tell whether a type is a decimal with limits, which msgspec ignores.

    Args:
        node: The type.

    Returns:
        Whether its values have to be looked at again.
    """
    if not isinstance(node, inspect.Metadata) or not isinstance(node.type, inspect.DecimalType):
        return False
    return any(name in SCHEMA_LIMITS for name in node.extra_json_schema or {})


def may_take(node: Any, value: Any, *, strict: bool) -> bool:
    """Tell whether a value is of the kind that a type is about.

    Args:
        node: The type.
        value: A JSON value.
        strict: Texts stand for nothing but texts.

    Returns:
        Whether it is worth asking more.
    """
    if isinstance(node, inspect.Metadata):
        return may_take(node.type, value, strict=strict)
    if isinstance(node, inspect.AnyType | inspect.CustomType | inspect.RawType):
        return True
    if getattr(node, "array_like", False) or isinstance(node, ARRAYS):
        return isinstance(value, list | tuple)
    if isinstance(node, OBJECTS):
        return isinstance(value, dict)
    if isinstance(value, list | dict):
        return False
    return not strict or _is_of_kind(node, value)


class Judge(NamedTuple):
    """The fast reader of a type without parts, and what it does not look at."""

    decoder: msgspec.json.Decoder[Any]
    """It reads JSON, since msgspec compiles types only for that."""
    pattern: re.Pattern[str] | None
    """What a text has to match that ends in a line end."""


def make_judge(node: inspect.Type, *, strict: bool) -> Judge:
    """Make the fast reader of a type without parts.

    Args:
        node: The type.
        strict: Texts stand for nothing but texts.

    Returns:
        What `is_fine` asks.
    """
    return Judge(msgspec.json.Decoder(_find_plain_type(node), strict=strict), find_ending(node))


def find_ending(node: inspect.Type) -> re.Pattern[str] | None:
    """Find the pattern of texts whose end is the end.

    Args:
        node: The type.

    Returns:
        The pattern of a text, where `$` does not let a line end follow; None if it has no `$`.
    """
    if not isinstance(node, inspect.StrType) or "$" not in (node.pattern or ""):
        return None
    return re.compile(PATTERN_PART.sub(lambda part: r"\Z" if part[0] == "$" else part[0], node.pattern or ""))


def is_fine(judge: Judge, value: Any, schema: dict[str, Any] | None) -> bool:
    """Ask the fast reader about a value without parts.

    Args:
        judge: The reader of its type.
        value: The value.
        schema: More of the type's JSON schema, which may hold limits of a decimal.

    Returns:
        Whether the type takes it.
    """
    if judge.pattern is not None and not _ends_well(judge.pattern, value):
        return False
    try:
        got = judge.decoder.decode(msgspec.json.encode(value))
        if isinstance(got, Decimal):
            return got.is_finite() and _keeps_limits(got, schema)
    except REFUSALS:
        return False
    if isinstance(got, float):
        return math.isfinite(got)
    if got is None:
        return value is None  # a text is no null
    # msgspec takes the text 1e3 for an integer, which the document does not.
    is_number = isinstance(value, str) and isinstance(got, int) and not isinstance(got, bool)
    return not is_number or INTEGER.fullmatch(value) is not None


def is_fine_key(node: inspect.Type, key: str, *, strict: bool) -> bool:
    """Ask the fast reader about a name in an object.

    Args:
        node: The type of the names.
        key: The name.
        strict: Texts stand for nothing but texts; a name may stand for a number still.

    Returns:
        Whether the type takes it.
    """
    dictionary: Any = dict
    pattern = find_ending(node)
    if pattern is not None and not _ends_well(pattern, key):
        return False
    try:
        msgspec.convert({key: None}, dictionary[_find_plain_type(node), None], strict=strict, str_keys=True)
    except REFUSALS:
        return False
    return True


def has_length(node: Any, count: int) -> bool:
    """Tell whether a type allows so many items.

    Args:
        node: A type with limits of length.
        count: How many there are.

    Returns:
        Whether they are neither too few nor too many.
    """
    return (node.min_length or 0) <= count and (node.max_length is None or count <= node.max_length)


def order_fields(node: Any, fields: dict[str, Any]) -> list[str]:
    """Put the names of fields into the order of their model.

    Args:
        node: The model; msgspec sorts the fields of a TypedDict by name.
        fields: The fields by name.

    Returns:
        The names.
    """
    if not isinstance(node, inspect.TypedDictType):
        return list(fields)
    class_ = get_origin(node.cls) or node.cls
    return sorted(fields, key=list(class_.__annotations__).index)


def _ends_well(pattern: re.Pattern[str], value: Any) -> bool:
    # SECURITY: Python's `$` takes "name\n" for "name", which splits headers, logs and file names in two.
    return not isinstance(value, str) or not value.endswith("\n") or pattern.search(value) is not None


def _is_of_kind(node: inspect.Type, value: Any) -> bool:
    kinds = KINDS.get(type(node), (str,))
    return isinstance(value, kinds) and (not isinstance(value, bool) or bool in kinds)


def _keeps_limits(value: Decimal, schema: dict[str, Any] | None) -> bool:
    limits = [(SCHEMA_LIMITS[name], limit) for name, limit in (schema or {}).items() if name in SCHEMA_LIMITS]
    return all(KEEPS[name](value, limit) for name, limit in limits)


def _find_plain_type(node: Any) -> Any:
    """Find the type without parts that `msgspec.inspect` told."""
    if isinstance(node, inspect.Metadata):
        return _find_plain_type(node.type)
    if isinstance(node, inspect.LiteralType):
        literal: Any = Literal
        return literal[tuple(node.values)]
    if isinstance(node, inspect.UnionType):
        return functools.reduce(operator.or_, map(_find_plain_type, node.types))
    type_ = PLAIN_TYPES.get(type(node), getattr(node, "cls", Any))
    limits = {name: getattr(node, name, None) for name in LIMITS}
    limits = {name: limit for name, limit in limits.items() if limit is not None}
    return Annotated[type_, msgspec.Meta(**limits)] if limits else type_
