"""Whether a server can serve static files itself."""

import datetime as dt
import os

import pytest

from demijohn import Flask
from demijohn.cli.static_files import find_static_mount


def make_app(tmp_path, **options):
    """Return an application whose static folder is there."""
    (tmp_path / "static").mkdir(exist_ok=True)
    return Flask("made", root_path=str(tmp_path), **options)


def test_mount(tmp_path):
    """Route, folder and the time that clients may keep a file are the application's."""
    app = make_app(tmp_path, static_url_path="/assets/")
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = dt.timedelta(minutes=1)
    assert find_static_mount(app) == (("/assets", os.path.realpath(tmp_path / "static"), 60), None)


def test_no_time():
    """Clients are not told to keep files unless the application says so."""
    mount, _ = find_static_mount(Flask("made"))
    assert mount.max_age == 0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda app: app.before_request(lambda: None), "'before_request_funcs' functions"),
        (lambda app: app.after_request(lambda response: response), "'after_request_funcs' functions"),
        (lambda app: app.teardown_request(lambda error: None), "'teardown_request_funcs' functions"),
        (lambda app: setattr(app, "wsgi_app", lambda *arguments: []), "the wrapper "),
        (lambda app: setattr(app, "send_static_file", lambda filename: ""), "own 'send_static_file'"),
        (lambda app: setattr(app.url_map, "host_matching", True), "host matching"),
    ],
)
def test_what_would_be_skipped(tmp_path, change, expected):
    """Where something of the application would not run, it serves the files, and the reason is told."""
    app = make_app(tmp_path)
    change(app)
    mount, reason = find_static_mount(app)
    assert mount is None
    assert expected in reason


def test_nothing_to_serve(tmp_path):
    """Without a static folder, or with one at '/', there is nothing for the server."""
    reasons = [
        find_static_mount(app)[1] for app in (Flask("a", static_folder=None), make_app(tmp_path, static_url_path=""))
    ]
    assert "has no static folder" in reasons[0]
    assert "at '/'" in reasons[1]
