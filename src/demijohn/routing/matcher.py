"""Find the rule for a path in the shortest time that the rule set allows.

A `Matcher` is built once from a map and answers the usual request by itself. What needs
a redirect, a list of allowed methods or an error other than "not found" it hands back as
`ASK`, and `MapAdapter.match` gives the answer. Building URLs is not done here.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias

from werkzeug.routing import (
    BaseConverter,
    IntegerConverter,
    Map,
    NoMatch,
    RoutingException,
    Rule,
    StateMachineMatcher,
    ValidationError,
)

from .pattern import converters_of
from .search import search
from .tree import Extra, Goal, Node, graft


class Verdict(enum.Enum):
    """Tell why a matcher did not name a rule."""

    NOT_FOUND = "not found"
    ASK = "ask"


NOT_FOUND: Final = Verdict.NOT_FOUND
ASK: Final = Verdict.ASK
Match: TypeAlias = tuple[Rule, dict[str, Any]]
Answer: TypeAlias = Match | Literal[Verdict.NOT_FOUND, Verdict.ASK]


class Matcher:
    """Find rules by path, for the rules that a map has now.

    Attributes:
        needs_host: Whether the subdomain or host decides between rules. When it is
            False, `find` may still be given one: it then has to be the default one.
        static: The rules of plain paths, by method and path. A hit is final: `find`
            would answer `(rule, {})` for the default domain and no WebSocket. A miss
            says nothing. It is empty when `needs_host` is True.
    """

    def __init__(self, url_map: Map) -> None:
        """Build the matcher.

        Args:
            url_map: Any map; what it is told later needs another matcher. A map that
                binds or searches in its own way gets `ASK` for every answer.
        """
        self._map = url_map
        self._root = _root_of(url_map)
        self._domain = "" if url_map.host_matching else url_map.default_subdomain
        self._home = None if url_map.host_matching else self._find_domain(self._domain)
        self.needs_host = url_map.host_matching or self._root is None or _has_other_domain(self._root, self._domain)
        self.static: dict[str, dict[str, Rule]] = {}
        if not self.needs_host and self._home is not None:
            _tabulate(self._home.static[""], "", self.static)

    def find(self, method: str, path: str, host: str | None = None, websocket: bool = False) -> Answer:
        """Find the rule for a request.

        Args:
            method: The method, in capitals.
            path: The decoded path, as in `request.path`.
            host: The subdomain that the adapter is bound to, or the host when the map
                matches hosts. None stands for the default subdomain.
            websocket: Whether the request opens a WebSocket.

        Returns:
            The rule and a new dictionary of its values; `NOT_FOUND` where Werkzeug
            raises a plain `NotFound`; `ASK` where the adapter has to be asked. What a
            converter raises, other than `ValidationError`, is let through.
        """
        node = self._home if host is None else self._find_domain(host)
        if node is None or websocket or "//" in path:
            return self._decide(method, path, host, websocket)
        values: list[str] = []
        parts = iter(path.split("/"))
        for part in parts:
            static = node.static
            if part in static:
                node = static[part]
                continue
            accept = node.accept
            if accept is not None and accept(part):
                values.append(part)
                node = node.next
                continue
            following = _step(node, part, parts, values)
            if following is None:
                is_lost = part and path[0] == "/" and len(node.steps) < 2 and not node.has_detour()
                return self._miss(bool(is_lost), method, path, host)
            node = following
        goals = node.goals
        if method not in goals:
            return self._find_at(node, method, path, host)
        rule, fill, extra = goals[method]
        args: dict[str, Any] = {}
        index = 0
        try:
            for name, convert in fill:
                args[name] = values[index] if convert is None else convert(values[index])
                index += 1
        except ValueError as error:
            # A rule that was passed over makes this "method not allowed"; and where `int`
            # refuses thousands of digits, the converter has to say what that means.
            is_lost = isinstance(error, ValidationError) and node.rules[0] is rule
            return self._miss(is_lost, method, path, host)
        return (rule, args) if extra is None else _add_extra(rule, args, extra)

    def _find_at(self, node: Node, method: str, path: str, host: str | None) -> Answer:
        """Answer at the end of a path for which nothing is noted yet, or never will be."""
        if not node.is_prepared:
            self._prepare(node)
            return self.find(method, path, host)
        is_lost = not node.rules and "" not in node.static and not node.has_detour()
        return self._miss(is_lost, method, path, host)

    def _miss(self, is_lost: bool, method: str, path: str, host: str | None) -> Answer:
        """Answer for a path that the short way has not led to a rule."""
        return NOT_FOUND if is_lost else self._decide(method, path, host, False)

    def _find_domain(self, host: str) -> Node | None:
        return self._root.static.get(host) if self._root is not None else None

    def _decide(self, method: str, path: str, host: str | None, websocket: bool) -> Answer:
        """Search completely, and say which answers only the adapter can give."""
        if self._root is None or (host is None and self._map.host_matching):
            return ASK
        path = "/" + path.lstrip("/") if path else ""
        domain = self._domain if host is None else host
        try:
            rule, args = search(self._root, self._map.merge_slashes, domain, path, method, websocket)
        except NoMatch as error:
            return ASK if error.have_match_for or error.websocket_mismatch else NOT_FOUND
        except RoutingException:
            return ASK
        if rule.redirect_to is not None or _is_trapped(args, _find_traps(self._map, rule)):
            return ASK
        return rule, args

    def _prepare(self, node: Node) -> None:
        """Note at a node what each method leads to."""
        goals: dict[str, Goal] = {}
        passed: set[str] = set()
        for rule in node.rules:
            if rule.websocket:
                continue
            if rule.methods is None:
                # Any method ends here, and a dictionary cannot say "any".
                break
            for method in rule.methods - passed:
                passed.add(method)
                if _is_plain(rule):
                    goals[method] = _make_goal(self._map, rule)
        node.goals = goals
        node.is_prepared = True


def _root_of(url_map: Map) -> Node | None:
    """Give the tree of a map, or None when the map has ways of its own."""
    kind = type(url_map)
    if kind.bind is not Map.bind or kind.bind_to_environ is not Map.bind_to_environ:
        return None
    grow = getattr(url_map, "grow_tree", None)
    if grow is not None:
        root: Node = grow()
        return root
    url_map.update()
    own = url_map._matcher
    return graft(own._root) if type(own) is StateMachineMatcher else None


def _step(node: Node, part: str, parts: Iterator[str], values: list[str]) -> Node | None:
    """Take the first step that accepts the part, or None when a search is needed."""
    for step in node.steps:
        if step.dynamic.final:
            # The rest is read once; with a step left to try after that, only a search helps.
            read = step.read("/".join((part, *parts))) if step is node.steps[-1] else None
            if read is None:
                return None
            values += read[0]
            return step.node.static.get("") if read[1] else step.node
        read = step.read(part)
        if read is not None:
            values += read[0]
            return step.node
    return None


def _add_extra(rule: Rule, args: dict[str, Any], extra: Extra) -> Answer:
    """Add the defaults, and ask where Werkzeug redirects for the sake of other ones."""
    args.update(extra.defaults)
    return ASK if _is_trapped(args, extra.traps) else (rule, args)


def _is_plain(rule: Rule) -> bool:
    """Tell whether reaching the rule always ends the matching."""
    if rule.redirect_to is not None:
        return False
    return not (rule.alias and rule.map.redirect_defaults)


def _make_goal(url_map: Map, rule: Rule) -> Goal:
    converters = converters_of(rule)
    fill = tuple((name, _conversion_of(converter)) for name, converter in converters.items())
    traps = _find_traps(url_map, rule)
    return Goal(rule, fill, Extra(rule.defaults or {}, traps) if rule.defaults or traps else None)


def _conversion_of(converter: BaseConverter) -> Callable[[str], Any] | None:
    """Give the shortest way to a converter's value; None when it is the text itself."""
    if "to_python" not in vars(converter):
        kind = type(converter)
        if kind.to_python is BaseConverter.to_python:
            return None
        if isinstance(converter, IntegerConverter) and kind is IntegerConverter:
            bounds = (converter.min, converter.max)
            return int if bounds == (None, None) and not converter.fixed_digits else converter.to_python
    return converter.to_python


