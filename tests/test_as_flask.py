"""The alias: everything that `import flask` can mean is Demijohn."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

import pytest

import demijohn
from tests.extension_contract.process import in_alias, run_python

MODULES = (
    *("flask", "flask.app", "flask.blueprints", "flask.cli", "flask.config", "flask.ctx", "flask.debughelpers"),
    *("flask.globals", "flask.helpers", "flask.json", "flask.json.provider", "flask.json.tag", "flask.logging"),
    *("flask.sansio", "flask.sansio.app", "flask.sansio.blueprints", "flask.sansio.scaffold", "flask.sessions"),
    *("flask.signals", "flask.templating", "flask.testing", "flask.typing", "flask.views", "flask.wrappers"),
)
SAME = (
    "flask.Flask flask.app.Flask demijohn.Flask demijohn.app.Flask",
    "flask.Blueprint flask.blueprints.Blueprint demijohn.Blueprint flask.sansio.blueprints.Blueprint",
    "flask.Config flask.config.Config demijohn.Config",
    "flask.Request flask.wrappers.Request demijohn.Request flask.app.Request",
    "flask.Response flask.wrappers.Response demijohn.Response flask.app.Response",
    "flask.request flask.globals.request flask.app.request flask.views.request",
    "flask.session flask.globals.session demijohn.session flask.helpers.session",
    "flask.g flask.globals.g demijohn.g flask.app.g",
    "flask.current_app flask.globals.current_app demijohn.current_app flask.helpers.current_app",
    "flask.url_for flask.helpers.url_for demijohn.url_for",
    "flask.jsonify flask.json.jsonify demijohn.jsonify",
    "flask.render_template flask.templating.render_template demijohn.render_template",
    "flask.after_this_request flask.ctx.after_this_request demijohn.after_this_request",
    "flask.request_started flask.signals.request_started demijohn.request_started",
    "flask.views.View demijohn.views.View",
    "flask.sessions.SessionInterface demijohn.sessions.SessionInterface flask.app.SessionInterface",
    "flask.json.provider.DefaultJSONProvider demijohn.json.provider.DefaultJSONProvider",
    "flask.cli.AppGroup demijohn.cli.AppGroup flask.blueprints.AppGroup",
    "flask.testing.FlaskClient demijohn.testing.FlaskClient",
)
"""Names that stand for one object."""


@in_alias
def test_every_module_is_imported_by_name():
    """`importlib.import_module` gives each of Flask's modules, under its name, in `sys.modules` and in its parent."""
    import importlib

    for name in MODULES:
        module = importlib.import_module(name)
        parent, _, child = name.rpartition(".")
        assert (name, module) == (module.__name__, sys.modules[name])
        assert not parent or module is getattr(sys.modules[parent], child)


@in_alias
def test_modules_are_imported_by_statement():
    """`import`, `import as`, `from`, nested and relative imports all give the same modules."""
    import importlib

    import flask
    import flask.json.tag
    import flask.views as by_as
    from flask import json, views
    from flask.json import tag

    assert views is by_as is flask.views is importlib.import_module(".views", "flask")
    assert json is flask.json
    assert tag is flask.json.tag is importlib.import_module(".tag", "flask.json")


def test_submodules_come_with_the_alias_in_one_line():
    """`import demijohn.as_flask, flask.views` is all that a program needs."""
    finished = run_python("import demijohn.as_flask, flask.views; print(flask.views.View.__module__)")
    assert (0, "demijohn.views\n", "") == (finished.returncode, finished.stdout, finished.stderr)


@in_alias
def test_a_star_gives_the_names_of_flask():
    """`from flask import *` gives all of `demijohn.__all__` but what is imported late, and `json`, a module."""
    import flask

    there = [name for name in demijohn.__all__ if name in vars(demijohn)]
    space = {}
    exec("from flask import *", space)
    assert [] == [name for name in there if space.get(name) is not getattr(flask, name)]
    assert "json" in there


@in_alias
def test_names_of_typed_views_come_by_the_alias():
    """What Demijohn imports late can be imported from flask too."""
    from flask import Depends, Query

    assert (demijohn.Query, demijohn.Depends) == (Query, Depends)


@in_alias
def test_a_star_gives_the_names_of_a_submodule():
    """`from flask.views import *` and its like give the public names of that module."""
    for module, name in (("flask.views", "MethodView"), ("flask.json", "dumps"), ("flask.globals", "request")):
        space = {}
        exec(f"from {module} import *", space)
        assert name in space


