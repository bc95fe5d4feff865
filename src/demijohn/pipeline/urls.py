"""Add rules to the URL map, and build URLs from it.

Here lives what `Flask.add_url_rule` and `Flask.url_for` do; matching is in
`plan`, the compiled matcher and builders are in `routing`.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from werkzeug.routing import BuildError
from werkzeug.wsgi import get_host

from .. import _current
from ..request import split_blueprint_path
from .plan import Plan, find_plan

if TYPE_CHECKING:
    from werkzeug.routing import MapAdapter

    from ..typing import AppLike, RouteCallable

#: What may stand in a fragment as it is (RFC 3986, section 3.5), and "%".
_FRAGMENT_SAFE = "%!#$&'()*+,/:;=?@"

_NO_ADAPTER = (
    "A URL cannot be built outside of a request unless the configuration says where the"
    " application is reachable. Set 'SERVER_NAME', and 'APPLICATION_ROOT' and"
    " 'PREFERRED_URL_SCHEME' as needed."
)


def add_rule(
    app: AppLike,
    rule: str,
    endpoint: str,
    view: RouteCallable | None,
    automatic_options: bool | None,
    options: dict[str, Any],
) -> None:
    """Add a rule to the URL map and its view to the table of views.

    Args:
        app: The application.
        rule: The URL, with variables.
        endpoint: The endpoint.
        view: The view, or None where it is registered apart.
        automatic_options: Whether OPTIONS is answered without the view;
            None has the view and the configuration decide.
        options: Options of the rule class.

    Raises:
        TypeError: The methods are one string.
        AssertionError: The endpoint has another view already.
    """
    methods = options.pop("methods", None)
    if methods is None:
        methods = getattr(view, "methods", None) or ("GET",)
    if isinstance(methods, str):
        raise TypeError(
            f"The methods of a rule must be a list of strings, but they are {methods!r}. Write methods=[{methods!r}]."
        )
    allowed = {method.upper() for method in methods}
    required: set[str] = set(getattr(view, "required_methods", ()))
    if automatic_options is None:
        automatic_options = getattr(view, "provide_automatic_options", None)
    if automatic_options is None:
        automatic_options = "OPTIONS" not in allowed and app.config["PROVIDE_AUTOMATIC_OPTIONS"]
        if automatic_options:
            required.add("OPTIONS")
    compiled = app.url_rule_class(rule, endpoint=endpoint, methods=allowed | required, **options)
    compiled.provide_automatic_options = automatic_options
    app.url_map.add(compiled)
    if view is None:
        return
    known = app.view_functions.get(endpoint)
    if known is not None and known != view:
        raise AssertionError(
            f"The rule {rule!r} gives the endpoint {endpoint!r} another view function:"
            f" it has {known!r} already. Give one of the two another endpoint, or use"
            " functools.wraps in a decorator that returns a new function."
        )
    app.view_functions[endpoint] = view


def find_arguments_and_methods(app: AppLike, endpoint: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the variables and the methods of all rules of an endpoint."""
    arguments: set[str] = set()
    methods: set[str] = set()
    for rule in app.url_map._rules_by_endpoint.get(endpoint, ()):
        arguments |= rule.arguments
        methods |= rule.methods or set()
    return frozenset(arguments), frozenset(methods)


def create_adapter(app: AppLike, request: Any) -> MapAdapter | None:
    """Return Werkzeug's adapter for a request, or for the configuration.

    Args:
        app: The application.
        request: The request, or None outside of one.

    Returns:
        The adapter; None outside of a request without `SERVER_NAME`.

    Raises:
        HTTPException: The host is not a trusted or not a valid one.
    """
    url_map = app.url_map
    config = app.config
    if request is None:
        if config["SERVER_NAME"] is None:
            return None
        adapter: MapAdapter = url_map.bind(
            config["SERVER_NAME"],
            script_name=config["APPLICATION_ROOT"],
            url_scheme=config["PREFERRED_URL_SCHEME"],
        )
        return adapter
    if config["TRUSTED_HOSTS"] is not None:
        request.trusted_hosts = config["TRUSTED_HOSTS"]
    request.host = get_host(request.environ, request.trusted_hosts)
    server_name = None if url_map.host_matching else config["SERVER_NAME"]
    subdomain = None
    if not url_map.host_matching and not app.subdomain_matching:
        # Werkzeug has no switch for subdomains: naming one turns matching off.
        subdomain = url_map.default_subdomain or ""
    elif server_name is not None and not _is_below(request.host, server_name, request.scheme):
        warnings.warn_explicit(
            f"Current server name {request.host!r} doesn't match configured server name {server_name!r}",
            UserWarning,
            filename=__file__,
            lineno=1,
            # What filters for Flask's warning look for; its own text is Werkzeug's.
            module="flask.app",
        )
        subdomain = "<invalid>"
    bound: MapAdapter = url_map.bind_to_environ(request.environ, server_name=server_name, subdomain=subdomain)
    return bound


