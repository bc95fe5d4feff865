"""What applications and blueprints have in common: folders, decorators, tables."""

import os
import pathlib

import pytest
from jinja2 import FileSystemLoader
from werkzeug.exceptions import NotFound

from demijohn.scaffold import Scaffold, _endpoint_from_view_func, setupmethod

TABLES = {
    "before_request": "before_request_funcs",
    "after_request": "after_request_funcs",
    "teardown_request": "teardown_request_funcs",
    "context_processor": "template_context_processors",
    "url_value_preprocessor": "url_value_preprocessors",
    "url_defaults": "url_default_functions",
}


@pytest.fixture(params=["app", "blueprint"])
def make(lib, request):
    """Give what makes an application and what makes a blueprint, in turn."""
    if request.param == "app":
        return lambda **options: lib.Flask("made", **options)
    return lambda **options: lib.Blueprint("made", "made", **options)


@pytest.mark.parametrize(
    ("folder", "url_path", "expected"),
    [
        ("assets", None, ("/root/assets", "/assets")),
        ("assets/", None, ("/root/assets", "/assets")),
        ("some/assets", None, ("/root/some/assets", "/assets")),
        (pathlib.Path("assets"), None, ("/root/assets", "/assets")),
        ("/elsewhere/assets", None, ("/elsewhere/assets", "/assets")),
        ("", None, ("/root/", "")),
        ("assets", "/files/", ("/root/assets", "/files")),
        ("assets", "/", ("/root/assets", "")),
        ("assets", "", ("/root/assets", "")),
        (None, "/files", (None, "/files")),
        (None, None, (None, None)),
    ],
)
def test_the_folder_and_the_url_of_static_files(make, folder, url_path, expected):
    """The folder is relative to the root; its name is the URL unless one is given."""
    scaffold = make(static_folder=folder, static_url_path=url_path, root_path="/root")
    assert expected == (scaffold.static_folder, scaffold.static_url_path)
    assert (folder is not None) is scaffold.has_static_folder


def test_the_static_folder_can_be_set(make):
    """It may be set later, and taken away."""
    scaffold = make(static_folder=None, root_path="/root")
    scaffold.static_folder, scaffold.static_url_path = "later", "/x/"
    assert ("/root/later", "/x") == (scaffold.static_folder, scaffold.static_url_path)
    scaffold.static_folder = scaffold.static_url_path = None
    assert (None, None, False) == (scaffold.static_folder, scaffold.static_url_path, scaffold.has_static_folder)


def test_the_root_is_where_the_module_lies(lib):
    """Without a root it is found by the import name."""
    expected = os.path.dirname(os.path.abspath(pytest.__file__))
    assert [expected] * 2 == [lib.Flask("pytest").root_path, lib.Blueprint("made", "pytest").root_path]


def test_the_loader_of_templates_is_for_the_folder(make):
    """It is made once; without a folder there is none."""
    scaffold = make(template_folder="pages", root_path="/root")
    assert (FileSystemLoader, ["/root/pages"]) == (type(scaffold.jinja_loader), scaffold.jinja_loader.searchpath)
    assert scaffold.jinja_loader is scaffold.jinja_loader
    assert None is make(template_folder=None).jinja_loader


@pytest.mark.parametrize(("method", "table"), TABLES.items())
def test_a_decorator_fills_its_table(make, method, table):
    """The function is returned as it is, and is in the table under None, in order."""
    scaffold = make()
    before = list(getattr(scaffold, table)[None])

    def first(*args):
        return None

    def second(*args):
        return None

    assert (first, second) == (getattr(scaffold, method)(first), getattr(scaffold, method)(second))
    assert [*before, first, second] == getattr(scaffold, table)[None]


