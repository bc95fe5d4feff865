"""Build URLs without an adapter, where the rules are plain.

A `Builder` knows rules without defaults, variables in the domain or WebSockets, on a map
that does not match hosts. For all others, and for mistakes, it gives None, and
`MapAdapter.build` does the work or raises the right `BuildError`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeGuard
from urllib.parse import quote

from werkzeug import routing
from werkzeug.routing import BaseConverter, IntegerConverter, ValidationError

from .pattern import texts_of
from .rule import Map, Rule

# What RFC 3986 allows in a path, besides what is always safe.
_SAFE: Final = "!$&'()*+,/:;=@"
_is_safe: Final = re.compile(r"[A-Za-z0-9_.~!$&'()*+,/:;=@-]*").fullmatch

Write = Callable[[Any], str]


class _Route(NamedTuple):
    """Hold what building from one rule needs."""

    rule: Rule
    domain: str
    template: str
    writers: tuple[tuple[str, Write], ...]


class Builder:
    """Build URLs from the rules of a map, one compiled endpoint at a time."""

    def __init__(self, url_map: routing.Map) -> None:
        """Make a builder; an endpoint is compiled when it is first asked for.

        Args:
            url_map: Any map; all answers are None when it is not one of this package
                or binds its adapters in its own way.
        """
        self._map = url_map if _is_known(url_map) else None
        self._revision = -1
        self._routes: dict[Any, tuple[_Route, ...]] = {}

    def build(
        self,
        endpoint: Any,
        values: Mapping[str, Any],
        method: str | None = None,
        script_name: str = "/",
        server_name: str = "",
        subdomain: str = "",
        url_scheme: str = "http",
        force_external: bool = False,
        append_unknown: bool = True,
        default_method: str = "GET",
    ) -> str | None:
        """Build a URL as an adapter with the same settings does.

        Args:
            endpoint: The endpoint.
            values: The values of the variables; others become the query string. None
                counts as not given.
            method: Only rules for this method are taken, when there is one.
            script_name: The path under which the app is mounted.
            server_name: The host that the adapter is bound to.
            subdomain: The subdomain that the adapter is bound to.
            url_scheme: The scheme of a URL with a host; empty for one without.
            force_external: Whether the URL names the host in any case.
            append_unknown: Whether other values become the query string.
            default_method: The method that is preferred when `method` is None.

        Returns:
            The URL, or None when the adapter has to be asked, which is also the one to
            raise what is wrong with the values.
        """
        url_map = self._map
        if url_map is None or type(values) is not dict:
            return None
        if self._revision != url_map.revision:
            self._routes, self._revision = {}, url_map.revision
        routes = self._routes.get(endpoint)
        if routes is None:
            routes = self._routes[endpoint] = _compile(url_map, endpoint)
        try:
            built = _fill_first(routes, values, method or default_method, append_unknown)
            if built is None and method is None:
                built = _fill_first(routes, values, None, append_unknown)
        except Exception:
            # A missing value counts before a wrong one, and a wrong parameter before both:
            # the adapter raises the one that users are to see.
            return None
        if built is None:
            return None
        domain, path = built
        if not force_external and domain == subdomain:
            return f"{script_name.rstrip('/')}/{path}"
        host = f"{domain}.{server_name}" if domain else server_name
        scheme = f"{'https' if url_scheme in ('https', 'wss') else 'http'}:" if url_scheme else ""
        prefix = script_name.removesuffix("/")
        return f"{scheme}//{host}{prefix}/{path}"


def _fill_first(
    routes: tuple[_Route, ...], values: dict[str, Any], method: str | None, append_unknown: bool
) -> tuple[str, str] | None:
    """Give domain and path of the first rule that the method and the values suit."""
    for route in routes:
        methods = route.rule.methods
        if method is not None and methods is not None and method not in methods:
            continue
        path = _fill(route, values, append_unknown)
        if path is not None:
            return route.domain, path
    return None


def _fill(route: _Route, values: dict[str, Any], append_unknown: bool) -> str | None:
    """Write the values into a rule's path, or give None when one is missing."""
    texts: list[str] = []
    try:
        for name, write in route.writers:
            value = values.get(name)
            if value is None:
                return None
            texts.append(write(value))
    except ValidationError:
        return None
    path = route.template.format(*texts).lstrip("/")
    if len(values) > len(texts) and append_unknown:
        arguments = route.rule.arguments
        unknown = {name: value for name, value in values.items() if value is not None and name not in arguments}
        query = route.rule._encode_query_vars(unknown) if unknown else ""
        if query:
            return f"{path}?{query}"
    return path


def _is_known(url_map: routing.Map) -> TypeGuard[Map]:
    kind = type(url_map)
    known = (routing.Map.bind, routing.Map.bind_to_environ)
    return isinstance(url_map, Map) and (kind.bind, kind.bind_to_environ) == known


def _compile(url_map: Map, endpoint: Any) -> tuple[_Route, ...]:
    """Prepare the rules of an endpoint; empty when one of them is not plain."""
    # This puts the rules into the order in which they are tried.
    url_map.update()
    rules = url_map._rules_by_endpoint.get(endpoint, [])
    if url_map.host_matching:
        return ()
    routes: list[_Route] = []
    for rule in rules:
        route = _plan(rule)
        if route is None:
            return ()
        routes.append(route)
    return tuple(routes)


def _plan(rule: routing.Rule) -> _Route | None:
    kind = type(rule)
    if not isinstance(rule, Rule) or rule.pattern is None or rule.defaults or rule.websocket:
        return None
    if kind.build is not Rule.build or kind.suitable_for is not Rule.suitable_for:
        return None
    domain = rule.pattern.parts[0]
    texts = [quote(text, safe=_SAFE) for text in texts_of(rule.rule)]
    writers = tuple((name, _writer_of(converter)) for name, converter in rule.pattern.converters.items())
    return _Route(rule, str(domain), "{}".join(texts), writers)


def _writer_of(converter: BaseConverter) -> Write:
    """Give the shortest way from a value to the text that the converter makes of it."""
    if "to_url" in vars(converter):
        return converter.to_url
    if type(converter).to_url is BaseConverter.to_url:
        return _text_writer(converter.to_url)
    if type(converter) is IntegerConverter and not converter.fixed_digits:
        return _number_writer(converter.to_url)
    return converter.to_url


def _text_writer(to_url: Write) -> Write:
    def write_text(value: Any) -> str:
        return value if type(value) is str and _is_safe(value) else to_url(value)

    return write_text


def _number_writer(to_url: Write) -> Write:
    def write_number(value: Any) -> str:
        return str(value) if type(value) is int else to_url(value)

    return write_number
