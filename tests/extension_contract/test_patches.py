"""Writing to the modules of the alias, as mocks, `monkeypatch` and extensions do; pickles and copies of its objects."""

from __future__ import annotations

import sys

import pytest

import demijohn
from tests.extension_contract.process import in_alias


@in_alias
def test_a_mock_is_seen_by_users_and_by_the_package():
    """What `mock.patch` puts into one of Flask's modules is what the package reads, until the patch ends."""
    from unittest import mock

    import flask

    from demijohn import helpers, templating

    originals = flask.render_template, templating._render, helpers.get_debug_flag
    with mock.patch("flask.templating._render", return_value="mocked") as render:
        app = flask.Flask("mocks")
        with app.app_context():
            assert "mocked" == flask.render_template_string("a")
        assert render is templating._render
    with mock.patch("flask.render_template", return_value="mocked"):
        assert "mocked" == flask.render_template("a.html") == demijohn.render_template("a.html")
    with mock.patch("flask.helpers.get_debug_flag", return_value=True):
        assert flask.helpers.get_debug_flag()
    assert originals == (flask.render_template, templating._render, helpers.get_debug_flag)
    assert flask.templating.render_template is demijohn.render_template is originals[0]


@in_alias
def test_proxies_may_be_mocked():
    """`mock.patch("flask.request")` and its like work outside of a request, where reading a proxy would raise."""
    from unittest import mock

    import flask

    for name in ("request", "session", "g", "current_app"):
        original = vars(flask)[name]
        with mock.patch(f"flask.{name}", {"name": name}):
            assert {"name": name} == getattr(flask, name)
        assert original is vars(flask)[name] is vars(demijohn)[name] is vars(flask.globals)[name]


@in_alias
def test_mocks_may_be_nested_and_overlap():
    """Two patches of one name, ended in either order of nesting, leave the original behind."""
    from unittest import mock

    import flask

    original = flask.url_for
    with mock.patch("flask.url_for") as outer:
        with mock.patch("flask.url_for") as inner, mock.patch("flask.helpers.url_for") as other:
            assert (inner, other) == (flask.url_for, flask.helpers.url_for)
        assert outer is flask.url_for
    assert original is flask.url_for is flask.helpers.url_for is demijohn.url_for is demijohn.helpers.url_for


@in_alias
def test_objects_and_dictionaries_may_be_mocked():
    """`patch.object`, `patch.multiple`, `patch.dict` and `create=True` work on modules and on classes."""
    from unittest import mock

    import flask

    with mock.patch.object(flask.Flask, "run", autospec=True) as run:
        flask.Flask("mocks").run(port=1)
    run.assert_called_once()
    with mock.patch.multiple("flask", jsonify=mock.DEFAULT, abort=mock.DEFAULT) as mocks:
        assert (mocks["jsonify"], mocks["abort"]) == (flask.jsonify, flask.abort)
    with mock.patch.dict("flask.Flask.jinja_options", a=1):
        assert {"a": 1} == flask.Flask.jinja_options
    with mock.patch("flask.brand_new", create=True) as made:
        assert made is flask.brand_new
    assert ({}, False, False) == (
        flask.Flask.jinja_options,
        hasattr(flask, "brand_new"),
        hasattr(demijohn, "brand_new"),
    )
    sessions = flask.sessions
    opened = sessions.SecureCookieSession({"a": 1})
    patched = mock.patch.object(sessions.SecureCookieSessionInterface, "open_session", return_value=opened)
    with patched, flask.Flask("mocks").test_request_context():
        assert opened is flask.session._get_current_object()


@in_alias
def test_tools_may_be_mocked_before_they_are_loaded():
    """Patching a name of a module that nobody asked for yet loads it first, and is undone."""
    from unittest import mock

    with mock.patch("flask.cli.load_dotenv") as load, mock.patch("flask.testing.FlaskClient") as client:
        import flask

        flask.Flask("mocks").test_client()
        assert (load, 1) == (flask.cli.load_dotenv, client.call_count)
    assert "load_dotenv" == flask.cli.load_dotenv.__name__
    assert flask.testing.FlaskClient is demijohn.testing.FlaskClient


