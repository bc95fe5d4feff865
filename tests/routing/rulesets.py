"""Rule sets and paths for the comparisons with Werkzeug."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from werkzeug import routing
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import BaseConverter, RequestRedirect, ValidationError

from demijohn.routing import Map, Rule

EXAMPLES = int(os.environ.get("DEMIJOHN_ROUTING_EXAMPLES", "300"))
COMPARISON = settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES <= 300,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class ListConverter(BaseConverter):
    """Take lower-case words with commas between them."""

    regex = "[a-z]+(?:,[a-z]+)*"

    def to_python(self, value: str) -> list[str]:
        return value.split(",")

    def to_url(self, value: Any) -> str:
        return ",".join(value)


class EvenConverter(BaseConverter):
    """Refuse odd numbers in both directions."""

    regex = r"\d+"
    weight = 50

    def to_python(self, value: str) -> int:
        if int(value) % 2:
            raise ValidationError(value)
        return int(value)

    def to_url(self, value: Any) -> str:
        if int(value) % 2:
            raise ValidationError(value)
        return str(value)


class RestConverter(BaseConverter):
    """Take anything, slashes too, and also nothing."""

    regex = ".*?"
    weight = 300
    part_isolating = False


class PairConverter(BaseConverter):
    """Take two words with a slash between them."""

    regex = "[a-z]+/[a-z]+"
    weight = 90


class GroupConverter(BaseConverter):
    """Have groups of its own in the regular expression."""

    regex = "(a|b)(?P<tail>c)?"
    weight = 70


class BlankConverter(BaseConverter):
    """Accept an empty part."""

    regex = "[a-z]*"
    weight = 10


class PickyConverter(BaseConverter):
    """Need an argument, and raise an error of another kind for one value."""

    def __init__(self, url_map: routing.Map, bad: str) -> None:
        super().__init__(url_map)
        self.bad = bad

    def to_python(self, value: str) -> str:
        if value == self.bad:
            raise LookupError(value)
        return value


CONVERTERS = {
    "list": ListConverter,
    "even": EvenConverter,
    "rest": RestConverter,
    "pair": PairConverter,
    "group": GroupConverter,
    "blank": BlankConverter,
    "picky": PickyConverter,
}

KINDS = [
    "", "", "string", "default", "string(length=2)", "string(minlength=2)", "string(maxlength=1)", "string(2, 3)",
    "int", "int", "int", "int(fixed_digits=2)", "int(min=2)", "int(max=5)", "int(signed=True)", "int(min=1, max=9)",
    "float", "float(signed=True)", "float(min=1.5)", "path", "path", "any(a, b)", 'any("a b", "1", é)', "any(int)",
    "uuid", "list", "even", "rest", "pair", "group", "blank", 'picky(bad="a")', "int()", "string( )",
]  # fmt: skip
MISTAKES = [
    "/<",
    "/<a",
    "/<none:x>",
    "/<x>/<x>",
    "/<é>",
    "/<int(x=1):x>",
    "/<True>",
    "/< x>",
    "/<string(length=2)x>",
    "/<any(a-b):x>",
]
STATIC = ["a", "b", "1", "a b", "é", "x.y", "%41", "a|b", "{c}", "a>b", "-", "12"]
FILLINGS = [
    "a", "b", "1", "12", "7", "-3", "1.5", "-2.25", "a b", "é", "٣", "²", "", "a\n", "\n", "%2F", "%41", "ab", "abc",
    "ac",     "a,b", "a/b", "a//b", "/", "x.y", "3-4", "1-a.html", "9" * 5000, "123e4567-e89b-12d3-a456-426614174000",
    "{c}", "\ufffd", "?", "#", ";a=1",
]  # fmt: skip
FITTING = {
    "": ["a", "b", "12"], "string": ["ab", "a", "abc"], "int": ["1", "12", "٣"], "float": ["1.5", "12.0"],
    "path": ["a", "a/b", "a/b/"], "any": ["a", "b", "é"], "uuid": ["123e4567-e89b-12d3-a456-426614174000"],
    "list": ["a,b", "a"], "even": ["2", "12"], "rest": ["", "a/1"], "pair": ["a/b"], "group": ["a", "bc"],
    "blank": ["", "a"], "picky": ["a", "b"],
}  # fmt: skip
METHODS = [None, ["GET"], ["GET"], ["POST"], ["GET", "POST"], ["HEAD"], ["OPTIONS", "GET"], ["put"]]
DOMAINS = [None, None, None, "", "api", "<sub>", "<int:sub>.x", "<path:sub>", "a/b"]


@dataclass
class RuleSet:
    """Hold the arguments of a map and its rules, and make both kinds of map of them."""

    options: dict[str, Any]
    rules: list[dict[str, Any]]
    errors: dict[str, list[str]] = field(default_factory=dict)

    def reference(self) -> routing.Map:
        """Make Werkzeug's map."""
        return self.fill(routing.Map(converters=CONVERTERS, **self.options), routing.Rule, self.rules)

    def lazy(self) -> Map:
        """Make the map under test."""
        return self.fill(Map(converters=CONVERTERS, **self.options), Rule, self.rules)

    def fill(self, url_map: Any, rule_class: Any, rules: list[dict[str, Any]]) -> Any:
        """Add the rules that can be added, and note what the others raise."""
        for arguments in rules:
            try:
                url_map.add(rule_class(**arguments))
            except Exception as error:
                self.errors.setdefault(rule_class.__module__, []).append(repr(error))
        return url_map


