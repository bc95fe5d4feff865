"""Mirror one model in a struct: fields, defaults, and the way back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from . import attrs_models, pydantic_models
from .kinds import Field, Plan, list_fields, model_kind
from .refusals import ASKED, BUILD, USUAL

Build = Callable[[Any], Any]

#: Defaults that a document can tell, and that may be shared.
TOLD_DEFAULTS = (
    str, int, float, bytes, Decimal, dt.date, dt.time, dt.timedelta, UUID, Enum, type(None),
)  # fmt: skip


#: `outline` is for the document, `result` for what it says of results, `intake` for reading.
Side = Literal["outline", "result", "intake"]


class Mirrored(NamedTuple):
    """A type that msgspec takes instead of another."""

    type: Any
    build: Build | None = None
    """Makes a value of the other type; None where they are the same."""


#: A model, with the tag it has in a union -> its mirror.  All types share a model's mirrors,
#: so that a document has it once.
_mirrored: dict[tuple[Any, str | None, Side], Mirrored] = {}


def mirror_model(type_: Any, tag: str | None, side: Side, mirror: Callable[[Any], Mirrored]) -> Mirrored:
    """Mirror a model in a struct.

    Args:
        type_: The model.
        tag: The JSON name of the field that tells it from others in a union.
        side: Which mirror.
        mirror: Mirrors the type of a field.

    Returns:
        Its mirror, the same for each call.

    Raises:
        TypeError: A field's type has no mirror.
    """
    key = type_, tag, side
    if key not in _mirrored:
        try:
            _make(type_, tag, side, mirror)
        except BaseException:
            _mirrored.pop(key, None)
            raise
    return _mirrored[key]


def ask_afterwards(type_: Any, build: Build, side: Side, usual: Any = None) -> Mirrored:
    """Let a value be made from what msgspec read.

    Args:
        type_: What msgspec reads.
        build: Makes the value.
        side: Which mirror; only an intake is read.
        usual: The type that it has mostly, if msgspec reads anything.

    Returns:
        The type and its way back, which who looks for faults finds in the type too.
    """
    if side != "intake":
        return Mirrored(type_)
    extra = {BUILD: build, ASKED: type_} | ({} if usual is None else {USUAL: usual})
    return Mirrored(Annotated[type_, msgspec.Meta(extra=extra)], build)


def find_tag(models: list[Any]) -> str | None:
    """Find the field that tells models apart.

    Args:
        models: The members of a union.

    Returns:
        The JSON name of a field that has one possible value in each, always another; None without one.
    """
    if any(model_kind(model) == "struct" for model in models):
        return None
    tags = [_list_tags(model) for model in models]
    for name in tags[0]:
        values = [each[name] for each in tags if name in each]
        if len(values) == len(models) == len(set(values)):
            return name
    return None


def _list_tags(model: Any, side: Side = "intake") -> dict[str, Any]:
    """List the fields of a model that have a single possible value."""
    found = {}
    for field in _find_plan(model, side).fields:
        type_ = get_args(field.type)[0] if get_origin(field.type) is Annotated else field.type
        if get_origin(type_) is Literal and len(get_args(type_)) == 1:
            found[field.key] = get_args(type_)[0]
    return found


def _find_plan(type_: Any, side: Side) -> Plan:
    kind = model_kind(type_)
    if kind == "pydantic":
        return pydantic_models.plan_result(type_) if side == "result" else pydantic_models.plan(type_)
    if kind == "attrs" and side != "result":
        return attrs_models.plan(type_)
    class_: Any = get_origin(type_) or type_
    construct = dict if kind == "typeddict" else class_
    config = getattr(class_, "__struct_config__", None)
    return Plan(
        list_fields(type_, is_result=side == "result"),
        lambda made: construct(**made),
        forbid_unknown=config is not None and config.forbid_unknown_fields,
        array_like=config is not None and config.array_like,
        tag=(config.tag_field, config.tag) if config is not None and config.tag is not None else None,
        doc=_find_doc(class_, kind),
    )


def _find_doc(class_: Any, kind: str | None) -> str | None:
    """Give a class's own docstring; a dataclass without one gets its signature for it."""
    doc: str | None = class_.__dict__.get("__doc__")
    return None if kind == "dataclass" and doc and doc.startswith(f"{class_.__name__}(") else doc


