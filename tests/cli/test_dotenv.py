import os
import sys

import pytest

from demijohn.cli import load_dotenv
from demijohn.cli.dotenv import _path_is_ancestor


@pytest.fixture
def files(write):
    """Write the default files and one more."""
    write(".env", "DJ_A=env\nDJ_B=env\nDJ_BARE\nDJ_EMPTY=\n")
    write(".flaskenv", "DJ_A=flaskenv\nDJ_C=flaskenv\n")
    write("extra", "DJ_A=extra\nDJ_D=火腿\n")


def read():
    """Return the variables of these tests, without their prefix."""
    return {name[3:]: value for name, value in os.environ.items() if name.startswith("DJ_")}


def test_default_files(files):
    """Both default files are read, .env overrules .flaskenv, and bare names are left out."""
    assert load_dotenv() is True
    assert read() == {"A": "env", "B": "env", "C": "flaskenv", "EMPTY": ""}


def test_extra_file(files):
    """A given file overrules the default ones and is read as UTF-8."""
    assert load_dotenv("extra") is True
    assert read() == {"A": "extra", "B": "env", "C": "flaskenv", "D": "火腿", "EMPTY": ""}


def test_extra_file_alone(files, tmp_path):
    """The default files can be left out, and a path object is a path."""
    assert load_dotenv(tmp_path / "extra", load_defaults=False) is True
    assert read() == {"A": "extra", "D": "火腿"}


def test_set_variables_stay(files, monkeypatch):
    """A variable that is set already is overruled by no file."""
    monkeypatch.setenv("DJ_A", "mine")
    load_dotenv("extra")
    assert read()["A"] == "mine"


def test_folders_above_are_searched(files, tmp_path, monkeypatch):
    """Default files are found in the folders above, and the folder stays the same."""
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    assert load_dotenv() is True
    assert os.getcwd() == os.path.realpath(tmp_path / "inner")


def test_nothing_to_read():
    """The answer is False when no file had a variable."""
    assert load_dotenv("nothere", load_defaults=False) is False


@pytest.mark.parametrize(
    ("path", "file", "expected"),
    [(None, ".env", True), (None, ".flaskenv", True), ("x", "other", True), (None, "other", False)],
)
def test_missing_library(monkeypatch, capsys, write, path, file, expected):
    """Without python-dotenv nothing is read, and a tip is printed if a file is there."""
    monkeypatch.setitem(sys.modules, "dotenv", None)
    write(file, "DJ_A=1\n")
    assert load_dotenv(path) is False
    assert read() == {}
    assert ("pip install python-dotenv" in capsys.readouterr().err) is expected


@pytest.mark.parametrize(
    ("path", "other", "expected"),
    [("/a", "/a/b", True), ("/a/", "/a/b", True), ("/a", "/a", True), ("", "a", True), ("/a", "/ab", False)],
)
def test_path_is_ancestor(path, other, expected):
    """A path is an ancestor of itself and of what lies below it."""
    assert _path_is_ancestor(path.replace("/", os.sep), other.replace("/", os.sep)) is expected
