"""Keep of a value no more than its type names.

An encoder writes what a value has: all fields of a subclass, all keys of a
dict.  A projector, compiled once for a type, goes through a value and makes
whatever is wider what the type says, at any depth: from a subclass, another
model, a mapping or an object with attributes.  What is exactly of its type
stays as it is and is not checked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from operator import is_
from typing import Any, get_origin

import msgspec
from msgspec import inspect

from ..json.provider import MODEL_MARKS

#: Takes a value and returns it or what stands for it.
Project = Callable[[Any], Any]

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
        type_: A type that msgspec knows, or a pydantic model.

    Returns:
        A function that raises `MisfitError`; None where the type names no model,
        so that there is nothing to keep out.

    Raises:
        TypeError: msgspec does not know the type.
    """
    return _compile(inspect.type_info(type_), {})


def _compile(node: Any, known: dict[int, Any]) -> Project | None:
    if isinstance(node, inspect.Metadata):
        return _compile(node.type, known)
    make = _MAKERS.get(type(node))
    return None if make is None else make(node, known)


def _compile_model(node: Any, known: dict[int, Any]) -> Project:
    # The types of a recursive model hold themselves.
    if id(node) not in known:
        model = known[id(node)] = ModelProjector(node)
        model.complete(known)
    project: Project = known[id(node)]
    return project


def _compile_foreign(node: Any, known: dict[int, Any]) -> Project | None:
    kind = node.cls
    if not hasattr(kind, "__pydantic_validator__"):
        return None

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
            raise MisfitError(f"is no {kind.__name__}: {error}") from error

    return project_model


def _compile_list(node: Any, known: dict[int, Any]) -> Project | None:
    inner = _compile(node.item_type, known)
    return None if inner is None else _ListProjector(inner).project


def _compile_tuple(node: Any, known: dict[int, Any]) -> Project | None:
    inner = [_compile(item, known) for item in node.item_types]
    if not any(inner):
        return None

    def project_tuple(value: Any) -> Any:
        if not isinstance(value, (tuple, list)) or len(value) != len(inner):
            raise MisfitError(f"is {_describe(value)} and no array of {len(inner)} items")
        pairs = enumerate(zip(inner, value, strict=True))
        return _keep_same(value, [_project_part(one, item, f"[{index}]") for index, (one, item) in pairs])

    return project_tuple