def _make(type_: Any, tag: str | None, side: Side, mirror: Callable[[Any], Mirrored]) -> None:
    plan = _find_plan(type_, side)
    fixed = {
        field.argument: _list_tags(type_, side)[tag] for field in plan.fields if tag is not None and field.key == tag
    }
    tagged = (tag, next(iter(fixed.values()))) if tag is not None and fixed else plan.tag
    fields = [field for field in plan.fields if field.key != tag and not (field.is_extra and side != "intake")]
    slots: list[tuple[str, str, Build | None]] = []

    def build(value: Any) -> Any:
        made = dict(fixed)
        for name, argument, build_field in slots:
            item = getattr(value, name)
            if item is not UNSET:
                made[argument] = item if build_field is None else build_field(item)
        return plan.construct(made)

    names = {BUILD: staticmethod(build)} if side == "intake" else {}
    struct = _define(type_, side, plan, fields, tagged, names)
    _mirrored[type_, tag, side] = Mirrored(struct, build if side == "intake" else None)
    for field in fields:
        mirrored = mirror(field.type)
        if side != "intake":
            struct.__annotations__[field.name] = _describe(mirrored.type, field)
            continue
        read = Any if field.is_raw else mirrored.type
        struct.__annotations__[field.name] = read if field.is_required else read | UnsetType
        slots.append((field.name, field.argument, None if field.is_raw else mirrored.build))


def _define(
    type_: Any, side: Side, plan: Plan, fields: list[Field], tag: tuple[str, Any] | None, names: dict[str, Any]
) -> Any:
    """Define a struct; its annotations come later, since they may name the struct itself."""
    class_ = get_origin(type_) or type_
    name = class_.__name__
    if get_origin(type_) is not None:
        name = f"{name}[{', '.join(getattr(each, '__name__', str(each)) for each in get_args(type_))}]"
    return msgspec.defstruct(
        f"{name}Result" if side == "result" else name,
        [(field.name, Any, *_DEFAULTS[side](field)) for field in fields],
        namespace={**names, **({"__doc__": plan.doc} if plan.doc else {})},
        module=class_.__module__,
        rename={field.name: field.key for field in fields},
        tag_field=tag[0] if tag else None,
        tag=tag[1] if tag else None,
        forbid_unknown_fields=plan.forbid_unknown,
        array_like=plan.array_like,
        kw_only=True,
        frozen=True,
    )


def _describe(outline: Any, field: Field) -> Any:
    """Tell in the document what the model says of a field, and that it may be missing."""
    described = Annotated[outline, field.meta] if field.meta is not None else outline
    return described | UnsetType if _tell_default(field) == (UNSET,) else described


def _tell_default(field: Field) -> tuple[Any, ...]:
    """Give a field the default that the document tells."""
    if field.is_required:
        return ()
    if isinstance(field.default, TOLD_DEFAULTS):
        return (field.default,)
    for class_ in (list, dict, set):
        if field.default_factory is class_ or (type(field.default) is class_ and not field.default):
            return (msgspec.field(default_factory=class_),)
    return (UNSET,)


def _leave_out(field: Field) -> tuple[Any, ...]:
    """Give a field no default: the model itself has it, and may ask what was given."""
    return () if field.is_required else (UNSET,)


_DEFAULTS: dict[Side, Callable[[Field], tuple[Any, ...]]] = {
    "outline": _tell_default,
    "result": _tell_default,
    "intake": _leave_out,
}
