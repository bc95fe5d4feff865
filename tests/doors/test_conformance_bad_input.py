"""Every test of bad input holds through ASGI and RSGI as well, and the answer is that of the WSGI door.

The tests are those of `tests/bad_input`, run once more with another way to call the app: their own judgement (status,
no context left, each teardown once, a well-formed answer) is passed on the answer of the door.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.bad_input import judge, test_bodies, test_headers, test_paths, test_responses, test_sessions
from tests.bad_input.test_bodies import collected
from tests.differential.driver import Answer, Call
from tests.differential.driver import call as call_by_wsgi
from tests.differential.sides import OURS
from tests.doors.cases_driver import DOORS, Served, can_send, compare, find_different, served

__all__ = ["collected", "served"]

for _module in (test_bodies, test_headers, test_paths, test_responses, test_sessions):
    globals().update({name: test for name, test in vars(_module).items() if name.startswith("test_")})


@pytest.fixture(autouse=True)
def _other_doors(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the judge call Demijohn by the other doors, and compare their answers with WSGI's."""

    def call(app: Any, asked: Call) -> Answer:
        if not isinstance(app, OURS.Flask):
            return call_by_wsgi(app, asked)
        judged = first = served.ask("wsgi", app, asked)
        for door in DOORS[1:]:
            if can_send(door, asked):
                other = served.ask(door, app, asked)
                assert not (lines := compare(door, asked, first, other)), "\n".join(lines)
                judged = judged if find_different(first, other) else other
        return judged

    monkeypatch.setattr(judge, "call", call)
