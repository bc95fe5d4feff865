"""Read what a function asks for: its parameters, their sources and types.

It is done once, when the application is sealed.  A mistake is a
`SignatureError`, which names the file, the line and the parameter, and says
what to write instead.  What is not marked and is no model stays as in Flask.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NoReturn
from weakref import WeakValueDictionary

from .annotations import Namespace, Unresolved, find_place, is_mark, read_parameters, resolve_all
from .checks import check_default, check_name, check_settings, check_together, check_type
from .limits import fold_limits
from .markers import Dependency, Param
from .marks import Marks, merge_params, take_marks
from .models import is_model
from .results import is_typed


class _Sentinel:
    """A value that means only itself."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


#: The default of a parameter without one.
REQUIRED: Final[Any] = _Sentinel("REQUIRED")

#: The result of a function that does not say what it returns.
NOTHING: Final[Any] = _Sentinel("NOTHING")


class SignatureError(TypeError):
    """A function's signature that cannot be bound."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function, and where its value comes from.

    Args:
        name: Its name in the function.
        source: `path`, `query`, `header`, `cookie`, `form`, `file`, `body`, `depends`, or `url` for a
            variable of the URL that is passed on as it is.
        alias: Its name in the request.
        type: Its type with the limits that the mark told, the mark taken off.
        default: Its default, or `REQUIRED`.
        param: The settings of its marks.
        depends: What it depends on, for `depends`.
        is_model: Every field of the type comes from the source by itself.
    """

    name: str
    source: str
    alias: str
    type: Any
    default: Any
    param: Param
    depends: Dependency | None
    is_model: bool


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Signature:
    """What a function asks for and returns.

    Args:
        function: The function as it was given, decorated or not.
        parameters: Those that are bound, in order; none for a plain Flask view.
        result: The return annotation, or `NOTHING`.
    """

    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    result: Any

    @property
    def binds(self) -> bool:
        """Whether there is anything to do that Flask would not do."""
        return any(parameter.source != "url" for parameter in self.parameters) or (
            self.result is not NOTHING and is_typed(self.result)
        )


def may_bind(function: Callable[..., Any]) -> bool:
    """Tell quickly whether a function is worth reading.

    Args:
        function: A view.

    Returns:
        Whether it has annotations, or a default that is a mark.
    """
    inner = inspect.unwrap(function)
    if getattr(inner, "__annotations__", None):
        return True
    defaults = [*(getattr(inner, "__defaults__", None) or ()), *(getattr(inner, "__kwdefaults__", None) or {}).values()]
    return any(map(is_mark, defaults)) or not hasattr(inner, "__code__")


def read_signature(
    function: Callable[..., Any],
    url_arguments: frozenset[str],
    *,
    is_dependency: bool = False,
    skip_self: bool = False,
    is_wrapped: bool = False,
) -> Signature:
    """Read what a function asks for.

    Args:
        function: A view, or what a view depends on.
        url_arguments: The names of the URL's variables.
        is_dependency: Nobody but the binder calls it, so that it has to know every parameter.
        skip_self: The first parameter is an instance, which is not bound.
        is_wrapped: Something else calls it, and may give it models: those are bound only where they are marked.

    Returns:
        What it asks for; nothing at all for a plain Flask view.

    Raises:
        SignatureError: It asks for something that cannot be given.
    """
    if is_dependency:
        return _read_dependency(function, url_arguments)
    return _SignatureReader(function, url_arguments, is_dependency, skip_self, is_wrapped).read()


#: What dependencies ask for, as long as a view has them.  A function may hold its application: so only its identity
#: is kept, and the signature by whoever asked for it.
_dependencies: WeakValueDictionary[tuple[int, frozenset[str]], Signature] = WeakValueDictionary()


def _read_dependency(function: Callable[..., Any], url_arguments: frozenset[str]) -> Signature:
    """Read what a dependency asks for, once for all the views that depend on it."""
    key = id(function), url_arguments
    known = _dependencies.get(key)
    if known is None or known.function is not function:
        known = _dependencies[key] = _SignatureReader(function, url_arguments, True, False, False).read()
    return known


