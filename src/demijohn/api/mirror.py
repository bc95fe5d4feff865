"""Mirror the types that msgspec does not know in types that it does.

A type has two mirrors.  The outline is for the document, and the same for
every kind of model.  The intake is what msgspec reads, and comes with a way
back, which makes the user's value from what was read; a type that msgspec
knows through and through is its own intake.  How a single model is mirrored
is in `records`.
"""

from __future__ import annotations

import functools
import operator
import threading
import types
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Annotated, Any, Literal, NamedTuple, NewType, Union, get_args, get_origin

import msgspec
from msgspec import inspect

from . import pydantic_models
from .kinds import has_hidden_fields, list_fields, model_kind
from .limits import fold, read_constraints
from .marks import strip_alias
from .records import Mirrored, Side, ask_afterwards, find_tag, mirror_model

Build = Callable[[Any], Any]

#: A side -> the kinds of models that it mirrors in any case.
MIRRORED_KINDS: dict[Side, frozenset[str | None]] = {
    "outline": frozenset({"dataclass", "typeddict", "attrs", "pydantic"}),
    "result": frozenset(),
    "intake": frozenset({"attrs", "pydantic"}),
}

#: The kinds of which msgspec takes one in a union, at most.
UNTAGGED = frozenset({"dataclass", "attrs", "typeddict", "pydantic"})

_lock = threading.RLock()


class Shape(NamedTuple):
    """A type as msgspec sees it."""

    outline: Any
    """An equal type, for the document."""
    intake: Any
    """What msgspec reads."""
    build: Build | None
    """Makes a value of the type from one of `intake`; None where they are the same."""


def reflect(type_: Any) -> Shape:
    """Find out how msgspec can read a type.

    Args:
        type_: The type.

    Returns:
        Its shape.

    Raises:
        TypeError: It is a union of models that nothing tells apart.
        NameError: A model's annotation names something that cannot be found.
    """
    with _lock:
        outline = _OUTLINES.mirror(type_).type
        return Shape(outline, *_INTAKES.mirror(type_))


def mirror_result(type_: Any) -> Any:
    """Find the type that tells how a result looks in JSON.

    Args:
        type_: What a view returns.

    Returns:
        A type that msgspec takes: the outline, unless a model is sent otherwise than it is read.
    """
    with _lock:
        return _RESULTS.mirror(type_).type


