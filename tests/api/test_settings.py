"""What the setting `OPENAPI` may say, and what is wrong with it."""

from __future__ import annotations

import pytest

from demijohn import Flask
from demijohn.api.settings import DocumentSettings, find_version, read_settings


def read(value):
    """Return the settings of an application with this value."""
    app = Flask("made")
    app.config["OPENAPI"] = value
    return read_settings(app)


@pytest.mark.parametrize("value", [None, True, False, {}])
def test_defaults(value):
    """Without settings the document has the application's name."""
    assert read(value) == DocumentSettings(title="made")


def test_given():
    """What is given stands in the place of the defaults."""
    settings = read({"title": "T", "version": "2", "path": None})
    assert (settings.title, settings.version, settings.path, settings.docs_path) == ("T", "2", None, "/docs")


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("title", TypeError, "OPENAPI was 'title', a str. Set it to True"),
        ({"titel": "T"}, ValueError, "OPENAPI has the key 'titel', which means nothing. It may have title, version"),
        ({"servers": "/"}, TypeError, "'servers'"),
        ({"security": {"A": []}}, TypeError, "Put it into a list"),
    ],
)
def test_mistakes(value, error, message):
    """A mistake in the setting is named, with what to do."""
    with pytest.raises(error) as caught:
        read(value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("wanted", "version"), [("3.1", "3.1.1"), ("3.1.0", "3.1.1"), ("3.1.1", "3.1.1"), ("3.2", "3.2.0")]
)
def test_versions(wanted, version):
    """A version is told by two numbers or three."""
    assert find_version(wanted) == version


@pytest.mark.parametrize("wanted", ["3.0", "3", "3.10", ""])
def test_other_versions(wanted):
    """Other versions of OpenAPI are refused."""
    with pytest.raises(ValueError, match=r"it can be written in 3\.1\.1 and 3\.2\.0"):
        find_version(wanted)
