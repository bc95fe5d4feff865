"""What decorators tell about a view, where it is kept, and how it is found again."""

from __future__ import annotations

import functools

import pytest

from demijohn import Blueprint, Flask
from demijohn.api.operations import (
    OperationSettings,
    describe,
    find_phrase,
    find_response,
    find_settings,
    find_webhooks,
    tell,
)
from demijohn.api.problems import Problem


@pytest.fixture
def app():
    """Return an application."""
    return Flask("made")


def view():
    """Answer."""


def test_nothing_told(app):
    """Nothing is known of a view that nothing was told about, hashable or not."""
    describe(app, print, OperationSettings(summary="Print"))
    assert find_settings(app, view) == find_settings(app, []) == OperationSettings()


def test_told_in_parts(app):
    """What is told later adds to what was told before, and replaces the same."""
    describe(app, view, OperationSettings(summary="Old", tags=["a"]))
    describe(app, view, OperationSettings(summary="New"))
    tell(app, responses={404: Problem, 409: "Old."})(view)
    tell(app, responses={409: "New."})(view)
    expected = OperationSettings(summary="New", tags=["a"], responses={404: Problem, 409: "New."})
    assert find_settings(app, view) == expected


def test_function_is_left_as_it_is(app):
    """The decorators return the function, with nothing set on it."""
    assert app.operation(hidden=True)(view) is view
    assert app.responses({404: Problem})(view) is view
    assert app.webhook("made")(view) is view
    assert vars(view) == {}


def test_applications_know_nothing_of_each_other(app):
    """What one application is told about a function, another is not."""
    describe(app, view, OperationSettings(hidden=True))
    assert find_settings(Flask("other"), view) == OperationSettings()


def test_blueprints(app):
    """What a blueprint was told, nested ones included, is known where it is registered."""
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    inner.operation(summary="Inner")(view)
    inner.webhook("gone", "put")(view)
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    app.register_blueprint(outer, name="again")
    assert find_settings(app, view).summary == "Inner"
    assert [(each.name, each.method, each.function) for each in find_webhooks(app)] == [("gone", "PUT", view)]


def test_behind_decorators(app):
    """What was told about a function is known of what wraps it, where the outer wins."""

    @functools.wraps(view)
    def outer():
        return view()

    describe(app, view, OperationSettings(summary="Inner", tags=["a"], responses={1 + 403: "a", 409: "b"}))
    describe(app, outer, OperationSettings(summary="Outer", responses={404: "c"}))
    expected = OperationSettings(summary="Outer", tags=["a"], responses={404: "c", 409: "b"})
    assert find_settings(app, functools.partial(outer)) == expected
    assert find_settings(app, view).summary == "Inner"


def test_circle_of_decorators(app):
    """A function that claims to wrap itself ends nowhere but in an answer."""

    def odd(): ...

    odd.__wrapped__ = odd
    assert find_settings(app, odd) == OperationSettings()


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"tags": "a"}, TypeError, "The tags of the operation view were 'a', which is a single one. Write tags=['a']"),
        ({"security": {"A": []}}, TypeError, "The security of the operation view"),
        ({"summery": "a"}, TypeError, "An operation has no setting 'summery'. There are summary, description"),
        ({"responses": [404]}, TypeError, "The responses of view were [404], a list. Pass a dict"),
        ({"responses": {"4xx": Problem}}, ValueError, "have the key '4xx', which is no status"),
        ({"responses": {99: Problem}}, ValueError, "have the key 99"),
        ({"responses": {True: Problem}}, ValueError, "have the key True"),
        ({"responses": {404.0: Problem}}, ValueError, "have the key 404.0"),
    ],
)
def test_mistakes(app, settings, error, message):
    """A mistake is named at set-up, with what to do."""
    with pytest.raises(error) as caught:
        tell(app, **settings)(view)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("responses", "found"),
    [
        ({404: "a", "4XX": "b"}, "a"),
        ({"404": "a", "4XX": "b"}, "a"),
        ({"4XX": "b", "default": "c"}, "b"),
        ({"default": "c", 405: "d"}, None),
    ],
)
def test_response_of_a_status(responses, found):
    """What was told about a status is told by its number or its range."""
    assert find_response(OperationSettings(responses=responses), 404) == found


@pytest.mark.parametrize(
    ("status", "phrase"),
    [
        (200, "OK"),
        ("404", "Not Found"),
        (299, "Status 299"),
        ("5XX", "An error of the server"),
        ("default", "Any other answer"),
    ],
)
def test_phrases(status, phrase):
    """Each status and each range has words."""
    assert find_phrase(status) == phrase
