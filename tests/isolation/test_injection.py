"""Whatever function of an application fails, its request ends well: nothing is left, every end runs once."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from .aftermath import Case
from .injection import CALLED_BY_VIEW, FAULTS, HOOKS, OTHERS, SIGNALS, SOCKET_HOOKS, SOCKET_OTHERS, SYNC_ONLY, Target

DOORS = ("wsgi", "asgi", "rsgi")
STREAMED = frozenset({"first chunk", "second chunk", "end of stream", "call_on_close"})
POSITIONS = (*HOOKS, *SIGNALS, *OTHERS)
SOCKET_SIGNALS = ("got_request_exception", "appcontext_tearing_down", "appcontext_popped")
SOCKET_POSITIONS = (*SOCKET_HOOKS, *SOCKET_OTHERS, *SOCKET_SIGNALS)


def list_targets(position: str) -> list[Target]:
    """Return every way in which a request can fail at a position."""
    if position in HOOKS:
        places: tuple[str, ...] = ("app", "blueprint")
    else:
        places = ("blueprint",) if position == "view" or position in STREAMED else ("app",)
    kinds, views = ("sync", "async"), ("sync", "async")
    targets = itertools.starmap(Target, itertools.product((position,), places, kinds, FAULTS, views))
    return [target for target in targets if is_possible(target)]


def is_possible(target: Target) -> bool:
    """Say whether there is such a function."""
    if target.position == "view":
        return target.kind == target.view
    if target.position in CALLED_BY_VIEW and target.view == "async":
        # Nothing can be awaited there.
        return target.kind == "sync"
    return target.kind == "sync" or target.position not in SYNC_ONLY


def list_socket_targets(position: str) -> list[Target]:
    """Return every way in which a WebSocket can fail at a position."""
    if position in SOCKET_HOOKS:
        places: tuple[str, ...] = ("app", "blueprint")
    else:
        places = ("blueprint",) if position.startswith("view") else ("app",)
    kinds = ("async",) if position.startswith("view") else ("sync",) if position in SYNC_ONLY else ("sync", "async")
    views = ("sync", "async") if position == "error handler" else ("async",)
    return list(itertools.starmap(Target, itertools.product((position,), places, kinds, FAULTS, views)))


def run(target: Target, path: str, doors: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
    """Return what the server behind each door got, and everything that was wrong afterwards."""
    outcomes, problems = {}, []
    for door in doors:
        outcomes[door], found = Case(target, door, path).run()
        problems.extend(f"{door}, {target}: {problem}" for problem in found)
    return outcomes, problems


def find_answer(outcome: str, position: str) -> str:
    """Return what is the same behind all doors.

    How much of a stream was sent before it failed is the server's affair, and a client of RSGI that gave up a stream
    which stopped gets to know nothing.
    """
    if position in STREAMED:
        return outcome.rpartition(" ")[2]
    return outcome


@pytest.mark.parametrize("position", POSITIONS)
def test_a_request_that_fails_leaves_nothing(position):
    """Context, thread, task and memory are free afterwards, and each teardown function ran once, behind every door."""
    path = "/stream" if position in STREAMED else "/page"
    different, problems = [], []
    for target in list_targets(position):
        outcomes, found = run(target, path, DOORS)
        problems.extend(found)
        answers = {find_answer(outcome, position) for outcome in outcomes.values()}
        if len(answers - ({"200"} if position in STREAMED else set())) > 1:
            different.append((target, outcomes))
    assert [] == problems
    assert [] == different


@pytest.mark.parametrize("position", SOCKET_POSITIONS)
def test_a_socket_that_fails_leaves_nothing(position):
    """The same holds for a WebSocket, whose end has teardown functions of its own."""
    problems = []
    for target in list_socket_targets(position):
        problems.extend(run(target, "/socket", ("asgi", "rsgi"))[1])
    assert [] == problems


@pytest.mark.parametrize("path", ["/page", "/stream", "/socket"])
@pytest.mark.parametrize("view", ["sync", "async"])
def test_without_a_failure_all_is_well(path, view):
    """What finds leftovers finds none where nothing fails."""
    doors = DOORS[1:] if path == "/socket" else DOORS
    outcomes, problems = run(Target("view", "blueprint", view, "none", view), path, doors)
    assert {"ended" if path == "/socket" else "200"} == set(outcomes.values())
    assert [] == [problem for problem in problems if "was not called" not in problem]


def test_leftovers_are_found():
    """A request that is kept, a teardown that ran twice and a task that goes on are seen."""
    case = Case(Target("view", "blueprint", "async", "none", "async"), "asgi", "/page")
    kept = []
    case.app.before_request(lambda: kept.append(case.trace.references) or case.trace.enter("teardown_request"))

    async def start():
        kept.append(asyncio.create_task(asyncio.sleep(60)))

    case.app.before_request(start)
    case.app.teardown_request(lambda error: kept.append(__import__("demijohn").request._get_current_object()))
    _, problems = case.run()
    assert ["tasks are left", "the sync teardown_request of the app ran 2 times", "still alive"] == [
        problem.partition(":")[0] for problem in problems
    ]
