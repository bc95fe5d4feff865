"""Problem details: what a client is told, and how an application tells it otherwise."""

from __future__ import annotations

import msgspec
import pytest
from werkzeug.exceptions import (
    Conflict,
    HTTPException,
    MethodNotAllowed,
    TooManyRequests,
    UnprocessableEntity,
    default_exceptions,
)

from demijohn import Flask, Query, Response, abort, redirect
from demijohn.api.faults import Fault
from demijohn.api.problems import (
    InvalidRequest,
    MalformedBody,
    Problem,
    RequestProblem,
    WrongContentType,
    describe_error,
    render_problem,
)
from demijohn.testing.doors import door

__all__ = ["door"]


class Order(msgspec.Struct):
    price: int


FAULT = Fault("query.page", "an integer", "x")


@pytest.mark.parametrize(
    ("error", "code", "detail", "more"),
    [
        (
            InvalidRequest([FAULT]),
            422,
            "What was sent does not fit in one place: `errors` tells where, and what was expected.",
            {"errors": [{"where": "query.page", "expected": "an integer", "got": "x"}]},
        ),
        (
            MalformedBody(2, 5, "a comma is missing"),
            400,
            "The body is not JSON: a comma is missing, in line 2, column 5.",
            {"line": 2, "column": 5},
        ),
        (
            WrongContentType(["application/json"], "text/plain"),
            415,
            "The body has to be application/json, but its Content-Type is text/plain.",
            {},
        ),
    ],
    ids=["422", "400", "415"],
)
def test_each_error_has_its_problem(error, code, detail, more):
    """Each error of binding answers with its status, a title of that, and what happened."""
    response = error.get_response()
    assert (response.status_code, response.content_type) == (code, "application/problem+json")
    answer = msgspec.json.decode(response.data)
    assert answer.pop("title") in {"Bad Request", "Unsupported Media Type", "Unprocessable Content"}
    assert answer == {"status": code, "detail": detail, **more}


@pytest.mark.parametrize("error", [InvalidRequest([FAULT]), MalformedBody(1, 1, "x"), WrongContentType(["a/b"], "")])
def test_errors_are_those_of_their_status(error):
    """Each error is a subclass of Werkzeug's for the status, so that handlers for that get it."""
    assert isinstance(error, default_exceptions[error.code])
    assert isinstance(error, RequestProblem)


def test_long_content_types_are_cut():
    """What a client sent as its content type is repeated only in part."""
    assert len(WrongContentType(["a/b"], "x" * 5_000).get_response().data) < 500


def _ask_for_patience() -> None:
    raise TooManyRequests(retry_after=7)


def make_app() -> Flask:
    app = Flask("made")
    answers = {
        "redirect": lambda: abort(redirect("/elsewhere")),
        "conflict": lambda: abort(409, "It was changed meanwhile."),
        "later": _ask_for_patience,
        "own": lambda: abort(Response("own", 418)),
        "fail": lambda: 1 / 0,
    }
    for name, view in answers.items():
        app.add_url_rule(f"/{name}", name, view)

    @app.get("/page")
    def show(page: Query[int]) -> str:
        return str(page)

    return app


@pytest.mark.parametrize("key", [422, UnprocessableEntity, InvalidRequest, RequestProblem, HTTPException])
def test_an_application_answers_in_its_own_way(door, key):
    """A handler for the status, the class or a base is given the error with its faults."""
    app = make_app()

    @app.errorhandler(key)
    def tell(error):
        return {"wrong": [fault.where for fault in error.faults]}, error.code

    response = door.client(app).get("/page?page=x")
    assert (response.status_code, response.json) == (422, {"wrong": ["query.page"]})


def test_every_error_may_be_a_problem(door):
    """`render_problem` as the handler of all HTTP errors makes problems of them, with their headers."""
    app = make_app()
    app.register_error_handler(HTTPException, render_problem)
    client = door.client(app)
    found = {path: client.get(path) for path in ("/conflict", "/later", "/missing", "/fail", "/page")}
    assert [response.status_code for response in found.values()] == [409, 429, 404, 500, 422]
    assert {response.content_type for response in found.values()} == {"application/problem+json"}
    conflict = {"title": "Conflict", "status": 409, "detail": "It was changed meanwhile."}
    assert found["/conflict"].get_json(force=True) == conflict
    assert found["/later"].headers["Retry-After"] == "7"
    assert found["/page"].get_json(force=True)["errors"] == [{"where": "query.page", "expected": "required"}]
    assert "GET" in client.post("/page").headers["Allow"]


def test_answers_of_their_own_stay(door):
    """A redirect, and an error that brings a response, are not made problems."""
    app = make_app()
    app.register_error_handler(HTTPException, render_problem)
    client = door.client(app)
    assert client.get("/redirect").headers["Location"] == "/elsewhere"
    assert client.get("/own").text == "own"


def test_the_response_is_of_the_application():
    """A problem is an instance of the application's response class."""

    class OwnResponse(Response):
        pass

    app = Flask("made")
    app.response_class = OwnResponse
    with app.app_context():
        assert type(render_problem(Conflict())) is OwnResponse
    assert type(render_problem(Conflict())) is Response


@pytest.mark.parametrize(
    "error", [HTTPException(), Conflict(), MethodNotAllowed(["GET"]), HTTPException("x", Response())]
)
def test_any_error_can_be_described(error):
    """Every HTTP error has a problem, one without a status that of the server's fault."""
    problem = describe_error(error)
    assert problem.status == (error.code or 500)
    assert problem.title


def test_a_problem_has_members_of_its_own():
    """A subclass of `Problem` adds members, and leaves out what is not set."""

    class OutOfCredit(Problem):
        balance: int

    app = Flask("made")

    @app.get("/")
    def show() -> Order:
        return OutOfCredit(type="/out-of-credit", status=403, balance=3)

    response = app.test_client().get("/")
    assert (response.status_code, response.content_type) == (403, "application/problem+json")
    assert response.get_json(force=True) == {"type": "/out-of-credit", "status": 403, "balance": 3}
