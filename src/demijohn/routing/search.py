"""Search a tree of rules, with every answer that Werkzeug gives.

This is the complete search: it turns back from dead ends, notices missing and repeated
slashes, and collects the methods that would have been allowed. The matcher has a
shorter way for the usual case and comes here for all others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from werkzeug.routing import NoMatch, RequestAliasRedirect, RequestPath, Rule, ValidationError

from .pattern import converters_of
from .tree import Node

_REPEATED_SLASHES = re.compile("/{2,}")


class _SlashMissingError(Exception):
    """Say that the path would have matched with a slash at its end."""


def search(
    root: Node, merge_slashes: bool, domain: str, path: str, method: str, websocket: bool
) -> tuple[Rule, dict[str, Any]]:
    """Find the rule for a path and the values in the path.

    Args:
        root: The tree to search.
        merge_slashes: Whether a path with repeated slashes may lead to a redirect.
        domain: The subdomain, or the host when the map matches hosts.
        path: The decoded path, with one slash at its beginning, or empty.
        method: The method, in capitals.
        websocket: Whether the request opens a WebSocket.

    Returns:
        The rule, and the values of its variables and defaults.

    Raises:
        RequestPath: The path has to be asked for with other slashes.
        RequestAliasRedirect: The rule is an alias of another one.
        NoMatch: There is no rule, or none for this method or kind of connection.
    """
    climb = _Climb(method, websocket)
    try:
        found = climb.descend(root, [domain, *path.split("/")], 0, [])
    except _SlashMissingError:
        raise RequestPath(f"{path}/") from None
    if found is None and merge_slashes and "//" in path:
        merged = _REPEATED_SLASHES.sub("/", path)
        try:
            second = climb.descend(root, [domain, *merged.split("/")], 0, [])
        except _SlashMissingError:
            raise RequestPath(f"{merged}/") from None
        if second is not None and second[0].merge_slashes is not False:
            raise RequestPath(merged)
    if found is None:
        raise NoMatch(climb.allowed, climb.mismatch)
    return _finish(climb, *found)


def _finish(climb: _Climb, rule: Rule, values: list[str]) -> tuple[Rule, dict[str, Any]]:
    """Convert the values and add the rule's defaults."""
    args: dict[str, Any] = {}
    for (name, converter), value in zip(converters_of(rule).items(), values, strict=False):
        try:
            args[name] = converter.to_python(value)
        except ValidationError:
            raise NoMatch(climb.allowed, climb.mismatch) from None
    if rule.defaults:
        args.update(rule.defaults)
    if rule.alias and rule.map.redirect_defaults:
        raise RequestAliasRedirect(args, rule.endpoint)
    return rule, args


class _Climb:
    """Walk the tree for one request, and remember what stood in the way."""

    __slots__ = ("allowed", "method", "mismatch", "websocket")

    def __init__(self, method: str, websocket: bool) -> None:
        self.method = method
        self.websocket = websocket
        self.allowed: set[str] = set()
        self.mismatch = False

    def descend(self, node: Node, parts: list[str], index: int, values: list[str]) -> tuple[Rule, list[str]] | None:
        """Find the first rule at or below a node, static parts before dynamic ones."""
        if index == len(parts):
            rule = self._choose(node.rules) or self._choose_slashed(node)
            return None if rule is None else (rule, values)
        part = parts[index]
        child = node.static.get(part)
        if child is not None:
            found = self.descend(child, parts, index + 1, values)
            if found is not None:
                return found
        for step in node.steps:
            final = step.dynamic.final
            read = step.read("/".join(parts[index:]) if final else part)
            if read is None:
                continue
            more = values + read[0]
            if final:
                found = self.descend(step.node, read[1], 0, more)
            else:
                found = self.descend(step.node, parts, index + 1, more)
            if found is not None:
                return found
        if part == "" and index == len(parts) - 1:
            rule = self._choose([rule for rule in node.rules if not rule.strict_slashes])
            return None if rule is None else (rule, values)
        return None

    def _choose(self, rules: Iterable[Rule]) -> Rule | None:
        """Take the first rule for the method and the kind of connection."""
        for rule in rules:
            if rule.methods is not None and self.method not in rule.methods:
                self.allowed.update(rule.methods)
            elif rule.websocket != self.websocket:
                self.mismatch = True
            else:
                return rule
        return None

    def _choose_slashed(self, node: Node) -> Rule | None:
        """Take the first rule that has a further slash, if that slash may be left out."""
        branch = node.static.get("")
        for rule in branch.rules if branch is not None else ():
            if rule.websocket == self.websocket and (rule.methods is None or self.method in rule.methods):
                if rule.strict_slashes:
                    raise _SlashMissingError
                return rule
        return None