@in_alias
def test_classes_and_functions_are_the_same_by_every_name():
    """There is one object for each thing, whatever module it is read from."""
    import pkgutil

    for row in SAME:
        first, *others = row.split()
        for other in others:
            assert pkgutil.resolve_name(first) is pkgutil.resolve_name(other), (first, other)


@in_alias
def test_modules_are_found():
    """`importlib.util.find_spec` finds each module without importing it, and says that packages are packages."""
    from importlib.util import find_spec

    for name in MODULES:
        spec = find_spec(name)
        assert name == spec.name
        assert (spec.submodule_search_locations is not None) == (name in {"flask", "flask.json", "flask.sansio"})
    assert "demijohn.cli" not in sys.modules


@in_alias
def test_a_module_that_does_not_exist_is_not_found():
    """`find_spec` returns None for it, as for any module that is not there."""
    from importlib.util import find_spec

    assert [None, None] == [find_spec("flask.ext"), find_spec("flask.json.nothing")]


@in_alias
def test_a_module_that_does_not_exist_cannot_be_imported():
    """Importing it raises ModuleNotFoundError, with the name that an extension compares."""
    for name in ("flask.ext", "flask.json.nothing", "flask.ext.login"):
        with pytest.raises(ModuleNotFoundError) as caught:
            __import__(name)
        assert caught.value.name in {name, "flask.ext"}


@in_alias
def test_a_name_that_does_not_exist_cannot_be_imported():
    """Reading it raises AttributeError, importing it ImportError, both with the name of the module."""
    import flask

    assert not hasattr(flask, "nothing")
    assert None is getattr(flask.views, "nothing", None)
    for action, kind in (("flask.nothing", AttributeError), ("from flask import nothing", ImportError)):
        with pytest.raises(kind, match=r"flask.*nothing|nothing.*flask"):
            exec(action, {"flask": flask})


@in_alias
def test_modules_say_what_they_are():
    """Names, packages, loaders, files and documentation of the modules are those of modules."""
    import inspect

    import flask
    import flask.json.tag

    assert ("flask", "flask", "flask.json") == (flask.__package__, flask.app.__package__, flask.json.tag.__package__)
    for module in (flask, flask.app, flask.json, flask.json.tag):
        assert module.__name__ == module.__spec__.name
        assert inspect.ismodule(module)
        assert module.__doc__
        assert Path(module.__file__).exists()
        assert module.__loader__ is module.__spec__.loader
    assert not hasattr(flask.app, "__path__")


@in_alias
def test_modules_can_be_listed():
    """`dir`, `vars` and `inspect.getmembers` list the names of a module, and help can be made of it."""
    import inspect
    import pydoc

    import flask.cli

    for name in MODULES:
        module = sys.modules.get(name) or __import__(name, fromlist=["*"])
        members = dict(inspect.getmembers(module))
        assert set(dir(module)) >= {name for name in vars(module) if not name.startswith("__")}
        assert set(members) == set(dir(module))
    assert {"Flask", "request", "json", "jsonify"} <= set(dir(flask))
    assert "flask.views" in pydoc.render_doc("flask.views")


@in_alias
def test_submodules_can_be_listed():
    """`pkgutil` walks over Flask's modules, as documentation builders and freezers do."""
    import pkgutil

    import flask

    found = {module.name for module in pkgutil.walk_packages(flask.__path__, "flask.")}
    expected = {name for name in MODULES if name != "flask" and not name.startswith("flask.sansio")}
    assert expected <= found


@in_alias
def test_the_source_of_what_is_imported_can_be_read():
    """`inspect` finds source, signature and module of classes and functions."""
    import inspect

    import flask

    assert inspect.getsource(flask.Flask.route).lstrip().startswith("@setupmethod")
    assert "rule" in inspect.signature(flask.Flask.route).parameters
    assert sys.modules[flask.Flask.__module__] is inspect.getmodule(flask.Flask)


@in_alias
def test_reloading_changes_nothing():
    """`importlib.reload` returns the same module, with the same objects in it."""
    import importlib

    import flask
    import flask.views

    before = flask.Flask, flask.views.View, flask.request
    assert flask is importlib.reload(flask)
    assert flask.views is importlib.reload(flask.views)
    assert before == (flask.Flask, flask.views.View, flask.request)


@in_alias
def test_modules_may_be_imported_again():
    """A module taken out of `sys.modules`, as tests do to import anew, is made again of the same objects."""
    import flask
    import flask.views

    old = flask.views.View
    for name in [name for name in sys.modules if name.partition(".")[0] == "flask"]:
        del sys.modules[name]
    import flask as again
    import flask.views as views_again

    assert (again.Flask, views_again.View) == (demijohn.Flask, old)
    assert again is not flask


