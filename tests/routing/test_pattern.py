from __future__ import annotations

import pytest
from werkzeug import routing

from demijohn.routing import Map, Rule
from demijohn.routing.pattern import Dynamic, converters_of, parts_of, read_static


@pytest.mark.parametrize("text", ["/a//b", "/\ud800"])
def test_odd_texts_are_left_to_werkzeug(text: str) -> None:
    """Repeated slashes and lone surrogates are not read here."""
    assert read_static("", text) is None


def test_a_plain_rule_is_split_at_its_slashes() -> None:
    """The parts of a rule without variables are the texts between slashes."""
    pattern = read_static("api", "/a/é/")
    assert pattern is not None
    assert pattern.parts == ("api", "", "a", "é", "")


def test_parts_carry_their_weight() -> None:
    """A part with variables weighs its texts and its converters."""
    rule = Rule("/x/<a>-<int:b>.html")
    Map([rule])
    content = r"(?P<__werkzeug_0>[^/]{1,})\-(?P<__werkzeug_1>\d+)\.html\Z"
    weight = (-2, ((0, -1), (1, -5)), -2, (100, 50))
    assert list(parts_of(rule)) == ["", "", "x", Dynamic(weight, content, final=False, suffixed=False)]


@pytest.mark.parametrize("rule_class", [Rule, routing.Rule])
def test_both_rule_classes_have_the_same_parts(rule_class: type[routing.Rule]) -> None:
    """A rule that Werkzeug compiled gives the parts and converters of one read here."""
    rule, other = rule_class("/<path:p>/<uuid:u>/", endpoint="e"), Rule("/<path:p>/<uuid:u>/", endpoint="e")
    Map([rule, other])
    assert list(parts_of(rule)) == list(parts_of(other))
    assert list(converters_of(rule)) == ["p", "u"]
