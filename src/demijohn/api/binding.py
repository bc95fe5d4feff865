"""Answer by a typed view: bind, call, encode.

Here lives what a request walks.  What it was compiled from, and how, is in
`binder`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from werkzeug.exceptions import HTTPException

from .. import _current
from ..pipeline.bridge import find_coroutine, mark_coroutine
from ..pipeline.drive import Step
from .depends import Dependencies, ReadParameters, note_error
from .faults import Fault
from .problems import InvalidRequest, render_problem
from .results import Encode
from .signature import Signature

#: Sources that are not read here: what is passed on, and what other functions return.
NOT_READ = frozenset({"url", "depends"})


class Operation:
    """Hold what one function that answers requests was compiled to.

    Args:
        signature: What the function asks for.
        read: Reads its parameters.
        dependencies: What it depends on, or None.
        encode: Turns what it returns into what is sent, or None.
        is_problem: Says of a status whether it is declared to be a problem.
    """

    __slots__ = ("dependencies", "dropped", "encode", "is_problem", "read", "signature")

    def __init__(
        self,
        signature: Signature,
        read: ReadParameters,
        dependencies: Dependencies | None,
        encode: Encode | None,
        is_problem: Callable[[int], bool],
    ) -> None:
        self.signature = signature
        self.read = read
        self.dependencies = dependencies
        self.encode = encode or _keep
        self.is_problem = is_problem
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

    def declare(self, error: HTTPException) -> None:
        """Raise a problem in the place of an error that the view declares as one.

        Args:
            error: The error; it stays as it is, since an application may raise the same one for every request.

        Raises:
            HTTPException: What is answered as the problem.
        """
        if error.response is None and error.code is not None and self.is_problem(error.code):
            declared = type(error).__new__(type(error), *error.args)
            vars(declared).update(vars(error), response=render_problem(error))
            raise declared from error


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
        try:
            prepared = operation.dependencies.prepare(context, values or {}, faults)
            operation.bind(request, arguments, faults)
            if faults:
                # A parameter may be asked for by the view and by what it depends on.
                raise InvalidRequest(list({(fault.where, fault.expected): fault for fault in faults}.values()))
            result = yield from operation.dependencies.call(context, prepared, self.function, arguments)
        except HTTPException as error:
            operation.declare(error)
            raise
        try:
            return operation.encode(result)
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

        if _find_on_loop(self.function) is not None:
            mark_coroutine(choosing_view, choosing_view_on_loop)
        return choosing_view


def _make_view(function: Callable[..., Any], operation: Operation | None) -> Callable[..., Any]:
    """Return a view that binds, calls the function and encodes its result.

    A body may arrive slowly, so it is read where the request is handled, and
    never on the loop that runs the async views of a WSGI process.
    """
    if operation is None:
        return function
    # PERF: 0.4 µs where there is nothing to bind: the request is not made.
    bind = operation.bind if any(each.source not in NOT_READ for each in operation.signature.parameters) else None
    on_loop = _find_on_loop(function)

    def prepare(values: dict[str, Any]) -> None:
        faults: list[Fault] = []
        bind(_current.get_request(), values, faults)  # type: ignore[misc]  # there is something to bind
        if faults:
            raise InvalidRequest(faults)

    def view(**values: Any) -> Any:
        try:
            if bind is not None:
                prepare(values)
            call = function if on_loop is not function else _current.get_app().ensure_sync(function)
            return operation.encode(call(**values))
        except HTTPException as error:
            operation.declare(error)
            raise

    async def view_on_loop(**values: Any) -> Any:
        try:
            if bind is not None:
                prepare(values)
            return operation.encode(await on_loop(**values))
        except HTTPException as error:
            operation.declare(error)
            raise

    if on_loop is not None:
        mark_coroutine(view, view_on_loop)
    return view


def _find_on_loop(function: Callable[..., Any]) -> Any:
    """Return the coroutine function that a view is or stands for, or None."""
    return function if inspect.iscoroutinefunction(function) else find_coroutine(function)


def _keep(value: Any) -> Any:
    return value


def _find_untaken(function: Callable[..., Any], names: Collection[str]) -> set[str]:
    """Return those names that a function cannot be called with."""
    parameters = inspect.signature(function).parameters
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    return set() if takes_all else set(names).difference(parameters)