@in_alias
def test_the_alias_is_installed_once():
    """Importing or installing it again, or anew, leaves one finder and the same modules."""
    import importlib

    import flask

    import demijohn.as_flask as alias

    alias.install()
    importlib.reload(alias)
    assert flask is sys.modules["flask"]
    assert 1 == sum(type(finder).__name__ == "AliasFinder" for finder in sys.meta_path)


@in_alias
def test_the_tools_are_loaded_when_they_are_asked_for():
    """`flask.cli`, `flask.testing` and `flask.debughelpers` cost nothing until they are read."""
    import flask

    tools = {"demijohn.cli", "demijohn.testing", "demijohn.dev", "click.testing", "werkzeug.debug"}
    flask.Flask("tools")
    assert set() == tools & set(sys.modules)
    assert flask.cli.AppGroup is not flask.testing.FlaskClient
    assert {"demijohn.cli", "demijohn.testing"} <= set(sys.modules)


@in_alias
def test_modules_that_flask_loads_are_loaded():
    """After `import flask` alone, `sys.modules` has the modules that extensions look up there."""
    import flask  # noqa: F401 - importing is what is tested

    names = ("app", "blueprints", "config", "ctx", "globals", "helpers", "json", "sessions", "signals", "wrappers")
    assert [] == [name for name in names if f"flask.{name}" not in sys.modules]


@in_alias
def test_the_version_is_that_of_the_api():
    """`importlib.metadata` tells 3.1.3, however the name is written, and the right version of everything else."""
    from importlib import metadata

    import werkzeug

    assert ["3.1.3"] * 3 == [metadata.version(name) for name in ("flask", "Flask", "FLASK")]
    found = metadata.distribution("flask")
    assert ("Flask", "3.1.3", "Flask") == (found.metadata["Name"], found.version, found.name)
    assert werkzeug.__name__ == metadata.distribution("werkzeug").name.lower()
    with pytest.raises(metadata.PackageNotFoundError):
        metadata.version("flask-that-is-not-there")


@in_alias
def test_the_distribution_can_be_asked_like_any():
    """Requirements, files, entry points and texts of the distribution can be asked for without an error."""
    from importlib import metadata

    found = metadata.distribution("flask")
    assert isinstance(list(found.requires or ()), list)
    assert isinstance(list(found.files or ()), list)
    assert isinstance(list(found.entry_points), list)
    assert (None, True) == (found.read_text("nothing.txt"), "3.1.3" in found.read_text("METADATA"))
    assert isinstance(metadata.metadata("flask").json, dict)


@in_alias
def test_entry_points_of_others_are_found():
    """Commands and plugins of other distributions are listed as without the alias."""
    from importlib import metadata

    groups = metadata.entry_points()
    assert any(point.name == "demijohn" for point in groups.select(group="console_scripts"))
    assert isinstance(list(metadata.entry_points(group="flask.commands")), list)
    names = {(distribution.metadata["Name"] or "").lower() for distribution in metadata.distributions()}
    assert {"werkzeug", "demijohn", "jinja2"} <= names


@in_alias
def test_the_version_of_the_module_is_deprecated_as_in_flask():
    """`flask.__version__` gives 3.1.3, with the warning that Flask gives."""
    import warnings

    import flask

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert "3.1.3" == flask.__version__
    assert ([DeprecationWarning], __file__) == ([row.category for row in caught], caught[0].filename)


def test_flask_imported_before_is_an_error(tmp_path):
    """Where a module has imported the real Flask, the alias refuses at once and names that module."""
    (tmp_path / "too_early.py").write_text("from flask import Flask\n")
    finished = run_python("import too_early, demijohn.as_flask", PYTHONPATH=str(tmp_path))
    assert 1 == finished.returncode
    assert "RuntimeError" in finished.stderr
    assert "'too_early'" in finished.stderr.splitlines()[-1]
    assert "demijohn.as_flask first" in finished.stderr


@pytest.mark.parametrize(
    "statement", ["import flask", "import flask as f", "from flask import request", "import flask.json"]
)
def test_the_program_itself_is_named(statement):
    """A program that imported Flask by itself is told so, however it did it, and keeps the Flask it has."""
    program = f"""
{statement}
try:
    import demijohn.as_flask
except RuntimeError as error:
    assert "__main__" in str(error), error
else:
    raise AssertionError("it was not refused")
import sys
assert sys.modules["flask"].Flask.__module__ == "flask.app"
"""
    finished = run_python(program)
    assert (0, "") == (finished.returncode, finished.stderr)


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """Give a folder with everything that is installed here, but without Flask."""
    folder = tmp_path_factory.mktemp("packages")
    installed = Path(sysconfig.get_paths()["purelib"])
    for entry in installed.iterdir():
        if not entry.name.lower().startswith(("flask", "__pycache__")) and entry.suffix != ".pth":
            (folder / entry.name).symlink_to(entry)
    return folder


