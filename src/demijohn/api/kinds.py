"""Tell the five kinds of models apart, and list their fields alike.

Neither pydantic nor attrs is imported for it: what they leave in a class
says enough.
"""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Callable
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    NotRequired,
    Required,
    TypeVar,
    get_args,
    get_origin,
    is_typeddict,
)

import msgspec
from msgspec import NODEFAULT

Kind = Literal["struct", "dataclass", "typeddict", "attrs", "pydantic"]


class Field(NamedTuple):
    """A field of a model, of whichever kind."""

    name: str
    key: str
    """Its name in JSON."""
    argument: str
    """Its name for the model's constructor."""
    type: Any
    default: Any = NODEFAULT
    default_factory: Any = NODEFAULT
    may_be_missing: bool = False
    """Without it there is no value at all, not a default."""
    meta: msgspec.Meta | None = None
    """What the document tells of it."""
    is_raw: bool = False
    """Its model's own code reads it before its type is asked."""
    is_extra: bool = False
    """It is another name of a field, which the document does not have."""

    @property
    def is_required(self) -> bool:
        """Whether a value has to have it."""
        return self.default is NODEFAULT and self.default_factory is NODEFAULT and not self.may_be_missing


class Plan(NamedTuple):
    """How a model is mirrored."""

    fields: list[Field]
    construct: Callable[[dict[str, Any]], Any]
    """Makes an instance of what was given, by the fields' `argument`."""
    forbid_unknown: bool = False
    array_like: bool = False
    tag: tuple[str, Any] | None = None
    """The field that tells it from others in a union, and its value."""
    doc: str | None = None


def is_model(type_: Any) -> bool:
    """Tell whether a type is a model: a class with named and typed fields.

    Args:
        type_: Any annotation, resolved.

    Returns:
        Whether it is one of the five kinds, generic with its arguments or not.
    """
    return model_kind(type_) is not None


def model_kind(type_: Any) -> Kind | None:
    """Find out which kind of model a type is.

    Args:
        type_: Any annotation, resolved.

    Returns:
        Its kind, or None for what is no model.
    """
    while get_origin(type_) is Annotated:
        type_ = get_args(type_)[0]
    class_ = get_origin(type_) or type_
    if not isinstance(class_, type):
        return None
    if hasattr(class_, "__pydantic_validator__") and hasattr(class_, "__pydantic_fields__"):
        return "pydantic"
    if hasattr(class_, "__attrs_attrs__"):
        return "attrs"
    if issubclass(class_, msgspec.Struct):
        return "struct" if class_ is not msgspec.Struct else None
    if is_typeddict(class_) or (issubclass(class_, dict) and hasattr(class_, "__required_keys__")):
        return "typeddict"
    return "dataclass" if dataclasses.is_dataclass(class_) else None


def list_fields(type_: Any, *, is_result: bool = False) -> list[Field]:
    """List the fields of a model that a request may give, or a result has.

    Args:
        type_: A model, generic with its arguments or not; no pydantic model but a dataclass, since its fields say more.
        is_result: Fields count that nobody may give, too.

    Returns:
        The fields in order.

    Raises:
        NameError: An annotation names something that cannot be found.
    """
    kind = model_kind(type_)
    if kind == "pydantic" and dataclasses.is_dataclass(get_origin(type_) or type_):
        kind = "dataclass"
    if kind in {"dataclass", "attrs"}:
        return _CLASS_LISTERS[kind](type_, is_result)
    return _LISTERS[kind](type_) if kind in _LISTERS else []


def has_hidden_fields(type_: Any) -> bool:
    """Tell whether a model has fields that a result has, and nobody may give.

    Args:
        type_: A model.

    Returns:
        Whether it is a dataclass or attrs class with a field of `init=False`.
    """
    class_: Any = get_origin(type_) or type_
    if model_kind(type_) == "dataclass":
        return not all(each.init for each in dataclasses.fields(class_))
    return not all(each.init for each in getattr(class_, "__attrs_attrs__", ()))


