"""Annotations of typed views have the types that the view gets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated, Generic, Literal, TypedDict, TypeVar, assert_type

from msgspec import Struct

from demijohn import Blueprint, Body, Cookie, Depends, File, Flask, Form, Header, Param, Path, Problem, Query, Secret
from demijohn.api import APIKeyHeader, HTTPBasic, HTTPBearer, OAuth2PasswordBearer
from demijohn.views import MethodView

T = TypeVar("T")
app = Flask(__name__)
blueprint = Blueprint("typed", __name__)
bearer = HTTPBearer()
oauth = OAuth2PasswordBearer("/token", scopes={"read": "Read."})
basic = HTTPBasic(realm="here")
api_key = APIKeyHeader("X-API-Key")


@dataclass
class Filters:
    page: int = 1


class Order(Struct):
    sku: str
    password: Secret[str]


class Paged(Struct, Generic[T]):
    items: list[T]


class Totals(TypedDict):
    count: int


def open_session() -> Iterator[list[str]]:
    yield []


async def find_name(token: Annotated[str, Depends(bearer)]) -> str | None:
    return token or None


Session = Annotated[list[str], Depends(open_session)]


@app.post("/orders/<int:shop>")
@app.responses({404: Problem, 409: Problem})
@app.operation(summary="Order", tags=["orders"], deprecated=True)
def create(
    shop: int,
    order: Order,
    session: Session,
    name: Annotated[str | None, Depends(find_name)],
    dry_run: Query[bool] = False,
    agent: Header[str | None] = None,
    theme: Cookie[str] = "light",
    size: Annotated[Query[int], Param(ge=1, le=100)] = 20,
) -> Order:
    assert_type(order.password, str)
    assert_type(session, list[str])
    assert_type(name, str | None)
    assert_type(dry_run, bool)
    assert_type(agent, str | None)
    assert_type(theme, str)
    assert_type(size, int)
    return order


@blueprint.put("/pictures/<name>")
async def keep(
    name: Path[str],
    picture: Annotated[File, Param(max_size=100, content_types=["image/*"])],
    others: list[File],
    title: Form[str] = "",
) -> tuple[Totals, Literal[201], dict[str, str]]:
    assert_type(picture.mimetype, str)
    assert_type(others[0].filename, str | None)
    return {"count": len(title)}, 201, {"X-Name": name}


class Items(MethodView):
    def get(self, filters: Query[Filters]) -> Paged[Order]:
        assert_type(filters.page, int)
        return Paged([])

    @blueprint.responses({409: Problem})
    async def post(self, orders: Annotated[Body[list[Order]], Param(max_length=10)]) -> list[Order]:
        assert_type(orders, list[Order])
        return orders


async def open_connection() -> AsyncIterator[int]:
    yield 1


with app.override(open_session, lambda: iter([["fake"]])):
    pass

app.register_blueprint(blueprint)
assert_type(create(1, Order("a", "b"), [], None), Order)
