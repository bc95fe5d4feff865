"""Take the marks off an annotation: what is left is the type."""

from __future__ import annotations

import functools
import operator
import types
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from msgspec import UNSET
from werkzeug.datastructures import FileStorage

from .annotations import is_mark
from .markers import Dependency, File, Param

#: The settings of `Param`, with what they are when nobody has set them.
SETTINGS = {name: value for name, value in vars(Param()).items() if name != "example"} | {"example": UNSET}


class Marks(NamedTuple):
    """An annotation taken apart."""

    type: Any
    """What is left, without marks."""
    params: tuple[Param, ...] = ()
    """The settings, in the order in which they are written."""
    depends: tuple[Dependency, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources that are named, each as often as it is."""
        return tuple(param.source for param in self.params if param.source)


def take_marks(annotation: Any) -> Marks:
    """Separate an annotation's marks from its type.

    Args:
        annotation: The annotation, resolved.

    Returns:
        The parts.  `File` is Werkzeug's `FileStorage`, and `Query[int] | None` is `Query[int | None]`.

    Raises:
        TypeError: A mark has no type, or is within another type, where it says nothing.
    """
    annotation = strip_alias(annotation)
    if annotation is File:
        return Marks(FileStorage, (_make(File),))
    if is_mark(annotation):
        raise TypeError(f"`{getattr(annotation, '__name__', annotation)}` by itself says no type")
    if get_origin(annotation) is Annotated:
        inner = take_marks(annotation.__origin__)
        params = tuple(_make(each) for each in annotation.__metadata__ if _is_a(each, Param))
        depends = tuple(each for each in annotation.__metadata__ if isinstance(each, Dependency))
        rest = [each for each in annotation.__metadata__ if not is_mark(each)]
        type_ = Annotated[inner.type, *rest] if rest else inner.type
        found = inner._replace(type=type_, params=inner.params + params, depends=inner.depends + depends)
        return _drop_repeated_file(found)
    if get_origin(annotation) in {Union, types.UnionType}:
        return _take_from_union([take_marks(member) for member in get_args(annotation)], annotation)
    return _take_from_arguments(annotation)


def merge_params(params: tuple[Param, ...]) -> Param:
    """Make one of all settings; of two that differ the last counts.

    Args:
        params: The settings in order.

    Returns:
        All that any of them tells.
    """
    merged: dict[str, Any] = {}
    for param in params:
        merged |= {name: value for name, value in vars(param).items() if not _is_default(name, value)}
    return Param(**merged)


def strip_alias(annotation: Any) -> Any:
    """Give what a name stands for that the `type` statement has made.

    Args:
        annotation: The annotation.

    Returns:
        The type itself.
    """
    while type(annotation).__name__ == "TypeAliasType":  # Python 3.12
        annotation = annotation.__value__
    return annotation


def _take_from_union(members: list[Marks], annotation: Any) -> Marks:
    marked = [member for member in members if member.sources or member.depends]
    others = [member for member in members if member not in marked]
    if not marked:
        if not any(member.params for member in members):
            return Marks(annotation)
    elif len(marked) > 1 or any(other.type is not type(None) for other in others):
        raise TypeError("a mark is inside a union; it has to be around it, as in `Query[int | str]`")
    type_ = functools.reduce(operator.or_, [member.type for member in members])
    return Marks(type_, sum((member.params for member in members), ()), sum((each.depends for each in members), ()))


def _take_from_arguments(annotation: Any) -> Marks:
    """Look into `list[...]` and the like, where only a file or a secret may be marked."""
    arguments = [argument for argument in get_args(annotation) if not isinstance(argument, str | int | list)]
    inner = [take_marks(argument) for argument in arguments if not _is_literal(annotation)]
    if any(each.depends or set(each.sources) - {"file"} for each in inner):
        raise TypeError("a mark is inside another type; it has to be around it, as in `Query[list[int]]`")
    params = tuple(param for each in inner for param in each.params)
    if not any(param.source == "file" for param in params):
        return Marks(annotation, params)
    return Marks(get_origin(annotation)[tuple(each.type for each in inner)], params)


def _drop_repeated_file(marks: Marks) -> Marks:
    """Take `Annotated[File, File(max_size=1)]` for one mark: the type checker wants it so."""
    if marks.sources != ("file", "file"):
        return marks
    bare = next(param for param in marks.params if param.source)
    return marks._replace(params=tuple(param for param in marks.params if param is not bare))


def _is_default(name: str, value: Any) -> bool:
    return bool(value is SETTINGS[name] or value == SETTINGS[name])


def _is_literal(annotation: Any) -> bool:
    return getattr(get_origin(annotation), "_name", "") == "Literal"


def _is_a(value: Any, class_: type) -> bool:
    return issubclass(value, class_) if isinstance(value, type) else isinstance(value, class_)


def _make(param: Any) -> Param:
    made: Param = param() if isinstance(param, type) else param
    return made
