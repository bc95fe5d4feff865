"""WSGI functions without a framework: what is left of a request when nothing is done for the view."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from bench.cases import CHUNK, CHUNKS, HELLO, MESSAGE

from .common import Apps

_HTML = ("Content-Type", "text/html; charset=utf-8")
_NONE = "a bare function has no such thing"

APPS = Apps(
    int_route=_NONE,
    multipart=_NONE,
    template_string=_NONE,
    template=_NONE,
    session_read=_NONE,
    session_write=_NONE,
    url_for=_NONE,
    hooks=_NONE,
    error_handler=_NONE,
    static=_NONE,
    static_304=_NONE,
    async_view=_NONE,
    async_json=_NONE,
)


def _answer(start_response, text, status="200 OK"):
    body = text.encode()
    start_response(status, [_HTML, ("Content-Length", str(len(body)))])
    return [body]


@APPS.case("plain")
def _plain():
    body = HELLO.encode()
    headers = [_HTML, ("Content-Length", str(len(body)))]

    def app(environ, start_response):
        start_response("200 OK", headers[:])
        return [body]

    return app


@APPS.case("sync_json")
@APPS.case("json")
def _json():
    def app(environ, start_response):
        body = json.dumps(MESSAGE).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return app


@APPS.case("query")
def _query():
    def app(environ, start_response):
        args = parse_qs(environ["QUERY_STRING"])
        return _answer(start_response, f"{args['term'][0]} {int(args['page'][0])} {int(args['size'][0])}")

    return app


@APPS.case("json_body")
def _json_body():
    def app(environ, start_response):
        person = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        return _answer(start_response, f"{person['name']} {person['age']}")

    return app


@APPS.case("form")
def _form():
    def app(environ, start_response):
        form = parse_qs(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
        return _answer(start_response, f"{form['name'][0]} {int(form['age'][0])} {form['note'][0]}")

    return app


@APPS.case("not_found")
def _not_found():
    def app(environ, start_response):
        return _answer(start_response, "not found", "404 Not Found")

    return app


@APPS.case("redirect")
def _redirect():
    def app(environ, start_response):
        start_response("302 Found", [_HTML, ("Location", "/new"), ("Content-Length", "0")])
        return []

    return app


@APPS.case("stream")
def _stream():
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
        return (CHUNK for _ in range(CHUNKS))

    return app
