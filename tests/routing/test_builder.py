from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug import routing
from werkzeug.routing import BaseConverter

from demijohn.routing import Builder, Map, Rule
from tests.routing.rulesets import COMPARISON, CONVERTERS, RuleSet, rule_sets

VALUES = st.sampled_from(
    [None, 1, 2, 12, -3, 1.5, True, "a", "b", "12", "a b", "é", "/a/b", "", "a/b", "%41?#",
     ["a", "b"], ["x", 1], (), 0, b"a", "1.5"]
)  # fmt: skip


def built_by(build: Any, *args: Any, **keywords: Any) -> Any:
    """Give what a build function answers, or the error that it raises."""
    try:
        return build(*args, **keywords)
    except Exception as error:
        return type(error), str(error)


@st.composite
def value_sets(draw: st.DrawFn, rule_set: RuleSet) -> dict[str, Any]:
    """Draw values for one rule's variables, with some too many and too few."""
    text = draw(st.sampled_from(rule_set.rules))["string"]
    names = [name for name in "stuvwxyz" if f"{name}>" in text]
    extra = draw(st.lists(st.sampled_from(["q", "page", "s", "sub", "z", "é"]), max_size=2))
    kept = [name for name in [*names, *extra] if draw(st.integers(0, 11))]
    return {name: draw(VALUES) for name in kept}


@COMPARISON
@given(rule_set=rule_sets(), data=st.data())
def test_every_url_is_werkzeugs(rule_set: RuleSet, data: st.DataObject) -> None:
    """A builder gives the URL that Werkzeug's adapter gives, or nothing."""
    reference, lazy = rule_set.reference(), rule_set.lazy()
    script = data.draw(st.sampled_from(["/", "/app", "/app/", ""]))
    scheme = data.draw(st.sampled_from(["http", "https", "ws", "wss", "ftp", ""]))
    subdomain = None if reference.host_matching else data.draw(st.sampled_from([None, None, "api", ""]))
    default = data.draw(st.sampled_from(["GET", "POST", "PUT"]))
    adapter = reference.bind("h.test", script, subdomain, scheme, default)
    builder = Builder(lazy)
    for _ in range(6):
        values = data.draw(value_sets(rule_set))
        endpoint = data.draw(st.sampled_from("efghx"))
        method = data.draw(st.sampled_from([None, None, "GET", "POST", "PUT"]))
        external, unknown = data.draw(st.booleans()), data.draw(st.sampled_from([True, True, False]))
        expected = built_by(adapter.build, endpoint, values, method, external, unknown)
        bound = (adapter.script_name, adapter.server_name, adapter.subdomain or "", scheme)
        actual = built_by(builder.build, endpoint, values, method, *bound, external, unknown, default)
        assert actual is None or expected == actual
        assert expected == built_by(
            lazy.bind("h.test", script, subdomain, scheme, default).build, endpoint, values, method, external, unknown
        )


@pytest.mark.parametrize("text", ["/", "/plain/", "/<a>", "/x/<int:a>-<path:b>/y", "/<any(p, q):a>/<uuid:b>"])
def test_a_plain_endpoint_needs_no_adapter(text: str) -> None:
    """Rules without defaults, hosts and WebSockets are built without an adapter."""
    rules = routing.Map([routing.Rule(text, endpoint="e")])
    values = {"a": 5 if "int" in text else "p", "b": "123e4567-e89b-12d3-a456-426614174000", "é": ["x y", "z"]}
    expected = rules.bind("h.test").build("e", values)
    assert expected == Builder(Map([Rule(text, endpoint="e")])).build("e", values)


@pytest.mark.parametrize(
    "arguments",
    [{"defaults": {"n": 1}}, {"websocket": True}, {"subdomain": "<user>"}, {"string": "/x//y", "merge_slashes": False}],
)
def test_an_odd_endpoint_is_left_to_the_adapter(arguments: dict[str, Any]) -> None:
    """Rules with defaults, variables in the domain or WebSockets give None."""
    builder = Builder(Map([Rule(**{"string": "/x", "endpoint": "e", **arguments})]))
    assert builder.build("e", {"user": "u"}) is None


def test_a_missing_value_is_left_to_the_adapter() -> None:
    """A variable without a value gives None, and so does an unknown endpoint."""
    builder = Builder(Map([Rule("/<a>", endpoint="e")]))
    assert builder.build("e", {"a": None}) is None
    assert builder.build("other", {}) is None


def test_a_rule_added_later_is_built() -> None:
    """A builder notices that its map has changed."""
    rules = Map([Rule("/old/<a>", endpoint="e")])
    builder = Builder(rules)
    assert builder.build("e", {}) is None
    rules.add(Rule("/new", endpoint="e"))
    assert builder.build("e", {}) == "/new"


def test_parameters_follow_the_maps_order() -> None:
    """Parameters are sorted as soon as the map says so."""
    rules = Map([Rule("/", endpoint="e")])
    builder = Builder(rules)
    assert builder.build("e", {"b": 1, "a": [2, 3]}) == "/?b=1&a=2&a=3"
    rules.sort_parameters = True
    assert builder.build("e", {"b": 1, "a": [2, 3]}) == "/?a=2&a=3&b=1"


def test_another_subdomain_makes_the_url_external() -> None:
    """A rule of another subdomain than the bound one gets a URL with a host."""
    builder = Builder(Map([Rule("/x", endpoint="e", subdomain="api")]))
    assert builder.build("e", {}, None, "/app/", "h.test", "", "wss") == "https://api.h.test/app/x"
    assert builder.build("e", {}, None, "/app/", "h.test", "api", "wss") == "/app/x"


def test_a_foreign_map_is_left_to_its_adapter() -> None:
    """A map of another class, or one with a bind of its own, gives None."""

    class OwnMap(Map):
        def bind(self, *args: Any, **keywords: Any) -> routing.MapAdapter:
            return super().bind(*args, **keywords)

    rule = {"string": "/x", "endpoint": "e"}
    assert Builder(routing.Map([routing.Rule(**rule)])).build("e", {}) is None
    assert Builder(OwnMap([Rule(**rule)])).build("e", {}) is None


def test_a_refused_value_is_left_to_the_adapter() -> None:
    """A converter that refuses a value makes the builder give None."""
    builder = Builder(Map([Rule("/<even:n>", endpoint="e")], converters=CONVERTERS))
    assert builder.build("e", {"n": 2}) == "/2"
    assert builder.build("e", {"n": 3}) is None


def test_a_wrong_value_is_left_to_the_adapter() -> None:
    """What a converter raises is raised by the adapter."""
    assert Builder(Map([Rule("/<int:a>", endpoint="e")])).build("e", {"a": "x"}) is None


def test_ways_of_their_own_are_kept() -> None:
    """A converter's own `to_url` is called, and a rule's own `build` by the adapter."""

    class OwnConverter(BaseConverter):
        def __init__(self, url_map: Map) -> None:
            super().__init__(url_map)
            self.to_url = lambda value: f"own-{value}"

    class OwnRule(Rule):
        def build(self, *args: Any, **keywords: Any) -> tuple[str, str] | None:
            return super().build(*args, **keywords)

    rules = Map([Rule("/<own:x>", endpoint="r"), OwnRule("/x", endpoint="o")], converters={"own": OwnConverter})
    assert Builder(rules).build("r", {"x": "a b"}) == "/own-a b"
    assert Builder(rules).build("o", {}) is None
