"""Call what a view depends on.

A view's dependencies, and theirs, are compiled into one list of calls, in
which each function comes after those that it depends on.  A request reads the
parameters of all of them before it calls any, so that a client is told every
fault at once; only security schemes come first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from inspect import isasyncgenfunction, isclass, isgeneratorfunction, isroutine
from typing import Any, NamedTuple, NoReturn, Self

from ..pipeline.drive import Step
from ..typing import AppLike
from .annotations import find_place
from .exits import Exits, await_begin, await_end, begin, check_open, end
from .faults import Fault
from .markers import Dependency
from .schemes import SCHEMES
from .signature import Signature, SignatureError, read_signature

#: Reads the parameters of a function out of a request: is given the request,
#: the URL's values and a list for faults, and returns keyword arguments.
ReadParameters = Callable[[Any, Mapping[str, Any], list[Fault]], dict[str, Any]]

#: The overrides of each function, the last of which counts.
_NO_OVERRIDES: Mapping[Any, tuple[Override, ...]] = {}


class Dependencies:
    """Resolve what a view depends on, within a request.

    Args:
        app: The application, which knows the overrides.
        signature: The view's.
        url_arguments: The variables of the view's URL.
        compile_parameters: Makes of a signature what reads its parameters,
            but for those that are dependencies or variables of the URL.

    Raises:
        SignatureError: A dependency asks for what cannot be bound.
    """

    def __init__(
        self,
        app: AppLike,
        signature: Signature,
        url_arguments: frozenset[str],
        compile_parameters: Callable[[Signature], ReadParameters],
    ) -> None:
        self._app = app
        self._source = signature, url_arguments, compile_parameters
        self._compiled = _NO_OVERRIDES, _compile(_NO_OVERRIDES, *self._source)
        self._override_compiled = self._compiled
        # Kept so that other views with the same dependencies find them.
        self._signatures = list(walk_dependencies(signature, url_arguments))
        #: The variables of the URL that one of them asks for, so that the view need not.
        self.url_names = frozenset(
            parameter.alias
            for found in self._signatures
            for parameter in found.parameters
            if parameter.source in {"path", "url"}
        )

    def prepare(self, context: Any, url_values: Mapping[str, Any], faults: list[Any]) -> Prepared:
        """Read the parameters of all dependencies, and call security schemes.

        Args:
            context: The request context.
            url_values: The values of the URL's variables.
            faults: Gets what is wrong with the parameters.

        Returns:
            What `call` goes on with, if there are no faults.

        Raises:
            HTTPException: A security scheme found no credential.
        """
        program = self._find_program()
        results: list[Any] = [None] * len(program.calls)
        for position in program.schemes:
            # SECURITY: a stranger is told nothing about what the parameters should be.
            results[position] = program.calls[position].function()
        arguments: list[dict[str, Any]] = []
        for call in program.calls:
            values = {} if call.read is None else call.read(context.request, url_values, faults)
            for name in call.url_names:
                if name in url_values:
                    values[name] = url_values[name]
            arguments.append(values)
        return Prepared(program, arguments, results)

    def call(self, context: Any, prepared: Prepared, view: Callable[..., Any], values: dict[str, Any]) -> Step[Any]:
        """Call the dependencies, and then the view.

        Args:
            context: The request context, which keeps the generators.
            prepared: What `prepare` returned.
            view: The view.
            values: The view's other arguments.

        Returns:
            The view's result.

        Raises:
            BaseException: What one of them raises; the generators get it
                when the request is over.
        """
        program, arguments, results = prepared
        make_sync = context.plan.make_sync
        try:
            for position in program.functions:
                call = program.calls[position]
                given = arguments[position]
                for name, source in call.arguments:
                    given[name] = results[source]
                if call.begin is None:
                    function = make_sync(call.function)
                    results[position] = yield (partial(function, **given) if given else function), ()
                else:
                    if context.exits is None:
                        context.exits = Exits()
                    generator = call.function(**given)
                    keep = partial(context.exits.add, generator, make_sync(call.end))
                    results[position] = yield make_sync(call.begin), (generator, keep)
                    check_open(generator)
            for name, source in program.arguments:
                values[name] = results[source]
            return (yield partial(make_sync(view), **values), ())
        except BaseException as error:
            note_error(context, error)
            raise

    def _find_program(self) -> _Program:
        """Return the calls, with the overrides that are in force now."""
        overridden = getattr(self._app, "_overridden", _NO_OVERRIDES)
        if not overridden:
            return self._compiled[1]
        compiled = self._override_compiled
        if compiled[0] is not overridden:
            compiled = self._override_compiled = overridden, _compile(overridden, *self._source)
        return compiled[1]


class Override:
    """Put another function in the place of a dependency.

    It is so at once, until `undo` or the end of a `with` statement.

    Args:
        app: The application.
        dependency: The function behind a `Depends`.
        replacement: What is called instead, with parameters of its own; where
            it depends on `dependency`, it gets the original's result.

    Raises:
        TypeError: One of them cannot be called, or the first not be hashed.
    """

    def __init__(self, app: AppLike, dependency: Callable[..., Any], replacement: Callable[..., Any]) -> None:
        for function in (dependency, replacement):
            if not callable(function):
                raise TypeError(
                    f"{function!r} was given to `override` and cannot be called. Give the function that"
                    " stands in `Depends(...)`, and one that is to be called instead."
                )
        self.replacement = replacement
        self._app = app
        self._dependency = dependency
        self._is_in_force = True
        overridden = getattr(app, "_overridden", _NO_OVERRIDES)
        self._change((*overridden.get(dependency, ()), self))

    def undo(self) -> None:
        """Put back what was there before, unless that is done already."""
        if self._is_in_force:
            self._is_in_force = False
            self._change(tuple(one for one in self._app._overridden[self._dependency] if one is not self))

    def _change(self, in_force: tuple[Override, ...]) -> None:
        # A new mapping each time: requests at work go on with the one that they began with.
        overridden = {**getattr(self._app, "_overridden", _NO_OVERRIDES), self._dependency: in_force}
        if not in_force:
            del overridden[self._dependency]
        self._app._overridden = overridden

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.undo()


def compile_dependencies(
    app: AppLike,
    signature: Signature,
    url_arguments: frozenset[str],
    compile_parameters: Callable[[Signature], ReadParameters],
) -> Dependencies | None:
    """Return what resolves the dependencies of a view; None if it has none.

    Args:
        app: As of `Dependencies`.
        signature: As of `Dependencies`.
        url_arguments: As of `Dependencies`.
        compile_parameters: As of `Dependencies`.

    Raises:
        SignatureError: A dependency asks for what cannot be bound.
    """
    if all(parameter.source != "depends" for parameter in signature.parameters):
        return None
    return Dependencies(app, signature, url_arguments, compile_parameters)


def override(app: AppLike, dependency: Callable[..., Any], replacement: Callable[..., Any]) -> Override:
    """Call another function in the place of a dependency.

    Args:
        app: As of `Override`.
        dependency: As of `Override`.
        replacement: As of `Override`.

    Returns:
        What undoes it, also as a context manager.

    Raises:
        TypeError: One of them cannot be called, or the first not be hashed.
    """
    return Override(app, dependency, replacement)


def note_error(context: Any, error: BaseException) -> None:
    """Have the generators of a request get an error that a handler may answer."""
    if context.exits is not None:
        context.exits.error = error


def walk_dependencies(signature: Signature, url_arguments: frozenset[str]) -> Iterator[Signature]:
    """Yield the signatures of all that a view depends on, each once.

    Args:
        signature: The view's.
        url_arguments: The variables of the view's URL.

    Yields:
        A signature before those of what the function itself depends on.

    Raises:
        SignatureError: A dependency asks for what cannot be bound.
    """
    yield from _walk(signature, url_arguments, set())


class Prepared(NamedTuple):
    """Hold what is known of a request's dependencies before they are called."""

    program: _Program
    arguments: list[dict[str, Any]]
    results: list[Any]


