"""What the tests of threads beside a loop have in common."""

from __future__ import annotations

import asyncio
import threading

from demijohn.pipeline.workers import find_workers

LIMIT = 10  # seconds after which a test that hangs is given up


class Binding:
    """Be what calls are made for."""

    worker = None


def name_thread():
    """Return the name of the thread."""
    return threading.current_thread().name


def run(main):
    """Run a coroutine function with the workers of a loop of its own, and end its threads."""

    async def begin():
        workers = find_workers()
        try:
            async with asyncio.timeout(LIMIT):
                return await main(workers)
        finally:
            workers.close()

    return asyncio.run(begin())