def run_without_flask(packages, program):
    """Run a program where the real Flask is not installed."""
    path = os.pathsep.join([str(packages), str(Path(demijohn.__file__).parents[1])])
    return run_python(f"import sys; sys.path[:0] = {path.split(os.pathsep)}\n{program}", PYTHONPATH=path)


def test_flask_need_not_be_installed(packages):
    """Without the real Flask the alias does the same: modules, version, an application, a client."""
    program = """
import importlib.metadata, site
sys.path[:] = [folder for folder in sys.path if not folder.endswith("site-packages")]
try:
    import flask
except ModuleNotFoundError:
    pass
else:
    raise AssertionError("Flask is installed")
import demijohn.as_flask
import flask, flask.views, flask.cli
app = flask.Flask("alone")
app.add_url_rule("/", view_func=lambda: "index", endpoint="index")
print(app.test_client().get("/").text, importlib.metadata.version("flask"), flask.Flask.__module__)
"""
    finished = run_without_flask(packages, program)
    assert ("index 3.1.3 demijohn.app\n", "") == (finished.stdout, finished.stderr)


def test_the_installed_flask_is_never_loaded():
    """With the real Flask installed, nothing of it is loaded, whatever is imported and used."""
    program = f"""
import sys, importlib, demijohn.as_flask
for name in {MODULES!r}:
    importlib.import_module(name)
import flask
flask.Flask("here").test_client().get("/")
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
print([file for file in files if "site-packages" in file and "/flask/" in file])
"""
    finished = run_python(program)
    assert ("[]\n", "") == (finished.stdout, finished.stderr)


@in_alias
def test_threads_may_import_at_once():
    """Threads that import all of it for the first time, together, all get the same objects."""
    import importlib
    import threading

    barrier = threading.Barrier(8)
    seen, errors = [], []

    def import_all(names):
        try:
            barrier.wait()
            modules = {name: importlib.import_module(name) for name in names}
            seen.append(
                (modules["flask.cli"].AppGroup, modules["flask.testing"].FlaskClient, modules["flask"].json.dumps)
            )
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=import_all, args=(MODULES[:: 1 if turn % 2 else -1],)) for turn in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ([], 8, 1) == (errors, len(seen), len(set(seen)))


@in_alias
def test_threads_may_read_lazy_names_at_once():
    """Threads that read submodules and third-party names for the first time, together, get no error."""
    import threading

    import flask

    barrier = threading.Barrier(8)
    seen, errors = [], []

    def read():
        try:
            barrier.wait()
            seen.append((flask.cli, flask.testing, flask.app.Rule, flask.helpers.werkzeug, flask.views.ft))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ([], 8, 1) == (errors, len(seen), len(set(seen)))


def test_the_command_installs_the_alias(tmp_path):
    """`demijohn` loads an application that says `from flask import Flask`, and it is Demijohn's."""
    (tmp_path / "site_of_a_user.py").write_text(
        "import flask, importlib.metadata\n"
        "app = flask.Flask('user')\n"
        "@app.cli.command('show')\n"
        "def show():\n"
        "    flask.cli.click.echo(f'{type(app).__module__} {importlib.metadata.version(\"flask\")}')\n"
    )
    program = """
import runpy, sys
sys.argv = ["demijohn", "--app", "site_of_a_user", "show"]
runpy.run_module("demijohn", run_name="__main__")
"""
    finished = run_python(program, PYTHONPATH=str(tmp_path))
    assert ("demijohn.app 3.1.3\n", 0) == (finished.stdout, finished.returncode)


@in_alias
def test_other_imports_are_as_they_were():
    """Packages whose names begin like Flask's are none of the alias's business."""
    import types
    from importlib.util import find_spec

    assert find_spec("flask_of_nobody") is None
    sys.modules["flask_own"] = types.ModuleType("flask_own")
    import flask_own

    assert "flask_own" == flask_own.__name__


@in_alias
def test_classes_may_be_subclassed_from_either_side():
    """A subclass of the one is a subclass of the other, and errors are caught by either name."""
    import flask.cli

    import demijohn.cli

    class Own(flask.Flask):
        pass

    assert isinstance(Own("either"), demijohn.Flask)
    with pytest.raises(demijohn.cli.NoAppException, match="none"):
        raise flask.cli.NoAppException("none")
