"""Compile a view into one that is given what its annotations ask for.

A view whose annotations ask for nothing is left exactly as it is.  Everything
about a typed one is found out when the application is sealed: where each
parameter comes from, what it depends on, and what its results become.  A
request then walks the list of its parameters, and calls the view with them or
answers with every fault at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from ..json.provider import DefaultJSONProvider
from ..pipeline.plan import is_overridden
from ..typing import AppLike
from .annotations import find_place
from .binding import NOT_READ, Binding, Operation
from .depends import ReadParameters, compile_dependencies
from .faults import Fault
from .models import is_model
from .operations import OperationSettings, find_response, find_settings
from .problems import Problem
from .reading import ABSENT, Read
from .results import compile_result, is_new_to_flask
from .signature import Parameter, Signature, SignatureError, may_bind, read_signature
from .sources import compile_source

#: What a JSON provider writes by.
_JSON_METHODS = ("default", "dumps", "response")


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
    view_class: Any = getattr(function, "view_class", None)
    if view_class is None:
        operation = _compile(app, function, function, arguments)
        return None if operation is None else Binding(function, {}, operation)
    is_wrapped = _is_wrapped(function) or bool(view_class.decorators)
    single = _compile_method(app, function, view_class, "dispatch_request", arguments, is_wrapped=is_wrapped)
    if single is not None:
        return Binding(function, {}, single)
    if not _answers_by_method(view_class):
        return None
    is_called_otherwise = is_wrapped or not _dispatches_plainly(view_class)
    operations = {
        method: _compile_method(
            app, function, view_class, _find_method(view_class, method), arguments, is_wrapped=is_called_otherwise
        )
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
    bound = [parameter for parameter in signature.parameters if parameter.source not in NOT_READ]
    names: dict[str, set[str]] = {}
    for parameter in bound:
        names.setdefault(parameter.source, set()).add(parameter.alias)
    reads = [
        (parameter.name, _read_unless_given(parameter, compile_source(parameter, names[parameter.source])))
        for parameter in bound
    ]

    def read_parameters(request: Any, url_values: Mapping[str, Any], faults: list[Fault]) -> dict[str, Any]:
        values = {}
        for name, read in reads:
            value = read(request, url_values, faults)
            if value is not ABSENT:
                values[name] = value
        return values

    return read_parameters


def _read_unless_given(parameter: Parameter, read: Read) -> Read:
    """Let a body be what a preprocessor of URL values has put in its place, as in Flask."""
    if parameter.source != "body":
        return read
    name = parameter.name

    def read_unless_given(request: Any, url_values: Mapping[str, Any], faults: list[Fault]) -> Any:
        # SECURITY: a variable of the URL is no model, and so does not stand for one.
        if name in url_values and is_model(type(url_values[name])):
            return url_values[name]
        return read(request, url_values, faults)

    return read_unless_given


def _compile(
    app: AppLike, view: Callable[..., Any], function: Callable[..., Any], arguments: frozenset[str], **options: Any
) -> Operation | None:
    if not may_bind(function):
        return None
    signature = _read_signature(app, function, arguments, **options)
    told = [find_settings(app, each) for each in dict.fromkeys([function, view, getattr(view, "view_class", view)])]
    models = [model for settings in told for model in _find_models(settings)]
    if not signature.binds or not (models or _is_asked_for(app, signature)):
        return None
    is_wrapped = options.get("is_wrapped", False) or _is_wrapped(view) or _is_wrapped(function)
    name = getattr(function, "__qualname__", None) or repr(function)
    try:
        encode = compile_result(signature.result, name, models, is_wrapped=is_wrapped)
    except NameError as error:
        if not is_wrapped:
            place = find_place(function)
            raise SignatureError(
                f"{place.file}:{place.line}: `{place.name}`, its result: an annotation in it cannot be resolved"
                f" ({error}). Remedy: define what it names at the top of a module, and not for type checkers alone."
            ) from error
        # It is what a decorator makes of the result that is sent.
        encode = None
    dependencies = compile_dependencies(app, signature, arguments, compile_parameters)
    return Operation(signature, compile_parameters(signature), dependencies, encode, partial(_is_problem, told))


def _read_signature(app: AppLike, function: Callable[..., Any], arguments: frozenset[str], **options: Any) -> Signature:
    """Read a signature; where the application gives views more than the URL has, models without a mark may be that."""
    try:
        return read_signature(function, arguments, **options)
    except SignatureError:
        if not (app.url_value_preprocessors or is_overridden(app, "dispatch_request")):
            raise
        return read_signature(function, arguments, **{**options, "is_wrapped": True})


def _is_asked_for(app: AppLike, signature: Signature) -> bool:
    """Say whether a view could not be one of an application that knows Flask alone.

    Such a view may be annotated with what it returns, and still wants Flask's own JSON.
    """
    if any(parameter.source != "url" for parameter in signature.parameters):
        return True
    provider = app.json
    writes_models = any(
        name in vars(provider) or getattr(type(provider), name, None) is not getattr(DefaultJSONProvider, name)
        for name in _JSON_METHODS
    )
    return not is_overridden(app, "make_response") and is_new_to_flask(signature.result, writes_models=writes_models)


def _compile_method(
    app: AppLike,
    view: Callable[..., Any],
    view_class: Any,
    name: str,
    arguments: frozenset[str],
    *,
    is_wrapped: bool = False,
) -> Operation | None:
    function = getattr(view_class, name, None)
    if function is None:
        return None
    return _compile(app, view, function, arguments, skip_self=True, is_wrapped=is_wrapped)


def _is_wrapped(function: Any) -> bool:
    return hasattr(function, "__wrapped__")


def _dispatches_plainly(view_class: Any) -> bool:
    """Say whether nothing but `MethodView` itself calls the methods of a class."""
    name: str = next(base for base in view_class.__mro__ if "dispatch_request" in vars(base)).__name__
    return name == "MethodView"


def _answers_by_method(view_class: Any) -> bool:
    return any(base.__name__ == "MethodView" for base in view_class.__mro__)


def _find_method(view_class: Any, method: str) -> str:
    name = method.lower()
    return "get" if name == "head" and not hasattr(view_class, "head") else name


def _is_problem(told: list[OperationSettings], status: int) -> bool:
    """Say whether an answer is declared to be a `Problem`."""
    return any(Problem in _list_models(find_response(settings, status)) for settings in told)


def _find_models(settings: OperationSettings) -> list[Any]:
    """Return the types that `@app.responses` names."""
    return [model for answer in settings.responses.values() for model in _list_models(answer)]


def _list_models(answer: Any) -> list[Any]:
    """Return the types in what was told about one answer."""
    parts = answer if isinstance(answer, tuple) else (answer,)
    models = [part.get("model") if isinstance(part, Mapping) else part for part in parts]
    return [model for model in models if model is not None and not isinstance(model, str)]
