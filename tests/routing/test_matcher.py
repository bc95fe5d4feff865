from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug import routing
from werkzeug.exceptions import NotFound
from werkzeug.routing import BaseConverter

from demijohn.routing import ASK, NOT_FOUND, Map, Matcher, Rule
from tests.routing.rulesets import COMPARISON, CONVERTERS, RuleSet, answer_of, describe, paths, rule_sets

Setting = tuple[str, str | None]


def setting_of(url_map: routing.Map, data: st.DataObject) -> Setting:
    """Draw what an adapter is bound to: the server's name and the subdomain."""
    server = data.draw(st.sampled_from(["h.test", "api", "www.h.test", "1.x"]))
    subdomains = [None] if url_map.host_matching else [None, None, "api", "3.x", "www", ""]
    return server, data.draw(st.sampled_from(subdomains))


def found(matcher: Matcher, adapter: routing.MapAdapter, path: str, method: str, websocket: bool) -> Any:
    """Give the matcher's answer, the adapter's where the matcher asks for it."""
    host = adapter.server_name if adapter.map.host_matching else adapter.subdomain
    try:
        answer = matcher.find(method, path, host, websocket)
    except Exception as error:
        return type(error), str(error)
    if answer is ASK:
        return answer_of(adapter, path, method, websocket)
    return NotFound if answer is NOT_FOUND else describe(*answer)


@COMPARISON
@given(rule_set=rule_sets(), data=st.data())
def test_every_answer_is_werkzeugs(rule_set: RuleSet, data: st.DataObject) -> None:
    """Matcher and map answer every path as Werkzeug's own map does."""
    reference, lazy = rule_set.reference(), rule_set.lazy()
    server, subdomain = setting_of(reference, data)
    expected_by, actual_by = (each.bind(server, subdomain=subdomain) for each in (reference, lazy))
    matcher, grafted = Matcher(lazy), Matcher(reference)
    for _ in range(8):
        path = data.draw(paths(rule_set))
        method = data.draw(st.sampled_from(["GET", "GET", "GET", "POST", "HEAD", "PUT"]))
        websocket = data.draw(st.integers(0, 9)) == 0
        expected = answer_of(expected_by, path, method, websocket)
        assert expected == found(matcher, actual_by, path, method, websocket)
        assert expected == found(grafted, expected_by, path, method, websocket)
        assert expected == answer_of(actual_by, path, method, websocket)
        rule = matcher.static.get(method, {}).get(path)
        if rule is not None and not websocket and actual_by.subdomain == lazy.default_subdomain:
            assert expected == describe(rule, {})


def matcher_of(*rules: Rule, **options: Any) -> Matcher:
    """Make the matcher of a map with these rules."""
    return Matcher(Map(rules, **options))


@COMPARISON
@given(rule_set=rule_sets(), data=st.data())
def test_it_asks_only_where_it_must(rule_set: RuleSet, data: st.DataObject) -> None:
    """A plain hit and a plain miss never need the adapter, but for rules with defaults."""
    reference, matcher = rule_set.reference(), Matcher(rule_set.lazy())
    path = data.draw(paths(rule_set))
    expected = answer_of(reference.bind("h"), path, "GET", False)
    is_plain = expected is NotFound or (isinstance(expected, tuple) and isinstance(expected[0], str))
    has_defaults = any(rule.defaults for rule in reference.iter_rules())
    try:
        answer = matcher.find("GET", path, "h" if reference.host_matching else None)
    except Exception:
        return
    assert not (is_plain and not has_defaults and answer is ASK)


def test_a_hit_names_the_rule_and_its_values() -> None:
    """A hit is the rule that was added and a new dictionary for each call."""
    rule = Rule("/resource/<int:a>/items/<int:b>", endpoint="e", methods=["GET"])
    matcher = matcher_of(rule)
    answer = matcher.find("GET", "/resource/1/items/23")
    assert answer == (rule, {"a": 1, "b": 23})
    again = matcher.find("GET", "/resource/1/items/23")
    assert isinstance(answer, tuple)
    assert isinstance(again, tuple)
    assert answer[1] is not again[1]


