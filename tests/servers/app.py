"""The app that every server serves: one view for each thing that a server may get wrong.

What cannot be seen from outside is written into the folder that the variable SERVED_FOLDER names: `note` leaves a file
there, and `wait` waits for one, so that nothing here depends on the clock.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

from demijohn import EventStream, Flask, jsonify, request, websocket

FOLDER = Path(os.environ["SERVED_FOLDER"])
LONGEST_WAIT = 5.0

app = Flask(__name__, static_folder=str(FOLDER / "static"), static_url_path="/static")
app.config["MAX_CONTENT_LENGTH"] = 8 * 1024 * 1024
if os.environ.get("SERVED_BEHIND_PROXY"):
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_prefix=1)


def note(name: str) -> None:
    """Leave word for the tests."""
    (FOLDER / name).touch()


def find_out(name: str) -> str:
    """Return "released", or "late" when the client had nothing to say after all."""
    return "released" if (FOLDER / name).exists() else "late"


def wait(name: str) -> str:
    """Wait until the client says that it has the first chunk."""
    end = time.monotonic() + LONGEST_WAIT
    while not (FOLDER / name).exists() and time.monotonic() < end:
        time.sleep(0.01)
    return find_out(name)


async def wait_on_loop(name: str) -> str:
    """Wait as `wait` does, and leave the loop to others meanwhile."""
    end = time.monotonic() + LONGEST_WAIT
    while not (FOLDER / name).exists() and time.monotonic() < end:  # noqa: ASYNC110 - another process sets no event
        await asyncio.sleep(0.01)
    return find_out(name)


@app.get("/")
def hello() -> str:
    """Return a body of five bytes."""
    return "Hello"


@app.post("/form")
def form() -> Any:
    """Return the fields of a form."""
    return jsonify(sorted(request.form.items(multi=True)))


@app.post("/upload/<token>")
def upload(token: str) -> Any:
    """Say what arrived as a body."""
    data = request.get_data()
    note(f"{token}.complete")
    return jsonify(size=len(data), sha256=hashlib.sha256(data).hexdigest())


@app.post("/file/<token>")
def file(token: str) -> Any:
    """Say what arrived as a file."""
    upload = request.files["file"]
    data = upload.read()
    note(f"{token}.complete")
    return jsonify(name=upload.filename, size=len(data), sha256=hashlib.sha256(data).hexdigest())


@app.get("/stream/<token>")
def stream(token: str) -> Iterator[str]:
    """Send a second chunk when the first one has arrived."""
    yield "first\n"
    yield wait(token) + "\n"


@app.get("/async")
async def asynchronous() -> dict[str, Any]:
    """Await two things at a time."""
    first, second = await asyncio.gather(asyncio.sleep(0.01, "first"), asyncio.sleep(0.01, "second"))
    return {"answers": [first, second], "path": request.path}


@app.get("/async-stream/<token>")
async def asynchronous_stream(token: str) -> AsyncIterator[str]:
    """Do as `stream` does, on the loop."""
    yield "first\n"
    yield await wait_on_loop(token) + "\n"


@app.get("/events/<token>")
def events(token: str) -> EventStream:
    """Let a second event happen when the first one has arrived."""

    def happen() -> Iterator[Any]:
        yield "first"
        yield {"word": wait(token)}

    return EventStream(happen())


@app.get("/endless/<token>")
def endless(token: str) -> Iterator[bytes]:
    """Send for as long as somebody listens."""
    try:
        while True:
            yield bytes(16 * 1024)
            time.sleep(0.001)
    finally:
        note(f"{token}.closed")


@app.get("/broken/<token>")
def broken(token: str) -> Iterator[bytes]:
    """Break after the first chunk."""
    yield b"first\n"
    wait(token)
    raise RuntimeError("This stream breaks on purpose.")


@app.get("/headers")
def headers() -> Any:
    """Return the headers."""
    return jsonify({name.title(): value for name, value in request.headers.items()})


@app.get("/where")
def where() -> dict[str, Any]:
    """Say where the client seems to be, and where this."""
    return {"address": request.remote_addr, "url": request.url, "root": request.script_root}


@app.websocket("/echo")
async def echo() -> None:
    """Send back what comes."""
    await websocket.accept()
    async for message in websocket:
        await websocket.send(message)
