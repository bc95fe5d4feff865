"""Pictures: what is taken, where it goes, and how it is sent."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from conftest import Visitor
from flask import Flask
from flask.testing import FlaskClient
from journal.pictures import paint
from werkzeug.test import TestResponse

PNG = paint(8, 4)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
GIF = b"GIF89a\x01\x00\x01\x00"
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8 "


def send(auth: Visitor, data: bytes, name: str, path: str = "/posts/new", **fields: Any) -> TestResponse:
    """Send the form of an entry with a picture."""
    fields = {"title": "Seen", "body": "Look", "picture": (io.BytesIO(data), name), **fields}
    return auth.post(path, follow=True, **fields)


def kept(app: Flask) -> list[Path]:
    """Return the stored pictures."""
    folder = Path(app.config["PICTURES"])
    return list(folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize(
    ("data", "name", "mimetype"),
    [
        (PNG, "dawn.png", "image/png"),
        (JPEG, "dawn.jpg", "image/jpeg"),
        (JPEG, "DAWN.JPEG", "image/jpeg"),
        (GIF, "dawn.gif", "image/gif"),
        (WEBP, "dawn.webp", "image/webp"),
    ],
    ids=["png", "jpg", "capital jpeg", "gif", "webp"],
)
def test_picture_is_kept_and_sent(app: Flask, auth: Visitor, data: bytes, name: str, mimetype: str) -> None:
    """A picture comes back byte for byte under a generated name."""
    auth.login()
    page = send(auth, data, name, picture_text='Hills & "sun"')
    (path,) = kept(app)
    assert f'src="/pictures/{path.name}" alt="Hills &amp; &#34;sun&#34;"' in page.text
    with auth.client.get(f"/pictures/{path.name}") as response:
        assert (response.status_code, response.data, response.mimetype) == (200, data, mimetype)
    assert "dawn" not in path.name.lower()


@pytest.mark.parametrize(
    ("data", "name", "problem"),
    [
        (b"<script>alert(1)</script>", "cat.png", "its content is something else"),
        (JPEG, "cat.png", "its content is something else"),
        (b"RIFF\x1a\x00\x00\x00WAVEfmt ", "song.webp", "its content is something else"),
        (b"", "empty.gif", "its content is something else"),
        (PNG, "cat.svg", "Please choose a PNG"),
        (PNG, "cat.png.html", "Please choose a PNG"),
        (PNG, "png", "Please choose a PNG"),
    ],
    ids=["html as png", "jpeg as png", "sound as webp", "empty", "svg", "two extensions", "no extension"],
)
def test_bad_picture(app: Flask, auth: Visitor, data: bytes, name: str, problem: str) -> None:
    """A file that only pretends is refused, and nothing is kept."""
    auth.login()
    page = send(auth, data, name)
    assert page.status_code == 422
    assert problem in page.text
    assert kept(app) == []
    assert auth.client.get("/posts/2").status_code == 404


def test_picture_with_bad_words_is_asked_again(app: Flask, auth: Visitor) -> None:
    """When the words are refused the picture is not kept for nothing."""
    auth.login()
    page = send(auth, PNG, "dawn.png", title="")
    assert "please choose the picture again" in page.text
    assert kept(app) == []


def test_entry_without_picture(app: Flask, auth: Visitor) -> None:
    """A file field that was left empty means no picture."""
    auth.login()
    assert "<img" not in send(auth, b"", "").text
    assert kept(app) == []


def test_too_big(app: Flask, auth: Visitor) -> None:
    """Too big a picture gets a friendly page that names the limit."""
    app.config["MAX_CONTENT_LENGTH"] = 256 * 1024
    auth.login()
    page = send(auth, PNG + bytes(256 * 1024), "dawn.png")
    assert page.status_code == 413
    assert "That file is too big" in page.text
    assert "up to 0.25 MB" in page.text
    assert kept(app) == []


def test_another_picture_replaces_the_first(app: Flask, auth: Visitor) -> None:
    """A new picture takes the old one's place, and the old file is deleted."""
    auth.login()
    send(auth, PNG, "dawn.png")
    send(auth, GIF, "noon.gif", "/posts/2/edit", remove_picture="yes")
    assert [path.suffix for path in kept(app)] == [".gif"]


def test_editing_words_keeps_the_picture(app: Flask, auth: Visitor) -> None:
    """The picture stays when only the words are changed."""
    auth.login()
    send(auth, PNG, "dawn.png")
    page = auth.post("/posts/2/edit", follow=True, title="Other", body="Words")
    assert kept(app)[0].name in page.text
    assert kept(app)[0].name in auth.client.get("/posts/2/edit").text
    assert kept(app)[0].name in auth.client.get("/").text


def test_remove_the_picture(app: Flask, auth: Visitor) -> None:
    """The box in the form takes the picture away."""
    auth.login()
    send(auth, PNG, "dawn.png")
    page = auth.post("/posts/2/edit", follow=True, title="Seen", body="Look", remove_picture="yes")
    assert "<img" not in page.text
    assert kept(app) == []


def test_deleting_the_entry_deletes_the_picture(app: Flask, auth: Visitor) -> None:
    """No file is left behind by a deleted entry."""
    auth.login()
    send(auth, PNG, "dawn.png")
    auth.post("/posts/2/delete")
    assert kept(app) == []


@pytest.mark.parametrize("name", ["none.png", "..%2Fjournal.sqlite", "%2e%2e%2fjournal.sqlite", "..\\journal.sqlite"])
def test_no_other_file_is_sent(client: FlaskClient, name: str) -> None:
    """Only stored pictures can be had, whatever the name says."""
    assert client.get(f"/pictures/{name}").status_code == 404


def test_picture_is_cached_and_checked(app: Flask, auth: Visitor) -> None:
    """A browser keeps a picture, and is told when its copy is still good."""
    auth.login()
    send(auth, PNG, "dawn.png")
    address = f"/pictures/{kept(app)[0].name}"
    with auth.client.get(address) as first:
        assert first.cache_control.max_age == 365 * 24 * 60 * 60
    with auth.client.get(address, headers={"If-None-Match": first.headers["ETag"]}) as again:
        assert (again.status_code, again.data) == (304, b"")


def test_part_of_a_picture(app: Flask, auth: Visitor) -> None:
    """A range of a picture can be asked for."""
    auth.login()
    send(auth, PNG, "dawn.png")
    with auth.client.get(f"/pictures/{kept(app)[0].name}", headers={"Range": "bytes=0-7"}) as part:
        assert (part.status_code, part.data) == (206, PNG[:8])


def test_painted_picture_is_a_png() -> None:
    """The sample has the size asked for and a full set of pixels."""
    picture = paint(30, 20)
    length = struct.unpack(">I", picture[33:37])[0]
    assert struct.unpack(">II", picture[16:24]) == (30, 20)
    assert len(zlib.decompress(picture[41 : 41 + length])) == 20 * (1 + 3 * 30)
