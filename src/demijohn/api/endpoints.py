"""List the operations of an application: rules, with their methods.

What nobody calls by hand is left out: static files, WebSockets, rules that
only build URLs, HEAD and OPTIONS that are answered by themselves, and what is
hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from werkzeug.routing import BaseConverter, Rule

from ..pipeline.plan import find_plan
from ..pipeline.urls import find_arguments_and_methods
from ..typing import AppLike
from .depends import walk_dependencies
from .docstrings import Docstring, read_docstring
from .operations import OperationSettings, find_settings
from .paths import read_path
from .schemes import SecurityScheme, find_security
from .signature import Parameter, Signature, read_signature

#: The order of methods in the document; others follow, sorted.
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")


@dataclass(frozen=True, slots=True)
class Description:
    """Hold what a function tells: its signature, docstring and settings."""

    signature: Signature
    #: What it and its dependencies are bound to.
    parameters: tuple[Parameter, ...]
    #: The security schemes that it depends on, with their scopes.
    schemes: tuple[tuple[SecurityScheme[Any], tuple[str, ...]], ...]
    texts: Docstring
    settings: OperationSettings


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Hold one method of one rule."""

    name: str
    method: str
    path: str
    converters: Mapping[str, BaseConverter]
    #: The name of the blueprint that the view belongs to, or None.
    blueprint: str | None
    #: Whether the endpoint has several operations.
    is_shared: bool
    description: Description


def list_endpoints(app: AppLike, hidden: tuple[str, ...]) -> Iterator[Endpoint]:
    """Yield the operations, in the order in which rules were registered.

    Args:
        app: The application.
        hidden: Patterns of endpoints that are left out.

    Yields:
        Each operation.

    Raises:
        SignatureError: A view asks for what cannot be bound.
    """
    # What is bound is found out by sealing, so that the document tells what runs.
    find_plan(app)
    rules = [rule for rule in app.url_map.iter_rules() if _is_listed(app, rule, hidden)]
    described: dict[tuple[str, str], Description] = {}
    for rule in rules:
        methods = _list_methods(app, rule)
        path, converters = read_path(rule)
        for method in methods:
            # One view serves all methods, unless it is a class with one for each.
            key = rule.endpoint, method if hasattr(app.view_functions[rule.endpoint], "view_class") else ""
            if key not in described:
                described[key] = _describe_view(app, rule.endpoint, method)
            description = described[key]
            if not description.settings.hidden:
                blueprint = _find_blueprint(app, rule.endpoint)
                yield Endpoint(rule.endpoint, method, path, converters, blueprint, len(methods) > 1, description)


def describe_function(app: AppLike, signature: Signature, url_arguments: frozenset[str] = frozenset()) -> Description:
    """Return what a function tells.

    Args:
        app: The application.
        signature: The signature of the function.
        url_arguments: The variables of its URL.

    Raises:
        SignatureError: A dependency asks for what cannot be bound.
    """
    parameters = list(signature.parameters)
    schemes: dict[int, tuple[SecurityScheme[Any], tuple[str, ...]]] = {}
    for dependency in walk_dependencies(signature, url_arguments):
        security = find_security(dependency.function)
        if security is None:
            parameters += dependency.parameters
            continue
        scheme, scopes = security
        known = schemes.get(id(scheme), (scheme, ()))[1]
        schemes[id(scheme)] = scheme, (*known, *(scope for scope in scopes if scope not in known))
    return Description(
        signature,
        tuple(parameters),
        tuple(schemes.values()),
        read_docstring(signature.function),
        find_settings(app, signature.function),
    )


def _describe_view(app: AppLike, endpoint: str, method: str) -> Description:
    view = app.view_functions[endpoint]
    url_arguments, _ = find_arguments_and_methods(app, endpoint)
    binding = app._bind_view(endpoint, view)
    signatures = {} if binding is None else binding.signatures
    signature: Signature | None = signatures.get(method, signatures.get(None))
    view_class = getattr(view, "view_class", None)
    if view_class is None:
        return describe_function(app, signature or _read_plain(view), url_arguments)
    name = _find_method_name(view_class, method)
    signature = signature or _read_plain(getattr(view_class, name))
    description = describe_function(app, signature, url_arguments)
    texts = description.texts
    if not texts.summary and name == "dispatch_request":
        texts = read_docstring(view_class)
    # What is said about the class holds where its method says nothing else.
    settings = _fill(_fill(description.settings, find_settings(app, view_class)), find_settings(app, view))
    return replace(description, texts=texts, settings=settings)


def _read_plain(function: Callable[..., Any]) -> Signature:
    """Return the signature of a view that nothing is bound to: its result alone."""
    return Signature(function, (), read_signature(function, frozenset(), is_wrapped=True).result)


def _find_method_name(view_class: Any, method: str) -> str:
    """Return which method of a view class answers an HTTP method."""
    name = method.lower()
    if any(base.__name__ == "MethodView" for base in view_class.__mro__):
        for each in (name, "get" if name == "head" else name):
            if hasattr(view_class, each):
                return each
    return "dispatch_request"


def _fill(settings: OperationSettings, general: OperationSettings) -> OperationSettings:
    changes = {
        name: getattr(general, name)
        for name in OperationSettings.__dataclass_fields__
        if getattr(settings, name) is None and name not in {"summary", "description", "operation_id"}
    }
    return replace(settings, **changes, responses={**general.responses, **settings.responses})


def _is_listed(app: AppLike, rule: Rule, hidden: tuple[str, ...]) -> bool:
    endpoint = rule.endpoint
    if rule.websocket or rule.build_only or rule.redirect_to or rule.alias or endpoint not in app.view_functions:
        return False
    is_static = endpoint == "static" or endpoint.endswith(".static")
    return not is_static and not any(fnmatchcase(endpoint, pattern) for pattern in hidden)


def _list_methods(app: AppLike, rule: Rule) -> list[str]:
    methods = set(rule.methods or METHODS)
    view_class = getattr(app.view_functions[rule.endpoint], "view_class", None)
    if "GET" in methods and not hasattr(view_class, "head"):
        methods.discard("HEAD")
    if getattr(rule, "provide_automatic_options", True):
        methods.discard("OPTIONS")
    known = [method for method in METHODS if method in methods]
    return known + sorted(methods.difference(METHODS))


def _find_blueprint(app: AppLike, endpoint: str) -> str | None:
    name = endpoint.rpartition(".")[0]
    return name if name in app.blueprints else None
