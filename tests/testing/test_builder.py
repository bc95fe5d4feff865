"""The environ of a test request."""

import pytest

from demijohn import Flask
from demijohn.testing import EnvironBuilder


@pytest.fixture
def app():
    """Return an application with the default settings."""
    return Flask("made")


@pytest.fixture
def placed(app):
    """Return an application that knows its host, root and scheme."""
    app.config.update(SERVER_NAME="example.com:8", APPLICATION_ROOT="/root", PREFERRED_URL_SCHEME="https")
    return app


def build(app, *args, **kwargs):
    """Return the parts of the environ that make up the URL."""
    environ = EnvironBuilder(app, *args, **kwargs).get_environ()
    names = ("wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING")
    return tuple(environ[name] for name in names)


@pytest.mark.parametrize(
    ("args", "options", "expected"),
    [
        ([], {}, ("http", "localhost", "", "/", "")),
        (["/a?b=1"], {}, ("http", "localhost", "", "/a", "b=1")),
        (["a"], {}, ("http", "localhost", "", "a", "")),
        (["?b=1"], {}, ("http", "localhost", "", "", "b=1")),
        (["/"], {"subdomain": "sub"}, ("http", "sub.localhost", "", "/", "")),
        (["/"], {"url_scheme": "https"}, ("https", "localhost", "", "/", "")),
        (["/"], {"base_url": "https://b.com/root"}, ("https", "b.com", "/root", "/", "")),
        (["https://a.com:81/p?b=1"], {}, ("https", "a.com:81", "", "/p", "b=1")),
        (["//a.com/p"], {}, ("http", "a.com", "", "/p", "")),
        (["http://a.com/p"], {"subdomain": "sub"}, ("http", "a.com", "", "/p", "")),
        (["http://a.com/p", "http://b.com/"], {}, ("http", "b.com", "", "/p", "")),
    ],
)
def test_the_url_is_made_of_the_arguments(app, args, options, expected):
    """A path may be a whole URL; the rest is the default."""
    assert expected == build(app, *args, **options)


@pytest.mark.parametrize(
    ("args", "options", "expected"),
    [
        ([], {}, ("https", "example.com:8", "/root", "/", "")),
        (["/"], {"subdomain": "sub"}, ("https", "sub.example.com:8", "/root", "/", "")),
        (["/"], {"url_scheme": "http"}, ("http", "example.com:8", "/root", "/", "")),
        (["http://a.com/p"], {}, ("http", "a.com", "/root", "/p", "")),
        (["/root/a"], {}, ("https", "example.com:8", "/root", "/root/a", "")),
    ],
)
def test_the_url_is_completed_by_the_settings(placed, args, options, expected):
    """What the arguments leave open is taken from the configuration."""
    assert expected == build(placed, *args, **options)


@pytest.mark.parametrize("options", [{"subdomain": "sub"}, {"url_scheme": "https"}])
def test_parts_beside_the_whole_are_refused(app, options):
    """A base URL together with a part of it is an AssertionError."""
    with pytest.raises(AssertionError, match=r"base_url 'http://a\.com/' was given together with"):
        EnvironBuilder(app, "/", base_url="http://a.com/", **options)


def test_json_is_dumped_by_the_application(app):
    """A body from `json` is written by `app.json`, and so is `json_dumps`."""
    app.json.ensure_ascii = False
    builder = EnvironBuilder(app, json="€")
    assert '"€"' == builder.input_stream.read().decode()
    assert ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}') == (
        builder.json_dumps({"b": 2, "a": 1}),
        builder.json_dumps({"b": 2, "a": 1}, sort_keys=False),
    )


def test_other_arguments_are_those_of_werkzeug(app):
    """Method, headers and the rest are passed on, by position too."""
    environ = EnvironBuilder(app, "/", None, None, None, {"a": "1"}, method="PUT", headers={"X-A": "b"}).get_environ()
    assert ("a=1", "PUT", "b") == (environ["QUERY_STRING"], environ["REQUEST_METHOD"], environ["HTTP_X_A"])