@pytest.mark.parametrize(
    ("text", "path", "args"),
    [
        ("/<int:n>", "/٣", {"n": 3}),
        ("/<int(signed=True):n>", "/-3", {"n": -3}),
        ("/<float:x>", "/2.5", {"x": 2.5}),
        ("/<a>-<int:b>.html", "/x-y-5.html", {"a": "x-y", "b": 5}),
        ("/static/<path:name>", "/static/css/site.css", {"name": "css/site.css"}),
        ("/<path:name>/", "/a/b/", {"name": "a/b"}),
        ("/<path:name>/edit/<int:n>", "/a/b/edit/5", {"name": "a/b", "n": 5}),
        ("/<any(de, en):lang>/x", "/en/x", {"lang": "en"}),
        ("/<name>", "/line\nbreak", {"name": "line\nbreak"}),
        ("/a b/é", "/a b/é", {}),
    ],
)
def test_a_path_is_taken_apart(text: str, path: str, args: dict[str, Any]) -> None:
    """Each converter takes its text out of the path."""
    for methods in (None, ["GET"]):
        rule = Rule(text, endpoint="e", methods=methods)
        assert matcher_of(rule).find("GET", path) == (rule, args)


@pytest.mark.parametrize(
    "path", ["/", "/a", "/a/x", "/a/²", "/a/5/", "/a/5/b/", "/a/5/c", "/A/5/b", "/a/-5/b", "a/5/b/"]
)
def test_a_wrong_path_is_not_found(path: str) -> None:
    """What no rule can match is not found, without asking."""
    matcher = matcher_of(Rule("/a/<int:n>/b", endpoint="e", methods=["GET"]))
    assert matcher.find("GET", path) is NOT_FOUND


@pytest.mark.parametrize(
    ("arguments", "method", "path"),
    [
        ({"string": "/a/"}, "GET", "/a"),
        ({"string": "/a/<int:n>/"}, "GET", "/a/5"),
        ({"string": "/a/b"}, "GET", "/a//b"),
        ({"string": "/a", "methods": ["GET"]}, "POST", "/a"),
        ({"string": "/a", "websocket": True}, "GET", "/a"),
        ({"string": "/a", "redirect_to": "b"}, "GET", "/a"),
        ({"string": "/a", "alias": True}, "GET", "/a"),
    ],
)
def test_the_adapter_is_asked(arguments: dict[str, Any], method: str, path: str) -> None:
    """Redirects, wrong methods and wrong connections are left to the adapter."""
    assert matcher_of(Rule(endpoint="e", **arguments)).find(method, path) is ASK


def test_a_websocket_rule_is_found_for_websockets() -> None:
    """The same path may lead to a view and to a WebSocket."""
    view, socket = Rule("/x", methods=["GET"], endpoint="v"), Rule("/x", websocket=True, endpoint="s")
    matcher = matcher_of(socket, view)
    assert matcher.find("GET", "/x") == (view, {})
    assert matcher.find("GET", "/x", websocket=True) == (socket, {})


def test_default_values_lead_to_their_own_rule() -> None:
    """Only the values that another rule has as defaults need a redirect."""
    first = Rule("/all/", defaults={"page": 1}, endpoint="e", methods=["GET"])
    other = Rule("/all/<int:page>", endpoint="e", methods=["GET"])
    matcher = matcher_of(first, other)
    assert matcher.find("GET", "/all/") == (first, {"page": 1})
    assert matcher.find("GET", "/all/2") == (other, {"page": 2})
    assert matcher.find("GET", "/all/1") is ASK
    assert matcher_of(first.empty(), other.empty(), redirect_defaults=False).find("GET", "/all/1") is not ASK


def test_a_refused_value_is_not_found() -> None:
    """`ValidationError` ends the search; another rule's methods make it a question."""
    rules = [Rule("/<even:n>", endpoint="e", methods=["GET"]), Rule("/<int:n>", endpoint="i", methods=["GET"])]
    assert matcher_of(*rules, converters=CONVERTERS).find("GET", "/3") is NOT_FOUND
    rules = [Rule("/<int:n>", endpoint="i", methods=["PUT"]), Rule("/<even:n>", endpoint="e", methods=["GET"])]
    assert matcher_of(*rules, converters=CONVERTERS).find("GET", "/3") is ASK


def test_errors_of_converters_are_let_through() -> None:
    """What a converter raises reaches the caller."""
    matcher = matcher_of(Rule("/<picky('a'):x>", endpoint="e", methods=["GET"]), converters=CONVERTERS)
    with pytest.raises(LookupError, match="a"):
        matcher.find("GET", "/a")


