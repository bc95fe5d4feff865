"""JSON: the provider, taken apart by extensions."""

from __future__ import annotations

import dataclasses
import decimal
import uuid
from datetime import date

import pytest

from demijohn import Response, json, session
from demijohn.json.provider import DefaultJSONProvider, JSONProvider
from demijohn.json.tag import JSONTag, TaggedJSONSerializer
from demijohn.sessions import SecureCookieSessionInterface
from tests.extension_contract.application import fetch


@dataclasses.dataclass
class Point:
    """A value that is written as a dictionary."""

    x: int
    y: int


def test_the_default_is_called_without_an_instance():
    """Flask-JWT-Extended calls `DefaultJSONProvider.default(value)` on the class."""
    assert "00000000-0000-0000-0000-000000000001" == DefaultJSONProvider.default(uuid.UUID(int=1))
    assert ("1.5", {"x": 1, "y": 2}) == (
        DefaultJSONProvider.default(decimal.Decimal("1.5")),
        DefaultJSONProvider.default(Point(1, 2)),
    )
    assert "Thu, 02 Jan 2020 00:00:00 GMT" == DefaultJSONProvider.default(date(2020, 1, 2))
    with pytest.raises(TypeError):
        DefaultJSONProvider.default(object())


def test_a_provider_may_be_subclassed_at_run_time_and_put_back(app):
    """A class made from the type of the provider in use writes what it adds; the old one is put back unchanged."""
    original = app.json

    class WithSets(type(original)):
        """Write sets, and leave the rest to the base."""

        @staticmethod
        def default(value):
            """Sort a set."""
            return sorted(value) if isinstance(value, set) else DefaultJSONProvider.default(value)

    app.json = WithSets(app)
    app.view_functions["view_json"] = lambda: {"set": {2, 1}, "point": Point(1, 2)}
    assert {"set": [1, 2], "point": {"x": 1, "y": 2}} == fetch(app, "/json").json
    app.json = original
    assert 500 == fetch(app, "/json").status_code


def test_the_default_may_be_set_on_the_provider(app):
    """`app.json.default = …` writes values that nothing else does, from the next response on."""
    app.view_functions["view_json"] = lambda: {"value": object()}
    assert 500 == fetch(app, "/json").status_code
    app.json.default = lambda value: "written"
    assert {"value": "written"} == fetch(app, "/json").json


@pytest.mark.parametrize("method", ["dumps", "response"])
def test_a_method_of_a_subclass_is_called(app, method):
    """An overridden `dumps` or `response` has a part in each JSON response of a view."""
    calls = []

    def override(self, *args, **kwargs):
        calls.append(method)
        return getattr(DefaultJSONProvider, method)(self, *args, **kwargs)

    app.json = type("Provider", (DefaultJSONProvider,), {method: override})(app)
    assert (b'{"answer":42}\n', {method}) == (fetch(app, "/json").data, set(calls))


def test_loads_of_a_subclass_is_called(app):
    """An overridden `loads` reads the bodies of requests and, in tests, of responses."""
    app.json = type("Provider", (DefaultJSONProvider,), {"loads": lambda self, text, **kwargs: ["read", len(text)]})(
        app
    )
    with app.test_request_context(method="POST", data="{}", content_type="application/json") as context:
        assert ["read", 2] == context.request.get_json()
    assert ["read", 14] == fetch(app, "/json").json


def test_a_provider_of_another_kind_may_be_used(app):
    """A provider that only has the two methods of `JSONProvider` writes everything, as one over orjson does."""

    class Bare(JSONProvider):
        """Write the type only."""

        def dumps(self, obj, **kwargs):
            """Write the type."""
            return type(obj).__name__

        def loads(self, s, **kwargs):
            """Read the text."""
            return str(s)

    app.json = Bare(app)
    assert (b"dict", "application/json") == (fetch(app, "/json").data, fetch(app, "/json").content_type)
    with app.app_context():
        assert ("list", "a") == (json.dumps([]), json.loads("a"))


def test_the_functions_of_the_module_use_the_provider_that_is_set(app):
    """`json.dumps`, `loads` and `jsonify` go through `app.json`, and work without an application."""
    assert ('{"a": 1}', {"a": 1}) == (json.dumps({"a": 1}), json.loads('{"a": 1}'))
    app.json.compact = False
    with app.test_request_context():
        assert b'{\n  "a": 1\n}\n' == json.jsonify(a=1).data
        assert '"1.5"' == json.dumps(decimal.Decimal("1.5"))


def test_a_response_class_without_json_may_get_it(app):
    """pytest-flask asks `"json" in app.response_class.__dict__` and makes a subclass with `type()`."""
    assert "json" not in app.response_class.__dict__
    mixin = type("JSONMixin", (), {"json": property(lambda self: json.loads(self.data))})
    app.response_class = type("JSONResponse", (app.response_class, mixin), {"json": mixin.json})
    response = fetch(app, "/json")
    assert "json" in app.response_class.__dict__
    assert (True, {"answer": 42}) == (isinstance(response, Response), response.json)


class TagPoint(JSONTag):
    """Keep points in the session."""

    __slots__ = ("count",)
    key = " p"

    def check(self, value):
        """Tell a point."""
        return isinstance(value, Point)

    def to_json(self, value):
        """Write a point as a list."""
        return [value.x, value.y]

    def to_python(self, value):
        """Read a point."""
        return Point(*value)


@pytest.mark.parametrize("options", [{}, {"index": 0}, {"force": True}])
def test_a_tag_may_be_added(app, options):
    """A subclass of `JSONTag` keeps values of its type through the cookie of the session."""
    interface = app.session_interface = SecureCookieSessionInterface()
    interface.serializer = TaggedJSONSerializer()
    interface.serializer.register(TagPoint, **options)
    app.view_functions["view_session"] = lambda: str(session.setdefault("point", Point(1, 2)))
    client = app.test_client()
    assert {"Point(x=1, y=2)"} == {client.get("/session").text for _ in range(2)}
    with client.session_transaction() as opened:
        assert {"point": Point(1, 2)} == opened


def test_tags_have_what_subclasses_extend():
    """A tag has its serializer and slots; `tag` wraps what `to_json` gives; two with one key need `force`."""
    serializer = TaggedJSONSerializer()
    serializer.register(TagPoint)
    tag = serializer.tags[" p"]
    assert ({" p": [1, 2]}, serializer) == (tag.tag(Point(1, 2)), tag.serializer)
    assert (False, True) == (hasattr(tag, "__dict__"), tag in serializer.order)
    with pytest.raises(KeyError):
        serializer.register(TagPoint)
    assert {"a": [Point(1, 2)]} == serializer.loads(serializer.dumps({"a": [Point(1, 2)]}))