def _is_below(host: str, server_name: str, scheme: str) -> bool:
    """Say whether a host is the configured one or a subdomain of it."""
    port = {"http": ":80", "ws": ":80", "https": ":443", "wss": ":443"}.get(scheme, ":")
    name = server_name.lower().removesuffix(port)
    return host.lower() == name or host.lower().endswith(f".{name}")


def build_url(
    app: AppLike,
    endpoint: str,
    anchor: str | None,
    method: str | None,
    scheme: str | None,
    external: bool | None,
    values: dict[str, Any],
) -> str:
    """Return the URL of an endpoint; see `helpers.url_for`.

    Args:
        app: The application.
        endpoint: The endpoint.
        anchor: What follows the "#".
        method: The method that the rule has to take.
        scheme: The URL's scheme.
        external: Whether scheme and host are part of it.
        values: The rule's variables.

    Raises:
        RuntimeError: There is neither a request nor a `SERVER_NAME`.
        ValueError: A scheme was given for a URL without one.
    """
    context = _current.find_request_context()
    if external is None:
        external = context is None or scheme is not None
    if context is not None and endpoint[:1] == ".":
        blueprint = context.request.blueprint
        endpoint = f"{blueprint or ''}{endpoint}".removeprefix(".")
    if scheme is not None and not external:
        raise ValueError(
            f"A URL with _scheme={scheme!r} needs _external=True, since a scheme can only be"
            " shown together with a host."
        )
    outer = _find_outer_adapter(app) if context is None else None
    plan = find_plan(app)
    if plan.overrides.inject_url_defaults is not None or app.url_default_functions:
        app.inject_url_defaults(endpoint, values)
    try:
        url = None if external or context is None else _build_path(plan, context, endpoint, method, values)
        if url is None:
            # A host that is not valid leaves no adapter, and the request no view to call this.
            adapter = cast("MapAdapter", outer if context is None else context.url_adapter)
            url = adapter.build(endpoint, values, method=method, url_scheme=scheme, force_external=external)
    except BuildError as error:
        values.update(_anchor=anchor, _method=method, _scheme=scheme, _external=external)
        replaced: str = app.handle_url_build_error(error, endpoint, values)
        return replaced
    return url if anchor is None else f"{url}#{quote(anchor, safe=_FRAGMENT_SAFE)}"


def _find_outer_adapter(app: AppLike) -> MapAdapter:
    """Return the adapter of the configuration, for URLs outside of requests."""
    frame = _current.find_app_context()
    adapter: MapAdapter | None = app.create_url_adapter(None) if frame is None else frame.url_adapter
    if adapter is None:
        raise RuntimeError(_NO_ADAPTER)
    return adapter


def _build_path(plan: Plan, context: Any, endpoint: str, method: str | None, values: dict[str, Any]) -> str | None:
    """Return a URL without scheme and host, or None to have the adapter build it.

    PERF: 1.5 µs by the compiled builder, 9 µs by the adapter, which has to
    be made for the request first.
    """
    if plan.app is not context.app or plan.asks_adapter or context.has_adapter:
        return None
    request = context.request
    domain = plan.app.url_map.default_subdomain
    url = plan.build_url(
        endpoint, values, method, request.root_path or "/", subdomain=domain, default_method=request.method
    )
    # One for another subdomain names its host, which only the adapter knows.
    return url if url is not None and url[0] == "/" else None


def inject_defaults(app: AppLike, endpoint: str, values: dict[str, Any]) -> None:
    """Let the registered functions add values for a URL to be built."""
    names: list[str | None] = [None]
    if "." in endpoint:
        names += reversed(split_blueprint_path(endpoint.rpartition(".")[0]))
    for name in names:
        if name in app.url_default_functions:
            for function in app.url_default_functions[name]:
                function(endpoint, values)


def handle_build_error(app: AppLike, last: BuildError, endpoint: str, values: dict[str, Any]) -> str:
    """Return what the first handler makes of a URL that was not built.

    Args:
        app: The application.
        last: The error so far.
        endpoint: The endpoint.
        values: All that `url_for` was given.

    Raises:
        BuildError: No handler returned a URL.
    """
    for handler in app.url_build_error_handlers:
        try:
            url: str | None = handler(last, endpoint, values)
        except BuildError as error:
            last = error
        else:
            if url is not None:
                return url
    raise last
