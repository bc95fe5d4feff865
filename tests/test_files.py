"""Files below a folder: static ones that are sent, resources that are opened."""

import os
from datetime import timedelta

import flask
import pytest

import demijohn
from demijohn._files import find_cache_age, open_below, send_below


@pytest.fixture
def app(lib, tmp_path):
    """Return an application in a folder with a static file and a secret one."""
    for name in ("static/page.css", "static/deep/file.txt", "secret.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    return lib.Flask("made", root_path=str(tmp_path))


def get(app, path, **options):
    """Return status, body and type of a file."""
    response = app.test_client().get(path, **options)
    found = response.status_code, response.get_data(as_text=True), response.mimetype
    response.close()
    return found


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/static/page.css", (200, "static/page.css", "text/css")),
        ("/static/deep/file.txt", (200, "static/deep/file.txt", "text/plain")),
    ],
)
def test_static_files_are_served(app, path, expected):
    """Files of the folder and below it are sent with their type."""
    assert expected == get(app, path)


@pytest.mark.parametrize(
    "path",
    [
        *("/static/none.css", "/static/", "/static/deep", "/static/../secret.txt", "/static/%2e%2e/secret.txt"),
        *("/static/deep/../../secret.txt", "/static//etc/passwd", "/static/..%5csecret.txt"),
    ],
)
def test_nothing_else_is_served(app, path):
    """What is not there, folders, and paths that lead out answer 404."""
    assert 404 == get(app, path, follow_redirects=True)[0]


@pytest.mark.parametrize(("value", "expected"), [(None, None), (60, 60), (timedelta(hours=1), 3600), (0, 0)])
def test_the_age_of_files_is_a_setting(lib, app, value, expected):
    """It is a number of seconds or a timedelta."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = value
    with app.app_context():
        assert expected == app.get_send_file_max_age("any")
        if lib is demijohn:
            assert expected == find_cache_age()
    response = app.test_client().get("/static/page.css")
    assert expected == response.cache_control.max_age
    response.close()


def test_an_application_may_have_ages_by_name(app):
    """`get_send_file_max_age` may be overridden."""
    app.get_send_file_max_age = lambda name: 9 if name.endswith(".css") else 1
    ages = []
    for path in ("/static/page.css", "/static/deep/file.txt"):
        with app.test_client().get(path) as response:
            ages.append(response.cache_control.max_age)
    assert [9, 1] == ages


def test_a_static_file_can_be_sent_by_a_view(app):
    """The method gives the response."""
    app.add_url_rule("/icon", "icon", lambda: app.send_static_file("page.css"))
    assert (200, "static/page.css", "text/css") == get(app, "/icon")


def test_without_a_folder_the_error_names_the_owner(app):
    """Sending a static file needs a folder."""
    app.static_folder = None
    with app.test_request_context(), pytest.raises(RuntimeError, match="static"):
        app.send_static_file("page.css")
    owner = demijohn.Blueprint("part", "made")
    with pytest.raises(RuntimeError, match=r"<Blueprint 'part'> .*'page.css'"):
        send_below(owner, "page.css")


@pytest.mark.parametrize(("mode", "expected"), [("rb", b"secret.txt"), ("r", "secret.txt"), ("rt", "secret.txt")])
def test_a_resource_is_opened_for_reading(app, mode, expected):
    """It is below the root of the application, in bytes by default."""
    with app.open_resource("secret.txt", mode) as file:
        assert expected == file.read()
    with app.open_resource("secret.txt") as file:
        assert b"secret.txt" == file.read()


@pytest.mark.parametrize("mode", ["w", "a", "x", "r+", "rb+", "wb", ""])
def test_a_resource_is_never_opened_for_writing(app, mode):
    """A mode that could write is refused, by its name."""
    with pytest.raises(ValueError, match="reading"):
        app.open_resource("secret.txt", mode)


def test_an_encoding_is_for_text(tmp_path):
    """It decodes text and is left aside for bytes."""
    (tmp_path / "file").write_bytes("é".encode("latin-1"))
    with (
        open_below(str(tmp_path), "file", "r", "latin-1") as text,
        open_below(str(tmp_path), "file", "rb", "x") as data,
    ):
        assert ("é", b"\xe9") == (text.read(), data.read())


def test_a_resource_of_the_instance_may_be_written(lib, tmp_path):
    """The instance folder belongs to the deployment."""
    app = lib.Flask("made", instance_path=str(tmp_path))
    with app.open_instance_resource("file.txt", "w") as file:
        file.write("é")
    with app.open_instance_resource("file.txt") as data, app.open_instance_resource("file.txt", "r") as text:
        assert ("é".encode(), "é") == (data.read(), text.read())
    with app.open_instance_resource("file.txt", "r", encoding="latin-1") as text:
        assert "Ã©" == text.read()


CONDITIONS = [
    {},
    {"If-None-Match": "*"},
    {"If-None-Match": "{etag}"},
    {"If-Modified-Since": "{date}"},
    {"If-Match": '"other"'},
    {"Range": "bytes=0-3"},
    {"Range": "bytes=-5"},
    {"Range": "bytes=5000-"},
    {"Range": "nonsense"},
    {"Range": "bytes=0-3", "If-Range": "{etag}"},
]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("headers", CONDITIONS)
@pytest.mark.parametrize("name", ["a ü.css", "b.txt.gz", "empty"])
def test_a_static_file_is_sent_as_flask_sends_it(tmp_path, name, headers, method):
    """Status, headers and body are the same the first time and, from what was kept, the second."""
    (tmp_path / name).write_bytes(b"" if name == "empty" else b"x" * 1000)
    answers = []
    for framework in (flask, demijohn):
        client = framework.Flask("made", static_folder=str(tmp_path), static_url_path="/s").test_client()
        known = client.get(f"/s/{name}")
        filled = {
            key: value.format(etag=known.headers["ETag"], date=known.headers["Last-Modified"])
            for key, value in headers.items()
        }
        known.close()
        for _ in range(2):
            with client.open(f"/s/{name}", method=method, headers=filled) as response:
                sent = [pair for pair in response.headers if pair[0] != "Date"]
                answers.append((response.status, sent, response.data))
    assert answers[:1] * 4 == answers


def test_a_static_file_that_changes_is_sent_as_it_is_now(tmp_path):
    """What was kept of a file counts no more when its size or date is another."""
    client = demijohn.Flask("made", static_folder=str(tmp_path), static_url_path="/s").test_client()
    tags = []
    for text in ("one", "three"):
        (tmp_path / "a.txt").write_text(text)
        with client.get("/s/a.txt") as response:
            assert (text, str(len(text))) == (response.text, response.headers["Content-Length"])
            tags.append(response.headers["ETag"])
    assert tags[0] != tags[1]


def test_a_pipe_is_no_static_file(tmp_path):
    """It would keep the thread that opens it waiting."""
    os.mkfifo(tmp_path / "pipe")
    client = demijohn.Flask("made", static_folder=str(tmp_path), static_url_path="/s").test_client()
    assert 404 == client.get("/s/pipe").status_code