def find_hints(type_: Any) -> dict[str, Any]:
    """Resolve the annotations of a class, with its type arguments in place.

    Args:
        type_: A class, generic with its arguments or not.

    Returns:
        The types by name.

    Raises:
        NameError: An annotation names something that cannot be found.
    """
    class_ = get_origin(type_) or type_
    hints = typing.get_type_hints(class_, include_extras=True)
    known: dict[Any, Any] = {}
    _collect_arguments(type_, known)
    return {name: substitute(hint, known) for name, hint in hints.items()} if known else hints


def substitute(type_: Any, known: dict[Any, Any]) -> Any:
    """Put type arguments in the place of type variables.

    Args:
        type_: A type.
        known: Type variables and what they stand for.

    Returns:
        The type without those variables.
    """
    if isinstance(type_, TypeVar):
        return known.get(type_, type_)
    parameters = getattr(type_, "__parameters__", ())
    if isinstance(type_, type) and not get_args(type_):
        return type_
    generic: Any = type_
    return generic[tuple(known.get(each, each) for each in parameters)] if parameters else type_


def _collect_arguments(type_: Any, known: dict[Any, Any]) -> None:
    """Note what the type variables of a class and of its bases stand for."""
    class_ = get_origin(type_) or type_
    parameters = getattr(class_, "__parameters__", ())
    known.update(zip(parameters, get_args(type_), strict=False))
    for base in getattr(class_, "__orig_bases__", ()):
        if get_origin(base) not in {None, typing.Generic}:
            _collect_arguments(substitute(base, known), known)


def _list_struct_fields(type_: Any) -> list[Field]:
    return [
        Field(each.name, each.encode_name, each.name, each.type, each.default, each.default_factory)
        for each in msgspec.structs.fields(type_)
    ]


def _list_dataclass_fields(type_: Any, is_result: bool) -> list[Field]:
    hints = find_hints(type_)
    return [
        Field(each.name, each.name, each.name, hints[each.name], _take(each.default), _take(each.default_factory))
        for each in dataclasses.fields(get_origin(type_) or type_)
        if each.init or is_result
    ]


def _take(value: Any) -> Any:
    return NODEFAULT if value is dataclasses.MISSING else value


def _list_typeddict_fields(type_: Any) -> list[Field]:
    required = (get_origin(type_) or type_).__required_keys__
    fields = []
    for name, hint in find_hints(type_).items():
        may_be_missing = name not in required
        # Where annotations are texts, `__required_keys__` does not know better.
        while get_origin(hint) in {Required, NotRequired} or getattr(get_origin(hint), "_name", "") == "ReadOnly":
            may_be_missing = get_origin(hint) is NotRequired or (may_be_missing and get_origin(hint) is not Required)
            hint = get_args(hint)[0]  # noqa: PLW2901 - one layer less
        fields.append(Field(name, name, name, hint, may_be_missing=may_be_missing))
    return fields


def _list_attrs_fields(type_: Any, is_result: bool) -> list[Field]:
    hints = find_hints(type_)
    nothing = sys.modules["attr"].NOTHING
    fields = []
    for each in (get_origin(type_) or type_).__attrs_attrs__:
        if not each.init and not is_result:
            continue
        factory = getattr(each.default, "factory", None)
        default = NODEFAULT if each.default is nothing or factory else each.default
        fields.append(Field(each.name, each.name, each.alias, hints.get(each.name, Any), default, factory or NODEFAULT))
    return fields


_LISTERS: dict[Kind | None, Callable[[Any], list[Field]]] = {
    "struct": _list_struct_fields,
    "typeddict": _list_typeddict_fields,
}

#: The same for classes that have fields which nobody may give.
_CLASS_LISTERS: dict[Kind | None, Callable[[Any, bool], list[Field]]] = {
    "dataclass": _list_dataclass_fields,
    "attrs": _list_attrs_fields,
}