def test_static_tables_hold_plain_paths() -> None:
    """A plain path is in the table of each of its methods, and in no other."""
    plain = Rule("/a/b/", endpoint="e", methods=["POST"])
    rules = [
        plain,
        Rule("/<int:n>", endpoint="n", methods=["GET"]),
        Rule("/d", defaults={"x": 1}, endpoint="d", methods=["GET"]),
    ]
    assert matcher_of(*rules, Rule("/any", endpoint="any")).static == {"POST": {"/a/b/": plain}}


def test_static_tables_name_the_first_rule() -> None:
    """The rule that was added first counts, for each method by itself."""
    first, second = Rule("/x", endpoint="1", methods=["PUT"]), Rule("/x", endpoint="2", methods=["PUT", "POST"])
    assert matcher_of(first, second).static == {"PUT": {"/x": first}, "POST": {"/x": second}}
    redirect = Rule("/x", endpoint="1", methods=["PUT"], redirect_to="y")
    assert matcher_of(redirect, second.empty()).static.keys() == {"POST"}


def test_subdomains_are_told_apart() -> None:
    """With subdomains the matcher needs the host and has no static tables."""
    home, api = Rule("/x", endpoint="h", methods=["GET"]), Rule("/x", endpoint="a", methods=["GET"], subdomain="api")
    matcher = matcher_of(home, api)
    assert (matcher.needs_host, matcher.static) == (True, {})
    assert matcher.find("GET", "/x") == (home, {})
    assert matcher.find("GET", "/x", "api") == (api, {})
    assert matcher.find("GET", "/x", "other") is NOT_FOUND


def test_one_domain_needs_no_host() -> None:
    """Without subdomains the host is not needed, and another one is not found."""
    matcher = matcher_of(Rule("/x", endpoint="h", methods=["GET"]), default_subdomain="www")
    assert not matcher.needs_host
    assert matcher.find("GET", "/x", "www") != NOT_FOUND
    assert matcher.find("GET", "/x", "api") is NOT_FOUND


def test_hosts_are_told_apart() -> None:
    """A map that matches hosts is asked with the host; without one it cannot say."""
    rule = Rule("/x", endpoint="h", methods=["GET"], host="<name>.test")
    matcher = matcher_of(rule, host_matching=True)
    assert matcher.needs_host
    assert matcher.find("GET", "/x", "a.test") == (rule, {"name": "a"})
    assert matcher.find("GET", "/x") is ASK


def test_a_map_with_ways_of_its_own_is_always_asked() -> None:
    """A map that binds in its own way answers everything itself."""

    class OwnMap(Map):
        def bind(self, *args: Any, **keywords: Any) -> routing.MapAdapter:
            return super().bind(*args, **keywords)

    matcher = Matcher(OwnMap([Rule("/x", endpoint="e", methods=["GET"])]))
    assert (matcher.find("GET", "/x"), matcher.static, matcher.needs_host) == (ASK, {}, True)


def test_an_empty_map_finds_nothing() -> None:
    """Without rules every path is not found."""
    assert matcher_of().find("GET", "/") is NOT_FOUND
    assert matcher_of(host_matching=True).find("GET", "/", "h") is NOT_FOUND


def test_the_rest_is_tried_in_the_order_of_weights() -> None:
    """A rule that takes the rest of the path may come before one for a part."""
    long = Rule("/<path:p>/<int:n>/x", endpoint="l", methods=["GET"])
    short = Rule("/<name>", endpoint="s", methods=["GET"])
    matcher = matcher_of(long, short)
    assert matcher.find("GET", "/v") == (short, {"name": "v"})
    assert matcher.find("GET", "/a/b/5/x") == (long, {"p": "a/b", "n": 5})
    assert matcher.find("GET", "/a/b/c/x") is NOT_FOUND


def test_a_dead_end_is_left_again() -> None:
    """A path that begins like a static rule may still end in a dynamic one."""
    static = Rule("/a/b/c", endpoint="s", methods=["GET"])
    dynamic = Rule("/<x>/b/d", endpoint="d", methods=["GET"])
    assert matcher_of(static, dynamic).find("GET", "/a/b/d") == (dynamic, {"x": "a"})


def test_a_converters_own_attribute_is_called() -> None:
    """A `to_python` that is set on the converter itself counts, too."""

    class OwnConverter(BaseConverter):
        def __init__(self, url_map: Map) -> None:
            super().__init__(url_map)
            self.to_python = lambda value: value.upper()

    rule = Rule("/<own:x>", endpoint="e", methods=["GET"])
    assert matcher_of(rule, converters={"own": OwnConverter}).find("GET", "/a") == (rule, {"x": "A"})
