from __future__ import annotations

import copy
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug import routing
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import BaseConverter, EndpointPrefix, RequestRedirect, Submount

from demijohn.routing import Map, Matcher, Rule
from demijohn.routing.pattern import parts_of
from tests.routing.rulesets import COMPARISON, CONVERTERS, MISTAKES, RuleSet, answer_of, paths, rule_sets


def is_compiled(rule: routing.Rule) -> bool:
    """Tell whether Werkzeug's compiler has run for a rule."""
    return "_parts" in vars(rule)


@COMPARISON
@given(rule_set=rule_sets())
def test_a_map_looks_like_werkzeugs(rule_set: RuleSet) -> None:
    """Errors, order, texts and compiled parts are those of Werkzeug's map."""
    reference, lazy = rule_set.reference(), rule_set.lazy()
    assert rule_set.errors.get("werkzeug.routing.rules") == rule_set.errors.get("demijohn.routing.rule")
    pairs = list(zip(reference.iter_rules(), lazy.iter_rules(), strict=True))
    for expected, actual in pairs:
        assert str(expected) == str(actual)
        assert expected.arguments == actual.arguments
        assert list(parts_of(expected)) == list(parts_of(actual))
        assert reference.is_endpoint_expecting(expected.endpoint, "s") == lazy.is_endpoint_expecting(
            "" + actual.endpoint, "s"
        )
        assert expected._parts == actual._parts
        assert expected._trace == actual._trace
        assert list(expected._converters) == list(actual._converters)


@COMPARISON
@given(rule_set=rule_sets(), data=st.data())
def test_rules_may_come_late(rule_set: RuleSet, data: st.DataObject) -> None:
    """A map that was searched already answers rightly after more rules."""
    first = RuleSet(rule_set.options, rule_set.rules[: data.draw(st.integers(0, 4))])
    reference, lazy = first.reference(), first.lazy()
    path = data.draw(paths(rule_set))
    assert answer_of(reference.bind("h"), path, "GET", False) == answer_of(lazy.bind("h"), path, "GET", False)
    later = rule_set.rules[len(first.rules) :]
    rule_set.fill(reference, routing.Rule, later)
    rule_set.fill(lazy, Rule, later)
    assert answer_of(reference.bind("h"), path, "GET", False) == answer_of(lazy.bind("h"), path, "GET", False)


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_are_raised_when_the_rule_is_added(text: str) -> None:
    """A rule that Werkzeug refuses is refused at once, with the same error."""
    with pytest.raises(Exception) as expected:
        routing.Map([routing.Rule(text)])
    with pytest.raises(expected.type) as actual:
        Map([Rule(text)])
    assert str(expected.value) == str(actual.value)


def test_a_rule_must_start_with_a_slash() -> None:
    """A rule without a slash at its beginning is refused when it is made."""
    with pytest.raises(ValueError, match="must start with a slash"):
        Rule("page")


def test_a_rule_belongs_to_one_map() -> None:
    """A rule that is bound already cannot be added again."""
    rule = Rule("/page")
    rules = Map([rule])
    with pytest.raises(RuntimeError, match="already bound"):
        rules.add(rule)
    with pytest.raises(RuntimeError, match="already bound"):
        Map([rule])


def test_a_refused_rule_leaves_the_map_as_it_was() -> None:
    """After a mistake the map neither lists nor matches the rule."""
    rules = Map()
    with pytest.raises(LookupError, match="nothing"):
        rules.add(Rule("/<nothing:x>", endpoint="e"))
    assert list(rules.iter_rules()) == []
    assert answer_of(rules.bind("h"), "/x", "GET", False) is NotFound


def test_matching_and_building_leave_rules_uncompiled() -> None:
    """Werkzeug's compiler does not run for a match, a redirect or a wrong method."""
    rules = Map([Rule(f"/{n}/<int:a>/<path:b>/", endpoint=str(n), methods=["GET"]) for n in range(3)])
    adapter = rules.bind("h")
    assert adapter.match("/1/2/x/y/") == ("1", {"a": 2, "b": "x/y"})
    for error, path, method in [
        (RequestRedirect, "/1/2/x", "GET"),
        (MethodNotAllowed, "/1/2/x/", "PUT"),
        (NotFound, "/", "GET"),
    ]:
        with pytest.raises(error):
            adapter.match(path, method)
    assert not any(is_compiled(rule) for rule in rules.iter_rules())


def test_building_with_an_adapter_compiles_one_endpoint() -> None:
    """An adapter that builds a URL compiles the rules of that endpoint alone."""
    rules = Map([Rule("/a/<int:n>", endpoint="a"), Rule("/b/<int:n>", endpoint="b")])
    assert rules.bind("h").build("a", {"n": 5, "q": "x"}) == "/a/5?q=x"
    assert [True, False] == [is_compiled(rule) for rule in rules.iter_rules()]


def test_converters_are_made_once() -> None:
    """A converter is made when its rule is added, and kept when the rule is compiled."""
    made: list[str] = []

    class Noted(BaseConverter):
        def __init__(self, url_map: Map, name: str) -> None:
            super().__init__(url_map)
            made.append(name)

    rules = Map(converters={"noted": Noted})
    rule = Rule("/<noted('one'):x>", endpoint="e")
    rules.add(rule)
    assert made == ["one"]
    assert rules.bind("h").build("e", {"x": "v"}) == "/v"
    assert (["one"], Noted) == (made, type(rule._converters["x"]))