def _compile_dict(node: Any, known: dict[int, Any]) -> Project | None:
    inner = _compile(node.value_type, known)
    if inner is None:
        return None

    def project_dict(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise MisfitError(f"is {_describe(value)} and no mapping")
        narrow = {key: _project_part(inner, item, f"[{key!r}]") for key, item in value.items()}
        is_same = type(value) is dict and all(item is value[key] for key, item in narrow.items())
        return value if is_same else narrow

    return project_dict


def _compile_union(node: Any, known: dict[int, Any]) -> Project | None:
    inner = [(_compile(one, known), one) for one in node.types]
    projects = [project for project, _ in inner if project is not None]
    if not projects:
        return None
    by_class = {_find_class(one): project for project, one in inner if project is not None}
    admits_scalars = any(project is None and not isinstance(one, inspect.NoneType) for project, one in inner)
    admits_none = any(isinstance(one, inspect.NoneType) for _, one in inner)

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


def _find_class(node: Any) -> Any:
    """Return the class whose instances a node of a union stands for."""
    if isinstance(node, inspect.Metadata):
        return _find_class(node.type)
    kind = getattr(node, "cls", None)
    return _BUILTINS.get(type(node)) if kind is None else get_origin(kind) or kind


def _describe(value: Any) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"


class _ListProjector:
    """Project the items of an array."""

    def __init__(self, inner: Project) -> None:
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
        node: The type, as `msgspec.inspect` tells it.
    """

    def __init__(self, node: Any) -> None:
        self._node = node
        #: The class, without the arguments of a generic one.
        self.kind: Any = get_origin(node.cls) or node.cls
        #: Whether an instance of exactly this class can hold nothing wider.
        self.is_closed = False
        self._is_mapping = isinstance(node, inspect.TypedDictType)
        self._is_array = getattr(node, "array_like", False)
        tag = getattr(node, "tag_field", None)
        self._tag = {} if tag is None else {tag: node.tag}
        # msgspec writes what is in the `__dict__` of such an instance: an attribute
        # that somebody set, and not the default that is only in the class.
        is_loose = any(hasattr(self.kind, mark) for mark in _LOOSE_MARKS) and "__dict__" in dir(self.kind)
        self._attributes = {field.name for field in node.fields} if is_loose else None
        self._inner: list[tuple[str, str, Project]] = []
        self._fields: list[tuple[Any, Project | None]] = []

    def complete(self, known: dict[int, Any]) -> None:
        """Compile what the fields hold.

        Args:
            known: The models that are being compiled, by their nodes.
        """
        self._fields = [(field, _compile(field.type, known)) for field in self._node.fields]
        self._inner = [(field.name, field.encode_name, inner) for field, inner in self._fields if inner is not None]
        self.is_closed = not (self._inner or self._is_mapping or self._attributes)

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
        for name, encode_name, inner in self._inner:
            part = getattr(value, name, None)
            if part is not None and part is not msgspec.UNSET:
                parts[encode_name] = narrow = _project_part(inner, part, f".{name}")
                is_same = is_same and narrow is part
        if is_same:
            return value
        fields = dict(self._tag)
        for field, _ in self._fields:
            part = parts[field.encode_name] if field.encode_name in parts else getattr(value, field.name, _MISSING)
            if part is not _MISSING and part is not msgspec.UNSET:
                fields[field.encode_name] = part
        return list(fields.values()) if self._is_array else fields

    def _select(self, value: Mapping[str, Any]) -> Any:
        """Return the items of a mapping that a TypedDict names."""
        given = self._read_fields(value)
        is_same = type(value) is dict and len(given) == len(value) and all(given[key] is value[key] for key in given)
        return value if is_same else given

    def _convert(self, value: Any) -> Any:
        """Make an instance of what has fields of the same names, and check it."""
        given = self._read_fields(value)
        try:
            return msgspec.convert(list(given.values()) if self._is_array else given, self._node.cls)
        except (msgspec.ValidationError, TypeError) as error:
            raise MisfitError(f"does not fit {self.kind.__name__}: {error}") from error

    def _read_fields(self, value: Any) -> dict[str, Any]:
        is_mapping = isinstance(value, Mapping)
        if not is_mapping and type(value) in _SCALARS:
            raise MisfitError(f"is {_describe(value)} and no {self.kind.__name__}")
        given: dict[str, Any] = dict(self._tag)
        for field, inner in self._fields:
            name, encode_name = field.name, field.encode_name
            part = value.get(encode_name, value.get(name, _MISSING)) if is_mapping else getattr(value, name, _MISSING)
            if part is _MISSING or part is msgspec.UNSET:
                if field.required:
                    raise MisfitError(f"lacks the field {name!r} of {self.kind.__name__}")
                if self._is_array:
                    is_made = field.default_factory is not msgspec.NODEFAULT
                    given[encode_name] = field.default_factory() if is_made else field.default
            else:
                given[encode_name] = _project_part(inner, part, f".{name}")
        return given


_LOOSE_MARKS = ("__attrs_attrs__", "__dataclass_fields__")
_ARRAYS = frozenset({list, tuple, set, frozenset})

_BUILTINS: dict[Any, Any] = {
    inspect.ListType: list,
    inspect.SetType: set,
    inspect.FrozenSetType: frozenset,
    inspect.VarTupleType: tuple,
    inspect.TupleType: tuple,
    inspect.DictType: dict,
}

#: Types that models may stand in -> what compiles them.
_MAKERS: dict[Any, Callable[[Any, dict[int, Any]], Project | None]] = {
    inspect.StructType: _compile_model,
    inspect.DataclassType: _compile_model,
    inspect.TypedDictType: _compile_model,
    inspect.NamedTupleType: lambda node, known: _compile_tuple(_AsTuple(node), known),
    inspect.CustomType: _compile_foreign,
    inspect.ListType: _compile_list,
    inspect.SetType: _compile_list,
    inspect.FrozenSetType: _compile_list,
    inspect.VarTupleType: _compile_list,
    inspect.CollectionType: _compile_list,
    inspect.TupleType: _compile_tuple,
    inspect.DictType: _compile_dict,
    inspect.FrozenDictType: _compile_dict,
    inspect.UnionType: _compile_union,
}


class _AsTuple:
    """Show a named tuple as a tuple, which is how it is written."""

    def __init__(self, node: Any) -> None:
        self.item_types = [field.type for field in node.fields]
