"""What a request walks for a typed view, and that others pay nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest
from werkzeug.exceptions import NotFound

from demijohn import Body, Depends, Flask, Problem, Query, abort
from demijohn.pipeline.plan import find_plan


def _refuse():
    abort(404, "no such row")


def _build():
    app = Flask(__name__)

    @app.get("/sync")
    @app.responses({404: Problem})
    def find(number: Query[int] = 0) -> dict[str, int]:
        abort(404, "no such row")

    @app.get("/async")
    @app.responses({"4XX": (Problem, "no")})
    async def find_on_loop(number: Query[int] = 0) -> dict[str, int]:
        abort(404, "no such row")

    @app.get("/dependency")
    @app.responses({404: Problem})
    def find_row(row: int = Depends(_refuse)) -> dict[str, int]: ...

    @app.get("/undeclared")
    @app.responses({409: Problem})
    def find_otherwise(number: Query[int] = 0) -> dict[str, int]:
        abort(404, "no such row")

    return app


@pytest.mark.parametrize("path", ["sync", "async", "dependency"])
def test_declared_problems(path):
    """An HTTP error for which a typed view declares a `Problem` is answered as one."""
    answer = _build().test_client().get(f"/{path}")
    expected = {"title": "Not Found", "status": 404, "detail": "no such row"}
    assert (404, "application/problem+json", expected) == (answer.status_code, answer.mimetype, answer.get_json())


def test_a_declared_error_stays_as_it_is():
    """An application may raise one error for all requests; no answer is left in it for the next."""
    error = NotFound("no such row")
    app = Flask(__name__)

    @app.get("/<name>")
    @app.responses({404: Problem})
    def find(name: str, number: Query[int] = 0):
        error.description = name
        raise error

    client = app.test_client()
    assert ["a", "b"] == [client.get(f"/{name}").json["detail"] for name in "ab"]
    assert error.response is None


def test_other_errors_stay_pages():
    """An HTTP error that a typed view does not declare is answered as in Flask."""
    answer = _build().test_client().get("/undeclared")
    assert (404, "text/html") == (answer.status_code, answer.mimetype)


def test_handlers_come_first():
    """An error handler answers before a declared problem does."""
    app = _build()
    app.register_error_handler(NotFound, lambda error: (f"handled: {error.description}", 404))
    assert app.test_client().get("/sync").text == "handled: no such row"


def test_a_view_without_marks_is_called_itself():
    """The plan holds a view that binds nothing as it is, without a step more."""
    app = _build()
    app.add_url_rule("/plain", "plain", _refuse)
    steps = find_plan(app).steps["plain"]
    assert (True, None, True) == (steps.view is _refuse, steps.binding, steps.is_direct)


def test_nothing_is_loaded_without_typed_views():
    """An application without typed views loads neither what binds them nor msgspec."""
    source = (
        "import sys, demijohn\n"
        "app = demijohn.Flask('app')\n"
        "@app.get('/<int:number>')\n"
        "def find(number: int) -> str: return str(number)\n"
        "assert app.test_client().get('/7').text == '7'\n"
        "print('msgspec' in sys.modules, 'demijohn.api' in sys.modules)\n"
    )
    found = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert found.stdout == "False False\n"


def test_bodies_are_read_off_the_shared_loop():
    """Under WSGI a body is read in the thread of its request, also for an async view."""
    import threading

    app = Flask(__name__)
    seen = []

    class Noting:
        def __init__(self, data):
            self.data = data

        def read(self, size=-1):
            seen.append(threading.current_thread())
            data, self.data = self.data[:size], self.data[size:]
            return data

    @app.post("/")
    async def store(row: Body[dict[str, int]]) -> dict[str, int]:
        return row

    body = b'{"a": 1}'
    environ = {"wsgi.input": Noting(body), "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json"}
    answer = app.test_client().post("/", environ_overrides=environ)
    assert ({"a": 1}, {threading.current_thread()}) == (answer.get_json(), set(seen))
