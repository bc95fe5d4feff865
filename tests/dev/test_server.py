"""The development server: which address, which options, and when it does nothing."""

import pytest

import demijohn


@pytest.fixture
def app(lib):
    """Return an application."""
    return lib.Flask("made")


@pytest.fixture
def served(monkeypatch):
    """Return the list of calls of Werkzeug's server, which is not started."""
    calls = []

    def run_simple(host, port, application, **options):
        calls.append((host, port, application, options))

    monkeypatch.setattr("werkzeug.serving.run_simple", run_simple)
    return calls


@pytest.mark.parametrize(
    ("server_name", "host", "port", "expected"),
    [
        (None, None, None, ("127.0.0.1", 5000)),
        (None, "0.0.0.0", 80, ("0.0.0.0", 80)),
        (None, None, "8000", ("127.0.0.1", 8000)),
        ("h.test:8000", None, None, ("h.test", 8000)),
        ("h.test", None, None, ("h.test", 5000)),
        ("h.test:8000", "0.0.0.0", None, ("0.0.0.0", 8000)),
        ("h.test:8000", None, 80, ("h.test", 80)),
        (":8000", None, None, ("127.0.0.1", 8000)),
        ("h.test:8000", None, 0, ("h.test", 0)),
    ],
)
def test_the_address_is_given_configured_or_the_default(app, served, server_name, host, port, expected):
    """What is given wins over `SERVER_NAME`, which wins over the loopback address and 5000."""
    app.config["SERVER_NAME"] = server_name
    app.run(host, port, load_dotenv=False)
    assert [(*expected, app)] == [call[:3] for call in served]


@pytest.mark.parametrize("debug", [True, False])
def test_debug_mode_has_reloader_and_debugger(app, served, debug):
    """They follow debug mode unless they are named; threads are on."""
    app.run(debug=debug, load_dotenv=False)
    app.run(debug=debug, load_dotenv=False, use_reloader=False, use_debugger=True, threaded=False, extra=1)
    assert debug is app.debug
    assert [
        {"use_reloader": debug, "use_debugger": debug, "threaded": True},
        {"use_reloader": False, "use_debugger": True, "threaded": False, "extra": 1},
    ] == [call[3] for call in served]


@pytest.mark.parametrize(
    ("value", "debug", "expected"), [("1", None, True), ("0", None, False), ("1", False, False), (None, None, True)]
)
def test_the_environment_is_asked_again(app, served, monkeypatch, value, debug, expected):
    """`FLASK_DEBUG` may come from a file that is read only now; an argument wins."""
    app.debug = value is None
    if value is not None:
        monkeypatch.setenv("FLASK_DEBUG", value)
    app.run(debug=debug)
    assert (expected, expected) == (app.debug, served[0][3]["use_debugger"])


@pytest.mark.parametrize(("loads", "skip", "expected"), [(True, None, True), (False, None, False), (True, "1", False)])
def test_files_for_the_environment_are_read(app, served, monkeypatch, tmp_path, loads, skip, expected):
    """`.flaskenv` of the working directory is read, unless the caller or the environment says no."""
    (tmp_path / ".flaskenv").write_text("FLASK_DEBUG=1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLASK_DEBUG", "x")
    monkeypatch.delenv("FLASK_DEBUG")
    if skip is not None:
        monkeypatch.setenv("FLASK_SKIP_DOTENV", skip)
    app.run(load_dotenv=loads)
    assert expected is app.debug


@pytest.mark.parametrize("reloader", [True, False])
def test_a_program_that_the_command_line_runs_does_not_serve(app, served, monkeypatch, capsys, reloader):
    """The command serves already; the developer is told once, not again by each reload."""
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")
    if reloader:
        monkeypatch.setenv("WERKZEUG_RUN_MAIN", "true")
    app.run()
    told = capsys.readouterr()
    assert ([], reloader) == (served, told.out + told.err == "")


def test_the_reason_for_not_serving_is_told(served, monkeypatch, capsys):
    """The text says what to do."""
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")
    demijohn.Flask("made").run()
    assert 'Put the call under `if __name__ == "__main__":`' in capsys.readouterr().out


def test_a_banner_is_shown(app, served, capsys):
    """It names the application and the mode."""
    app.run(debug=True, load_dotenv=False)
    shown = capsys.readouterr().out
    assert ("made" in shown, "Debug mode: on" in shown) == (True, True)


@pytest.mark.parametrize("error", [None, OSError])
def test_setting_up_may_go_on_when_serving_ended(lib, app, monkeypatch, error):
    """In an interactive session more can be registered before serving again."""

    def run_simple(host, port, application, **options):
        application.test_client().get("/")
        with pytest.raises(AssertionError):
            application.before_request(print)
        if error is not None:
            raise error

    monkeypatch.setattr("werkzeug.serving.run_simple", run_simple)
    if error is None:
        app.run(load_dotenv=False)
    else:
        with pytest.raises(error):
            app.run(load_dotenv=False)
    assert print is app.before_request(print)