class Mirrorer:
    """Mirror types on one side.

    Args:
        side: `outline`, `result` or `intake`.
        in_pydantic: The types are those of a pydantic model's fields: pydantic knows more of them.
    """

    def __init__(self, side: Side, *, in_pydantic: bool = False) -> None:
        self.side: Side = side
        self.in_pydantic = in_pydantic
        self._plain: set[Any] = set()
        self._foreign: set[Any] = set()

    def mirror(self, type_: Any) -> Mirrored:
        """Mirror a type.

        Args:
            type_: The type.

        Returns:
            A type that msgspec takes, and the way back.

        Raises:
            TypeError: It is a union of models that nothing tells apart.
        """
        type_ = _strip_name(type_)
        if (not self.in_pydantic or self.side == "result") and not self._has_need(type_):
            return self._mirror_as_usual(type_)
        if get_origin(type_) is Annotated:
            return self._mirror_annotated(type_)
        if model_kind(type_) is not None:
            return self._mirror_model(type_)
        if _is_union(type_):
            return self._mirror_union(get_args(type_))
        if get_args(type_) and get_origin(type_) is not Literal:
            return self._mirror_container(type_)
        if _is_mixed_enum(type_):
            return ask_afterwards(Literal[tuple(member.value for member in type_)], type_, self.side)
        if pydantic_models.is_special(type_) or (self.in_pydantic and _is_unknown(type_)):
            outline = pydantic_models.outline_special(type_)
            return ask_afterwards(outline, pydantic_models.make_adapter(type_), self.side)
        return Mirrored(type_)

    def _mirror_as_usual(self, type_: Any) -> Mirrored:
        """Take a type for its own mirror, or its outline for that of a result."""
        if self.side != "result":
            return Mirrored(type_)
        return (_PYDANTIC_FIELDS["outline"] if self.in_pydantic else _OUTLINES).mirror(type_)

    def _has_need(self, type_: Any) -> bool:
        """Tell whether there is anything in a type that msgspec does not know."""
        seen: set[Any] = set()
        if self._needs_mirror(type_, seen):
            return True
        self._plain |= seen
        return False

    def _needs_mirror(self, type_: Any, seen: set[Any]) -> bool:
        type_ = _strip_name(type_)
        if get_origin(type_) is Literal:
            return False
        if self.side != "result" and self._is_foreign(type_):
            return True
        if get_origin(type_) is Annotated:
            return self._needs_mirror(type_.__origin__, seen)
        kind = model_kind(type_)
        if kind is None:
            return any(self._needs_mirror(member, seen) for member in get_args(type_))
        return kind in MIRRORED_KINDS[self.side] or self._has_foreign_field(type_, kind, seen)

    def _is_foreign(self, type_: Any) -> bool:
        """Tell whether a type itself is one that msgspec does not know."""
        if get_origin(type_) is Annotated:
            return any(map(read_constraints, type_.__metadata__))
        if _is_union(type_):
            return len([member for member in get_args(type_) if model_kind(member) in UNTAGGED]) > 1
        return _is_mixed_enum(type_) or pydantic_models.is_special(type_)

    def _has_foreign_field(self, type_: Any, kind: str, seen: set[Any]) -> bool:
        if type_ in self._foreign:
            return True
        if type_ in seen or type_ in self._plain:
            return False
        seen.add(type_)
        if kind == "pydantic":
            is_foreign = pydantic_models.differs_in_results(type_)
            types = [info.annotation for info in type_.__pydantic_fields__.values()]
        else:
            # SECURITY: msgspec would let a client set a dataclass's fields of `init=False` too.
            is_foreign = has_hidden_fields(type_)
            types = [field.type for field in list_fields(type_)]
        if is_foreign or any(self._needs_mirror(each, seen) for each in types):
            self._foreign.add(type_)
            return True
        return False

    def _mirror_model(self, type_: Any, tag: str | None = None) -> Mirrored:
        if model_kind(type_) != "pydantic":
            # A dataclass in a union of several is mirrored only for the tag.
            is_foreign = tag is not None or self._has_need(type_)
            return mirror_model(type_, tag, self.side, _FIELDS[self.side].mirror) if is_foreign else Mirrored(type_)
        fields = _PYDANTIC_FIELDS[self.side]
        if pydantic_models.is_root(type_):
            root, inner = fields.mirror(pydantic_models.find_root(type_))
            return ask_afterwards(root, _chain(inner, pydantic_models.make_adapter(type_)), self.side)
        if self.side == "intake" and pydantic_models.reads_raw(type_):
            usual = mirror_model(type_, None, self.side, fields.mirror).type
            return ask_afterwards(Any, pydantic_models.make_adapter(type_), self.side, usual)
        return mirror_model(type_, tag, self.side, fields.mirror)

    def _mirror_annotated(self, type_: Any) -> Mirrored:
        mirrored, build = self.mirror(type_.__origin__)
        limits: dict[str, Any] = {}
        for each in type_.__metadata__:
            limits |= read_constraints(each)
        mirrored = fold(mirrored, limits)
        for each in type_.__metadata__:
            if isinstance(each, msgspec.Meta):
                mirrored = Annotated[mirrored, each]
        return Mirrored(mirrored, build)

    def _mirror_union(self, members: tuple[Any, ...]) -> Mirrored:
        models = [member for member in members if model_kind(member) is not None]
        tag = None
        if len([member for member in models if model_kind(member) in UNTAGGED]) > 1:
            tag = find_tag(models)
            if tag is None:
                return self._mirror_untagged(members)
        mirrored = [self._mirror_model(each, tag) if each in models else self.mirror(each) for each in members]
        return Mirrored(_unite(each.type for each in mirrored), _make_member_build(mirrored))

    def _mirror_untagged(self, members: tuple[Any, ...]) -> Mirrored:
        """Leave a union of models to pydantic, which tries one after the other; to be described, it needs nobody."""
        if self.side == "intake" and any(model_kind(member) not in {None, "pydantic"} for member in members):
            names = " and ".join(getattr(member, "__name__", str(member)) for member in members)
            raise TypeError(f"nothing tells {names} apart; give each a field `kind: Literal[...]` with its own value")
        if self.side == "intake":
            models = [member for member in members if model_kind(member) == "pydantic"]
            return ask_afterwards(Any, pydantic_models.make_union_adapter(models, _unite(members)), self.side)
        parts = [pydantic_models.inline_schema(self.mirror(member).type) for member in members]
        return Mirrored(Annotated[Any, msgspec.Meta(extra_json_schema={"anyOf": parts})])

    def _mirror_container(self, type_: Any) -> Mirrored:
        arguments = get_args(type_)
        origin: Any = get_origin(type_)
        mirrored = [Mirrored(each) if each is Ellipsis else self.mirror(each) for each in arguments]
        builds = [each.build for each in mirrored]
        found = origin[tuple(each.type for each in mirrored)]
        return Mirrored(found, _make_container_build(origin, builds, arguments) if any(builds) else None)


