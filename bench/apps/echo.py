"""An app of each framework with one WebSocket at `/echo`, which sends every text back."""

from __future__ import annotations

import importlib
from typing import Any


def build_echo(peer: str) -> Any:
    """Build the app of a framework; no other is imported.

    Args:
        peer: Its name.

    Returns:
        What a server calls.
    """
    return _BUILDERS[peer]()


def _build_demijohn():
    demijohn = importlib.import_module("demijohn")
    app, websocket = demijohn.Flask(__name__), demijohn.websocket

    @app.websocket("/echo")
    async def echo():
        async for message in websocket:
            await websocket.send(message)

    return app


def _build_quart():
    quart = importlib.import_module("quart")
    app, websocket = quart.Quart(__name__), quart.websocket

    @app.websocket("/echo")
    async def echo():
        while True:
            await websocket.send(await websocket.receive())

    return app


def _build_starlette():
    applications, routing = (
        importlib.import_module("starlette.applications"),
        importlib.import_module("starlette.routing"),
    )

    async def echo(websocket):
        await websocket.accept()
        async for message in websocket.iter_text():
            await websocket.send_text(message)

    return applications.Starlette(routes=[routing.WebSocketRoute("/echo", echo)])


def _build_asgi():
    async def app(scope, receive, send):
        if scope["type"] != "websocket":
            raise RuntimeError(f"the scope is {scope['type']!r}, and only websocket is served")
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})

    return app


def _build_rsgi():
    async def app(scope, protocol):
        transport = await protocol.accept()
        while (message := await transport.receive()).kind:
            await transport.send_str(message.data)

    return app


_BUILDERS = {
    "demijohn_asgi": _build_demijohn,
    "quart": _build_quart,
    "starlette": _build_starlette,
    "asgi": _build_asgi,
    "rsgi": _build_rsgi,
}
