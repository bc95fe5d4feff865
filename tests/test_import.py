"""What a server process loads, and what it does not."""

from __future__ import annotations

from tests.extension_contract.process import run_python

UNUSED = ("asyncio", "click", "demijohn.cli", "demijohn.dev", "demijohn.testing", "demijohn.as_flask")
"""What a process that serves sync views has no use for."""

SERVE = """
import sys

import demijohn

app = demijohn.Flask("made")
app.add_url_rule("/", "view", lambda: demijohn.jsonify(demijohn.session.get("a", 1)))
environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_NAME": "h", "SERVER_PORT": "80"}
assert b"1\\n" == b"".join(app({**environ, "wsgi.url_scheme": "http"}, print))
"""


def test_nothing_is_loaded_that_a_server_does_not_use():
    """Neither importing nor serving loads the tools of development."""
    finished = run_python(f"{SERVE}\nprint([name for name in {UNUSED} if name in sys.modules])")
    assert (0, "[]") == (finished.returncode, finished.stdout.splitlines()[-1]), finished.stderr


def test_asyncio_is_loaded_by_the_first_async_call():
    """An async view needs it, and nothing else does."""
    finished = run_python(
        f"{SERVE}\n"
        "from demijohn.pipeline.bridge import async_to_sync\n"
        "async def view(): return 'asyncio' in sys.modules\n"
        "before = 'asyncio' in sys.modules\n"
        "print([before, async_to_sync(view)()])\n"
    )
    assert (0, "[False, True]") == (finished.returncode, finished.stdout.splitlines()[-1]), finished.stderr
