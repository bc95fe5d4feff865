"""Files whose changes restart a server."""

import os
import sys
import threading

import pytest

from demijohn.cli.watch import Watched, watch


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/app/views.py", True),
        ("/app/deep/er/views.py", True),
        ("/app/data.sqlite", False),
        ("/app/.venv/lib/module.py", False),
        ("/app/node_modules/tool.py", False),
        ("/app/.#views.py", False),
        ("/elsewhere/views.py", False),
        ("/app2/views.py", False),
        ("/app/templates/page.html", True),
        ("/app/templates/page.html~", False),
        ("/etc/settings.toml", True),
        ("/extra/any/file", True),
        ("/app/generated.py", False),
    ],
)
def test_files_that_matter(path, expected):
    """Python files below the folders matter, everything below templates, what was added, and not what was excluded."""
    watched = Watched(("/app",), ("/app/templates",), ("/etc/settings.toml", "/extra"), ("*/generated.py",))
    assert watched.accepts(path) == expected


def test_roots(tmp_path):
    """What lies inside another folder, or nowhere, is not watched a second time."""
    inner = tmp_path / "inner"
    inner.mkdir()
    watched = Watched((str(tmp_path),), (str(inner),), (str(tmp_path / "nowhere"),))
    assert watched.find_roots() == [os.path.realpath(tmp_path)]


@pytest.mark.parametrize("has_watchfiles", [True, False])
def test_changes(write, tmp_path, monkeypatch, has_watchfiles):
    """A change is told with the file's path, with and without the library that asks the system."""
    if not has_watchfiles:
        monkeypatch.setitem(sys.modules, "watchfiles", None)
        monkeypatch.setattr("demijohn.cli.watch.POLLING_SECONDS", 0.02)
    path = write("views.py", "1")
    stop, count = threading.Event(), iter(range(2, 1000))
    writer = threading.Thread(target=lambda: write_until(stop, lambda: write("views.py", f"{next(count)}")))
    writer.start()
    changed = next(watch(Watched((os.path.realpath(tmp_path),)), stop))
    stop.set()
    writer.join()
    assert changed == {os.path.realpath(path)}


@pytest.mark.parametrize("has_watchfiles", [True, False])
def test_changes_before_watching(write, tmp_path, monkeypatch, has_watchfiles):
    """A change between a time and the beginning of watching is told, an older one is not."""
    if not has_watchfiles:
        monkeypatch.setitem(sys.modules, "watchfiles", None)
        monkeypatch.setattr("demijohn.cli.watch.POLLING_SECONDS", 0.02)
    old, new = write("old.py"), write("new.py")
    os.utime(old, (1, 1))
    changed = next(watch(Watched((os.path.realpath(tmp_path),)), threading.Event(), since=2_000_000_000))
    assert changed == {os.path.realpath(new)}


def test_stop(tmp_path):
    """Watching ends when it is told to."""
    stop = threading.Event()
    stop.set()
    assert list(watch(Watched((os.path.realpath(tmp_path),)), stop)) == []


def write_until(stop, write_file):
    """Change a file until that was noticed."""
    while not stop.wait(0.1):
        write_file()
