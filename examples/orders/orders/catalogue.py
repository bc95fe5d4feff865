"""Products: a `MethodView` each for the list and for one product, and a view for many at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from demijohn import Blueprint, Body, Cookie, Depends, Param, Path, Problem, Query, abort
from demijohn.views import MethodView
from orders.answers import Created, Gone
from orders.database import OpenSession, as_model, as_page
from orders.models import (
    Currency,
    NewProduct,
    Page,
    Paged,
    Price,
    Product,
    ProductChange,
    ProductContent,
    ProductFilter,
    ProductSort,
    Quantity,
    Settings,
    Sku,
    Stored,
)
from orders.security import Editor
from orders.tables import ProductRow

bp = Blueprint("products", __name__)

RATES = {Currency.EUR: Decimal(1), Currency.SEK: Decimal("11.5"), Currency.USD: Decimal("1.1")}
ORDERS = {
    ProductSort.NAME: (ProductRow.name, ProductRow.sku),
    ProductSort.CHEAPEST: (ProductRow.price, ProductRow.sku),
    ProductSort.DEAREST: (ProductRow.price.desc(), ProductRow.sku),
}


def find_product(sku: Path[Sku], session: OpenSession) -> ProductRow:
    """Return the product of the URL."""
    row = session.get(ProductRow, sku)
    if row is None:
        abort(404, f"There is no product {sku}.")
    return row


FoundProduct = Annotated[ProductRow, Depends(find_product)]


class Products(MethodView):
    """The whole catalogue."""

    def get(self, page: Query[Page], wanted: Query[ProductFilter], session: OpenSession) -> Paged[Product]:
        """Return products; whoever asks may see them."""
        return as_page(session, select_products(wanted), Product, page)

    @bp.responses({409: Problem})
    def post(self, wanted: NewProduct, editor: Editor, session: OpenSession) -> Created[Product]:
        """Put a new product into the catalogue."""
        row = add_product(session, wanted)
        if row is None:
            abort(409, f"There is a product {wanted.sku} already.")
        session.commit()
        return as_model(Product, row), 201


class OneProduct(MethodView):
    """A product of the catalogue."""

    @bp.responses({404: Problem})
    def get(self, product: FoundProduct) -> Product:
        """Return one product."""
        return as_model(Product, product)

    @bp.responses({201: Product})
    def put(
        self, sku: Path[Sku], content: ProductContent, editor: Editor, session: OpenSession
    ) -> tuple[Product, Literal[200, 201]]:
        """Make a product what the body says, and make it if there is none."""
        row = session.get(ProductRow, sku)
        is_new = row is None
        if row is None:
            row = ProductRow(sku=sku)
            session.add(row)
        for name, value in as_columns(content).items():
            setattr(row, name, value)
        session.commit()
        return as_model(Product, row), 201 if is_new else 200

    @bp.responses({404: Problem})
    def patch(self, editor: Editor, product: FoundProduct, change: ProductChange, session: OpenSession) -> Product:
        """Change what is given, and leave the rest."""
        for name, value in as_columns(change).items():
            setattr(product, name, value)
        session.commit()
        return as_model(Product, product)

    @bp.responses({404: Problem})
    def delete(self, editor: Editor, product: FoundProduct, session: OpenSession) -> Gone:
        """Take a product out of the catalogue; orders keep their lines."""
        session.delete(product)
        session.commit()
        return "", 204


bp.add_url_rule("/products", view_func=Products.as_view("products"))
bp.add_url_rule("/products/<sku>", view_func=OneProduct.as_view("product"))


@bp.post("/product-imports")
def import_products(
    products: Annotated[Body[list[NewProduct]], Param(min_length=1, max_length=50)],
    editor: Editor,
    session: OpenSession,
) -> tuple[list[Stored], Literal[207]]:
    """Put many products into the catalogue, and say of each what became of it."""
    stored: list[Stored] = []
    for product in products:
        if add_product(session, product) is not None:
            stored.append(Stored(product.sku, 201))
        else:
            problem = Problem(title="Conflict", status=409, detail=f"There is a product {product.sku} already.")
            stored.append(Stored(product.sku, 409, problem))
    session.commit()
    return stored, 207


@bp.get("/products/<sku>/price")
@bp.responses({404: Problem})
def show_price(
    product: FoundProduct,
    quantity: Query[Quantity] = 1,
    currency: Cookie[Currency] = Currency.EUR,
) -> Price:
    """Return what some pieces cost, in the currency that the visitor chose."""
    amount = Decimal(product.price * quantity) * RATES[currency] / 100
    return Price(product.sku, quantity, amount.quantize(Decimal("0.01")), currency)


@bp.put("/settings")
def choose(settings: Settings) -> tuple[Settings, Literal[200], dict[str, str]]:
    """Remember the currency in a cookie."""
    return settings, 200, {"Set-Cookie": f"currency={settings.currency}; Path=/; HttpOnly; SameSite=Lax"}


def select_products(wanted: ProductFilter) -> Select[ProductRow]:
    """Return the rows that a filter lets through, in its order."""
    rows = select(ProductRow).order_by(*ORDERS[wanted.sort])
    if wanted.search:
        rows = rows.where(ProductRow.name.icontains(wanted.search, autoescape=True))
    if wanted.least is not None:
        rows = rows.where(ProductRow.price >= wanted.least)
    if wanted.most is not None:
        rows = rows.where(ProductRow.price <= wanted.most)
    if wanted.in_stock:
        rows = rows.where(ProductRow.stock > 0)
    for tag in wanted.tag:
        # A tag has letters only, so what is looked for needs no escaping.
        rows = rows.where(ProductRow.tag_text.contains(f" {tag} "))
    return rows


def add_product(session: Session, product: NewProduct) -> ProductRow | None:
    """Return the row of a new product, or None if its number is taken."""
    row = ProductRow(**as_columns(product))
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return None
    return row


def as_columns(product: ProductContent | ProductChange) -> dict[str, Any]:
    """Return the columns of what is given of a product."""
    columns: dict[str, Any] = msgspec.to_builtins(product)
    if "tags" in columns:
        columns["tags"] = sorted(columns["tags"])
    return columns
