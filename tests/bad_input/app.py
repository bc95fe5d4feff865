"""An app whose views read every part of a request, on Flask and on Demijohn with the settings each has by itself."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from tests.differential.trail import TrailHandler, mark

SECRET = "a key for tests only"
FOLDER = Path(__file__).parent / "files"
METHODS = ["GET", "POST"]

ATTRIBUTES = [
    "access_control_request_headers",
    "access_control_request_method",
    "accept_charsets",
    "accept_encodings",
    "accept_languages",
    "accept_mimetypes",
    "access_route",
    "args",
    "authorization",
    "base_url",
    "blueprint",
    "cache_control",
    "content_encoding",
    "content_length",
    "content_md5",
    "content_type",
    "cookies",
    "date",
    "endpoint",
    "full_path",
    "headers",
    "host",
    "host_url",
    "if_match",
    "if_modified_since",
    "if_none_match",
    "if_range",
    "if_unmodified_since",
    "is_json",
    "is_secure",
    "max_forwards",
    "mimetype",
    "mimetype_params",
    "origin",
    "path",
    "pragma",
    "query_string",
    "range",
    "referrer",
    "remote_addr",
    "remote_user",
    "root_url",
    "scheme",
    "script_root",
    "url",
    "url_root",
    "url_rule",
    "user_agent",
    "values",
    "view_args",
]


def build(flask: Any, **config: Any) -> Any:
    """Build the app.

    Args:
        flask: The package, real Flask or Demijohn.
        config: Settings that differ from the package's own.

    Returns:
        The app, whose teardown and log write to the trail.
    """
    app = flask.Flask(__name__, static_folder=str(FOLDER / "static"))
    app.config.update(SECRET_KEY=SECRET, **config)
    if not app.logger.handlers or not isinstance(app.logger.handlers[0], TrailHandler):
        app.logger.handlers[:] = [TrailHandler()]
        app.logger.propagate = False

    @app.teardown_request
    def teardown(error: BaseException | None) -> None:
        mark("teardown")

    @app.teardown_appcontext
    def teardown_context(error: BaseException | None) -> None:
        mark("teardown appcontext")

    add_readers(app, flask)
    add_writers(app, flask)
    add_item(app, flask)
    return app


def add_readers(app: Any, flask: Any) -> None:
    """Add views that read the request in one way each."""
    request, session = flask.request, flask.session
    reads = {
        "text": lambda: "text",
        "args": lambda: list(request.args.items(multi=True)),
        "values": lambda: list(request.values.items(multi=True)),
        "form": lambda: list(request.form.items(multi=True)),
        "files": lambda: [[name, file.filename, file.read().hex()] for name, file in request.files.items(multi=True)],
        "json": lambda: {"depth": depth_of(request.get_json())},
        "data": lambda: {"size": len(request.get_data())},
        "read": lambda: {"size": len(request.stream.read())},
        "lines": lambda: {"size": sum(len(line) for line in request.stream)},
        "cookies": lambda: list(request.cookies.items(multi=True)),
        "session": lambda: dict(session),
        "attributes": lambda: {name: bool(getattr(request, name)) for name in ATTRIBUTES},
        "if-range": lambda: str(request.if_range),
        "authorization": lambda: str(request.authorization),
        "url": lambda: [request.url, request.host],
        "external": lambda: flask.url_for("args", _external=True),
    }
    for name, read in reads.items():
        app.add_url_rule(f"/{name}", name, read, methods=METHODS)
    app.add_url_rule("/path/<path:value>", "path", lambda value: {"value": value, "path": request.path})
    app.add_url_rule("/string/<value>", "string", lambda value: {"value": value})
    app.add_url_rule("/int/<int:value>", "int", lambda value: {"value": value})
    app.add_url_rule("/slash/", "slash", lambda: "slash")
    app.add_url_rule("/admin", "admin", lambda: "admin")


def depth_of(value: Any) -> int:
    """Count how deep the first members of a JSON value are nested."""
    depth = 0
    while isinstance(value, list) and value:
        value, depth = value[0], depth + 1
    return depth


def add_writers(app: Any, flask: Any) -> None:
    """Add views that put text from the query into the response, and that send files."""
    request = flask.request

    def respond(change: Any) -> Any:
        response = flask.make_response("written")
        change(response, request.args["to"])
        return response

    writes = {
        "header-value": lambda r, to: r.headers.__setitem__("X-Own", to),
        "header-add": lambda r, to: r.headers.add("X-Own", to),
        "header-name": lambda r, to: r.headers.__setitem__(to, "value"),
        "header-extend": lambda r, to: r.headers.extend([("X-Own", to)]),
        "status": lambda r, to: setattr(r, "status", f"200 {to}"),
        "content-type": lambda r, to: setattr(r, "content_type", to),
        "mimetype": lambda r, to: setattr(r, "mimetype", to),
        "location": lambda r, to: setattr(r, "location", to),
        "cookie-name": lambda r, to: r.set_cookie(to, "value"),
        "cookie-value": lambda r, to: r.set_cookie("own", to),
        "cookie-domain": lambda r, to: r.set_cookie("own", "value", domain=to),
        "cookie-path": lambda r, to: r.set_cookie("own", "value", path=to),
        "cookie-expires": lambda r, to: r.set_cookie("own", "value", expires=to),
        "cookie-samesite": lambda r, to: r.set_cookie("own", "value", samesite=to),
        "etag": lambda r, to: r.set_etag(to),
        "vary": lambda r, to: r.vary.add(to),
    }
    for name, change in writes.items():
        app.add_url_rule(f"/write/{name}", f"write-{name}", lambda change=change: respond(change))
    app.add_url_rule("/redirect", "redirect", lambda: flask.redirect(request.args["to"]))
    app.add_url_rule("/tuple", "tuple", lambda: ("tuple", 200, {"X-Own": request.args["to"]}))
    app.add_url_rule("/file", "file", lambda: flask.send_file(FOLDER / "numbers.txt"))
    app.add_url_rule(
        "/named",
        "named",
        lambda: flask.send_file(FOLDER / "numbers.txt", download_name=request.args["to"], as_attachment=True),
    )
    app.add_url_rule("/folder/<path:name>", "folder", lambda name: flask.send_from_directory(FOLDER, name))
    app.add_url_rule("/folder-query", "folder-query", lambda: flask.send_from_directory(FOLDER, request.args["to"]))


def add_item(app: Any, flask: Any) -> None:
    """Add a class-based view with helpers whose names could be taken for methods."""
    views = importlib.import_module(f"{flask.__name__}.views")

    class Item(views.MethodView):
        def get(self) -> str:
            return "got"

        def post(self) -> str:
            return "posted"

        def purge(self) -> str:
            return "everything is gone"

        def dispatch(self) -> str:
            return "a helper"

    app.add_url_rule("/item", view_func=Item.as_view("item"))
