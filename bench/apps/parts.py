"""Parts of frameworks, measured alone: the floor below a case that no framework on top of them can pass."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from typing import Any

from bench.cases import ROWS, TEMPLATE_STRING, Request
from bench.peers import Peer

from .common import SECRET, TEMPLATES, TITLE, Apps, make_static_folder


def load(peer: Peer) -> Apps:
    """Give the cases that a part has."""
    apps = Apps()
    apps.update(_PARTS[peer.name])
    return apps


def _jinja2_string() -> Callable[[Request], bytes]:
    from jinja2 import Environment

    template = Environment(autoescape=True).from_string(TEMPLATE_STRING)
    return lambda _request: template.render(name="Ann", is_new=True).encode()


def _jinja2_template() -> Callable[[Request], bytes]:
    from jinja2 import Environment, FileSystemLoader

    template = Environment(autoescape=True, loader=FileSystemLoader(TEMPLATES)).get_template("table.html")
    return lambda _request: template.render(title=TITLE, rows=ROWS).encode()


def _werkzeug_multipart() -> Callable[[Request], bytes]:
    from werkzeug.formparser import FormDataParser

    def parse(request: Request) -> bytes:
        options = {"boundary": request.content_type.partition("boundary=")[2]}
        parser = FormDataParser()
        _, form, files = parser.parse(BytesIO(request.body), "multipart/form-data", len(request.body), options)
        with closing(files["file"]) as file:
            return f"{form['title']} {len(file.read())}".encode()

    return parse


def _build_serializer() -> Any:
    import hashlib

    from itsdangerous import URLSafeTimedSerializer

    return URLSafeTimedSerializer(
        SECRET,
        salt="cookie-session",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha1},
    )


def _itsdangerous_read() -> Callable[[Request], bytes]:
    serializer = _build_serializer()
    value = serializer.dumps({"user": "Ann"})
    return lambda _request: serializer.loads(value, max_age=2678400)["user"].encode()


def _itsdangerous_write() -> Callable[[Request], bytes]:
    serializer = _build_serializer()

    def write(_request: Request) -> bytes:
        return b"ok" if serializer.dumps({"user": "Ann"}) else b""

    return write


def _read_file() -> Callable[[Request], bytes]:
    path = str(make_static_folder() / "data.txt")

    def read(_request: Request) -> bytes:
        with open(path, "rb") as file:
            return file.read()

    return read


_PARTS = {
    "jinja2": {"template_string": _jinja2_string, "template": _jinja2_template},
    "werkzeug": {"multipart": _werkzeug_multipart},
    "itsdangerous": {"session_read": _itsdangerous_read, "session_write": _itsdangerous_write},
    "file": {"static": _read_file},
}
