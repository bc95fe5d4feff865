"""A form is the same however its bytes were split on the way."""

from __future__ import annotations

import io
import random

import pytest

from demijohn import Request

BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"


class Pieces(io.RawIOBase):
    """A stream that gives its bytes in pieces of random sizes."""

    def __init__(self, data: bytes, seed: int) -> None:
        self._data = io.BytesIO(data)
        self._sizes = random.Random(seed)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        data = self._data.read(min(len(buffer), self._sizes.randrange(1, 60)))
        buffer[: len(data)] = data
        return len(data)


def build_body(content: bytes) -> bytes:
    """Return a multipart body with one upload."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="field"; filename="a"\r\n\r\n'
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def read_upload(stream, length: int) -> bytes:
    """Return the upload that a request finds in a stream."""
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}",
        "CONTENT_LENGTH": str(length),
        "wsgi.input": stream,
    }
    with Request(environ) as request:
        return request.files["field"].read()


@pytest.mark.parametrize("seed", range(200))
def test_random_pieces_give_the_same_upload(seed):
    """An upload full of line ends arrives as it was sent, in whatever pieces."""
    pieces = [b"\r", b"\n", b"\r\n", b"--", b"-", b"x", BOUNDARY[:-1].encode()]
    body = build_body(b"".join(random.Random(seed).choices(pieces, k=seed)))
    expected = body[body.index(b"\r\n\r\n") + 4 : body.rindex(b"\r\n--")]

    assert expected == read_upload(Pieces(body, seed), len(body))


@pytest.mark.parametrize("size", [*range(65_330, 65_400), 131_000])
def test_no_size_of_an_upload_grows(size):
    """An upload that ends where the parser's buffer ends gains no byte."""
    body = build_body(b"x" * size)

    assert size == len(read_upload(io.BytesIO(body), len(body)))
