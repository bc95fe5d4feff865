"""Lead the test clients of an ordinary app through another door than WSGI."""

from __future__ import annotations

from collections import Counter
from typing import Any

import flask.testing

from demijohn.testing.doors import Door

PRESERVE = "werkzeug.debug.preserve_context"


def lead_through(name: str) -> tuple[Door, Counter[str]]:
    """Make every test client of this process, of whatever class, send its requests through a door.

    A request whose contexts the client keeps (`with client:`) goes by WSGI, where they belong to the caller's thread.

    Returns:
        The door, to be closed at the end, and how many requests took which way.
    """
    door = Door(name)
    ways: Counter[str] = Counter()
    call_by_wsgi = flask.testing.FlaskClient.run_wsgi_app

    def run_wsgi_app(client: Any, environ: dict[str, Any], buffered: bool = False) -> Any:
        ways["kept" if PRESERVE in environ else name] += 1
        if PRESERVE in environ:
            return call_by_wsgi(client, environ, buffered)
        served = door.client(client.application)
        client.server = served.server
        return type(served).run_wsgi_app(client, environ, buffered)

    flask.testing.FlaskClient.run_wsgi_app = run_wsgi_app
    return door, ways