class _Call(NamedTuple):
    """Say how one function is called."""

    function: Callable[..., Any]
    read: ReadParameters | None
    url_names: tuple[str, ...]
    #: Its parameters that are results of other calls, by their positions.
    arguments: tuple[tuple[str, int], ...]
    #: What takes the value of a generator, and what lets it go on; else None.
    begin: Callable[..., Any] | None
    end: Any


class _Program(NamedTuple):
    """List the calls for a view, and which of their results it gets."""

    calls: tuple[_Call, ...]
    schemes: tuple[int, ...]
    functions: tuple[int, ...]
    arguments: tuple[tuple[str, int], ...]


class _Compiler:
    """Put the functions that a view depends on in order."""

    def __init__(
        self,
        overridden: Mapping[Any, tuple[Override, ...]],
        url_arguments: frozenset[str],
        compile_parameters: Callable[[Signature], ReadParameters],
    ) -> None:
        self._overridden = overridden
        self._url_arguments = url_arguments
        self._compile_parameters = compile_parameters
        self.calls: list[_Call] = []
        self.schemes: list[int] = []
        self.functions: list[int] = []
        self.signatures: list[Signature] = []
        self._positions: dict[Any, int] = {}
        #: The functions whose dependencies are being added, the outermost first, and what they are known by.
        self._functions: list[Any] = []
        self._path: list[Any] = []

    def add_arguments(self, signature: Signature) -> tuple[tuple[str, int], ...]:
        """Add what a function depends on, and return which results it gets."""
        self.signatures.append(signature)
        return tuple(
            (parameter.name, self._add(parameter.depends, signature, parameter.name))
            for parameter in signature.parameters
            if parameter.depends is not None
        )

    def _add(self, depends: Dependency, asking: Signature, name: str) -> int:
        """Add the call of a function, unless it is there, and return its position."""
        function = self._replace(depends.function)
        if not callable(function):
            _refuse(asking, name, f"it depends on {function!r}, which cannot be called", "give `Depends` a function")
        key = _find_key(function)
        if depends.cache and key in self._positions:
            return self._positions[key]
        if key in self._path:
            circle = " -> ".join(f"`{find_place(one).name}`" for one in (*self._functions, function))
            _refuse(asking, name, f"what it depends on depends on it: {circle}", "leave one of them out")
        signature = read_signature(function, self._url_arguments, is_dependency=True)
        self._path.append(key)
        self._functions.append(function)
        arguments = self.add_arguments(signature)
        self._functions.pop()
        self._path.pop()
        position = len(self.calls)
        self.calls.append(self._make_call(function, signature, arguments))
        (self.schemes if type(function) in SCHEMES else self.functions).append(position)
        if depends.cache:
            self._positions[key] = position
        return position

    def _replace(self, function: Callable[..., Any]) -> Callable[..., Any]:
        in_force = self._overridden.get(_find_key(function))
        if in_force is None or _find_key(in_force[-1].replacement) in self._path:
            return function
        return in_force[-1].replacement

    def _make_call(
        self, function: Callable[..., Any], signature: Signature, arguments: tuple[tuple[str, int], ...]
    ) -> _Call:
        function = _find_callable(function)
        sources = {parameter.source for parameter in signature.parameters}
        read = self._compile_parameters(signature) if sources - {"depends", "url"} else None
        url_names = tuple(parameter.name for parameter in signature.parameters if parameter.source == "url")
        if isgeneratorfunction(function):
            return _Call(function, read, url_names, arguments, begin, end)
        if isasyncgenfunction(function):
            return _Call(function, read, url_names, arguments, await_begin, await_end)
        return _Call(function, read, url_names, arguments, None, None)


