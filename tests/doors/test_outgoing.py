"""Which files a server is asked to send by their path."""

from __future__ import annotations

import io
import tempfile
import zipfile

import pytest
from werkzeug.wsgi import wrap_file

from demijohn import Flask, Response, request, send_file
from demijohn.doors.outgoing import FileBody, Streamed
from demijohn.testing.doors import door

__all__ = ["door"]


@pytest.fixture
def path(tmp_path):
    """Return the path of a file."""
    path = tmp_path / "file.txt"
    path.write_bytes(b"content")
    return path


def test_a_file_that_is_there_has_a_path(path):
    """A file that was opened by its name is sent by its absolute path, from the beginning only."""
    with path.open("rb") as file:
        assert FileBody(file).path == str(path)
        file.read(1)
        assert FileBody(file).path is None


def test_a_file_that_was_deleted_or_replaced_has_none(path):
    """What is sent is what was opened, whatever became of its name."""
    with path.open("rb") as file:
        path.unlink()
        assert FileBody(file).path is None
        path.write_bytes(b"other")
        assert FileBody(file).path is None


def test_a_member_of_an_archive_has_none(path):
    """The name of a member, which its author chose, opens no file of the server."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr(str(path), "harmless")
    with zipfile.ZipFile(archive) as reader:
        member = reader.open(reader.namelist()[0])
        assert FileBody(member).path is None
        assert list(FileBody(member)) == [b"harmless"]


def test_a_temporary_file_has_none():
    """A file that is deleted when it is closed is not left to a server that opens it later."""
    with tempfile.NamedTemporaryFile() as named, tempfile.TemporaryFile() as unnamed:
        assert [FileBody(named).path, FileBody(unnamed).path] == [None, None]


class Drips(io.BytesIO):
    """Be a file that gives three bytes at a time."""

    def read(self, size=-1):
        """Return the next bytes."""
        return super().read(3)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync view", "async view"])
@pytest.mark.parametrize("size", [0, 10, 65_536, 65_537, 200_000])
def test_a_file_is_sent_whole_and_closed(door, size, is_async):
    """Small ones are read at once beside a loop, and nobody sees the difference."""
    app, file = Flask("made"), io.BytesIO(b"x" * size)

    def view():
        return send_file(file, mimetype="text/plain")

    async def async_view():
        return view()

    app.add_url_rule("/", "view", async_view if is_async else view)
    response = door.client(app).get("/")
    assert (b"x" * size, str(size)) == (response.data, response.headers["Content-Length"])
    response.close()
    assert file.closed


def test_a_file_that_gives_less_at_once_is_sent_whole(door):
    """What was read of it already comes first, and then the rest."""
    app, file = Flask("made"), Drips(b"0123456789")

    @app.get("/")
    def view():
        headers = {"Content-Length": "10"}
        return Response(wrap_file(request.environ, file), headers=headers, direct_passthrough=True)

    response = door.client(app).get("/")
    assert b"0123456789" == response.data
    response.close()
    assert file.closed


async def make_pieces():
    """Be the async generator of a stream."""
    yield "one"


class Closing(Response):
    """Be a response with an end of its own."""

    def close(self):
        """Close it."""
        super().close()


def test_only_what_has_something_to_close_is_closed_in_a_thread():
    """A stream of an async generator ends on the loop, unless the response or its body has an end of its own."""
    plain, noting, own = Response(make_pieces()), Response(make_pieces()), Closing(make_pieces())
    noting.call_on_close(list)
    file = Response(wrap_file({}, io.BytesIO()))
    instance = Response(make_pieces())
    instance.close = plain.close
    responses = {"plain": plain, "noting": noting, "own": own, "file": file, "instance": instance}
    quiet = {name: Streamed("200 OK", [], (), each.close).closes_nothing for name, each in responses.items()}
    assert {"plain": True, "noting": False, "own": False, "file": False, "instance": True} == quiet
    assert not Streamed("200 OK", [], (), None).closes_nothing
