"""How rules and converters become paths and schemas."""

from __future__ import annotations

import pytest
from werkzeug.routing import BaseConverter, Map, UnicodeConverter

from demijohn.api.paths import build_converter_schema, may_mismatch, read_path
from demijohn.routing import Map as OwnMap
from demijohn.routing import Rule


class Colour(BaseConverter):
    regex = "[0-9a-f]{6}"


class Flagged(BaseConverter):
    regex = "(?i:a+)"


class Name(UnicodeConverter):
    """A name, such as those that begin with a capital."""

    def __init__(self, url_map):
        super().__init__(url_map)
        self.regex = "[A-Z][a-z]*"


CONVERTERS = {"colour": Colour, "flagged": Flagged, "own": Name, "free": BaseConverter}
TEXT = {"type": "string"}


def bind(text, map_class=OwnMap, **options):
    """Return a rule that is bound to a map."""
    rule = Rule(text, endpoint="made", **options)
    map_class([rule], converters=CONVERTERS | dict(Map.default_converters), host_matching="host" in options)
    return rule


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/", "/"),
        ("/a/b", "/a/b"),
        ("/<a>", "/{a}"),
        ("/x/<int:a>-<b>.<path:c>/", "/x/{a}-{b}.{c}/"),
        ("/{a}/<b>", "/%7Ba%7D/{b}"),
        ("/<any('x', 'y>'):a>", "/{a}"),
        ("/a//<b>", "/a/{b}"),
    ],
)
@pytest.mark.parametrize("map_class", [OwnMap, Map])
def test_paths(text, path, map_class):
    """Variables stand in braces, whoever has compiled the rule."""
    assert read_path(bind(text, map_class))[0] == path


@pytest.mark.parametrize("map_class", [OwnMap, Map])
def test_variables_of_the_host_are_not_in_the_path(map_class):
    """What stands for a part of the host is no variable of the path."""
    path, converters = read_path(bind("/<a>", map_class, host="<b>.example"))
    assert (path, list(converters)) == ("/{a}", ["a"])


@pytest.mark.parametrize(
    ("variable", "schema"),
    [
        ("<a>", {"type": "string", "minLength": 1}),
        ("<string(minlength=2, maxlength=5):a>", {"type": "string", "minLength": 2, "maxLength": 5}),
        ("<string(length=3):a>", {"type": "string", "minLength": 3, "maxLength": 3}),
        ("<int:a>", {"type": "integer", "minimum": 0}),
        ("<int(signed=True):a>", {"type": "integer"}),
        ("<int(min=2, max=5):a>", {"type": "integer", "minimum": 2, "maximum": 5}),
        ("<float:a>", {"type": "number", "minimum": 0}),
        ("<uuid:a>", {"type": "string", "format": "uuid"}),
        ("<any(b, a):a>", {"type": "string", "enum": ["a", "b"]}),
        ("<path:a>", TEXT),
        ("<colour:a>", {"type": "string", "pattern": "^(?:[0-9a-f]{6})$"}),
        ("<own:a>", {"type": "string", "pattern": "^(?:[A-Z][a-z]*)$"}),
        ("<flagged:a>", TEXT),
        ("<free:a>", TEXT),
    ],
)
def test_converters(variable, schema):
    """A converter is the schema of what it lets through."""
    _, converters = read_path(bind(f"/{variable}"))
    assert build_converter_schema(converters["a"]) == schema


@pytest.mark.parametrize(("variable", "answer"), [("<a>", True), ("<int:a>", True), ("<path:a>", False)])
def test_mismatches(variable, answer):
    """There are URLs that do not match, unless a variable takes the whole rest."""
    _, converters = read_path(bind(f"/{variable}"))
    assert may_mismatch(converters["a"]) is answer
