"""Keep of a value no more than its type names.

An encoder writes what a value has: all fields of a subclass, all keys of a
dict.  A projector, compiled once for a type, goes through a value and makes
whatever is wider what the type says, at any depth: from a subclass, another
model, a mapping or an object with attributes.  What is exactly of its type
stays as it is and is not checked.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from functools import cached_property
from inspect import isabstract
from operator import is_
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import inspect

from ..json.provider import MODEL_MARKS
from .kinds import Field, find_hints, list_fields, model_kind
from .pydantic_models import tell_places

#: Takes a value and returns it or what stands for it.
Project = Callable[[Any], Any]

UNIONS = (Union, types.UnionType)

_MISSING: Any = object()
#: What may stand in a union beside models, and holds none.
_SCALARS = frozenset({type(None), bool, int, float, str, bytes})


class MisfitError(Exception):
    """Tell that a value lacks what its type names.

    Args:
        reason: What is wrong, behind the place: "lacks the field 'name'".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = ""

    def add(self, part: str) -> None:
        """Say where it happened, from the inside out.

        Args:
            part: A part of the path, such as `.items` or `[3]`.
        """
        self.path = part + self.path


def compile_projector(type_: Any) -> Project | None:
    """Return what projects values on a type.

    Args:
        type_: A type, in which names are resolved.

    Returns:
        A function that raises `MisfitError`; None where the type names no model,
        so that there is nothing to keep out.

    Raises:
        NameError: An annotation of a model names something that cannot be found.
    """
    return _compile(type_, {})


def unwrap(type_: Any) -> Any:
    """Return the type behind `type Alias = ...`, `NewType` and `Annotated`.

    Args:
        type_: Any annotation, resolved.
    """
    while True:
        if get_origin(type_) is Annotated:
            type_ = get_args(type_)[0]
        elif hasattr(type_, "__value__"):
            type_ = type_.__value__
        elif hasattr(type_, "__supertype__"):
            type_ = type_.__supertype__
        else:
            return type_


def list_items(type_: Any) -> tuple[Any, ...]:
    """Return the types of what a type collects, if it collects anything.

    Args:
        type_: A type without an alias, such as `list[int]`, a union or a named tuple.
    """
    kind = get_origin(type_) or type_
    if kind in UNIONS:
        return get_args(type_)
    if not isinstance(kind, type):
        return ()
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return tuple(find_hints(type_).values())
    if issubclass(kind, Mapping):
        return get_args(type_)[1:]
    # What an iterator gives is sent as it comes, as in Flask.
    is_collection = issubclass(kind, Iterable) and not issubclass(kind, Iterator)
    return tuple(item for item in get_args(type_) if item is not Ellipsis) if is_collection else ()


# The types are walked here and not by `msgspec.inspect`: that refuses unions which a value's own class tells apart.
def _compile(type_: Any, known: dict[Any, Any]) -> Project | None:
    type_ = unwrap(type_)
    kind = model_kind(type_)
    if kind is not None:
        is_foreign = kind == "pydantic" and not is_dataclass(type_)
        return _compile_foreign(type_) if is_foreign else _compile_model(type_, known)
    inner = [_compile(item, known) for item in list_items(type_)]
    if not any(inner):
        return None
    origin: Any = get_origin(type_) or type_
    if origin in UNIONS:
        return _compile_union(get_args(type_), inner)
    if issubclass(origin, Mapping):
        return _compile_dict(*inner)
    is_row = issubclass(origin, tuple) and Ellipsis not in get_args(type_)
    return _compile_tuple(inner) if is_row else _ListProjector(inner[0]).project


def _compile_model(type_: Any, known: dict[Any, Any]) -> Project:
    # A recursive model holds itself.
    if type_ not in known:
        model = known[type_] = ModelProjector(type_)
        model.complete(known)
    project: Project = known[type_]
    return project


def _compile_foreign(kind: Any) -> Project:
    def project_model(value: Any) -> Any:
        # What is in a model of pydantic is written by the model's own schema.
        if type(value) is kind:
            return value
        if isinstance(value, kind):
            names = kind.model_fields
            given = {name: getattr(value, name) for name in names}
            return kind.model_construct(value.model_fields_set & names.keys(), **given)
        try:
            return kind.model_validate(value, from_attributes=True)
        except ValueError as error:
            reason = tell_places(error)
        # SECURITY: pydantic's error repeats the values, and a log would keep them.
        raise MisfitError(f"is no {kind.__name__}: {reason}")

    return project_model