@st.composite
def rule_texts(draw: st.DrawFn) -> str:
    """Draw the text of a rule."""
    if draw(st.integers(0, 29)) == 0:
        return draw(st.sampled_from(MISTAKES))
    text = ""
    names = iter("stuvwxyz")
    for _ in range(draw(st.integers(0, 4))):
        text += draw(st.sampled_from([*["/"] * 18, "//", "///"]))
        for _ in range(draw(st.sampled_from([1, 1, 1, 1, 1, 1, 2, 3]))):
            kind = draw(st.sampled_from(KINDS))
            name = next(names, "last")
            plain = draw(st.booleans())
            text += draw(st.sampled_from(STATIC)) if plain else f"<{kind}:{name}>" if kind else f"<{name}>"
    return text + draw(st.sampled_from(["", "/"])) if text else "/"


@st.composite
def rule_arguments(draw: st.DrawFn, *, hosts: bool) -> dict[str, Any]:
    """Draw the arguments of a rule; seldom used ones are left out mostly."""
    arguments: dict[str, Any] = {"string": draw(rule_texts()), "endpoint": draw(st.sampled_from("efgh"))}
    arguments["methods"] = draw(st.sampled_from(METHODS))
    seldom: dict[str, st.SearchStrategy[Any]] = {
        "defaults": st.sampled_from([{"s": 1}, {"s": "a"}, {"t": 12, "s": 1}, {"z": 1}, {}]),
        "strict_slashes": st.booleans(),
        "merge_slashes": st.booleans(),
        "alias": st.just(True),
        "build_only": st.just(True),
        "redirect_to": st.sampled_from(["moved", "moved/<s>"]),
        "websocket": st.just(True),
    }
    for name, strategy in seldom.items():
        if draw(st.integers(0, 9)) == 0:
            arguments[name] = draw(strategy)
    if arguments.get("websocket"):
        arguments["methods"] = draw(st.sampled_from([None, ["GET"]]))
    if hosts:
        arguments["host"] = arguments["subdomain"] = draw(st.sampled_from(DOMAINS))
    return arguments


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    """Draw a map's arguments with up to eight rules."""
    options: dict[str, Any] = {}
    choices: dict[str, st.SearchStrategy[Any]] = {
        "strict_slashes": st.booleans(),
        "merge_slashes": st.booleans(),
        "redirect_defaults": st.booleans(),
        "sort_parameters": st.booleans(),
        "default_subdomain": st.sampled_from(["", "www"]),
    }
    for name, strategy in choices.items():
        if draw(st.integers(0, 4)) == 0:
            options[name] = draw(strategy)
    hosts = draw(st.integers(0, 4)) == 0
    if hosts:
        options["host_matching"] = draw(st.booleans())
    return RuleSet(options, draw(st.lists(rule_arguments(hosts=hosts), min_size=1, max_size=8)))


@st.composite
def paths(draw: st.DrawFn, rule_set: RuleSet) -> str:
    """Draw a path that is near to one of the rules."""
    text: str = draw(st.sampled_from(rule_set.rules))["string"]
    path = ""
    for index, piece in enumerate(re.split(r"<((?:[a-z]+(?=[:(]))?)[^>]*>", text)):
        fitting = FITTING.get(piece, FILLINGS) if draw(st.integers(0, 3)) else FILLINGS
        path += draw(st.sampled_from(fitting)) if index % 2 else piece
    for _ in range(draw(st.sampled_from([0, 0, 0, 0, 0, 1, 2]))):
        position = draw(st.integers(0, min(len(path), 40)))
        change = draw(st.sampled_from(["/", "//", "", "a", "1", "\n", "%", "٣", "/a"]))
        path = path[:position] + change + path[position + draw(st.integers(0, 1)) :]
    return path + draw(st.sampled_from([*[""] * 10, "/", "//"]))


def answer_of(adapter: routing.MapAdapter, path: str, method: str, websocket: bool) -> Any:
    """Give what an adapter answers, in a form that can be compared."""
    try:
        rule, args = adapter.match(path, method, return_rule=True, websocket=websocket)
    except RequestRedirect as error:
        return RequestRedirect, error.new_url
    except MethodNotAllowed as error:
        return MethodNotAllowed, sorted(error.valid_methods or ())
    except HTTPException as error:
        return type(error)
    except Exception as error:
        return type(error), str(error)
    return describe(rule, args)


def describe(rule: routing.Rule, args: Any) -> Any:
    """Give rule and values in a form that can be compared between two maps."""
    methods = None if rule.methods is None else sorted(rule.methods)
    return rule.rule, rule.endpoint, methods, rule.subdomain, rule.host, repr(args)
