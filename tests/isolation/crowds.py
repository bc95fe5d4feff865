"""Crowds of visitors: many threads, many tasks, many greenlets at once.

    python -m tests.isolation.crowds {wsgi|asgi|rsgi|gevent} <requests> <visitors>

prints one JSON object with what came of it. Greenlets need a process of their own, which is patched from its start.
"""

from __future__ import annotations

if __name__ == "__main__":
    import sys

    if sys.argv[1] == "gevent":
        from gevent import monkey

        monkey.patch_all()

import asyncio
import gc
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from demijohn.ctx import AppContext, RequestContext
from demijohn.websocket import WebSocket

from .application import ENDS, Book, build_app
from .visitors import Visitor

SWITCH_INTERVAL = 1e-5
PATIENCE = 5.0
OF_A_REQUEST = (RequestContext, AppContext, WebSocket)


class Outcome(NamedTuple):
    """What came of a crowd."""

    crowd: str
    visitors: int
    requests: int
    seconds: float
    mistakes: list[str]


def gather(crowd: str, requests: int, visitors: int) -> Outcome:
    """Have visitors send requests, all of them at once; threads are switched far more often than usual."""
    app = build_app()
    each, more = divmod(requests, visitors)
    group = [Visitor(app, f"v{index}", each + (index < more)) for index in range(visitors)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    started = time.perf_counter()
    try:
        CROWDS[crowd](group)
    finally:
        sys.setswitchinterval(interval)
    seconds = time.perf_counter() - started
    mistakes = [*list_mistakes(app.book, group), *find_kept()]
    return Outcome(crowd, visitors, sum(len(visitor.words) for visitor in group), round(seconds, 1), mistakes)


def find_kept() -> list[str]:
    """Return what belongs to a request and is alive, though all of them are over."""
    kept = count_kept()
    deadline = time.monotonic() + PATIENCE
    while kept and time.monotonic() < deadline:
        # The loop behind WSGI may have to turn once more after its last coroutine.
        time.sleep(0.01)
        kept = count_kept()
    return [f"{count} objects of the class {name} are alive" for name, count in kept.items()]


def count_kept() -> Counter[str]:
    """Count the living objects of the classes that belong to a request."""
    gc.collect()
    return Counter(type(thing).__name__ for thing in gc.get_objects() if isinstance(thing, OF_A_REQUEST))


def list_mistakes(book: Book, group: Iterable[Visitor]) -> list[str]:
    """Return all that was wrong, also teardowns that did not run as often as they have to for every request."""
    problems = [problem for visitor in group for problem in visitor.problems]
    kinds = {word: kind for visitor in group for word, kind in visitor.words.items()}
    for name, words in book.ended.items():
        done = Counter(words)
        problems.extend(
            f"{name} ran {done[word]} times for {word} of kind {kind!r}"
            for word, kind in kinds.items()
            if done[word] != ENDS[name].get(kind, 1)
        )
    return [*book.mistakes, *problems]


def run_threads(group: list[Visitor]) -> None:
    """Let each visitor call by WSGI in a thread of its own."""
    start = threading.Barrier(len(group))

    def run(visitor: Visitor) -> None:
        start.wait()
        try:
            visitor.visit_by_wsgi()
        except BaseException as error:
            visitor.problems.append(f"{[*visitor.words][-1:]}: {error!r}")

    threads = [threading.Thread(target=run, args=(visitor,)) for visitor in group]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def run_tasks(door: str) -> Callable[[list[Visitor]], None]:
    """Return what lets each visitor call by ASGI or RSGI in a task of its own."""

    async def run(visitor: Visitor) -> None:
        try:
            await visitor.visit_on_loop(door)
        except Exception as error:
            visitor.problems.append(f"{[*visitor.words][-1:]}: {error!r}")

    async def run_all(group: list[Visitor]) -> None:
        await asyncio.gather(*(run(visitor) for visitor in group))
        await asyncio.sleep(0)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if left:
            group[0].problems.append(f"{len(left)} tasks are left: {list(left)[:3]}")

    return lambda group: asyncio.run(run_all(group))


CROWDS: dict[str, Callable[[list[Visitor]], None]] = {
    "wsgi": run_threads,
    "gevent": run_threads,
    "asgi": run_tasks("asgi"),
    "rsgi": run_tasks("rsgi"),
}
"""Crowd -> what runs it; under gevent all threads are greenlets."""


def main(crowd: str, requests: str, visitors: str) -> bool:
    """Write what came of a crowd, and say whether all was well."""
    outcome = gather(crowd, int(requests), int(visitors))
    sys.stdout.write(json.dumps(outcome._asdict()) + "\n")
    return not outcome.mistakes


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