def test_converters_of_a_bound_rule_stay() -> None:
    """A converter that is registered anew counts for later rules only."""
    rules = Map([Rule("/old/<string:x>", endpoint="old")])
    rules.converters["string"] = CONVERTERS["list"]
    rules.add(Rule("/new/<string:x>", endpoint="new"))
    adapter = rules.bind("h")
    assert adapter.match("/old/a,b") == ("old", {"x": "a,b"})
    assert adapter.match("/new/a,b") == ("new", {"x": ["a", "b"]})
    assert adapter.build("old", {"x": "a"}) == "/old/a"


def test_a_refreshed_rule_takes_the_new_converter() -> None:
    """Refreshing a rule reads its text again."""
    rule = Rule("/<string:x>", endpoint="e")
    rules = Map([rule])
    rules.converters["string"] = CONVERTERS["list"]
    rule.refresh()
    assert rules.bind("h").match("/a,b") == ("e", {"x": ["a", "b"]})


def test_host_matching_counts_from_when_it_is_set() -> None:
    """Rules keep the domain that they were added with."""
    rules = Map([Rule("/x", endpoint="sub", subdomain="api")])
    rules.host_matching = True
    rules.add(Rule("/x", endpoint="host", host="h.test"))
    assert rules.bind("api").match("/x") == ("sub", {})
    assert rules.bind("h.test").match("/x") == ("host", {})
    assert rules.bind("h.test").build("sub", {}) == "http://api/x"


def test_factories_fill_a_map() -> None:
    """Submounts and prefixes make rules of the class of theirs."""
    rules = Map([Submount("/blog", [EndpointPrefix("blog.", [Rule("/<int:n>", endpoint="show")])])])
    assert rules.bind("h").match("/blog/5") == ("blog.show", {"n": 5})
    assert [Rule] == [type(rule) for rule in rules.iter_rules()]


def test_werkzeugs_own_rules_live_in_the_map() -> None:
    """Rules of both classes share places and keep the order in which they came."""
    rules = Map(
        [
            Rule("/<int:a>", endpoint="ours"),
            routing.Rule("/<int:b>", endpoint="theirs"),
            routing.Rule("/x", endpoint="x"),
        ]
    )
    adapter = rules.bind("h")
    assert adapter.match("/1") == ("ours", {"a": 1})
    assert adapter.match("/x") == ("x", {})


def test_the_rule_lives_in_werkzeugs_map() -> None:
    """A map of Werkzeug's compiles the rule when it is added."""
    rules = routing.Map([Rule("/<int:a>/", endpoint="e")])
    assert rules.bind("h").match("/1/") == ("e", {"a": 1})
    assert Matcher(rules).find("GET", "/1/") == (next(rules.iter_rules()), {"a": 1})


def test_a_subclass_may_read_rules_in_its_own_way() -> None:
    """A rule class with converters of its own is left to Werkzeug's compiler."""

    class Shouting(Rule):
        def get_converter(self, variable_name: str, converter_name: str, args: Any, kwargs: Any) -> BaseConverter:
            return super().get_converter(variable_name, "int", args, kwargs)

    rules = Map([Shouting("/<a>", endpoint="e")])
    assert rules.bind("h").match("/12") == ("e", {"a": 12})
    assert is_compiled(next(rules.iter_rules()))


def test_an_unknown_attribute_is_an_attribute_error() -> None:
    """A rule has no other attributes than Werkzeug's."""
    rule = Rule("/x")
    Map([rule])
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = rule.no_such_thing


def test_equality_and_copies_are_werkzeugs() -> None:
    """Rules with the same text are equal, and an empty copy can be bound again."""
    first, second = Rule("/<a>", endpoint="x"), Rule("/<a>", endpoint="y")
    Map([first, second])
    assert first == second
    assert first != Rule("/<a>")
    assert copy.copy(first)._parts == first._parts
    assert Map([first.empty()]).bind("h").match("/v") == ("x", {"a": "v"})


@pytest.mark.parametrize(
    ("name", "value"),
    [("strict_slashes", False), ("merge_slashes", False), ("redirect_defaults", False), ("default_subdomain", "www"),
     ("host_matching", True), ("sort_parameters", True), ("sort_key", len), ("converters", {})],
)  # fmt: skip
def test_the_revision_grows_with_every_setting(name: str, value: object) -> None:
    """Whoever keeps something made of a map sees that a setting has changed."""
    rules = Map([Rule("/x")])
    before = rules.revision
    setattr(rules, name, value)
    assert (rules.revision > before, value) == (True, getattr(rules, name))


def test_the_revision_grows_with_every_rule_alone() -> None:
    """Adding a rule is a change; matching, building and listing are none."""
    rules = Map([Rule("/x", endpoint="x")])
    before = rules.revision
    rules.bind("h").match("/x")
    rules.bind("h").build("x")
    rules.update()
    assert rules.revision == before
    rules.add(Rule("/y"))
    assert rules.revision > before


def test_rules_added_while_others_search_are_found() -> None:
    """A rule can be matched as soon as `add` has returned, whatever other threads do."""
    rules, missed, is_over = Map(), [], threading.Event()

    def search() -> None:
        while not is_over.is_set():
            answer_of(rules.bind("h"), "/0/1", "GET", False)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(200):
        rules.add(Rule(f"/{number}/<int:n>", endpoint=str(number)))
        if answer_of(rules.bind("h"), f"/{number}/1", "GET", False) is NotFound:
            missed.append(number)
    is_over.set()
    for thread in threads:
        thread.join()
    assert missed == []


def test_rules_compiled_by_many_threads_are_whole() -> None:
    """Threads that compile the same rule at once all see all of its parts."""
    rule = Rule("/a/<int:b>/<c>/<d>-<e>.html", endpoint="e")
    Map([rule])
    lengths: list[int] = []
    threads = [threading.Thread(target=lambda: lengths.append(len(rule._parts))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lengths == [6] * 8
