import io
import logging

import pytest
from jinja2 import BaseLoader, DictLoader, FileSystemLoader
from werkzeug.exceptions import BadRequestKeyError

from demijohn import Blueprint, Flask
from demijohn.dev.explain import (
    DebugFilesKeyError,
    FormDataRoutingRedirect,
    UnexpectedUnicodeError,
    _dump_loader_info,
    attach_enctype_error_multidict,
    explain_template_loading_attempts,
)


@pytest.fixture
def app():
    """Return an application with two rules that redirect."""
    app = Flask("made")
    app.add_url_rule("/slash/", endpoint="slash", methods=["POST"])
    app.add_url_rule("/two/parts", endpoint="parts", methods=["POST"])
    return app


def explain(app, caplog, *attempts):
    """Return the lines that are logged about the attempts."""
    with caplog.at_level(logging.INFO, logger=app.name):
        explain_template_loading_attempts(app, "page.html", attempts)
    return caplog.messages[0].splitlines()


@pytest.mark.parametrize(
    ("error", "bases"),
    [
        (UnexpectedUnicodeError, (AssertionError, UnicodeError)),
        (DebugFilesKeyError, (KeyError, AssertionError)),
        (FormDataRoutingRedirect, (AssertionError,)),
    ],
)
def test_classes(error, bases):
    """The errors are caught as what Flask's are caught as."""
    assert error.__bases__ == bases


def test_missing_file(app):
    """A file that was sent as a name is explained with mimetype, remedy and name."""
    with app.test_request_context("/", method="POST", data={"photo": "cat.jpg"}) as context:
        error = DebugFilesKeyError(context.request, "photo")
    assert "'application/x-www-form-urlencoded'" in str(error)
    assert "no file contents were transmitted" in str(error)
    assert 'enctype="multipart/form-data"' in str(error)
    assert str(error).endswith("This was submitted: 'cat.jpg'")


def test_missing_file_without_a_field(app):
    """No names are spoken of when the form has no such field."""
    with app.test_request_context("/", method="POST", json={}) as context:
        error = DebugFilesKeyError(context.request, "photo")
    assert "'application/json'" in str(error)
    assert "submitted" not in str(error)


def test_attached_explanation(app):
    """Looking up a file explains a form field of that name, and nothing else."""
    with app.test_request_context("/", method="POST", data={"photo": "cat.jpg"}) as context:
        request = context.request
        attach_enctype_error_multidict(request)
        with pytest.raises(DebugFilesKeyError):
            request.files["photo"]
        with pytest.raises(BadRequestKeyError):
            request.files["other"]
        assert request.files.get("photo") is None
        assert type(request.files).__name__ == "ImmutableMultiDict"


def test_attached_explanation_keeps_files(app):
    """Files that did arrive are looked up as before."""
    data = {"photo": (io.BytesIO(b"cat"), "cat.jpg")}
    with app.test_request_context("/", method="POST", data=data) as context:
        attach_enctype_error_multidict(context.request)
        assert context.request.files["photo"].read() == b"cat"


def test_redirect_to_a_slash(app):
    """A redirect that would lose form data names both URLs and the slash."""
    with app.test_request_context("/slash?x=1", method="POST", data={"a": "b"}) as context:
        text = str(FormDataRoutingRedirect(context.request))
    assert "'http://localhost/slash?x=1'" in text
    assert "canonical URL 'http://localhost/slash/?x=1'" in text
    assert "ends in a slash" in text


def test_redirect_to_elsewhere(app):
    """A redirect for another reason does not speak of a slash."""
    with app.test_request_context("/two//parts", method="POST", data={"a": "b"}) as context:
        text = str(FormDataRoutingRedirect(context.request))
    assert "canonical URL 'http://localhost/two/parts'" in text
    assert "ends in a slash" not in text


def test_template_not_found(app, caplog):
    """Every loader is listed with owner, settings and result."""
    blueprint = Blueprint("shop", "shop.views")
    lines = explain(app, caplog, (FileSystemLoader("x"), app, None), (DictLoader({}), blueprint, None))
    assert lines == [
        "Locating template 'page.html':",
        "    1: trying loader of application 'made'",
        "       class: jinja2.loaders.FileSystemLoader",
        "       encoding: 'utf-8'",
        "       followlinks: False",
        "       searchpath:",
        "         - x",
        "       -> no match",
        "    2: trying loader of blueprint 'shop' (shop.views)",
        "       class: jinja2.loaders.DictLoader",
        "       -> no match",
        "Error: the template could not be found.",
    ]


def test_template_found(app, caplog):
    """A single match is shown with its file, or as a string, and is no cause for advice."""
    lines = explain(app, caplog, (DictLoader({}), "someone", ("text", "a/page.html", None)))
    assert lines[1].endswith("trying loader of 'someone'")
    assert lines[-1] == "       -> found ('a/page.html')"


def test_template_found_twice(app, caplog):
    """Two matches are a warning."""
    source = ("text", None, None)
    lines = explain(app, caplog, (DictLoader({}), app, source), (DictLoader({}), app, source))
    assert lines[-2] == "       -> found ('<string>')"
    assert lines[-1].startswith("Warning: ")


def test_template_of_a_blueprint(app, caplog):
    """During a request of a blueprint its name and a link to the documentation are added."""
    blueprint = Blueprint("shop", "shop.views")
    blueprint.add_url_rule("/shop", endpoint="index")
    app.register_blueprint(blueprint)
    with app.test_request_context("/shop"):
        lines = explain(app, caplog, (DictLoader({}), app, None))
    assert "looked up from an endpoint that belongs to the blueprint 'shop'" in lines[-3]
    assert lines[-1] == "  See https://flask.palletsprojects.com/blueprints/#templates"


def test_loader_settings():
    """Plain public settings of a loader are listed in order, all others are left out."""

    class Loader(BaseLoader):
        def __init__(self):
            self.second, self.first, self._hidden = ("a", "b"), 1.5, "x"
            self.mixed, self.mapping, self.nothing, self.raw = ["a", 1], {}, None, b"x"

    name = f"class: {Loader.__module__}.Loader"
    assert list(_dump_loader_info(Loader())) == [name, "first: 1.5", "second:", "  - a", "  - b"]
