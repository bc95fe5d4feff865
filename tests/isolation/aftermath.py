"""Send one request to an application that fails, and find what it left behind."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import io
import time
from typing import Any

from demijohn._current import context as current
from demijohn.pipeline.workers import find_workers
from demijohn.testing._exchange import ProtocolViolation
from demijohn.testing._incoming import Body
from demijohn.testing._rsgi import HttpExchange, RsgiScope

from .injection import BEFORE_MATCH, ENDS, SOCKET_ENDS, Target, Trace, build_app, connect
from .visitors import _ENVIRON, open_exchange, open_socket

GRACE = 20.0
#: For how long is waited, again and again, until what was begun has ended.
PAUSES = (0, 0, 0, *(0.001 * 2**number for number in range(12)))


def build_environ(path: str) -> dict[str, Any]:
    """Return a request."""
    return _ENVIRON | {"PATH_INFO": path, "QUERY_STRING": "", "wsgi.input": io.BytesIO()}


def call_by_wsgi(app: Any, path: str) -> str:
    """Return what a WSGI server gets: a status and how the body ended, or what was raised."""
    started: list[Any] = []
    body = None
    outcome = ""
    try:
        body = app(build_environ(path), lambda *args: started.extend(args))
        for _ in body:
            outcome = started[0][:3]
        outcome = started[0][:3]
    except BaseException as error:
        # A server has sent nothing as long as there is no chunk.
        outcome += f"{' and then ' if outcome else ''}{type(error).__name__}"
    try:
        getattr(body, "close", lambda: None)()
    except BaseException as error:
        outcome += f" and then {type(error).__name__}"
    return outcome


class ImpatientExchange(HttpExchange):
    """Be a client of RSGI that gives up an answer which stops: a stream that fails is left open, not ended."""

    trace: Trace

    async def wait_gone(self) -> None:
        """Go away when asked for that after the failure."""
        if self.trace.has_failed and self.status:
            self.is_gone = True
            self.tell()
        await super().wait_gone()


async def call_on_loop(app: Any, door: str, path: str, trace: Trace) -> str:
    """Return what an ASGI or RSGI server gets; see `call_by_wsgi`."""
    exchange: Any
    if door == "rsgi":
        environ = build_environ(path)
        exchange = ImpatientExchange(app.__rsgi__, RsgiScope(environ), Body(environ), GRACE)
        exchange.trace = trace
    else:
        exchange = open_exchange(app, door, build_environ(path))
    outcome = ""
    try:
        await exchange.open()
        while await exchange.take() is not None:
            pass
        outcome = str(exchange.status)
    except BaseException as error:
        outcome = f"{exchange.status} and then " if exchange.status else ""
        outcome += describe(error)
    return outcome


def describe(error: BaseException) -> str:
    """Return what an application raised in the server that called it."""
    if isinstance(error, ProtocolViolation) and "was cancelled" in str(error):
        return "CancelledError"
    return type(error).__name__


async def talk(app: Any, door: str) -> str:
    """Return what comes of a WebSocket whose client sends two messages and goes."""
    exchange = open_socket(app, door, build_environ("/socket"), GRACE)
    try:
        if not await exchange.open():
            return f"refused {exchange.status}"
        for number in (1, 2):
            exchange.deliver("message")
            answer = await exchange.take()
            if answer != str(number):
                return f"closed after {number - 1}"
        await exchange.leave()
    except BaseException as error:
        return describe(error)
    return "ended"


def are_gone(trace: Trace) -> bool:
    """Say whether nothing of the request is alive."""
    if any(reference() is not None for reference in trace.references):
        gc.collect()
    return all(reference() is None for reference in trace.references)


def find_leftovers(trace: Trace, ends: tuple[str, ...]) -> list[str]:
    """Return what is wrong after a request, wherever it was handled."""
    problems = []
    if current.get(None) is not None:
        problems.append("a context is left")
        current.set(None)
    for position in ends:
        for place in ("app",) if position == "teardown_appcontext" else ("app", "blueprint"):
            for kind in ("sync", "async"):
                count = trace.ran[position, place, kind]
                may_be_absent = place == "blueprint" and trace.target.position in BEFORE_MATCH
                if count != 1 and not (may_be_absent and count == 0):
                    problems.append(f"the {kind} {position} of the {place} ran {count} times")
    alive = [type(thing).__name__ for reference in trace.references if (thing := reference()) is not None]
    if alive:
        problems.append(f"still alive: {alive}")
    return problems


async def find_leftovers_on_loop(trace: Trace, ends: tuple[str, ...]) -> list[str]:
    """Return what is wrong after a request beside a loop: also tasks and thread jobs."""
    for pause in PAUSES:
        await asyncio.sleep(pause)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if not left and are_gone(trace):
            break
    problems = []
    if left:
        problems.append(f"tasks are left: {[task.get_coro() for task in left]}")
    if trace.on_loop:
        problems.append(f"sync functions were called on the loop: {sorted(trace.on_loop)}")
    workers = find_workers()
    # A job on a free thread, so that what such a thread does after a function is done.
    await workers.run(None, contextvars.Context(), lambda: None)
    busy = [worker for worker in workers._all if worker.jobs or worker.bindings or not worker.is_idle]
    if busy or workers._waiting:
        problems.append(f"{len(busy)} threads are busy or bound, {len(workers._waiting)} jobs wait")
    del left, busy
    return problems + find_leftovers(trace, ends)


class Case:
    """Run one target, and say what came of it."""

    def __init__(self, target: Target, door: str, path: str) -> None:
        self.trace = Trace(target)
        self.app = build_app(self.trace)
        self.door = door
        self.path = path
        self._disconnect = connect(self.app, self.trace)

    def run(self) -> tuple[str, list[str]]:
        """Return what the server got, and what was wrong afterwards."""
        try:
            if self.door == "wsgi":
                outcome = call_by_wsgi(self.app, self.path)
                # The loop behind WSGI may have to turn once more after its last coroutine.
                for pause in PAUSES:
                    if are_gone(self.trace):
                        break
                    time.sleep(pause)
                return outcome, self._check_reached() + find_leftovers(self.trace, ENDS)
            return asyncio.run(self.run_on_loop())
        finally:
            if self._disconnect is not None:
                self._disconnect()

    async def run_on_loop(self) -> tuple[str, list[str]]:
        """Return the same, beside the running loop."""
        if self.path == "/socket":
            outcome, ends = await talk(self.app, self.door), SOCKET_ENDS
        else:
            outcome, ends = await call_on_loop(self.app, self.door, self.path, self.trace), ENDS
        # A task of its own was the server's; what it set is not seen here, so it is asked there.
        return outcome, self._check_reached() + await find_leftovers_on_loop(self.trace, ends)

    def _check_reached(self) -> list[str]:
        position, place, kind, *_ = self.trace.target
        if self.trace.ran[position, place, kind] == 0:
            return ["the injected function was not called"]
        return []