def _find_traps(url_map: Map, rule: Rule) -> tuple[Mapping[str, Any], ...]:
    """List the defaults of the rules to which Werkzeug may redirect from this one."""
    if not url_map.redirect_defaults:
        return ()
    others = url_map._rules_by_endpoint.get(rule.endpoint, ())
    return tuple(
        other.defaults
        for other in others
        if other is not rule and other.defaults and not other.build_only and other.arguments == rule.arguments
    )


def _is_trapped(args: Mapping[str, Any], traps: Iterable[Mapping[str, Any]]) -> bool:
    return any(all(name in args and args[name] == value for name, value in trap.items()) for trap in traps)


def _has_other_domain(root: Node, domain: str) -> bool:
    return bool(root.steps) or any(text != domain for text in root.static)


def _tabulate(node: Node, path: str, tables: dict[str, dict[str, Rule]]) -> None:
    """Enter the plain paths at and below a node into the tables."""
    # Werkzeug strips repeated slashes in front, so such a rule is never reached.
    if not path.startswith("//"):
        settled: set[str] = set()
        for rule in node.rules:
            if rule.websocket:
                continue
            if rule.methods is None:
                break
            if _is_plain(rule) and not rule.defaults:
                for method in rule.methods - settled:
                    tables.setdefault(method, {})[path] = rule
            settled |= rule.methods
    for text, child in node.static.items():
        _tabulate(child, f"{path}/{text}", tables)
