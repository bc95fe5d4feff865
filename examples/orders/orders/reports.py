"""Reports for programs: typed ones, and a table as a plain Flask view makes it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import StringIO

from sqlalchemy import func, select

from demijohn import Blueprint, Problem, Query, Response, abort, request
from orders.database import Database, OpenSession, find_database
from orders.models import Period, Sales, Scope, Status
from orders.security import Reporter, api_key, find_key_owner
from orders.tables import LineRow, OrderRow, ProductRow

bp = Blueprint("reports", __name__, url_prefix="/reports")

FORMATS = {Period.DAY: "%Y-%m-%d", Period.MONTH: "%Y-%m"}
COLUMNS = (OrderRow.id, OrderRow.placed, OrderRow.status, LineRow.sku, LineRow.quantity, LineRow.price)


@bp.get("/sales")
def show_sales(
    reporter: Reporter,
    session: OpenSession,
    by: Query[Period] = Period.DAY,
    since: Query[date | None] = None,
    status: Query[set[Status] | None] = None,
) -> list[Sales]:
    """Return how much was sold in each day or month."""
    period = func.strftime(FORMATS[by], OrderRow.placed)
    revenue = func.sum(LineRow.quantity * LineRow.price)
    rows = select(period, func.count(OrderRow.id.distinct()), revenue).join(LineRow, LineRow.order_id == OrderRow.id)
    if since is not None:
        rows = rows.where(func.date(OrderRow.placed) >= since.isoformat())
    if status:
        rows = rows.where(OrderRow.status.in_(status))
    found = session.execute(rows.group_by(period).order_by(period))
    return [{"period": name, "orders": count, "revenue": Decimal(total).scaleb(-2)} for name, count, total in found]


@bp.get("/stock")
def show_stock(reporter: Reporter, session: OpenSession) -> dict[str, int]:
    """Return how many there are of each product."""
    found = session.execute(select(ProductRow.sku, ProductRow.stock).order_by(ProductRow.sku))
    return {row.sku: row.stock for row in found}


@bp.get("/orders.csv")
@bp.operation(security=[api_key])
@bp.responses({200: "A line for each product of each order.", 401: Problem, 403: Problem})
def export_orders() -> Response:
    """Send all orders as a table.

    A plain Flask view: nothing in it is marked, so nothing is bound, and it
    looks for the key by itself.
    """
    database = find_database()
    with database.reading() as session:
        owner = find_key_owner(request.headers.get("X-API-Key", ""), session)
    if owner is None:
        abort(401)
    if Scope.REPORTS not in owner.scopes:
        abort(403)
    headers = {"Content-Disposition": "attachment; filename=orders.csv"}
    return Response(write_table(database), headers=headers, mimetype="text/csv")


def write_table(database: Database) -> Iterator[str]:
    """Give the table line by line; it may be longer than the memory."""
    line = StringIO()
    writer = csv.writer(line)
    writer.writerow([column.key for column in COLUMNS])
    with database.reading() as session:
        rows = select(*COLUMNS).join(LineRow, LineRow.order_id == OrderRow.id).order_by(OrderRow.placed, LineRow.id)
        for row in session.execute(rows).yield_per(500):
            writer.writerow(row)
            yield line.getvalue()
            line.seek(0)
            line.truncate()
    yield line.getvalue()
