"""Pages shared across origins with Flask-CORS: patterns, preflights, credentials, and errors that keep the headers."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, abort, jsonify, make_response, request, session
from flask.views import MethodView
from flask_cors import CORS, cross_origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient
    from flask.typing import ResponseReturnValue

    from apps import Step

RESOURCES = {
    r"/open/*": {"origins": "*"},
    r"/open/wild": {"origins": "*", "send_wildcard": True},
    r"/open/quiet/*": {"origins": "https://friend.example", "vary_header": False},
    r"/named/*": {
        "origins": ["https://friend.example", re.compile(r"https://\w+\.family\.example$")],
        "supports_credentials": True,
        "allow_headers": ["Content-Type", re.compile(r"x-.*")],
        "expose_headers": ["X-Total", "X-Page"],
        "methods": ["GET", "PATCH"],
        "max_age": timedelta(minutes=10),
        "allow_private_network": True,
    },
}

shared = Blueprint("shared", __name__, url_prefix="/shared")
CORS(shared, origins="https://blueprint.example", max_age=5)
single = Blueprint("single", __name__, url_prefix="/single")


def create_app(_folder: str) -> Flask:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="cors secret", CORS_EXPOSE_HEADERS="X-Default")
    CORS(app, resources=RESOURCES)
    app.register_blueprint(shared)
    app.register_blueprint(single)
    for rule in ("/open/page", "/open/wild", "/open/quiet/page", "/named/page", "/closed"):
        app.add_url_rule(rule, rule, show, methods=["GET", "POST", "PATCH"])
    app.add_url_rule("/open/wait/<int:code>", view_func=fail)
    app.add_url_rule("/open/bug", view_func=break_down)
    app.add_url_rule("/open/tidy/", "tidy", show)
    app.add_url_rule("/open/vary", view_func=vary)
    app.register_error_handler(451, lambda error: (jsonify(error=error.name), 451))
    return app


def show() -> ResponseReturnValue:
    return {"path": request.path, "method": request.method}


def fail(code: int) -> None:
    abort(code)


def break_down() -> None:
    raise RuntimeError("broken behind CORS")


def vary() -> Response:
    session["seen"] = True
    response = make_response("varies")
    response.vary.add("Accept")
    return response


@shared.route("/page", methods=["GET", "DELETE"])
def shared_page() -> str:
    return "shared"


@single.get("/plain")
def plain() -> str:
    return "plain"


@single.route("/default", methods=["GET", "PUT"])
@cross_origin()
def default() -> str:
    return "default"


@single.route("/credentials", methods=["GET", "OPTIONS"])
@cross_origin(origins=["https://friend.example"], supports_credentials=True, automatic_options=False)
def credentials() -> ResponseReturnValue:
    return (f"by hand: {request.method}", 200, {"X-Own": "1"})


@single.get("/no-origin")
@cross_origin(always_send=False, origins="https://friend.example")
def no_origin() -> str:
    return "sent when asked"


class Things(MethodView):
    decorators = (cross_origin(methods=["GET", "POST"], allow_headers="X-Thing"),)

    def get(self) -> str:
        return "things"

    def post(self) -> ResponseReturnValue:
        return "made", 201


single.add_url_rule("/things", view_func=Things.as_view("things"))


def ask(
    client: FlaskClient, path: str, origin: str | None = "https://friend.example", method: str = "GET", **headers: str
) -> Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.open(path, method=method, headers=sent | ({"Origin": origin} if origin else {}))


def preflight(
    client: FlaskClient, path: str, wanted: str, origin: str = "https://friend.example", **headers: str
) -> Response:
    return ask(client, path, origin, "OPTIONS", Access_Control_Request_Method=wanted, **headers)


def drive(app: Flask, _folder: str) -> Iterator[Step]:
    client = app.test_client()
    yield from drive_patterns(client)
    yield from drive_preflights(client)
    yield from drive_errors(app, client)
    yield from drive_decorators(client)


def drive_patterns(client: FlaskClient) -> Iterator[Step]:
    origins = (
        "https://friend.example",
        "https://uncle.family.example",
        "https://evil.example",
        "https://FRIEND.example",
    )
    for path in ("/open/page", "/open/wild", "/open/quiet/page", "/named/page", "/closed", "/shared/page"):
        for origin in (*origins, None):
            yield f"{path} from {origin}", ask(client, path, origin)
    yield "post", ask(client, "/named/page", method="POST")
    yield "blueprint's own origin", ask(client, "/shared/page", "https://blueprint.example")
    yield "null origin", ask(client, "/open/page", "null")
    yield "encoded path", ask(client, "/open/%70age?x=/named/")
    yield "upper case path", ask(client, "/OPEN/page")


def drive_preflights(client: FlaskClient) -> Iterator[Step]:
    yield "preflight", preflight(client, "/named/page", "PATCH", Access_Control_Request_Headers="content-type, X-One")
    yield "preflight, other method", preflight(client, "/named/page", "DELETE")
    yield "preflight, other header", preflight(client, "/named/page", "PATCH", Access_Control_Request_Headers="y")
    yield "preflight, other origin", preflight(client, "/named/page", "PATCH", "https://evil.example")
    yield (
        "preflight, private network",
        preflight(client, "/named/page", "GET", Access_Control_Request_Private_Network="true"),
    )
    yield "preflight, open", preflight(client, "/open/page", "POST", Access_Control_Request_Headers="A, b")
    yield "preflight, closed", preflight(client, "/closed", "POST")
    yield "preflight, blueprint", preflight(client, "/shared/page", "DELETE", "https://blueprint.example")
    yield "options without preflight", ask(client, "/named/page", method="OPTIONS")
    yield "preflight of a missing page", preflight(client, "/open/none", "GET")


def drive_errors(app: Flask, client: FlaskClient) -> Iterator[Step]:
    yield "missing page", ask(client, "/open/none")
    yield "method not allowed", ask(client, "/open/page", method="DELETE")
    yield "abort", ask(client, "/open/wait/403")
    yield "abort with a handler", ask(client, "/open/wait/451")
    yield "bug", ask(client, "/open/bug")
    yield "slash redirect", ask(client, "/open/tidy")
    yield "vary", ask(client, "/open/vary", "https://a.example")
    app.testing = True
    try:
        yield "bug while testing", ask(client, "/open/bug")
    except RuntimeError as error:
        yield "bug while testing reaches the server", str(error)
    app.testing = False


def drive_decorators(client: FlaskClient) -> Iterator[Step]:
    for path in ("/single/plain", "/single/default", "/single/credentials", "/single/no-origin", "/single/things"):
        yield path, ask(client, path)
        yield f"{path} without origin", ask(client, path, None)
        yield f"{path} preflight", preflight(client, path, "PUT", Access_Control_Request_Headers="X-Thing, X-Other")
    yield "things, post", ask(client, "/single/things", method="POST")
    yield "things, put", ask(client, "/single/things", method="PUT")
