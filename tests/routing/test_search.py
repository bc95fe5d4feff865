from __future__ import annotations

from typing import Any

import pytest
from werkzeug import routing
from werkzeug.routing import NoMatch, RequestAliasRedirect, RequestPath

from demijohn.routing import Map, Rule
from demijohn.routing.search import search

RULES: list[dict[str, Any]] = [
    {"string": "/strict/"},
    {"string": "/loose/", "strict_slashes": False},
    {"string": "/leaf", "strict_slashes": False},
    {"string": "/kept//twice", "merge_slashes": False},
    {"string": "/alias", "alias": True},
    {"string": "/get", "methods": ["GET"]},
    {"string": "/socket", "websocket": True},
    {"string": "/<int:n>/"},
]


def searched(path: str, method: str = "PUT") -> str:
    """Search the rules above, and give the text of the rule."""
    rules = Map([Rule(endpoint="e", **arguments) for arguments in RULES])
    return search(rules.grow_tree(), True, "", path, method, False)[0].rule


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/strict/", "/strict/"), ("/loose", "/loose/"), ("/leaf/", "/leaf"), ("/kept//twice", "/kept//twice")],
)
def test_a_slash_more_or_less_may_not_matter(path: str, expected: str) -> None:
    """Rules that are not strict take a path with or without the slash at its end."""
    assert expected == searched(path)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/strict", "/strict/"),
        ("/5", "/5/"),
        ("//strict//", "/strict/"),
        ("/a//strict", None),
        ("//strict", "/strict/"),
    ],
)
def test_slashes_lead_to_another_path(path: str, expected: str | None) -> None:
    """A missing slash is added, repeated ones are merged, both at once if need be."""
    with pytest.raises(NoMatch if expected is None else RequestPath) as raised:
        searched(path)
    assert expected == getattr(raised.value, "path_info", None)


def test_a_rule_may_refuse_merged_slashes() -> None:
    """A path is not redirected to a rule that keeps repeated slashes."""
    with pytest.raises(NoMatch):
        searched("/kept/twice")


def test_an_alias_says_whose_it_is() -> None:
    """An alias names its endpoint, for the redirect."""
    with pytest.raises(RequestAliasRedirect) as raised:
        searched("/alias")
    assert raised.value.endpoint == "e"


@pytest.mark.parametrize(
    ("path", "methods", "mismatch"),
    [("/get", {"GET", "HEAD"}, False), ("/socket", set(), True), ("/none", set(), False)],
)
def test_what_stood_in_the_way_is_told(path: str, methods: set[str], mismatch: bool) -> None:
    """The error tells the methods of rules that were passed over, and WebSockets."""
    with pytest.raises(NoMatch) as raised:
        searched(path)
    assert (methods, mismatch) == (raised.value.have_match_for, raised.value.websocket_mismatch)


def test_many_values_in_one_part_keep_their_order() -> None:
    """More than ten variables in one part get their values in the order of the path."""
    text = "/" + "-".join(f"<v{number}>" for number in range(12))
    path = "/" + "-".join("abcdefghijkl")
    expected = routing.Map([routing.Rule(text, endpoint="e")]).bind("h").match(path)
    assert expected == Map([Rule(text, endpoint="e")]).bind("h").match(path)
