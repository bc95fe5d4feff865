"""Mistakes in typed views that type checkers must find: mypy calls an ignore unused when there is nothing to ignore."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from demijohn import Body, Cookie, Depends, File, Flask, Header, Param, Problem, Query, Secret
from demijohn.api import APIKeyHeader, HTTPBearer

app = Flask(__name__)
bearer = HTTPBearer()


@dataclass
class Order:
    sku: str
    secret: Secret[str] = ""


@app.post("/orders")
def create(
    order: Body[Order],
    dry_run: Query[bool] = "no",  # type: ignore[assignment]  # a text is no bool
    agent: Header[str] = None,  # type: ignore[assignment]  # a header that may be missing is `Header[str | None]`
    size: Annotated[Query[int], Param(ge=1)] = "20",  # type: ignore[assignment]  # settings keep the type
) -> Order:
    order.price  # type: ignore[attr-defined]  # the model has no such field
    dry_run.upper()  # type: ignore[attr-defined]  # a bool has no letters
    return 1  # type: ignore[return-value]  # the annotation says what is sent


@app.put("/pictures")
def keep(picture: File, theme: Cookie[str] = "light") -> str:
    picture.filename + "x"  # type: ignore[operator]  # a file may have no name
    theme + 1  # type: ignore[operator]  # a cookie is a text
    return theme


Depends("function")  # type: ignore[arg-type]  # a text cannot be called
Param(ge="1")  # type: ignore[arg-type]  # a limit is a number
Param(most=1)  # type: ignore[call-arg]  # a misspelt setting
APIKeyHeader()  # type: ignore[call-arg]  # the name of the header is missing
bearer.requires(1)  # type: ignore[arg-type]  # a scope is a text
app.responses({"404": Problem, None: Problem})  # type: ignore[dict-item]  # a status is a number or a text
app.operation(summary=1)  # type: ignore[arg-type]  # a summary is a text
app.operation(sumary="Order")  # type: ignore[call-arg]  # a misspelt setting
app.override("function", create)  # type: ignore[arg-type]  # what is replaced is a function