def _compile_tuple(inner: list[Project | None]) -> Project:
    def project_tuple(value: Any) -> Any:
        if not isinstance(value, (tuple, list)) or len(value) != len(inner):
            raise MisfitError(f"is {_describe(value)} and no array of {len(inner)} items")
        pairs = enumerate(zip(inner, value, strict=True))
        return _keep_same(value, [_project_part(one, item, f"[{index}]") for index, (one, item) in pairs])

    return project_tuple


def _compile_dict(inner: Project | None) -> Project:
    def project_dict(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise MisfitError(f"is {_describe(value)} and no mapping")
        narrow = {key: _project_part(inner, item, f"[{key!r}]") for key, item in value.items()}
        is_same = type(value) is dict and all(item is value[key] for key, item in narrow.items())
        return value if is_same else narrow

    return project_dict


def _compile_union(members: tuple[Any, ...], inner: list[Project | None]) -> Project:
    projects = [project for project in inner if project is not None]
    pairs = list(zip(members, inner, strict=True))
    by_class = {_find_class(member): project for member, project in pairs if project is not None}
    admits_none = type(None) in members
    admits_scalars = any(project is None and member is not type(None) for member, project in pairs)

    def project_union(value: Any) -> Any:
        kind = type(value)
        if (admits_none and value is None) or (admits_scalars and kind in _SCALARS):
            return value
        for base in kind.__mro__:
            if base in by_class:
                return by_class[base](value)
        return _project_first(projects, value, admits_scalars)

    return project_union


def _project_first(projects: list[Project], value: Any, admits_others: bool) -> Any:
    """Return what the first one makes of a value that is of no known class.

    Raises:
        MisfitError: None of them makes anything of it.
    """
    failed: list[MisfitError] = []
    for project in projects:
        try:
            return project(value)
        except MisfitError as error:
            failed.append(error)
    if admits_others and not isinstance(value, Mapping) and not any(hasattr(value, mark) for mark in MODEL_MARKS):
        # A date, an enum and their like, which stand beside a model in this union.
        return value
    raise failed[0]


def _project_part(project: Project | None, value: Any, place: str) -> Any:
    if project is None:
        return value
    try:
        return project(value)
    except MisfitError as error:
        error.add(place)
        raise


def _keep_same(value: Any, narrow: list[Any]) -> Any:
    """Return the value rather than a list of the very same items."""
    is_same = type(value) in _ARRAYS and all(map(is_, value, narrow))
    return value if is_same else narrow


def _find_class(type_: Any) -> Any:
    """Return the class whose instances a member of a union stands for."""
    type_ = unwrap(type_)
    kind = get_origin(type_) or type_
    if issubclass(kind, Mapping) and model_kind(type_) is None:
        return dict
    return list if isabstract(kind) else kind


def _describe(value: Any) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"


class _ListProjector:
    """Project the items of an array."""

    def __init__(self, inner: Project | None) -> None:
        self._inner = inner
        self._model = inner if isinstance(inner, ModelProjector) else None

    def project(self, value: Any) -> Any:
        """Return the items, or the value itself if there is nothing to do.

        Raises:
            MisfitError: It is no collection, or one of its items does not fit.
        """
        if not isinstance(value, Collection) or isinstance(value, (str, bytes, Mapping)):
            raise MisfitError(f"is {_describe(value)} and no array")
        model = self._model
        # PERF: 3 µs for a hundred items, and 20 µs one by one.
        if model is not None and model.is_closed and type(value) is list and set(map(type, value)) <= {model.kind}:
            return value
        return _keep_same(value, [_project_part(self._inner, item, f"[{index}]") for index, item in enumerate(value)])


class ModelProjector:
    """Project values on a struct, dataclass, TypedDict or class of attrs.

    Args:
        type_: The model, generic with its arguments or not.
    """

    def __init__(self, type_: Any) -> None:
        self._type = type_
        #: The class, without the arguments of a generic one.
        self.kind: Any = get_origin(type_) or type_
        #: Whether an instance of exactly this class can hold nothing wider.
        self.is_closed = False
        self._is_mapping = model_kind(type_) == "typeddict"
        config = getattr(self.kind, "__struct_config__", None)
        self._is_array = config is not None and config.array_like
        self._tag = {} if config is None or config.tag is None else {config.tag_field: config.tag}
        # msgspec writes what is in the `__dict__` of such an instance: an attribute
        # that somebody set, and not the default that is only in the class.
        is_loose = any(hasattr(self.kind, mark) for mark in _LOOSE_MARKS) and "__dict__" in dir(self.kind)
        self._fields: list[tuple[Field, Project | None]] = [
            (field, None) for field in list_fields(type_, is_result=True)
        ]
        self._attributes = {field.name for field, _ in self._fields} if is_loose else None
        self._inner: list[tuple[str, str, Project]] = []

    def complete(self, known: dict[Any, Any]) -> None:
        """Compile what the fields hold.

        Args:
            known: The models that are being compiled, by their types.
        """
        self._fields = [(field, _compile(field.type, known)) for field, _ in self._fields]
        self._inner = [(field.name, field.key, inner) for field, inner in self._fields if inner is not None]
        self.is_closed = not (self._inner or self._is_mapping or self._attributes)

    @cached_property
    def _is_known(self) -> bool:
        """Say whether msgspec can make one; it refuses models that hold unions of several."""
        try:
            inspect.type_info(self._type)
        except TypeError:
            return False
        return True

    def __call__(self, value: Any) -> Any:
        """Return the value itself, or what has no more than the type names.

        Raises:
            MisfitError: It lacks a field, or a field does not fit.
        """
        if self._is_mapping:
            return self._select(value) if isinstance(value, Mapping) else self._convert(value)
        return self._narrow(value) if isinstance(value, self.kind) else self._convert(value)

    def _narrow(self, value: Any) -> Any:
        """Return an instance of the class itself, or its fields.

        No instance is made of them: what the class does with a new one would
        be done for a second time.
        """
        is_same = type(value) is self.kind and (self._attributes is None or vars(value).keys() == self._attributes)
        parts: dict[str, Any] = {}
        for name, key, inner in self._inner:
            part = getattr(value, name, None)
            if part is not None and part is not msgspec.UNSET:
                parts[key] = narrow = _project_part(inner, part, f".{name}")
                is_same = is_same and narrow is part
        if is_same:
            return value
        fields = dict(self._tag)
        for field, _ in self._fields:
            part = parts[field.key] if field.key in parts else getattr(value, field.name, _MISSING)
            if part is not _MISSING and part is not msgspec.UNSET:
                fields[field.key] = part
        return list(fields.values()) if self._is_array else fields

    def _select(self, value: Mapping[str, Any]) -> Any:
        """Return the items of a mapping that a TypedDict names."""
        given = self._read_fields(value)
        is_same = type(value) is dict and len(given) == len(value) and all(given[key] is value[key] for key in given)
        return value if is_same else given

    def _convert(self, value: Any) -> Any:
        """Make an instance of what has fields of the same names, and check it."""
        given = self._read_fields(value)
        made = list(given.values()) if self._is_array else given
        if not self._is_known:
            return made
        try:
            return msgspec.convert(made, self._type)
        except (msgspec.ValidationError, TypeError) as error:
            raise MisfitError(f"does not fit {self.kind.__name__}: {error}") from error

    def _read_fields(self, value: Any) -> dict[str, Any]:
        is_mapping = isinstance(value, Mapping)
        if not is_mapping and type(value) in _SCALARS:
            raise MisfitError(f"is {_describe(value)} and no {self.kind.__name__}")
        given: dict[str, Any] = dict(self._tag)
        for field, inner in self._fields:
            name, key = field.name, field.key
            part = value.get(key, value.get(name, _MISSING)) if is_mapping else getattr(value, name, _MISSING)
            if part is not _MISSING and part is not msgspec.UNSET:
                given[key] = _project_part(inner, part, f".{name}")
            elif field.is_required:
                raise MisfitError(f"lacks the field {name!r} of {self.kind.__name__}")
            elif self._is_array or not self._is_known:
                given |= _read_default(field)
        return given


def _read_default(field: Field) -> dict[str, Any]:
    if field.default_factory is not msgspec.NODEFAULT:
        return {field.key: field.default_factory()}
    is_left_out = field.default is msgspec.NODEFAULT or field.default is msgspec.UNSET
    return {} if is_left_out else {field.key: field.default}


_LOOSE_MARKS = ("__attrs_attrs__", "__dataclass_fields__")
_ARRAYS = frozenset({list, tuple, set, frozenset})
