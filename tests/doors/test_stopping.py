"""What would keep a server from stopping is ended."""

from __future__ import annotations

import asyncio

import demijohn
from demijohn import EventStream, websocket
from demijohn.doors.stopping import stop


def build():
    """Return an application that never ends by itself, and what it noted."""
    app = demijohn.Flask("endless")
    seen = []

    @app.get("/events")
    async def events():
        async def tick():
            try:
                while True:
                    yield "tick"
                    await asyncio.sleep(0.01)
            finally:
                seen.append("stream closed")

        return EventStream(tick())

    @app.websocket("/socket")
    async def socket():
        await websocket.accept()
        try:
            await asyncio.sleep(60)
        finally:
            seen.append("socket closed")

    return app, seen


def test_an_event_stream_ends():
    """Its generator is closed, and the answer is complete: no client waits for more of it."""
    app, seen = build()

    async def run():
        async with app.async_test_client().stream("GET", "/events") as response:
            await anext(aiter(response.chunks()))
            await stop(app)
            return await response.read()

    assert asyncio.run(run()) in {b"", b"data: tick\n\n"}
    assert ["stream closed"] == seen


def test_a_websocket_is_closed():
    """Its client is told that the server goes away (RFC 6455, section 7.4.1: 1001)."""
    app, seen = build()

    async def run():
        async with app.async_test_client().websocket("/socket") as socket:
            await stop(app)
            try:
                await socket.receive()
            except Exception as error:
                return error.code
        return None

    assert 1001 == asyncio.run(run())
    assert ["socket closed"] == seen


def test_without_a_loop_there_is_nothing_to_end():
    """A thread that serves by WSGI has no sockets."""
    assert None is stop(build()[0])
