import os
import sys
import types

import pytest

from demijohn import Flask
from demijohn.cli import NoAppException, find_app_by_string, find_best_app, locate_app, prepare_import


def make_module(**members):
    """Return a module called `site`."""
    module = types.ModuleType("site")
    vars(module).update(members)
    return module


def explode():
    """Raise from inside a factory."""
    raise TypeError("inside the factory")


def answer_complaint(function, *arguments):
    """Return the text with which a call is refused."""
    with pytest.raises(NoAppException) as info:
        function(*arguments)
    return info.value.format_message()


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"app": Flask("a"), "application": Flask("b")}, "a"),
        ({"application": Flask("b"), "other": Flask("c")}, "b"),
        ({"app": "no application", "other": Flask("c")}, "c"),
        ({"create_app": lambda: Flask("d"), "make_app": lambda: Flask("e")}, "d"),
        ({"create_app": lambda: None, "make_app": lambda **options: Flask("e")}, "e"),
        ({"other": Flask("c"), "create_app": lambda: Flask("d")}, "c"),
    ],
)
def test_best_app_order(members, expected):
    """The customary names win over a single application, and that over a factory."""
    assert find_best_app(make_module(**members)).name == expected


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, "holds no Flask application"),
        ({"one": Flask("a"), "two": Flask("b")}, "'site:one'"),
        ({"create_app": lambda first: Flask("d")}, "'site:create_app(...)'"),
        ({"create_app": Flask}, "holds no Flask application"),
    ],
)
def test_best_app_complaints(members, expected):
    """A module without a clear application is refused, with what to write instead."""
    assert expected in answer_complaint(find_best_app, make_module(**members))


def test_type_error_inside_a_factory_surfaces():
    """A TypeError that a factory raises itself is not taken for a wrong call."""
    with pytest.raises(TypeError, match="inside the factory"):
        find_best_app(make_module(create_app=explode))


def test_foreign_application_is_explained():
    """An application of the installed Flask package is told from no application."""
    foreign = type("Flask", (), {"__module__": "flask.app"})()
    complaint = answer_complaint(find_best_app, make_module(app=foreign))
    assert "demijohn.as_flask" in complaint
    assert "demijohn.as_flask" in answer_complaint(find_app_by_string, make_module(app=foreign), "app")


@pytest.mark.parametrize(
    "reference",
    ["app", " app ", "app()", "make('x', 1)", "make( 'x', 1, )", "make(first='x', second=[2])"],
)
def test_references(reference):
    """A name or a call with literal arguments gives the application."""
    module = make_module(app=Flask("a"), make=lambda first, second: Flask(first))
    assert isinstance(find_app_by_string(module, reference), Flask)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("", "neither an attribute's name nor a call"),
        ("make(", "neither an attribute's name nor a call"),
        ("a.b", "neither an attribute's name nor a call"),
        ("a.b()", "plain name"),
        ("make(x)", "literals"),
        ("make(**{'first': 1})", "literals"),
        ("missing", "no attribute 'missing'"),
        ("make()", "does not accept these arguments"),
        ("make(1)", "of type 'int'"),
    ],
)
def test_reference_complaints(reference, expected):
    """What is no reference to an application is refused, each mistake in its words."""
    module = make_module(make=lambda first: first)
    assert expected in answer_complaint(find_app_by_string, module, reference)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("hello", "hello"),
        ("hello.py", "hello"),
        ("folder/hello.py", "hello"),
        ("package/__init__.py", "package"),
        ("package/inner/module", "package.inner.module"),
        ("package/inner.module", "package.inner.module"),
        ("dotted.name", "dotted.name"),
    ],
)
def test_prepare_import_names(write, path, expected):
    """A path gives the dotted name of the module within its outermost package."""
    write("package/__init__.py")
    write("package/inner/__init__.py")
    assert prepare_import(path) == expected


def test_prepare_import_sets_the_path_once(write, tmp_path):
    """The folder above the outermost package comes first on the path, once."""
    write("package/__init__.py")
    prepare_import("package/module.py")
    prepare_import("package/module.py")
    assert sys.path[:1] == [os.path.realpath(tmp_path)]
    assert sys.path.count(os.path.realpath(tmp_path)) == 1


def test_locate_app(write):
    """A module is imported and its application returned, by guess or by name."""
    write("site_one.py", "from demijohn import Flask\napp = Flask('one')\nother = Flask('two')\n")
    name = prepare_import("site_one.py")
    assert locate_app(name, None).name == "one"
    assert locate_app(name, "other").name == "two"


@pytest.mark.parametrize("name", ["nothere", "nothere.inner", "site_two/app", "site_two.txt"])
def test_missing_modules(write, name):
    """A module that does not exist is refused, or answered with None on request."""
    write("site_two.py")
    prepare_import("site_two.py")
    assert f"Could not import {name!r}" in answer_complaint(locate_app, name, None)
    assert locate_app(name, None, raise_if_not_found=False) is None


def test_import_error_inside_a_module(write):
    """An import that fails inside the module is shown with its traceback, always."""
    write("site_three.py", "import surely_not_installed\n")
    complaint = answer_complaint(locate_app, prepare_import("site_three.py"), None, False)
    assert "Module 'site_three' exists" in complaint
    assert "surely_not_installed" in complaint
    assert "Traceback" in complaint
