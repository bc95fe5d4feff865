"""Compile a view into one that is given what its annotations ask for.

A view whose annotations ask for nothing is left exactly as it is.  Everything
about a typed one is found out when the application is sealed: where each
parameter comes from, what it depends on, and what its results become.  A
request then walks the list of its parameters, and calls the view with them or
answers with every fault at once.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from functools import partial
from inspect import iscoroutinefunction
from typing import Any

from .. import _current
from ..pipeline.bridge import find_coroutine, mark_coroutine
from ..pipeline.drive import Step
from ..typing import AppLike
from .annotations import find_place
from .depends import Dependencies, compile_dependencies, note_error
from .faults import Fault
from .operations import OperationSettings, find_settings
from .problems import InvalidRequest
from .reading import ABSENT
from .results import Encode, compile_result
from .signature import Signature, SignatureError, may_bind, read_signature
from .sources import compile_source

#: Reads the parameters of a function: is given the request, the values of the URL and a list for faults.
ReadParameters = Callable[[Any, Mapping[str, Any], list[Fault]], dict[str, Any]]

#: Sources that are not read here: what is passed on, and what other functions return.
_NOT_READ = frozenset({"url", "depends"})


class Operation:
    """Hold what one function that answers requests was compiled to.

    Args:
        signature: What the function asks for.
        read: Reads its parameters.
        dependencies: What it depends on, or None.
        encode: Turns what it returns into what is sent, or None.
    """

    __slots__ = ("dependencies", "dropped", "encode", "read", "signature")

    def __init__(
        self,
        signature: Signature,
        read: ReadParameters,
        dependencies: Dependencies | None,
        encode: Encode | None,
    ) -> None:
        self.signature = signature
        self.read = read
        self.dependencies = dependencies
        self.encode = encode
        #: Variables of the URL that the function knows by another name, or leaves to its dependencies.
        self.dropped = tuple(
            {p.alias for p in signature.parameters if p.source == "path" and p.alias != p.name}
            | (_find_untaken(signature.function, dependencies.url_names) if dependencies else set())
        )

    def bind(self, request: Any, values: dict[str, Any], faults: list[Fault]) -> None:
        """Add the parameters to the values of the URL, and faults to the list."""
        values.update(self.read(request, values, faults))
        for name in self.dropped:
            values.pop(name, None)


class Binding:
    """Answer requests by a typed view.

    Args:
        function: The view, as it is registered.
        operations: What it was compiled to, by method; None where that method
            is answered by something that asks for nothing.
        default: What answers the methods that are not named.
    """

    def __init__(
        self, function: Callable[..., Any], operations: Mapping[str, Operation | None], default: Operation | None
    ) -> None:
        self.function = function
        self._operations = operations
        self._default = default
        #: A view that may be called in place of `function`; None where `steps` has to be taken.
        self.view = None
        self._views = {method: _make_view(function, operation) for method, operation in operations.items()}
        self._default_view = _make_view(function, default)
        if not any(operation.dependencies for operation in self.operations):
            self.view = self._make_view() if operations else self._default_view

    @property
    def operations(self) -> list[Operation]:
        """What the view was compiled to, each once."""
        found = [*self._operations.values(), self._default]
        return list(dict.fromkeys(operation for operation in found if operation is not None))

    @property
    def signatures(self) -> dict[str | None, Signature]:
        """What is asked for, by method; None stands for all others."""
        found = [*self._operations.items(), (None, self._default)]
        return {method: operation.signature for method, operation in found if operation is not None}

    def find(self, method: str) -> Operation | None:
        """Return what answers a method; None if that asks for nothing."""
        return self._operations.get(method, self._default)

    def steps(self, context: Any, values: Mapping[str, Any] | None) -> Step[Any]:
        """Bind the parameters, call the dependencies and the view.

        Args:
            context: The request context.
            values: The values of the URL.

        Returns:
            The result, for the pipeline.

        Raises:
            InvalidRequest: With all faults of all parameters.
        """
        arguments = dict(values or {})
        request = context.request
        operation = self.find(request.method)
        if operation is None or operation.dependencies is None:
            view = context.plan.make_sync(self._views.get(request.method, self._default_view))
            return (yield partial(view, **arguments), ())
        faults: list[Fault] = []
        prepared = operation.dependencies.prepare(context, values or {}, faults)
        operation.bind(request, arguments, faults)
        if faults:
            # A parameter may be asked for by the view and by what it depends on.
            raise InvalidRequest(list({(fault.where, fault.expected): fault for fault in faults}.values()))
        result = yield from operation.dependencies.call(context, prepared, self.function, arguments)
        try:
            return result if operation.encode is None else operation.encode(result)
        except BaseException as error:
            note_error(context, error)
            raise

    def _make_view(self) -> Callable[..., Any]:
        """Return a view that looks which method is to be answered."""
        views, default = self._views, self._default_view

        def choosing_view(**values: Any) -> Any:
            return views.get(_current.get_request().method, default)(**values)

        async def choosing_view_on_loop(**values: Any) -> Any:
            chosen = views.get(_current.get_request().method, default)
            return await (find_coroutine(chosen) or chosen)(**values)

        if find_coroutine(self.function) is not None:
            mark_coroutine(choosing_view, choosing_view_on_loop)
        return choosing_view_on_loop if iscoroutinefunction(self.function) else choosing_view


def bind_view(
    app: AppLike, endpoint: str, function: Callable[..., Any], url_arguments: Collection[str], methods: Collection[str]
) -> Binding | None:
    """Compile a view, if its annotations ask for anything.

    Args:
        app: The application.
        endpoint: The view's endpoint.
        function: The view, as it is registered.
        url_arguments: The variables of its URLs.
        methods: The methods of its rules.

    Returns:
        None for a plain view of Flask.

    Raises:
        SignatureError: The view asks for what cannot be bound.
    """
    arguments = frozenset(url_arguments)
    view_class = getattr(function, "view_class", None)
    if view_class is None:
        operation = _compile(app, function, function, arguments)
        return None if operation is None else Binding(function, {}, operation)
    single = _compile_method(app, function, view_class, "dispatch_request", arguments)
    if single is not None:
        return Binding(function, {}, single)
    if not _answers_by_method(view_class):
        return None
    operations = {
        method: _compile_method(app, function, view_class, _find_method(view_class, method), arguments)
        for method in sorted(methods)
    }
    return Binding(function, operations, None) if any(operations.values()) else None


def compile_parameters(signature: Signature) -> ReadParameters:
    """Compile what reads the parameters of a view or a dependency.

    Args:
        signature: What the function asks for.

    Returns:
        A function that returns keyword arguments.  What did not come is
        missing in them, and either has a default or a fault in the list.
    """
    bound = [parameter for parameter in signature.parameters if parameter.source not in _NOT_READ]
    names: dict[str, set[str]] = {}
    for parameter in bound:
        names.setdefault(parameter.source, set()).add(parameter.alias)
    reads = [(parameter.name, compile_source(parameter, names[parameter.source])) for parameter in bound]

    def read_parameters(request: Any, url_values: Mapping[str, Any], faults: list[Fault]) -> dict[str, Any]:
        values = {}
        for name, read in reads:
            value = read(request, url_values, faults)
            if value is not ABSENT:
                values[name] = value
        return values

    return read_parameters


def _compile(
    app: AppLike, view: Callable[..., Any], function: Callable[..., Any], arguments: frozenset[str], **options: Any
) -> Operation | None:
    if not may_bind(function):
        return None
    signature = read_signature(function, arguments, **options)
    if not signature.binds:
        return None
    is_wrapped = hasattr(view, "__wrapped__") or hasattr(function, "__wrapped__")
    name = getattr(function, "__qualname__", None) or repr(function)
    settings = find_settings(app, function)
    try:
        encode = compile_result(signature.result, name, _find_models(settings), is_wrapped=is_wrapped)
    except TypeError as error:
        if not is_wrapped:
            place = find_place(function)
            raise SignatureError(
                f"{place.file}:{place.line}: `{place.name}`, its result: {error}. Remedy: return another type, or leave"
                " the annotation out and return a response."
            ) from error
        # It is what a decorator makes of the result that is sent.
        encode = None
    dependencies = compile_dependencies(app, signature, arguments, compile_parameters)
    return Operation(signature, compile_parameters(signature), dependencies, encode)


def _compile_method(
    app: AppLike, view: Callable[..., Any], view_class: Any, name: str, arguments: frozenset[str]
) -> Operation | None:
    function = getattr(view_class, name, None)
    return None if function is None else _compile(app, view, function, arguments, skip_self=True)


def _answers_by_method(view_class: Any) -> bool:
    return any(base.__name__ == "MethodView" for base in view_class.__mro__)


def _find_method(view_class: Any, method: str) -> str:
    name = method.lower()
    return "get" if name == "head" and not hasattr(view_class, "head") else name


def _find_models(settings: OperationSettings) -> list[Any]:
    """Return the types that `@app.responses` names."""
    found = []
    for answer in settings.responses.values():
        parts = answer if isinstance(answer, tuple) else (answer,)
        for part in parts:
            model = part.get("model") if isinstance(part, Mapping) else part
            if model is not None and not isinstance(model, str):
                found.append(model)
    return found


def _make_view(function: Callable[..., Any], operation: Operation | None) -> Callable[..., Any]:
    """Return a view that binds, calls the function and encodes its result."""
    if operation is None:
        return function
    bind = operation.bind
    encode = operation.encode or _keep
    on_loop = function if iscoroutinefunction(function) else find_coroutine(function)

    def view(**values: Any) -> Any:
        faults: list[Fault] = []
        bind(_current.get_request(), values, faults)
        if faults:
            raise InvalidRequest(faults)
        return encode(function(**values))

    def encoding_view(**values: Any) -> Any:
        return encode(function(**values))

    async def view_on_loop(**values: Any) -> Any:
        faults: list[Fault] = []
        bind(_current.get_request(), values, faults)
        if faults:
            raise InvalidRequest(faults)
        return encode(await on_loop(**values))

    if on_loop is function:
        return view_on_loop
    # PERF: 0.4 µs where there is nothing to bind: the request is not made.
    is_bound = any(parameter.source not in _NOT_READ for parameter in operation.signature.parameters)
    made = view if is_bound else encoding_view
    if on_loop is not None:
        mark_coroutine(made, view_on_loop)
    return made


def _keep(value: Any) -> Any:
    return value


def _find_untaken(function: Callable[..., Any], names: Collection[str]) -> set[str]:
    """Return those names that a function cannot be called with."""
    parameters = inspect.signature(function).parameters
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    return set() if takes_all else set(names).difference(parameters)
