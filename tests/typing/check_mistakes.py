"""Mistakes that type checkers must find: mypy calls an ignore unused when there is nothing to ignore."""

from __future__ import annotations

from demijohn import Flask, Response, request, url_for

app = Flask(__name__)


@app.after_request  # type: ignore[type-var]  # the function has to take the response
def after() -> Response:
    return Response()


app.config.from_mapping(1)  # type: ignore[arg-type]  # a number is no mapping
request.no_such_attribute  # type: ignore[attr-defined]  # a misspelt name
url_for(1)  # type: ignore[arg-type]  # an endpoint is a name
Flask()  # type: ignore[call-arg]  # the import name is missing
