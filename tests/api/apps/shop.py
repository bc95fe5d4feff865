"""A shop with every sort of view that a document can describe."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import uuid
from collections.abc import Iterator
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec

from demijohn import Blueprint, EventStream, Flask, JSONLines, Response
from demijohn.api import Body, Cookie, Depends, File, Form, Header, Param, Path, Query, Secret
from demijohn.api.problems import Problem
from demijohn.api.schemes import APIKeyCookie, APIKeyHeader, HTTPBearer, OAuth2PasswordBearer
from demijohn.views import MethodView

T = TypeVar("T")


class Kind(enum.Enum):
    """What a product is."""

    BOTTLE = "bottle"
    CORK = "cork"


class Product(msgspec.Struct):
    """Something to buy.

    Args:
        name: What it is called.
        price: In euro, with two digits.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80, examples=["Demijohn"])]
    price: Annotated[decimal.Decimal, msgspec.Meta(description="In euro.")]
    kind: Kind = Kind.BOTTLE
    tags: frozenset[str] = frozenset({"glass", "green", "big"})
    since: dt.date | None = None


class Page(msgspec.Struct, Generic[T]):
    """A part of a long list."""

    items: list[T]
    next: str | None = None


class Category(msgspec.Struct):
    """A shelf, with shelves in it."""

    name: str
    children: list[Category] = []


class Card(msgspec.Struct, tag="card", tag_field="by"):
    """Payment by card."""

    number: Secret[str]


class Transfer(msgspec.Struct, tag="transfer", tag_field="by", forbid_unknown_fields=True):
    """Payment by bank transfer."""

    account: str


class Order(msgspec.Struct):
    """What somebody wants."""

    id: uuid.UUID
    product: Product
    payment: Card | Transfer | None = None
    weights: dict[Literal["gross", "net"], float] = {}


class Filters(msgspec.Struct):
    """What to look for.

    Args:
        q: Words of the name.
    """

    q: str | None = None
    kind: Kind | None = None
    size: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20


class Trace(msgspec.Struct):
    """Where a request comes from."""

    x_request_id: uuid.UUID | None = None
    user_agent: str | None = None


ANYWHERE = Trace()
bearer = HTTPBearer(bearer_format="JWT", description="The token of a login.")
api_key = APIKeyHeader("X-Key", auto_error=False)
oauth = OAuth2PasswordBearer("/token", scopes={"orders:write": "Change orders."}, name="OAuth2")


def find_user(token: str = Depends(bearer), tenant: Header[str] = "main") -> str:
    """Return who asks."""
    return f"{tenant}: {token}"


@oauth.grants
def list_scopes(token: str = Depends(oauth)) -> list[str]:
    """Return what a token is good for."""
    return ["orders:write"] if token else []


shop = Blueprint("shop", __name__, url_prefix="/shop")
orders = Blueprint("orders", __name__, url_prefix="/orders")


@shop.get("/products")
@shop.responses({200: (Page[Product], "The products."), "4XX": Problem})
def list_products(filters: Query[Filters], tags: Query[list[str]] = [], trace: Header[Trace] = ANYWHERE) -> Any:  # noqa: B006 - it is the form under test
    """List products.

    The *newest* come first.

    Args:
        filters: What to look for; each of its fields has its own text.
        tags: Only products with all of them.
        trace: Likewise.
    """


@shop.post("/products")
@shop.operation(
    examples={"green": {"name": "Green", "price": "9.50"}, "full": {"summary": "All", "value": {"name": "x"}}}
)
def add_product(product: Product, dry_run: Query[bool] = False) -> tuple[Product, Literal[201]]:
    """Add a product.

    Args:
        product: What is new.
        dry_run: Only look whether it could be added.

    Returns:
        The product, as it was stored.
    """


@shop.put("/products/<name>/picture")
def set_picture(
    name: str,
    picture: Annotated[File, Param(max_size=1000, content_types=["image/png", "image/jpeg"])],
    title: Annotated[Form[str], Param(description="What it shows.", example="A bottle", max_length=40)],
    details: list[File] | None = None,
) -> Product:
    """Set the picture of a product."""


@shop.route("/products/<name>/raw", methods=["PUT"])
def set_raw(name: str, data: Annotated[Body[bytes], Param(max_size=10, content_types=["image/png"])]) -> Product:
    """Set the picture, without a form."""


@shop.get("/categories/<path:name>")
def find_category(name: Path[str]) -> Category | Response:
    """Find a shelf."""


@shop.post("/login")
@shop.operation(security=[], tags=["login"])
@shop.responses({401: "The password is wrong."})
def log_in(name: Form[str], password: Annotated[Form[str], Param(secret=True)], visits: Cookie[int] = 0) -> Product:
    """Log in."""


@shop.route("/products", methods=["QUERY"])
def query_products(filters: Body[Filters]) -> Page[Product]:
    """Look for products by a body."""


@shop.route("/products/<name>", methods=["LINK"])
def link_product(name: str) -> Product:
    """Link a product to another."""


class OrderView(MethodView):
    """Orders, one at a time."""

    def get(self, key: uuid.UUID, user: str = Depends(find_user), other: str = Depends(api_key)) -> Order:
        """Find an order."""

    @orders.responses({204: None, 404: Problem})
    def delete(self, key: uuid.UUID, token: str = Depends(oauth.requires("orders:write"))) -> tuple[str, int]:
        """Forget an order."""

    @orders.operation(deprecated=True, operation_id="replaceOrder", summary="Replace an order")
    def put(
        self, key: uuid.UUID, order: Order, version: Annotated[Header[int], Param(alias="If-Match", ge=1)]
    ) -> Order: ...


orders.add_url_rule("/<uuid:key>", view_func=OrderView.as_view("order"))


@orders.get("/changes")
def stream_changes() -> EventStream[Order]:
    """Tell every change."""


@orders.get("/export")
def export_orders() -> JSONLines[Order]:
    """Give all orders, one a line."""


@orders.get("/text")
def print_orders() -> Iterator[str]:
    """Give all orders as text."""


shop.register_blueprint(orders)


@shop.webhook("order.created")
@shop.operation(summary="An order came in")
def tell_order(order: Order, signature: Annotated[Header[str], Param(description="An HMAC.")]) -> None: ...


def make_app() -> Flask:
    """Return the shop."""
    app = Flask("shop", static_folder=None)
    app.config["OPENAPI"] = {
        "title": "Shop",
        "version": "2.1",
        "description": "Bottles and corks.",
        "info": {"contact": {"name": "The shop", "email": "shop@example.com"}},
        "servers": ["https://shop.example", {"url": "http://localhost:5000", "description": "Here"}],
        "security": [APIKeyCookie("session", name="Session")],
        "tags": [{"name": "login", "description": "Come in."}],
        "webhooks": {"order.gone": {"post": {"responses": {"2XX": {"description": "Thanks."}}}}},
        "hidden": ["secret_*"],
    }
    app.add_url_rule("/secret", "secret_door", lambda: "")
    app.register_blueprint(shop)
    return app
