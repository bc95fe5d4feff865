"""The functions of the package, which work through the current application."""

import io
from decimal import Decimal

import pytest

from demijohn import Flask, json
from demijohn.json.provider import JSONProvider


class Loud(JSONProvider):
    """Shows what it was called with."""

    def dumps(self, obj, **kwargs):
        return f"{obj!r} {kwargs!r}"

    def loads(self, s, **kwargs):
        return s, kwargs


@pytest.fixture
def app():
    """Return an application with the loud provider, and make it current."""
    app = Flask("made")
    app.json = Loud(app)
    with app.app_context():
        yield app


def test_dumping_uses_the_current_application(app):
    """`dumps` and `dump` call the provider, keywords included."""
    file = io.StringIO()
    json.dump(1, file, a=2)
    assert ("1 {'a': 2}", "1 {'a': 2}") == (json.dumps(1, a=2), file.getvalue())


def test_loading_uses_the_current_application(app):
    """`loads` and `load` call the provider, keywords included."""
    assert ("x", {"a": 1}) == json.loads("x", a=1)
    assert ("x", {"a": 1}) == json.load(io.StringIO("x"), a=1)


def test_jsonify_is_the_response_of_the_provider(app):
    """`jsonify` makes what `app.json.response` makes."""
    assert b"(1, 2) {}" == json.jsonify(1, 2).data


def test_dumping_without_an_application_knows_the_usual_types():
    """Outside of a context the standard library dumps, in order, with `default`."""
    file = io.StringIO()
    json.dump({"b": Decimal("1.5"), "a": 1}, file)
    assert '{"b": "1.5", "a": 1}' == file.getvalue() == json.dumps({"b": Decimal("1.5"), "a": 1})


def test_a_default_of_the_caller_is_used_without_an_application():
    """Outside of a context `default` may be given."""
    assert "\"<class 'object'>\"" == json.dumps(object, default=str)


def test_loading_without_an_application():
    """Outside of a context the standard library loads."""
    assert [{"a": 1}, {"a": 1}] == [json.loads(b'{"a": 1}'), json.load(io.BytesIO(b'{"a": 1}'))]


def test_jsonify_needs_an_application():
    """A response cannot be made outside of a context."""
    with pytest.raises(RuntimeError, match="Working outside of application context"):
        json.jsonify(1)
