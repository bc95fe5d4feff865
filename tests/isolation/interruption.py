"""Break off a request where it waits: its client goes away, or its server cancels it, at any of its awaits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any

from demijohn.testing._exchange import ProtocolViolation

from .aftermath import Case, build_environ, find_leftovers_on_loop
from .injection import ENDS, SOCKET_ENDS, Target, Trace
from .visitors import open_exchange, open_socket

#: What happens to a request: its client goes, its server cancels it, or the one and at the next await the other.
WAYS = {"leave": ("leave",), "cancel": ("cancel",), "leave, cancel": ("leave", "cancel"), "twice": ("cancel", "cancel")}


class Counted:
    """Await a coroutine, and do something while it waits for the n-th time.

    Args:
        coroutine: What to await.
        actions: What to do, by the number of the wait.
    """

    def __init__(self, coroutine: Any, actions: dict[int, Callable[[], None]]) -> None:
        self.count = 0
        self._coroutine = coroutine
        self._actions = actions

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._coroutine.__await__()
        error: BaseException | None = None
        while True:
            try:
                future = steps.send(None) if error is None else steps.throw(error)
            except StopIteration as end:
                return end.value
            self.count += 1
            self._actions.get(self.count, lambda: None)()
            error = None
            try:
                yield future
            except BaseException as thrown:
                error = thrown


class Interruption:
    """Serve one request or WebSocket, and break it off at one of its awaits.

    Args:
        door: "asgi" or "rsgi".
        path: `/page`, `/stream` or `/socket`.
        view: What kind of function the view is.
    """

    def __init__(self, door: str, path: str, view: str) -> None:
        self._door = door
        self._path = path
        self._target = Target("none", "", view, "none", view)

    async def run_all(self, way: str) -> tuple[int, list[str]]:
        """Break off at the first await, then at the second, and so on, until there are no more.

        Returns:
            How many there were, and what was wrong afterwards.
        """
        problems: list[str] = []
        number = 1
        while True:
            count, found = await self._run(number, way)
            problems.extend(f"{way} at await {number} of {self._path} by {self._door}: {problem}" for problem in found)
            if count < number:
                return number - 1, problems
            number += 1

    async def _run(self, number: int, way: str) -> tuple[int, list[str]]:
        case = Case(self._target, self._door, self._path)
        count = await self._serve(case, number, way)
        ends = SOCKET_ENDS if self._path == "/socket" else ENDS
        return count, await find_leftovers_on_loop(case.trace, ends if has_begun(case.trace) else ())

    async def _serve(self, case: Case, number: int, way: str) -> int:
        """Serve it, and return how often it waited; nothing of the server is left then, which would hold the rest."""
        exchange = open_any(case)
        does = {"leave": lambda: leave(exchange), "cancel": lambda: exchange._task.cancel()}
        counted: list[Counted] = []
        start = exchange.start

        def start_counted(coroutine: Any) -> None:
            actions = {number + index: does[name] for index, name in enumerate(WAYS[way])}
            counted.append(Counted(coroutine, actions))
            start(wait_for(counted[0]))

        exchange.start = start_counted
        with suppress(ProtocolViolation, asyncio.CancelledError):
            await (talk if self._path == "/socket" else read)(exchange)
        # The error for the client names frames that name the task and its error.
        exchange._violation = None
        vars(exchange).clear()
        return counted[0].count


def has_begun(trace: Trace) -> bool:
    """Say whether anything of the application ran: what is broken off before has no end either."""
    return trace.ran.total() > 0


async def wait_for(counted: Counted) -> None:
    """Await what is counted, as a coroutine, which tasks are made of."""
    await counted


def leave(exchange: Any) -> None:
    """Go away as a client."""
    exchange.is_gone = True
    exchange.tell()


async def read(exchange: Any) -> None:
    """Read an answer to its end."""
    await exchange.open()
    while await exchange.take() is not None:
        pass


async def talk(exchange: Any) -> None:
    """Send two messages, take their answers, and go."""
    if await exchange.open():
        for _ in range(2):
            exchange.deliver("message")
            if await exchange.take() is None:
                return
        await exchange.leave()


async def leave_while_it_waits(case: Case) -> tuple[bool, list[str]]:
    """Go away as a client while the target's function waits, which then is let go.

    Returns:
        Whether the function was cancelled, and what was wrong afterwards.
    """
    trace = case.trace
    exchange = open_any(case)
    conversation = asyncio.create_task((talk if case.path == "/socket" else read)(exchange))
    while not trace.waits.is_set() and not conversation.done():  # noqa: ASYNC110 - a thread sets it
        await asyncio.sleep(0.001)
    leave(exchange)
    for _ in range(20):
        await asyncio.sleep(0)
    trace.release()
    with suppress(ProtocolViolation, asyncio.CancelledError):
        await conversation
    problems = [] if trace.waits.is_set() else ["the function that was to wait was not called"]
    vars(exchange).clear()
    del exchange, conversation
    ends = SOCKET_ENDS if case.path == "/socket" else ENDS
    return trace.cancelled > 0, problems + await find_leftovers_on_loop(trace, ends)


def open_any(case: Case) -> Any:
    """Return the server's side of a request or of a WebSocket."""
    return (open_socket if case.path == "/socket" else open_exchange)(case.app, case.door, build_environ(case.path))