@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "patch"])
def test_a_method_has_a_decorator_of_its_own(lib, method):
    """It registers the view for that method alone, with the options of a rule."""
    app = lib.Flask("made", static_folder=None)

    def view(a):
        return a

    assert view is getattr(app, method)("/<a>", endpoint="named", defaults={"b": 1})(view)
    (rule,) = app.url_map.iter_rules()
    expected = {method.upper(), "OPTIONS"} | ({"HEAD"} if method == "get" else set())
    assert ("named", expected, {"b": 1}) == (rule.endpoint, rule.methods, rule.defaults)


@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "patch"])
def test_a_decorator_of_a_method_takes_no_methods(make, method):
    """Naming methods there is a mistake."""
    with pytest.raises(TypeError, match="methods"):
        getattr(make(), method)("/", methods=["GET"])


def test_a_view_may_have_several_routes(lib):
    """Each decorator adds a rule; the endpoint is the function's name unless given."""
    app = lib.Flask("made", static_folder=None)

    @app.route("/one")
    @app.route("/two", endpoint="second")
    @app.post("/three")
    def page():
        return "page"

    found = {(rule.rule, rule.endpoint) for rule in app.url_map.iter_rules()}
    assert {("/one", "page"), ("/two", "second"), ("/three", "page")} == found


def test_a_decorator_may_be_used_twice(lib):
    """What `route` returns keeps no state of the first view."""
    app = lib.Flask("made", static_folder=None)
    register = app.route("/<name>", methods=["POST"])

    def first(name):
        return name

    register(first)
    assert ["first"] == [rule.endpoint for rule in app.url_map.iter_rules()]


@pytest.mark.parametrize("key", [404, NotFound, LookupError, Exception])
def test_a_handler_of_errors_is_in_its_table(make, key):
    """It is found by code and class, whether registered by the decorator or the method."""
    scaffold = make()

    def handle(error):
        return ""

    assert handle is scaffold.errorhandler(key)(handle)
    kind, code = scaffold._get_exc_class_and_code(key)
    assert handle is scaffold.error_handler_spec[None][code][kind]
    scaffold.register_error_handler(key, print)
    assert print is scaffold.error_handler_spec[None][code][kind]


def test_a_view_is_registered_for_an_endpoint(make):
    """The decorator stores it and returns it."""
    scaffold = make()
    assert print is scaffold.endpoint("named")(print)
    assert print is scaffold.view_functions["named"]


def test_an_endpoint_is_the_name_of_the_view():
    """Without a view there is no name, and the error says so."""
    assert "print" == _endpoint_from_view_func(print)
    with pytest.raises(AssertionError, match="endpoint"):
        _endpoint_from_view_func(None)


def test_a_rule_needs_an_endpoint_or_a_view(lib):
    """A rule without either is refused."""
    with pytest.raises(AssertionError, match="endpoint"):
        lib.Flask("made").add_url_rule("/")


def test_a_scaffold_is_shown_by_its_name(lib):
    """The representation has the class and the name."""
    assert ("<Flask 'made'>", "<Blueprint 'part'>") == (repr(lib.Flask("made")), repr(lib.Blueprint("part", "made")))


def test_a_scaffold_alone_leaves_things_to_its_subclasses():
    """How rules are added and when set-up is over, the subclasses say."""
    scaffold = Scaffold("made")
    with pytest.raises(NotImplementedError):
        scaffold._check_setup_finished("name")
    scaffold._check_setup_finished = lambda name: None
    with pytest.raises(NotImplementedError):
        scaffold.add_url_rule("/")


def test_a_method_for_setting_up_asks_first():
    """`setupmethod` asks with the method's name, then calls it, and keeps its documentation."""
    asked = []

    class Own(Scaffold):
        name = "own"

        def _check_setup_finished(self, f_name):
            asked.append(f_name)

        @setupmethod
        def extend(self, first, *, second):
            """Extend."""
            return first, second

    assert (1, 2) == Own("made").extend(1, second=2)
    assert (["extend"], "Extend.") == (asked, Own.extend.__doc__)
