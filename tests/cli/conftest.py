import importlib
import os
import sys
import textwrap

import pytest
from click.testing import CliRunner


@pytest.fixture(autouse=True)
def _process_state(monkeypatch, tmp_path):
    """Start in an empty folder, and undo what commands leave in the process."""
    environ, path, modules = dict(os.environ), sys.path[:], set(sys.modules)
    monkeypatch.chdir(tmp_path)
    yield
    os.environ.clear()
    os.environ.update(environ)
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file into the test's folder."""

    def write_file(name, source=""):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        importlib.invalidate_caches()
        return path

    return write_file


@pytest.fixture
def runner():
    """Return what invokes click commands in this process."""
    return CliRunner()
