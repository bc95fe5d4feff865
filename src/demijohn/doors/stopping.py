"""End what would keep a server from stopping."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from .exchange import end_streams
from .websocket import close_sockets

#: Seconds in which WebSockets may say goodbye.
_TIME_LIMIT = 2.0


def stop(app: Any) -> asyncio.Task[None] | None:
    """End the event streams and close the WebSockets of an application.

    Args:
        app: The application; its server is about to stop.

    Returns:
        What is done when they have ended, after two seconds at the latest;
        None in a thread without an event loop, where there are none.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return None
    end_streams(app)
    return loop.create_task(_close(app))


async def _close(app: Any) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_TIME_LIMIT):
            await close_sockets(app)
