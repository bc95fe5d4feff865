"""A view may return every form that Flask knows; helpers say what they give."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from typing import Any, assert_type

from werkzeug.wrappers import Response as BaseResponse

from demijohn import (
    Flask,
    Response,
    flash,
    get_flashed_messages,
    json,
    jsonify,
    make_response,
    redirect,
    render_template,
    send_file,
    send_from_directory,
    stream_template,
)
from demijohn.typing import ResponseReturnValue

app = Flask(__name__)


@app.route("/text")
def text() -> str:
    return "text"


@app.route("/bytes")
def raw() -> bytes:
    return b"bytes"


@app.route("/list")
def rows() -> list[dict[str, int]]:
    return [{"a": 1}]


@app.route("/status")
def status() -> tuple[str, int]:
    return "teapot", 418


@app.route("/enum")
def enumerated() -> tuple[str, HTTPStatus]:
    return "created", HTTPStatus.CREATED


@app.route("/headers")
def headers() -> tuple[dict[str, Any], int, dict[str, str]]:
    return {"a": 1}, 200, {"X-Header": "yes"}


@app.route("/pairs")
def pairs() -> tuple[str, list[tuple[str, str]]]:
    return "text", [("X-Header", "yes")]


@app.route("/iterator")
def parts() -> Iterator[str]:
    yield "part"


@app.route("/generator")
def more_parts() -> tuple[Iterator[bytes], int]:
    return iter([b"part"]), 200


@app.route("/response")
def response() -> Response:
    return make_response("text", 201)


@app.route("/redirect")
def moved() -> BaseResponse:
    return redirect("/text")


@app.route("/template")
async def template() -> str:
    return render_template("index.html", now=dt.datetime.now(dt.UTC))


@app.route("/any")
def anything() -> ResponseReturnValue:
    return jsonify(a=1)


def events() -> AsyncIterator[str]:
    raise NotImplementedError


assert_type(make_response("text"), Response)
assert_type(jsonify(1), Response)
assert_type(redirect("/"), BaseResponse)
assert_type(send_file("a.txt", as_attachment=True), Response)
assert_type(send_from_directory("files", "a.txt", max_age=10), Response)
assert_type(stream_template("index.html"), Iterator[str])
assert_type(json.dumps({}), str)
assert_type(json.loads(b"{}"), Any)
assert_type(flash("saved", "info"), None)
assert_type(get_flashed_messages(), list[str] | list[tuple[str, str]])
assert_type(response().status_code, int)
assert_type(response().get_json(), Any)
