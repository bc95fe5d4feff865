"""The servers: what starts each, which door it takes, and what is known to be beyond it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Server:
    """One way to serve the app."""

    name: str
    door: str
    """`wsgi`, `asgi` or `rsgi`."""
    command: str
    """The command line, in which `{port}` and `{folder}` are filled in."""
    is_quick: bool = False
    """Whether the server is part of every run of the tests."""
    front: str | None = None
    """The command of a proxy that stands before the server, which then gets `{port}`, and the server `{inner}`."""


SERVERS = [
    Server("demijohn-serve", "asgi", "demijohn --app app serve --port {port}"),
    Server("granian-wsgi", "wsgi", "granian --interface wsgi --port {port} app:app", is_quick=True),
    Server("granian-asgi", "asgi", "granian --interface asgi --port {port} app:app", is_quick=True),
    Server("granian-rsgi", "rsgi", "granian --interface rsgi --port {port} app:app", is_quick=True),
    Server("uvicorn", "asgi", "uvicorn --port {port} app:app", is_quick=True),
    Server("hypercorn", "asgi", "hypercorn --bind 127.0.0.1:{port} app:app"),
    Server("gunicorn-sync", "wsgi", "gunicorn --bind 127.0.0.1:{port} app:app"),
    Server("gunicorn-gthread", "wsgi", "gunicorn --bind 127.0.0.1:{port} --threads 4 app:app", is_quick=True),
    Server("gunicorn-gevent", "wsgi", "gunicorn --bind 127.0.0.1:{port} --worker-class gevent app:app"),
    Server("gunicorn-asgi", "asgi", "gunicorn --bind 127.0.0.1:{port} --worker-class asgi app:app"),
    Server("waitress", "wsgi", "waitress-serve --listen 127.0.0.1:{port} app:app"),
    Server(
        "uwsgi",
        "wsgi",
        "uwsgi --http 127.0.0.1:{port} --http-keepalive --http-auto-chunked --master --die-on-term"
        " --module app:app --threads 4 --need-app",
    ),
    Server(
        "nginx",
        "wsgi",
        "gunicorn --bind 127.0.0.1:{inner} --threads 4 app:app",
        front="nginx -p {folder} -c {folder}/nginx.conf",
    ),
]

ASCII_ONLY = "Granian loses a header value with bytes beyond ASCII; only its `asgi` has it whole."
ONE_SPELLING = (
    "WSGI spells hyphens and underscores in header names alike, and this server hands on both;"
    " nginx in front of it drops the names with underscores."
)
CUT_LOOKS_WHOLE = (
    "Under WSGI Granian ends a chunked body that was cut like a whole one, so each of them gets a 411;"
    " `asgi` and `rsgi` tell."
)
NO_CHUNKS = "uWSGI hands on no chunked bodies; nginx in front of it gives them a length."
ENDS_CLEANLY = "This server ends a chunked response in good order whatever happened to its stream."

BEYOND: dict[tuple[str, str], str] = {
    ("granian-rsgi", "test_header_values"): ASCII_ONLY,
    ("granian-rsgi", "test_broken_stream"): ENDS_CLEANLY,
    ("granian-wsgi", "test_header_values"): ASCII_ONLY,
    ("granian-wsgi", "test_header_names"): ONE_SPELLING,
    ("granian-wsgi", "test_chunked_upload"): CUT_LOOKS_WHOLE,
    ("granian-wsgi", "test_broken_stream"): ENDS_CLEANLY,
    ("uwsgi", "test_header_names"): ONE_SPELLING,
    ("uwsgi", "test_chunked_upload"): NO_CHUNKS,
    ("uwsgi", "test_broken_stream"): ENDS_CLEANLY,
}
"""(server, test) -> why the server cannot give it. A row that is not needed any more is an error."""
