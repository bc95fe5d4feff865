"""Whoever visits at the same time, each request, session, `g` and WebSocket is its own.

`scripts/isolation` sends many more requests.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from demijohn import g, session

from .application import build_app
from .crowds import gather, list_mistakes
from .visitors import Visitor

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("crowd", "requests", "visitors"), [("wsgi", 3_000, 64), ("asgi", 3_000, 1_000), ("rsgi", 3_000, 1_000)]
)
def test_visitors_do_not_see_each_other(crowd, requests, visitors):
    """Threads by WSGI and tasks by ASGI and RSGI, in views of all kinds and WebSockets, make no mistake."""
    outcome = gather(crowd, requests, visitors)
    assert [] == outcome.mistakes
    assert requests == outcome.requests


def test_greenlets_do_not_see_each_other():
    """The same holds for greenlets, in a process that gevent has patched."""
    command = [sys.executable, "-m", "tests.isolation.crowds", "gevent", "3000", "64"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert "" == finished.stderr
    outcome = json.loads(finished.stdout)
    assert ([], 3_000) == (outcome["mistakes"], outcome["requests"])


@pytest.mark.parametrize(("kind", "named"), [("word", "'g'"), ("request", "'request'"), ("session", "'session'")])
def test_mistakes_are_found(kind, named):
    """A view that sees what belongs to another request is noted."""
    app = build_app()
    environ = Visitor(app, "v0", 1).build_environ("sync", "v0.0")
    with app.request_context(environ):
        app.preprocess_request()
        assert [] == app.book.mistakes
        if kind == "session":
            session["owner"] = "v1"
        else:
            setattr(g, kind, "v1.0")
        app.book.check("v0.0", "here")
    assert [True] == [mistake.startswith("here of v0.0") and named in mistake for mistake in app.book.mistakes[:1]]


def test_missing_ends_and_wrong_answers_are_found():
    """A teardown that did not run and an answer that is another's are noted."""
    app = build_app()
    visitor = Visitor(app, "v0", 1)
    assert [("sync", "v0.0")] == list(visitor.plan(("sync",)))
    visitor.compare("v0.0", 200, [("X-Seen", "v1.0 v1 1")], b"v1.0")
    mistakes = list_mistakes(app.book, [visitor])
    assert ["v0.0 got 200", "teardown_request ran", "teardown_appcontext ran"] == [
        " ".join(mistake.split()[: 3 if "got" in mistake else 2]) for mistake in mistakes
    ]