@in_alias
def test_monkeypatch_sets_and_undoes():
    """Pytest's `monkeypatch` sets names by module or by path, new ones too, deletes them, and undoes it all."""
    import flask

    before = dict(vars(flask)), dict(vars(demijohn))
    patch = pytest.MonkeyPatch()
    patch.setattr(flask, "url_for", "module")
    patch.setattr("flask.helpers.url_for", "path")
    patch.setattr(flask, "brand_new", 1, raising=False)
    patch.delattr("flask.redirect")
    patch.delattr(flask, "not_there", raising=False)
    assert ("module", "path", 1) == (flask.url_for, flask.helpers.url_for, flask.brand_new)
    assert not hasattr(flask, "redirect")
    patch.undo()
    assert before[1] == dict(vars(demijohn))
    assert {name: value for name, value in vars(flask).items() if name in before[0]} == before[0]
    assert not hasattr(flask, "brand_new")
    assert flask.redirect is flask.helpers.redirect


@in_alias
def test_monkeypatch_refuses_names_that_are_not_there():
    """With `raising=True` a wrong name is an AttributeError, not a new name."""
    for target in ("flask.nothing", "flask.views.nothing"):
        with pytest.raises(AttributeError):
            pytest.MonkeyPatch().setattr(target, 1)


@in_alias
def test_writing_to_one_module_leaves_its_neighbours():
    """A name written to one of Flask's modules is not written to the others that show the same object."""
    import flask

    original = flask.url_for
    flask.helpers.url_for = "written"
    assert original is flask.url_for
    flask.helpers.url_for = original
    flask.url_for = "written"
    assert original is flask.helpers.url_for
    flask.url_for = original
    assert original is demijohn.helpers.url_for


@in_alias
def test_what_is_written_may_be_deleted():
    """A name of one's own is set, read, seen by `vars` and deleted like in any module."""
    import flask.views

    flask.views.own = 1
    assert (1, 1) == (flask.views.own, vars(flask.views)["own"])
    del flask.views.own
    assert not hasattr(flask.views, "own")
    with pytest.raises(AttributeError):
        del flask.views.own


@in_alias
def test_a_submodule_may_be_replaced():
    """A module of another kind put in the place of a submodule is what later imports give."""
    import types

    import flask.json

    original = flask.json
    fake = types.ModuleType("flask.json")
    sys.modules["flask.json"] = flask.json = fake
    from flask import json

    assert fake is json
    sys.modules["flask.json"] = flask.json = original
    assert original is sys.modules["flask"].json
    assert '{"a": 1}' == demijohn.json.dumps({"a": 1})


@in_alias
def test_objects_can_be_pickled():
    """Classes and functions go through pickle and come back as the same objects, instances as equal ones."""
    import pickle

    import flask
    import flask.views
    from flask.json import tag
    from flask.sessions import SecureCookieSession

    for value in (flask.Flask, flask.Flask.route, flask.jsonify, flask.views.View, flask.url_for, tag.TagDict):
        assert value is pickle.loads(pickle.dumps(value))
    config = flask.Flask("pickles").config
    assert config == pickle.loads(pickle.dumps(config))
    assert type(config) is type(pickle.loads(pickle.dumps(config)))
    assert {"a": 1} == pickle.loads(pickle.dumps(dict(SecureCookieSession({"a": 1}))))


@in_alias
def test_pickles_of_flask_can_be_read():
    """What was pickled with Flask names Flask's modules, and is found there."""
    import pickle

    names = ("flask.app Flask", "flask.config Config", "flask.sessions SecureCookieSession", "flask.cli AppGroup")
    for module, name in (row.split() for row in (*names, "flask.ctx _AppCtxGlobals", "flask.helpers url_for")):
        loaded = pickle.loads(f"c{module}\n{name}\n.".encode())
        assert loaded is getattr(sys.modules[module], name)


@in_alias
def test_objects_can_be_copied():
    """`copy` and `deepcopy` of settings, responses and tables give independent ones of the same class."""
    import copy

    import flask

    app = flask.Flask("copies")
    app.config["LIST"] = [1]
    response = flask.Response("a", headers={"X-A": "b"})
    shallow, deep = copy.copy(app.config), copy.deepcopy(app.config)
    assert (app.config["LIST"], [1]) == (shallow["LIST"], deep["LIST"])
    assert deep["LIST"] is not app.config["LIST"]
    assert (b"a", "b") == (copy.copy(response).data, copy.copy(response).headers["X-A"])
    assert flask.Flask is copy.deepcopy(flask.Flask)
    assert app.view_functions == copy.copy(app.view_functions)
    assert {**app.before_request_funcs} == copy.deepcopy(app.before_request_funcs)
