"""Fold the settings of a mark into its type, where msgspec keeps them."""

from __future__ import annotations

import functools
import operator
import types
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from .markers import Param
from .words import SCHEMA_LIMITS

NUMBER_LIMITS = ("ge", "gt", "le", "lt", "multiple_of")
LENGTH_LIMITS = ("min_length", "max_length")
TEXT_LIMITS = (*LENGTH_LIMITS, "pattern")

#: A class -> the limits that it can keep.
LIMITS_OF: dict[Any, tuple[str, ...]] = {
    int: NUMBER_LIMITS,
    float: NUMBER_LIMITS,
    Decimal: NUMBER_LIMITS,
    str: TEXT_LIMITS,
    bytes: LENGTH_LIMITS,
    bytearray: LENGTH_LIMITS,
    list: LENGTH_LIMITS,
    set: LENGTH_LIMITS,
    frozenset: LENGTH_LIMITS,
    tuple: LENGTH_LIMITS,
    dict: LENGTH_LIMITS,
}

ALL_LIMITS = (*NUMBER_LIMITS, *TEXT_LIMITS)

#: A limit -> what it has to be for msgspec.
KINDS_OF: dict[str, Any] = {
    **dict.fromkeys(NUMBER_LIMITS, (int, float)),
    **dict.fromkeys(LENGTH_LIMITS, int),
    "pattern": str,
}

SCHEMA_NAMES = {limit: name for name, limit in SCHEMA_LIMITS.items()}


def fold_limits(type_: Any, param: Param) -> Any:
    """Give a type the limits that a mark tells.

    Args:
        type_: The type.
        param: The settings.

    Returns:
        The type, annotated with them.

    Raises:
        TypeError: No part of the type can keep one of the limits.
    """
    limits = {name: getattr(param, name) for name in ALL_LIMITS}
    limits = {name: limit for name, limit in limits.items() if limit is not None}
    kept: set[str] = set()
    folded = fold(type_, limits, kept)
    lost = [name for name in limits if name not in kept]
    if lost:
        raise TypeError(f"{tell_type(type_)} knows no limit `{lost[0]}`")
    if param.title is not None:
        folded = Annotated[folded, msgspec.Meta(title=param.title)]
    if param.secret and not _is_secret(type_):
        folded = Annotated[folded, msgspec.Meta(extra_json_schema={"writeOnly": True})]
    return folded


def fold(type_: Any, limits: dict[str, Any], kept: set[str] | None = None) -> Any:
    """Give limits to a type, in a union to each member that can keep them.

    Args:
        type_: The type.
        limits: The limits by name.
        kept: Is told which of them have found their place.

    Returns:
        The type, annotated with them.  msgspec takes no limits of a whole union.
    """
    if not limits:
        return type_
    if get_origin(type_) is Annotated:
        return Annotated[fold(type_.__origin__, limits, kept), *type_.__metadata__]
    if get_origin(type_) in {Union, types.UnionType}:
        return functools.reduce(operator.or_, [fold(member, limits, kept) for member in get_args(type_)])
    known = _find_limits(type_)
    mine = {name: limit for name, limit in limits.items() if name in known}
    if kept is not None:
        kept.update(mine)
    return Annotated[type_, _make_meta(type_, mine)] if mine else type_


def read_constraints(meta: Any) -> dict[str, Any]:
    """Read the limits in what stands beside a type in `Annotated`.

    Args:
        meta: Such as pydantic's `Field(ge=1)` or annotated-types' `Ge(1)`.

    Returns:
        The limits by name; none for what says nothing of the kind, and for msgspec's own, which stay.
    """
    if meta is None or isinstance(meta, msgspec.Meta | Param | str):
        return {}
    if isinstance(getattr(meta, "metadata", None), list):
        found = [read_constraints(each) for each in meta.metadata]
        return {name: limit for each in found for name, limit in each.items()}
    if getattr(meta, "strip_whitespace", None):
        return {}  # the lengths are those of what is left
    limits = {name: _plain(getattr(meta, name, None)) for name in ALL_LIMITS}
    return {name: limit for name, limit in limits.items() if isinstance(limit, KINDS_OF[name])}


def _find_limits(type_: Any) -> tuple[str, ...]:
    class_ = get_origin(type_) or getattr(type_, "__supertype__", type_)
    if not isinstance(class_, type) or issubclass(class_, Enum | bool):
        return ()
    return next((LIMITS_OF[base] for base in class_.__mro__ if base in LIMITS_OF), ())


def _make_meta(type_: Any, limits: dict[str, Any]) -> msgspec.Meta:
    """Write limits as msgspec does; those of a decimal, for which it has none, in its JSON schema."""
    if type_ is Decimal:
        return msgspec.Meta(extra_json_schema={SCHEMA_NAMES[name]: limit for name, limit in limits.items()})
    return msgspec.Meta(**limits)


def tell_type(type_: Any) -> str:
    """Name a type as people write it.

    Args:
        type_: The type.

    Returns:
        Such as `list[int]`; a class by its name alone.
    """
    if isinstance(type_, type) and not get_args(type_):
        return type_.__name__
    return repr(type_).replace("typing.", "").replace("datetime.", "")


def _plain(limit: Any) -> Any:
    """Write a limit as JSON can."""
    if isinstance(limit, Decimal) and limit.is_finite():
        return int(limit) if limit == limit.to_integral_value() else float(limit)
    return getattr(limit, "pattern", limit)


def _is_secret(type_: Any) -> bool:
    return any(
        isinstance(each, msgspec.Meta) and bool((each.extra_json_schema or {}).get("writeOnly"))
        for each in getattr(type_, "__metadata__", ())
    )