_OUTLINES, _RESULTS, _INTAKES = Mirrorer("outline"), Mirrorer("result"), Mirrorer("intake")
_FIELDS: dict[Side, Mirrorer] = {"outline": _OUTLINES, "result": _RESULTS, "intake": _INTAKES}
_PYDANTIC_FIELDS: dict[Side, Mirrorer] = {
    "outline": Mirrorer("outline", in_pydantic=True),
    "result": Mirrorer("result", in_pydantic=True),
    "intake": Mirrorer("intake", in_pydantic=True),
}


def _make_member_build(members: list[Mirrored]) -> Build | None:
    """Build whichever member of a union was read: a mirrored model is known by its struct."""
    by_struct = {each.type: each.build for each in members if each.build and isinstance(each.type, type)}
    others = [each.build for each in members if each.build and not isinstance(each.type, type)]
    if not by_struct and not others:
        return None

    def build_member(value: Any) -> Any:
        build = by_struct.get(type(value))
        if build is not None:
            return build(value)
        return others[0](value) if others and value is not None else value

    return build_member


def _make_container_build(origin: Any, builds: list[Build | None], arguments: Iterable[Any]) -> Build:
    if origin is tuple and Ellipsis not in arguments:
        each_build = [build or _keep for build in builds]
        return lambda value: tuple(build(item) for build, item in zip(each_build, value, strict=True))
    first = builds[0] or _keep
    if len(builds) == 1 or origin is tuple:
        return lambda value: type(value)(map(first, value))
    last = builds[1] or _keep
    return lambda value: {first(key): last(item) for key, item in value.items()}


def _keep(value: Any) -> Any:
    return value


def _chain(first: Build | None, last: Build) -> Build:
    return (lambda value: last(first(value))) if first else last


def _unite(members: Iterable[Any]) -> Any:
    return functools.reduce(operator.or_, members)


def _strip_name(type_: Any) -> Any:
    """Give the type behind a `NewType` or a `type` statement."""
    type_ = strip_alias(type_)
    while isinstance(type_, NewType):
        type_ = type_.__supertype__
    return type_


def _is_union(type_: Any) -> bool:
    return get_origin(type_) in {Union, types.UnionType}


def _is_mixed_enum(type_: Any) -> bool:
    if not isinstance(type_, type) or not issubclass(type_, Enum):
        return False
    return {type(member.value) for member in type_} == {str, int}


def _is_unknown(type_: Any) -> bool:
    return isinstance(type_, type) and isinstance(inspect.type_info(type_), inspect.CustomType)
