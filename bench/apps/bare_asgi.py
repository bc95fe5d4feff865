"""ASGI functions without a framework: what is left of a request when nothing is done for the view."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import parse_qs

from bench.cases import CHUNK, CHUNKS, HELLO, MESSAGE

from .common import Apps

_HTML = (b"content-type", b"text/html; charset=utf-8")
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
    sync_json=_NONE,
)


def _over_http(app):
    async def serve(scope, receive, send):
        if scope["type"] != "http":
            raise RuntimeError(f"the scope is {scope['type']!r}, and only http is served")
        await app(scope, receive, send)

    return serve


async def _answer(send, body, status=200, content_type=_HTML):
    headers = [content_type, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _read(receive):
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


@APPS.case("plain")
def _plain():
    @_over_http
    async def app(scope, receive, send):
        await _answer(send, HELLO.encode())

    return app


@APPS.case("async_json")
@APPS.case("json")
def _json():
    @_over_http
    async def app(scope, receive, send):
        await _answer(send, json.dumps(MESSAGE).encode(), content_type=(b"content-type", b"application/json"))

    return app


@APPS.case("query")
def _query():
    @_over_http
    async def app(scope, receive, send):
        args = parse_qs(scope["query_string"].decode())
        await _answer(send, f"{args['term'][0]} {int(args['page'][0])} {int(args['size'][0])}".encode())

    return app


@APPS.case("json_body")
def _json_body():
    @_over_http
    async def app(scope, receive, send):
        person = json.loads(await _read(receive))
        await _answer(send, f"{person['name']} {person['age']}".encode())

    return app


@APPS.case("form")
def _form():
    @_over_http
    async def app(scope, receive, send):
        form = parse_qs((await _read(receive)).decode())
        await _answer(send, f"{form['name'][0]} {int(form['age'][0])} {form['note'][0]}".encode())

    return app


@APPS.case("not_found")
def _not_found():
    @_over_http
    async def app(scope, receive, send):
        await _answer(send, b"not found", 404)

    return app


@APPS.case("redirect")
def _redirect():
    @_over_http
    async def app(scope, receive, send):
        headers = [_HTML, (b"location", b"/new"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return app


@APPS.case("stream")
def _stream():
    @_over_http
    async def app(scope, receive, send):
        headers = [(b"content-type", b"text/plain; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for _ in range(CHUNKS):
            await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return app


@APPS.case("async_view")
def _async_view():
    @_over_http
    async def app(scope, receive, send):
        await asyncio.sleep(0)
        await _answer(send, HELLO.encode())

    return app