def _compile(
    overridden: Mapping[Any, tuple[Override, ...]],
    signature: Signature,
    url_arguments: frozenset[str],
    compile_parameters: Callable[[Signature], ReadParameters],
) -> _Program:
    compiler = _Compiler(overridden, url_arguments, compile_parameters)
    arguments = compiler.add_arguments(signature)
    _check_bodies(compiler.signatures)
    return _Program(tuple(compiler.calls), tuple(compiler.schemes), tuple(compiler.functions), arguments)


def _check_bodies(signatures: list[Signature]) -> None:
    """Refuse a form where another function reads a JSON body."""
    bound = [(signature, parameter) for signature in signatures for parameter in signature.parameters]
    bodies = [(signature, parameter) for signature, parameter in bound if parameter.source == "body"]
    forms = [(signature, parameter) for signature, parameter in bound if parameter.source in {"form", "file"}]
    if bodies and forms:
        (reader, body), (asking, form) = bodies[0], forms[0]
        what = (
            f"it comes from a form, and parameter `{body.name}` of `{find_place(reader.function).name}`, which the same"
            " view needs, from a JSON body"
        )
        _refuse(asking, form.name, what, "send everything as a form, or in the body")


def _refuse(signature: Signature, name: str, what: str, instead: str) -> NoReturn:
    place = find_place(signature.function)
    raise SignatureError(f"{place.file}:{place.line}: `{place.name}`, parameter `{name}`: {what}. Remedy: {instead}.")


def _walk(signature: Signature, url_arguments: frozenset[str], seen: set[Any]) -> Iterator[Signature]:
    for parameter in signature.parameters:
        if parameter.depends is None or _find_key(parameter.depends.function) in seen:
            continue
        seen.add(_find_key(parameter.depends.function))
        found = read_signature(parameter.depends.function, url_arguments, is_dependency=True)
        yield found
        yield from _walk(found, url_arguments, seen)


def _find_key(function: Any) -> Any:
    """Return what a function is known by: itself, or its identity if it cannot be hashed."""
    try:
        hash(function)
    except TypeError:
        return id(function)
    return function


def _find_callable(function: Any) -> Any:
    """Return a function, method or class for any callable, which tells its kind."""
    if isinstance(function, partial):
        return partial(_find_callable(function.func), *function.args, **function.keywords)
    return function if isroutine(function) or isclass(function) else function.__call__
