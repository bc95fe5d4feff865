"""Answer what a client did wrong, as problem details (RFC 9457).

Here live `Problem`, the body of such an answer, and the HTTP errors that
binding a typed view raises:

    RequestProblem
    ├── MalformedBody       400  the body is no JSON
    ├── WrongContentType    415  the body is of another type
    └── InvalidRequest      422  values do not fit their types

Each is an `HTTPException`: `@app.errorhandler(InvalidRequest)` answers in
another way, and `@app.errorhandler(422)` does as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from werkzeug.exceptions import BadRequest, HTTPException, UnprocessableEntity, UnsupportedMediaType

from .. import _current
from ..response import Response
from .encoder import dump_json
from .faults import Fault, shorten

PROBLEM_TYPE = "application/problem+json"

#: What a client can do wrong -> what it is told about that: the title and the detail.
PROBLEMS: dict[int, tuple[str, str]] = {
    400: ("Bad Request", "The body is not JSON: {reason}, in line {line}, column {column}."),
    401: ("Unauthorized", "The request needs {needed}."),
    403: ("Forbidden", "The credential does not allow this: it lacks {missing}."),
    415: ("Unsupported Media Type", "The body has to be {expected}, but its Content-Type is {got}."),
    422: (
        "Unprocessable Content",
        "What was sent does not fit in {count}: `errors` tells where, and what was expected.",
    ),
}


class Problem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Describe what went wrong, as problem details.

        return Problem(status=404, title="No such order")

    A typed view that returns one answers with its status, as
    `application/problem+json`.  A subclass may have members of its own.

    Args:
        type: A URI for the sort of problem.
        title: What sort it is, in words that stay the same.
        status: The status of the answer.
        detail: What happened this time, and what the client can do.
        instance: A URI for this one occurrence.
        errors: Each single value that does not fit.
        line: The line of a malformed body, from 1.
        column: The column in that line, from 1.
    """

    type: str = "about:blank"
    title: str | UnsetType = UNSET
    status: int | UnsetType = UNSET
    detail: str | UnsetType = UNSET
    instance: str | UnsetType = UNSET
    errors: list[Fault] | UnsetType = UNSET
    line: int | UnsetType = UNSET
    column: int | UnsetType = UNSET


class RequestProblem(HTTPException):
    """Be what all errors of binding are: answered with a `Problem`.

    Args:
        **members: What the detail names.
    """

    def __init__(self, **members: Any) -> None:
        super().__init__(PROBLEMS[self.code or 400][1].format_map(members))

    @property
    def problem(self) -> Problem:
        """What is answered."""
        code = self.code or 400
        return Problem(title=PROBLEMS[code][0], status=code, detail=self.description or UNSET)

    def get_body(self, environ: Any = None, scope: Any = None) -> str:
        """Return the body of the answer, which is JSON."""
        return dump_json(self.problem).decode()

    def get_headers(self, environ: Any = None, scope: Any = None) -> list[tuple[str, str]]:
        """Return the headers of the answer."""
        return [("Content-Type", PROBLEM_TYPE)]


class InvalidRequest(RequestProblem, UnprocessableEntity):
    """Answer 422: values of the request do not fit their types.

    Args:
        faults: All of them.
    """

    code = 422

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(count="one place" if len(faults) == 1 else f"{len(faults)} places")
        self.faults = list(faults)

    @property
    def problem(self) -> Problem:
        """What is answered, with every fault."""
        return msgspec.structs.replace(super().problem, errors=self.faults)


class MalformedBody(RequestProblem, BadRequest):
    """Answer 400: the body is not JSON.

    Args:
        line: The line of the first wrong character, from 1.
        column: Its column, from 1.
        reason: What is wrong there.
    """

    code = 400

    def __init__(self, line: int, column: int, reason: str) -> None:
        super().__init__(line=line, column=column, reason=reason)
        self.line = line
        self.column = column
        self.reason = reason

    @property
    def problem(self) -> Problem:
        """What is answered, with the line and the column."""
        return msgspec.structs.replace(super().problem, line=self.line, column=self.column)


class WrongContentType(RequestProblem, UnsupportedMediaType):
    """Answer 415: the body is not of a type that the view reads.

    Args:
        expected: The types that it reads.
        got: The `Content-Type` that came, empty for none.
    """

    code = 415

    def __init__(self, expected: Sequence[str], got: str) -> None:
        super().__init__(expected=" or ".join(expected), got=shorten(got) if got else "missing")
        self.expected = tuple(expected)
        self.got = got

    def get_headers(self, environ: Any = None, scope: Any = None) -> list[tuple[str, str]]:
        """Return the headers of the answer, with the types that are read.

        RFC 9110, section 15.5.16.
        """
        return [*super().get_headers(environ, scope), ("Accept", ", ".join(self.expected))]


def render_problem(error: HTTPException) -> Any:
    """Make a problem of any HTTP error; to be registered as its handler.

        app.register_error_handler(HTTPException, render_problem)

    Args:
        error: The error; a redirect, and one that brings a response of its
            own, stay what they are.

    Returns:
        The response, with the headers of the error.
    """
    if error.code is None or error.code < 400 or error.response is not None:
        return error.get_response()
    app = _current.find_app()
    response_class: Any = Response if app is None else app.response_class
    headers = [(name, value) for name, value in error.get_headers() if name.lower() != "content-type"]
    headers.append(("Content-Type", PROBLEM_TYPE))
    return response_class(dump_json(describe_error(error)), status=error.code, headers=headers)


def describe_error(error: HTTPException) -> Problem:
    """Return the problem that an HTTP error stands for.

    Args:
        error: The error.

    Returns:
        Its own where it has one; otherwise one of its status and description.
    """
    if isinstance(error, RequestProblem):
        return error.problem
    code = error.code or 500
    detail = UNSET if error.description is None else str(error.description)
    title = PROBLEMS[code][0] if code in PROBLEMS else error.name
    return Problem(title=title, status=code, detail=detail)
