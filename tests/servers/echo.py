"""Talk to the socket of the app with the `websockets` client, and print what came back as JSON.

python echo.py <port>
"""

from __future__ import annotations

import json
import sys

from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect


def main(port: str) -> None:
    """Print the echoes, or the status and the body of a refusal."""
    try:
        with connect(f"ws://127.0.0.1:{port}/echo", open_timeout=10, close_timeout=10) as socket:
            echoes = []
            for message in ("text", "snow \N{SNOWMAN}", b"\x00bytes", "x" * 100_000):
                socket.send(message)
                echoes.append(socket.recv(10))
            socket.send("left behind")
    except InvalidStatus as error:
        json.dump({"status": error.response.status_code, "body": error.response.body.decode()}, sys.stdout)
        return
    kinds = [f"{type(echo).__name__} {len(echo)}" for echo in echoes]
    left = repr(socket.connection_exc)  # such as that the server did not end the connection
    json.dump({"kinds": kinds, "words": echoes[:2], "close": socket.close_code, "left": left}, sys.stdout)


main(*sys.argv[1:])
