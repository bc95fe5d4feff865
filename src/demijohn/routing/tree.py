"""Grow the tree of rules, one level for each part of a path.

A node keeps its static children in a dictionary and its dynamic ones in a list, the
one to try first in front. The tree is built once and never changed afterwards, but for
the regular expressions that are compiled when first needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from werkzeug.routing import Rule
from werkzeug.routing.matcher import State

from .pattern import Dynamic, convert_part, parts_of

# What is compared without a regular expression. Both see a part that has no slash in it;
# `\d` and `isdecimal` stand for the same characters, those of Unicode's category Nd.
_PLAIN_TESTS: Final[Mapping[str, Callable[[str], object]]] = {
    r"(?P<__werkzeug_0>\d+)\Z": str.isdecimal,
    r"(?P<__werkzeug_0>[^/]{1,})\Z": len,
    r"(?P<__werkzeug_0>[^/]+)\Z": len,
}
_GROUP: Final = "__werkzeug_"
# Shared by all that have none: most nodes have no children of one kind, or no goals.
_NO_CHILDREN: Final[dict[str, Node]] = {}
_NO_GOALS: Final[Mapping[str, Goal]] = {}


class Extra(NamedTuple):
    """Hold what few rules need besides the values in the path.

    Attributes:
        defaults: The values that the rule adds.
        traps: Sets of values with which Werkzeug redirects to another rule.
    """

    defaults: Mapping[str, Any]
    traps: tuple[Mapping[str, Any], ...]


class Goal(NamedTuple):
    """Hold what is done when a path has led straight to a rule.

    Attributes:
        rule: The rule.
        fill: The names of its variables in the order of the path, each with what
            converts the text; None where the text is the value.
        extra: What else there is to do, or None.
    """

    rule: Rule
    fill: tuple[tuple[str, Callable[[str], Any] | None], ...]
    extra: Extra | None


class Node:
    """Stand for all paths that begin with the same parts.

    Attributes:
        parent: The node one part earlier; None for the root.
        static: The next node for a part that is plain text.
        steps: The dynamic next parts, in the order in which they are tried.
        rules: The rules that end here, in the order in which they were added.
        accept: The test of the only step, when it needs no regular expression.
        next: The node after that step.
        goals: What the matcher prepared for each method.
        is_prepared: Whether the matcher was here.
    """

    __slots__ = ("_has_detour", "accept", "goals", "is_prepared", "next", "parent", "rules", "static", "steps")

    def __init__(self, parent: Node | None) -> None:
        self.parent = parent
        self.static: dict[str, Node] = _NO_CHILDREN
        self.steps: Sequence[Step] = ()
        self.rules: Sequence[Rule] = ()
        self.accept: Callable[[str], object] | None = None
        self.next: Node = self
        self.goals: Mapping[str, Goal] = _NO_GOALS
        self.is_prepared = False
        self._has_detour: bool | None = None

    def has_detour(self) -> bool:
        """Tell whether a path that came here could also have gone another way."""
        if self._has_detour is None:
            parent = self.parent
            # A dynamic part is only tried after the static ones have failed.
            is_dynamic = parent is not None and any(step.node is self for step in parent.steps)
            others = 0 if parent is None else len(parent.steps) - is_dynamic
            self._has_detour = parent is not None and (others > 0 or parent.has_detour())
        return self._has_detour

    def settle(self, steps: list[Step]) -> None:
        """Take the steps in the order of their weights, and note a lone plain one."""
        self.steps = steps
        steps.sort(key=_weight_of)
        if len(steps) == 1:
            self.next = steps[0].node
            self.accept = steps[0].test


class Step:
    """Lead from a node to the next one by a part that varies."""

    __slots__ = ("_names", "_regex", "dynamic", "node", "test")

    def __init__(self, dynamic: Dynamic, node: Node) -> None:
        self.dynamic = dynamic
        self.node = node
        self.test = None if dynamic.final else _PLAIN_TESTS.get(dynamic.content)
        self._regex: re.Pattern[str] | None = None
        self._names: list[str] = []

    def read(self, text: str) -> tuple[list[str], list[str]] | None:
        """Compare a part of a path, or its whole rest for a final step.

        Args:
            text: The part, or the rest of the path.

        Returns:
            The values in it, and what is left: an empty part where a slash followed
            them, else nothing. None when the text is another one.
        """
        if self.test is not None and "/" not in text:
            return ([text], []) if self.test(text) else None
        regex = self._regex or self._compile()
        found = regex.match(text)
        if found is None:
            return None
        has_slash = self.dynamic.suffixed and found[regex.groups] == "/"
        return [found[name] for name in self._names], [""] if has_slash else []

    def _compile(self) -> re.Pattern[str]:
        regex = re.compile(self.dynamic.content)
        self._names = [name for name in regex.groupindex if name.startswith(_GROUP)]
        self._regex = regex
        return regex


def plant(rules: Iterable[Rule]) -> Node:
    """Build the tree of the given rules.

    Args:
        rules: Bound rules in the order in which they were added.

    Returns:
        The root, whose children stand for domains.
    """
    root = Node(None)
    grown: dict[tuple[Node, Dynamic], Node] = {}
    branching: dict[Node, list[Step]] = {}
    for rule in rules:
        node = root
        for part in parts_of(rule):
            if isinstance(part, str):
                child = node.static.get(part)
                if child is None:
                    if node.static is _NO_CHILDREN:
                        node.static = {}
                    child = node.static[part] = Node(node)
            else:
                child = grown.get((node, part))
                if child is None:
                    child = grown[node, part] = Node(node)
                    branching.setdefault(node, []).append(Step(part, child))
            node = child
        node.rules = (*node.rules, rule)
    for node, steps in branching.items():
        node.settle(steps)
    return root


def graft(state: State, parent: Node | None = None) -> Node:
    """Copy the tree that Werkzeug's own matcher keeps.

    Args:
        state: The root of Werkzeug's tree, already put into order.
        parent: The node above the copy.

    Returns:
        The root of the copy.
    """
    node = Node(parent)
    node.static = {text: graft(child, node) for text, child in state.static.items()}
    node.settle([Step(convert_part(part), graft(child, node)) for part, child in state.dynamic])
    node.rules = tuple(state.rules)
    return node


def _weight_of(step: Step) -> tuple[Any, ...]:
    return step.dynamic.weight
