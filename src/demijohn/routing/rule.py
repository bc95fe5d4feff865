"""Keep rules cheap until they are needed: rule and map classes.

A `Rule` reads its text when it is added to a `Map` and raises the mistakes in it then;
Werkzeug's compiler runs only for who asks for what it makes. The `Map` searches the
tree of this package. To everyone else both answer as Werkzeug's own classes do.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, Final

from werkzeug import routing
from werkzeug.routing import BaseConverter, RuleFactory, StateMachineMatcher

from .pattern import Pattern, read, read_static
from .search import search
from .tree import Node, plant

# What Werkzeug's compiler sets on a rule.
_COMPILED: Final = frozenset({"_trace", "_parts", "_converters", "_build", "_build_unknown"})
# Settings of a map that change what is matched or built.
_SETTINGS: Final = frozenset(
    {
        "converters",
        "default_subdomain",
        "host_matching",
        "merge_slashes",
        "redirect_defaults",
        "sort_key",
        "sort_parameters",
        "strict_slashes",
    }
)


class Rule(routing.Rule):
    """Describe one URL pattern, as Werkzeug's rule does; compile it late.

    Attributes:
        pattern: The parts of the rule as the matcher uses them; None while the rule is
            unbound, and for a rule of a shape that Werkzeug has compiled at once.
        stream: Whether the view reads the body itself, piece by piece.
        serves_socket: Whether the view is the handler of a WebSocket.
    """

    pattern: Pattern | None = None

    def __init__(
        self, string: str, *args: Any, stream: bool = False, serves_socket: bool = False, **options: Any
    ) -> None:
        super().__init__(string, *args, **options)
        self.stream = stream
        self.serves_socket = serves_socket

    def get_empty_kwargs(self) -> dict[str, Any]:
        """Return the arguments of a copy of this rule."""
        return {**super().get_empty_kwargs(), "stream": self.stream, "serves_socket": self.serves_socket}

    def compile(self) -> None:
        """Read the rule's text for the map it is bound to.

        Raises:
            LookupError: The rule names a converter that the map does not have.
            ValueError: The text is malformed.
            SyntaxError: Two variables have the same name.
        """
        self.pattern = None
        pattern = self._read() if isinstance(self.map, Map) else None
        if pattern is None:
            super().compile()
            return
        self.arguments.update(pattern.converters)
        for name in _COMPILED:
            self.__dict__.pop(name, None)
        self.pattern = pattern

    def get_converter(
        self, variable_name: str, converter_name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> BaseConverter:
        """Look up the converter of a variable.

        Args:
            variable_name: The variable.
            converter_name: The name under which the map knows the converter.
            args: Passed to the converter.
            kwargs: Passed to the converter.

        Returns:
            A new converter, or the one that the rule has already.

        Raises:
            LookupError: The map has no such converter.
        """
        pattern = self.pattern
        if pattern is not None and variable_name in pattern.converters:
            return pattern.converters[variable_name]
        return super().get_converter(variable_name, converter_name, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name not in _COMPILED or self.pattern is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
        self._complete()
        return self.__dict__[name]

    def _read(self) -> Pattern | None:
        """Read the text here, or give None when it is left to Werkzeug."""
        kind = type(self)
        if kind.get_converter is not Rule.get_converter or kind._parse_rule is not routing.Rule._parse_rule:
            return None
        domain = (self.host if self.map.host_matching else self.subdomain) or ""
        if "<" in domain or "/" in domain:
            return None
        if "<" not in self.rule:
            return read_static(domain, self.rule)
        pattern = read(domain, self.rule, self.get_converter)
        if pattern is not None and self.defaults and not pattern.converters.keys().isdisjoint(self.defaults):
            # Werkzeug builds such a variable's text at once, and the converter may refuse.
            return None
        return pattern

    def _complete(self) -> None:
        """Run Werkzeug's compiler, aside, so that nobody sees half of its work."""
        twin = copy.copy(self)
        routing.Rule.compile(twin)
        made = {name: vars(twin)[name] for name in _COMPILED}
        for name in ("_build", "_build_unknown"):
            made[name] = made[name].__func__.__get__(self)
        vars(self).update(made)


class Map(routing.Map):
    """Hold rules, as `werkzeug.routing.Map` does, and search them in a tree.

    Attributes:
        revision: Grows whenever rules or settings change.
    """

    revision: int = 0

    def __init__(
        self,
        rules: Iterable[RuleFactory] | None = None,
        default_subdomain: str = "",
        strict_slashes: bool = True,
        merge_slashes: bool = True,
        redirect_defaults: bool = True,
        converters: Mapping[str, type[BaseConverter]] | None = None,
        sort_parameters: bool = False,
        sort_key: Callable[[Any], Any] | None = None,
        host_matching: bool = False,
    ) -> None:
        """Make a map.

        Args:
            rules: The rules to begin with.
            default_subdomain: The subdomain of rules that do not name one.
            strict_slashes: Whether a missing slash at the end leads to a redirect.
            merge_slashes: Whether repeated slashes lead to a redirect.
            redirect_defaults: Whether the rule with the matching defaults is preferred.
            converters: Converters by name, besides the built-in ones.
            sort_parameters: Whether the parameters of a built URL are sorted.
            sort_key: What they are sorted by.
            host_matching: Whether rules are told apart by the whole host.
        """
        self._table = _RuleTable(merge_slashes)
        super().__init__(
            None,
            default_subdomain,
            strict_slashes,
            merge_slashes,
            redirect_defaults,
            converters,
            sort_parameters,
            sort_key,
            host_matching,
        )
        self._matcher = self._table
        for factory in rules or ():
            self.add(factory)

    def grow_tree(self) -> Node:
        """Give the tree of all rules, which is built anew after each change."""
        return self._table.grow()

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "host_matching" and value is not vars(self).get(name, value):
            # Rules keep the host or subdomain that they were added with.
            for rule in self._table.rules:
                getattr(rule, "_parts", None)
        super().__setattr__(name, value)
        if name in _SETTINGS or (name == "_remap" and value):
            self.revision += 1
            self._table.forget()


class _RuleTable(StateMachineMatcher):
    """Stand where a map keeps its matcher, and search the tree of this package."""

    def __init__(self, merge_slashes: bool) -> None:
        super().__init__(merge_slashes)
        self.rules: list[routing.Rule] = []
        self._grown: Node | None = None
        self._lock = threading.Lock()

    def add(self, rule: routing.Rule) -> None:
        with self._lock:
            self.rules.append(rule)
            self._grown = None

    def update(self) -> None:
        """Do nothing: the tree is always in order."""

    def match(
        self, domain: str, path: str, method: str, websocket: bool
    ) -> tuple[routing.Rule, MutableMapping[str, Any]]:
        return search(self.grow(), self.merge_slashes, domain, path, method, websocket)

    def forget(self) -> None:
        """Let the next search build a new tree."""
        with self._lock:
            self._grown = None

    def grow(self) -> Node:
        grown = self._grown
        while grown is None:
            count = len(self.rules)
            grown = plant(self.rules[:count])
            with self._lock:
                if count == len(self.rules):
                    self._grown = grown
                else:
                    grown = None
        return grown
