"""Where a package lies, and which prefix it is installed under."""

import importlib.util
import os
import sys
import types

import pytest
from flask.helpers import get_root_path as flask_root_path
from flask.sansio.scaffold import find_package as flask_find_package

from demijohn._packages import find_package, find_package_path, get_root_path


@pytest.fixture(
    params=[(flask_root_path, flask_find_package), (get_root_path, find_package)], ids=["flask", "demijohn"]
)
def lib(request):
    """Give the functions of Flask and of Demijohn in turn."""
    root_path, find = request.param
    return types.SimpleNamespace(get_root_path=root_path, find_package=find)


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Return a function that makes files below a folder of an importable place."""

    def make(*files, folder="."):
        place = tmp_path / folder
        for file in files:
            (place / file).parent.mkdir(parents=True, exist_ok=True)
            (place / file).write_text("", encoding="utf-8")
        monkeypatch.syspath_prepend(str(place))
        return str(place.resolve())

    known = set(sys.modules)
    yield make
    for name in set(sys.modules) - known:
        del sys.modules[name]


class Finder:
    """Find a module that has the loader given, and no file that its spec knows."""

    def __init__(self, name, loader):
        self.name, self.loader = name, loader

    def find_spec(self, name, path=None, target=None):
        return importlib.util.spec_from_loader(name, self.loader) if name == self.name else None


def test_the_root_of_an_imported_module_is_beside_its_file(lib):
    """A module that is imported knows its file."""
    assert os.path.dirname(os.path.abspath(pytest.__file__)) == lib.get_root_path("pytest")


def test_the_root_of_a_module_that_is_not_imported_is_found(lib, site):
    """A module is looked up without being imported."""
    place = site("alone.py")
    assert place == lib.get_root_path("alone")
    assert "alone" not in sys.modules


@pytest.mark.parametrize("name", ["there.is.nothing", "nothing_there", "__main__"])
def test_an_unknown_root_is_the_working_directory(lib, monkeypatch, name):
    """What cannot be found, and an interactive session, are at the working directory."""
    session = types.ModuleType("__main__")
    session.__spec__ = None
    monkeypatch.setitem(sys.modules, "__main__", session)
    assert os.getcwd() == lib.get_root_path(name)


def test_a_namespace_package_has_no_root(lib, site):
    """A package of several folders has no file, so its root has to be given."""
    site("spread/part/inner.py")
    importlib.import_module("spread")
    with pytest.raises(RuntimeError):
        lib.get_root_path("spread")


def test_a_module_is_imported_where_its_loader_tells_nothing(lib, monkeypatch):
    """A loader without `get_filename` has the module itself tell its file."""

    class Loader:
        def create_module(self, spec):
            return None

        def exec_module(self, module):
            module.__file__ = os.path.join(os.sep, "somewhere", "odd.py")

    monkeypatch.setattr(sys, "meta_path", [Finder("odd", Loader()), *sys.meta_path])
    try:
        assert os.path.join(os.sep, "somewhere") == lib.get_root_path("odd")
    finally:
        sys.modules.pop("odd", None)


@pytest.mark.parametrize("name", ["alone", "package", "package.module"])
def test_a_package_is_found_where_it_is_imported_from(lib, site, name):
    """A module, a package and a module in it lie in the folder that is searched."""
    place = site("alone.py", "package/__init__.py", "package/module.py")
    assert (None, place) == lib.find_package(name)


@pytest.mark.parametrize(
    ("folder", "prefix"),
    [
        ("lib/python3.11/site-packages", "."),
        ("Lib/site-packages", "."),
        ("other/site-packages", "other"),
        ("other/elsewhere", None),
    ],
)
def test_an_installed_package_has_a_prefix(lib, site, tmp_path, folder, prefix):
    """The prefix is read from the folders of Unix, of Windows, or of neither."""
    place = site("installed/__init__.py", folder=folder)
    expected = prefix and str((tmp_path / prefix).resolve())
    assert (expected, place) == lib.find_package("installed")


def test_a_package_of_the_interpreter_has_its_prefix(lib, site, monkeypatch, tmp_path):
    """What lies below `sys.prefix` is installed there, wherever below."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    place = site("installed/__init__.py", folder="any/folder")
    assert (str(tmp_path), place) == lib.find_package("installed")


@pytest.mark.parametrize("name", ["nothing_there", "__main__"])
def test_an_unknown_package_is_at_the_working_directory(lib, monkeypatch, name):
    """What cannot be found is not installed."""
    session = types.ModuleType("__main__")
    session.__spec__ = None
    monkeypatch.setitem(sys.modules, "__main__", session)
    assert (None, os.getcwd()) == lib.find_package(name)


def test_a_namespace_package_is_found_by_the_part_that_is_asked_for(lib, site):
    """Of several folders the one counts that holds the named package."""
    first = site("spread/one/__init__.py", folder="first")
    second = site("spread/two/__init__.py", folder="second")
    assert (None, first) == lib.find_package("spread.one")
    assert (None, second) == lib.find_package("spread.two")


@pytest.mark.parametrize("name", ["spread", "spread.module", "spread.absent"])
def test_a_namespace_package_without_a_named_part_is_at_its_first_folder(lib, site, name):
    """Where the part is a module or not there, the first folder counts."""
    place = site("spread/module.py")
    assert (None, place) == lib.find_package(name)


def test_a_part_below_an_absent_one_is_looked_for_without_an_error(site):
    """Where a parent of the named part cannot be imported, the first folder counts; Flask raises here."""
    assert site("spread/module.py") == find_package_path("spread.absent.deeper")


def test_a_part_that_lies_elsewhere_leaves_the_first_folder(site, monkeypatch):
    """An importer may put a part of a namespace package anywhere."""
    place = site("spread/module.py")
    part = types.ModuleType("spread.part")
    part.__spec__ = importlib.util.spec_from_loader("spread.part", None, is_package=True)
    part.__spec__.submodule_search_locations = [os.path.join(os.sep, "elsewhere")]
    monkeypatch.setitem(sys.modules, "spread.part", part)
    assert place == find_package_path("spread.part")


def test_the_path_of_a_package_is_that_of_its_root(site):
    """Only the first part of a dotted name is looked for."""
    place = site("package/__init__.py")
    assert place == find_package_path("package.anything.below")
