"""Resolve the annotations of a function, wherever the names in them live."""

from __future__ import annotations

import ast
import functools
import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, ForwardRef, NamedTuple, get_args, get_origin

from .markers import Dependency, Depends, Param


class Unresolved(NamedTuple):
    """An annotation whose names cannot be found."""

    error: Exception


class Place(NamedTuple):
    """Where a function is written, for an error."""

    file: str
    line: int
    name: str


def read_parameters(function: Callable[..., Any]) -> tuple[list[inspect.Parameter], Any]:
    """Give the parameters of a callable, and its return annotation.

    Args:
        function: A function, decorated or not, a partial, a class, or an object with `__call__`.

    Returns:
        The parameters with annotations as they are written, and the return annotation;
        `inspect.Parameter.empty` where there is none.

    Raises:
        ValueError: It is built in and tells nothing of its parameters.
    """
    try:
        signature = inspect.signature(function)
    except NameError:
        # Python 3.14 evaluates annotations here, and stops at the first name it does not find.
        forward: Any = {"annotation_format": sys.modules["annotationlib"].Format.FORWARDREF}
        signature = inspect.signature(function, **forward)
    return list(signature.parameters.values()), signature.return_annotation


def resolve_all(function: Callable[..., Any], annotations: Mapping[str, Any]) -> dict[str, Any]:
    """Resolve annotations as the function's own code would.

    Args:
        function: The function that has them.
        annotations: Names and annotations, texts or not.

    Returns:
        The types; an `Unresolved` for each that names what cannot be found.
    """
    if not any(map(_has_text, annotations.values())):
        return dict(annotations)
    namespace = Namespace(function)
    return {name: namespace.resolve(annotation) for name, annotation in annotations.items()}


def find_home(function: Callable[..., Any]) -> Any:
    """Find the function behind decorators, partials, classes and objects.

    Args:
        function: Anything that can be called.

    Returns:
        The function whose annotations count.
    """
    if isinstance(function, functools.partial):
        return find_home(function.func)
    function = inspect.unwrap(function, stop=lambda each: hasattr(each, "__signature__"))
    if isinstance(function, type):
        return _find_init(function)
    if inspect.ismethod(function):
        return function.__func__
    return function if hasattr(function, "__code__") else find_call(function)


def find_call(function: Callable[..., Any]) -> Any:
    """Give the function behind an object that can be called.

    Args:
        function: The object.

    Returns:
        The `__call__` of its class, or the object where that is built in.
    """
    call = getattr(type(function), "__call__", None)  # noqa: B004 - the function itself is wanted
    return call if hasattr(call, "__code__") else function


def find_place(function: Callable[..., Any]) -> Place:
    """Tell where a function is written.

    Args:
        function: Anything that can be called.

    Returns:
        Its file, line and name.
    """
    home = find_home(function)
    name: str = getattr(function, "__qualname__", getattr(home, "__qualname__", repr(function)))
    code = getattr(home, "__code__", None)
    if code is None:
        return Place(getattr(home, "__module__", None) or "?", 0, name)
    return Place(code.co_filename, code.co_firstlineno, name)


class Namespace:
    """The names that a function's annotations may use.

    Args:
        function: The function, as it was given to the application.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.home = find_home(function)
        self.globals: dict[str, Any] = getattr(self.home, "__globals__", {})
        self.locals = _find_locals(self.home)

    def resolve(self, annotation: Any) -> Any:
        """Give the type that an annotation stands for.

        Args:
            annotation: A text, a type, or a type with texts in it.

        Returns:
            The type, or an `Unresolved`.
        """
        holder: Any = types.SimpleNamespace(__annotations__={"it": annotation})
        try:
            return typing.get_type_hints(holder, self.globals, self.locals, include_extras=True)["it"]
        except Exception as error:  # an annotation is any expression, and so raises anything
            return Unresolved(error)

    def names_marker(self, annotation: Any) -> bool:
        """Tell whether an annotation, resolved or not, speaks of a mark.

        Args:
            annotation: A text, a type, or a type with texts in it.

        Returns:
            Whether `Query`, `Depends` or another of the marks is in it, by whatever name.
        """
        if isinstance(annotation, ForwardRef):
            annotation = annotation.__forward_arg__
        if not isinstance(annotation, str):
            return is_marked(annotation) or any(map(self.names_marker, get_args(annotation)))
        try:
            nodes = ast.walk(ast.parse(annotation, mode="eval"))
        except (SyntaxError, ValueError):
            return False
        return any(is_marked(self._look_up(node)) for node in nodes if isinstance(node, ast.Name | ast.Attribute))

    def _look_up(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Name):
            return self.locals.get(node.id, self.globals.get(node.id))
        return getattr(self._look_up(node.value), node.attr, None) if isinstance(node, ast.Attribute) else None


def is_marked(type_: Any) -> bool:
    """Tell whether a type is a mark, or has one anywhere in its arguments.

    Args:
        type_: Anything that may stand in an annotation.

    Returns:
        Whether it says where a value comes from.
    """
    return is_mark(type_) or any(map(is_mark, _walk_arguments(type_)))


def is_mark(value: Any) -> bool:
    """Tell whether a value says where a parameter comes from.

    Args:
        value: A type, or what stands beside one in `Annotated`.

    Returns:
        Whether it is one of the marks, or `Depends`.
    """
    if isinstance(value, type):
        return issubclass(value, Param)
    return value is Depends or isinstance(value, Param | Dependency)


def _find_init(class_: Any) -> Any:
    return class_.__init__


def _walk_arguments(type_: Any) -> Iterator[Any]:
    if get_origin(type_) is Annotated:
        yield from type_.__metadata__
    for argument in get_args(type_):
        yield argument
        yield from _walk_arguments(argument)


def _has_text(annotation: Any) -> bool:
    if isinstance(annotation, str | ForwardRef):
        return True
    if get_origin(annotation) is Annotated:
        return _has_text(annotation.__origin__)
    if get_origin(annotation) is typing.Literal:
        return False
    return any(map(_has_text, get_args(annotation)))


def _find_locals(home: Any) -> dict[str, Any]:
    """Collect the names around a function that are not global: of the functions and classes it stands in."""
    found: dict[str, Any] = {}
    qualname = getattr(home, "__qualname__", "")
    around = [qualname[:end] for end in _find_ends(qualname, ".<locals>.")]
    frame = inspect.currentframe()
    while frame is not None and around:
        if frame.f_globals is getattr(home, "__globals__", None) and frame.f_code.co_qualname in around:
            # While a test function runs, its own classes are nowhere but in its frame.
            found = {**frame.f_locals, **found}
        frame = frame.f_back
    code = getattr(home, "__code__", None)
    for name, cell in zip(code.co_freevars if code else (), getattr(home, "__closure__", None) or (), strict=False):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            continue  # it is assigned later, if at all
    for parameter in getattr(home, "__type_params__", ()):
        found[parameter.__name__] = parameter
    return found


def _find_ends(text: str, part: str) -> list[int]:
    return [index for index in range(len(text)) if text.startswith(part, index)]
