"""Error pages for readers, and JSON errors for programs under `/api/`."""

from __future__ import annotations

from flask import Flask, Response, current_app, json, make_response, render_template, request
from werkzeug.exceptions import HTTPException

#: Status -> what the page is headed with, and what the reader can do.
PAGES = {
    403: ("This is not yours", "Only the author of an entry can change or delete it."),
    404: ("Nothing here", "The page may have been deleted, or the address has a typing error."),
    413: ("That file is too big", ""),
    500: ("Something broke", "The fault is on our side. Please try again in a moment."),
}


def init_app(app: Flask) -> None:
    """Answer every HTTP error of `app` in the reader's form."""
    app.register_error_handler(HTTPException, answer)


def answer(error: HTTPException) -> Response:
    """Return the error with its status and headers and a readable body."""
    # The exception's own response keeps what belongs to it: Allow with a 405,
    # WWW-Authenticate with a 401.
    response = make_response(error.get_response())
    if request.path.startswith("/api/"):
        problem = {"status": error.code, "title": error.name, "detail": error.description}
        response.data = json.dumps({"error": problem})
        response.content_type = "application/json"
        return response
    heading, advice = PAGES.get(error.code or 500, (error.name, error.description))
    if error.code == 413:
        limit = current_app.config["MAX_CONTENT_LENGTH"] / 1024 / 1024
        advice = f"An entry and its picture can have up to {limit:g} MB together. Please choose a smaller picture."
    response.data = render_template("error.html", code=error.code, heading=heading, advice=advice)
    response.content_type = "text/html; charset=utf-8"
    return response