class _SignatureReader:
    """Read the signature of one function."""

    def __init__(
        self,
        function: Callable[..., Any],
        url_arguments: frozenset[str],
        is_dependency: bool,
        skip_self: bool,
        is_wrapped: bool,
    ) -> None:
        self.function = function
        self.url_arguments = url_arguments
        self.is_dependency = is_dependency
        self.skip_self = skip_self
        # A decorator may show the signature of what it wraps without naming that.
        self.is_wrapped = is_wrapped or hasattr(function, "__wrapped__") or hasattr(function, "__signature__")

    def read(self) -> Signature:
        """Give what the function asks for."""
        try:
            parameters, result = read_parameters(self.function)
        except ValueError:
            parameters, result = [], inspect.Parameter.empty  # what is built in tells nothing
        parameters = parameters[int(self.skip_self) :]
        types = self._resolve(parameters, result)
        if types is None:
            return Signature(self.function, (), NOTHING)
        bound = [found for parameter in parameters if (found := self._bind(parameter, types)) is not None]
        signature = Signature(self.function, tuple(bound), types.get("return", NOTHING))
        if not signature.binds and not self.is_dependency:
            return Signature(self.function, (), signature.result)
        if fault := check_together(bound):
            self._refuse(*fault)
        return signature

    def _resolve(self, parameters: list[inspect.Parameter], result: Any) -> dict[str, Any] | None:
        """Resolve all annotations; None where that fails, and no mark is among them."""
        written = {each.name: each.annotation for each in parameters if each.annotation is not each.empty}
        if result is not inspect.Parameter.empty and not isinstance(self.function, type):
            written["return"] = result
        resolved = resolve_all(self.function, written)
        failed = [name for name, type_ in resolved.items() if isinstance(type_, Unresolved)]
        if not failed:
            return resolved
        namespace = Namespace(self.function)
        is_marked = any(map(namespace.names_marker, written.values()))
        if not is_marked and not any(isinstance(each.default, Dependency) for each in parameters):
            return None
        return self._refuse(
            failed[0],
            f"its annotation {written[failed[0]]!r} cannot be resolved ({resolved[failed[0]].error})",
            "import the name outside `if TYPE_CHECKING`, or define it at the top of a module",
        )

    def _bind(self, parameter: inspect.Parameter, types: dict[str, Any]) -> Parameter | None:
        name = parameter.name
        if is_mark(parameter.default) and not isinstance(parameter.default, Dependency):
            # Else the view would be given the mark itself.
            what = "its default is a mark, which says where a value comes from and is none"
            self._refuse(name, what, "put it into the annotation, as in `Annotated[int, Query(ge=1)]`")
        marks = self._take_marks(name, types.get(name, Any))
        depends = parameter.default if isinstance(parameter.default, Dependency) else None
        found = [*marks.depends, *([depends] if depends else [])]
        if len(marks.sources) + len(found) > 1:
            self._refuse(name, "it is marked twice", "keep one mark, and tell more in `Param(...)` beside it")
        if not marks.sources and not found:
            return self._bind_unmarked(parameter, marks)
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY}:
            self._refuse(name, f"it is {parameter.kind.description}, and marked", "make it an ordinary parameter")
        if found:
            return Parameter(name, "depends", name, marks.type, REQUIRED, Param(), found[0], is_model=False)
        return self._make(parameter, marks.sources[0], marks)

    def _bind_unmarked(self, parameter: inspect.Parameter, marks: Marks) -> Parameter | None:
        """Bind a variable of the URL, or a model that can only be the body."""
        ordinary = parameter.kind in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}
        default = REQUIRED if parameter.default is parameter.empty else parameter.default
        if ordinary and parameter.name in self.url_arguments:
            param = merge_params(marks.params)
            return Parameter(parameter.name, "url", parameter.name, marks.type, default, param, None, is_model=False)
        # Behind a decorator the model may be what the decorator gives: flask-openapi3 and others do so.
        if ordinary and default is REQUIRED and is_model(marks.type) and not self.is_wrapped:
            return self._make(parameter, "body", marks)
        if self.is_dependency and ordinary and default is REQUIRED:
            self._refuse(
                parameter.name,
                "nothing says where its value comes from",
                "mark it, as in `Query[int]`, depend on something, or give it a default",
            )
        return None

    def _make(self, parameter: inspect.Parameter, source: str, marks: Marks) -> Parameter:
        name = parameter.name
        param = merge_params(marks.params)
        default = REQUIRED if parameter.default is parameter.empty else parameter.default
        alias = param.alias or (name.replace("_", "-") if source == "header" else name)
        if source == "path" and alias not in self.url_arguments:
            known = ", ".join(f"<{each}>" for each in sorted(self.url_arguments)) or "none"
            self._refuse(
                name, f"the URL has no variable <{alias}> (it has {known})", "name one of them, or use `Query`"
            )
        for fault in (check_name(alias, source), check_settings(param, source, marks.type)):
            if fault:
                self._refuse(name, *fault)
        by_field = source in {"query", "header", "cookie", "form"} and is_model(marks.type)
        type_ = self._fold(name, marks, param)
        if fault := check_type(type_, source, is_model=by_field):
            self._refuse(name, *fault)
        if default is not REQUIRED and (fault := check_default(type_, default, source)):
            self._refuse(name, *fault)
        return Parameter(name, source, alias, type_, default, param, None, is_model=by_field)

    def _fold(self, name: str, marks: Marks, param: Param) -> Any:
        try:
            return fold_limits(marks.type, param)
        except (TypeError, ValueError, re.error) as error:
            self._refuse(name, str(error), "leave the limit out, or put it on a number, a text or a list")

    def _take_marks(self, name: str, annotation: Any) -> Marks:
        try:
            return take_marks(annotation)
        except TypeError as error:
            self._refuse(name, str(error), "put the mark around the whole type, as in `Query[int]`")

    def _refuse(self, name: str, what: str, instead: str) -> NoReturn:
        place = find_place(self.function)
        subject = "its result" if name == "return" else f"parameter `{name}`"
        raise SignatureError(f"{place.file}:{place.line}: `{place.name}`, {subject}: {what}. Remedy: {instead}.")
