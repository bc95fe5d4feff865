"""A request that is broken off, at whichever await, ends as any other: nothing is left, every end runs once."""

from __future__ import annotations

import asyncio

import pytest

from demijohn.doors.exchange import Watch

from .aftermath import Case
from .injection import CALLED_BY_VIEW, HOOKS, OTHERS, Target
from .interruption import WAYS, Interruption, leave_while_it_waits
from .test_injection import SOCKET_POSITIONS, STREAMED, is_possible, list_socket_targets, list_targets

#: Fewer awaits than these would mean that something was not reached.
FEWEST = {
    ("/page", "sync"): 1,
    ("/page", "async"): 20,
    ("/stream", "sync"): 3,
    ("/stream", "async"): 20,
    ("/socket", "async"): 20,
}


@pytest.fixture(autouse=True)
def _is_impatient(monkeypatch):
    """Have clients asked after from the first await on, where most of these are over by the time that is usual."""
    monkeypatch.setattr(Watch, "PATIENCE", 0)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("path", "view"), FEWEST)
@pytest.mark.parametrize("door", ["asgi", "rsgi"])
def test_a_request_may_be_broken_off_anywhere(door, path, view, way):
    """At each await in turn the client goes or the server cancels: contexts, threads, tasks and memory are free."""
    count, problems = asyncio.run(Interruption(door, path, view).run_all(way))
    assert [] == problems
    assert count >= FEWEST[path, view]


@pytest.mark.parametrize("position", [*HOOKS, *OTHERS])
@pytest.mark.parametrize("door", ["asgi", "rsgi"])
def test_a_client_may_go_while_a_function_works(door, position):
    """An async function beside an async view is cancelled; any other one works on, and then all ends as it has to."""
    path = "/stream" if position in STREAMED else "/page"
    wrong = []
    for target in list_targets(position):
        if target.fault == "exception" and not (position in CALLED_BY_VIEW and target.view == "async"):
            case = Case(target._replace(fault="wait"), door, path)
            is_cancelled, problems = asyncio.run(leave_while_it_waits(case))
            wrong.extend((target, problem) for problem in problems)
            may_cancel = target.kind == "async" and (target.view == "async" or position in STREAMED)
            if is_cancelled != may_cancel:
                wrong.append((target, f"cancelled: {is_cancelled}"))
    assert [] == wrong


@pytest.mark.parametrize("position", SOCKET_POSITIONS)
@pytest.mark.parametrize("door", ["asgi", "rsgi"])
def test_a_client_may_go_while_a_socket_works(door, position):
    """The same holds for a WebSocket, which learns of it when it next receives or sends."""
    wrong = []
    for target in list_socket_targets(position):
        if target.fault == "exception":
            case = Case(target._replace(fault="wait"), door, "/socket")
            wrong.extend((target, problem) for problem in asyncio.run(leave_while_it_waits(case))[1])
    assert [] == wrong


def test_targets_that_cannot_be_are_known():
    """Only what Flask calls by itself, and what a view of the other kind would be, is left out."""
    assert not is_possible(Target("view", "blueprint", "sync", "wait", "async"))
    assert not is_possible(Target("context_processor", "app", "async"))
    assert is_possible(Target("before_request", "blueprint", "async", "wait", "async"))
