"""Which files a server is asked to send by their path."""

from __future__ import annotations

import io
import tempfile
import zipfile

import pytest

from demijohn.doors.outgoing import FileBody


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
