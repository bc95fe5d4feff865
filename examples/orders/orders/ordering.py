"""Orders: sync views that write, beside async ones that wait for somebody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time
from hashlib import sha256
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from demijohn import Blueprint, Depends, Event, EventStream, Header, Param, Problem, Query, abort, current_app, request
from orders import carriers
from orders.answers import Gone
from orders.database import Database, OpenSession, as_model, as_page, find_database
from orders.models import (
    LARGEST_NUMBER,
    Card,
    NewOrder,
    Order,
    OrderChange,
    OrderFilter,
    Page,
    Paged,
    Quote,
    Status,
    StatusChange,
    StatusEvent,
)
from orders.security import Clerk, LoggedIn
from orders.tables import CustomerRow, EventRow, LineRow, OrderRow, ProductRow, ReplayRow

bp = Blueprint("orders", __name__, url_prefix="/orders")

#: How an order may go on.
NEXT = {
    Status.PLACED: {Status.PAID, Status.CANCELLED},
    Status.PAID: {Status.SENT, Status.CANCELLED},
    Status.SENT: set[Status](),
    Status.CANCELLED: set[Status](),
}

IdempotencyKey = Annotated[
    Header[str | None],
    Param(pattern="^[A-Za-z0-9-]{8,64}$", description="The same key and body again place no second order."),
]


def find_order(order: UUID, clerk: Clerk, session: OpenSession) -> OrderRow:
    """Return the order of the URL, for those who may take orders."""
    row = session.get(OrderRow, order)
    if row is None:
        abort(404, f"There is no order {order}.")
    return row


FoundOrder = Annotated[OrderRow, Depends(find_order)]


@bp.get("")
def list_orders(page: Query[Page], wanted: Query[OrderFilter], clerk: Clerk, session: OpenSession) -> Paged[Order]:
    """Return orders."""
    return as_page(session, select_orders(wanted), Order, page)


@bp.post("")
@bp.responses({200: Order, 201: Order, 409: Problem})
def place_order(
    wanted: NewOrder, account: LoggedIn, clerk: Clerk, session: OpenSession, idempotency_key: IdempotencyKey = None
) -> tuple[Order, Literal[200, 201]]:
    """Place an order; with a key it can be sent again without harm."""
    fingerprint = sha256(request.get_data()).hexdigest()
    if idempotency_key is not None:
        replay = select(ReplayRow).where(ReplayRow.account_id == account.id, ReplayRow.key == idempotency_key)
        if (known := session.scalar(replay)) is not None:
            if known.fingerprint != fingerprint:
                abort(409, "This key came with another order before.")
            return as_model(Order, session.get_one(OrderRow, known.order_id)), 200
    row = build_order(session, wanted)
    if idempotency_key is not None:
        session.add(
            ReplayRow(account_id=account.id, key=idempotency_key, fingerprint=fingerprint, order_id=row.id),
        )
    session.commit()
    return as_model(Order, row), 201


@bp.get("/<uuid:order>")
@bp.responses({404: Problem})
def show_order(found: FoundOrder) -> Order:
    """Return one order."""
    return as_model(Order, found)


@bp.patch("/<uuid:order>")
@bp.responses({404: Problem, 409: Problem})
def change_order(change: OrderChange, found: FoundOrder, session: OpenSession) -> Order:
    """Change what is given, while the order has not been sent."""
    if not NEXT[Status(found.status)]:
        abort(409, f"The order is {found.status}.")
    for name in change.__struct_fields__:
        value = getattr(change, name)
        if value is not msgspec.UNSET:
            setattr(found, name, msgspec.to_builtins(value) if name == "deliver_to" else value)
    session.commit()
    return as_model(Order, found)


@bp.delete("/<uuid:order>")
@bp.responses({404: Problem, 409: Problem})
def delete_order(found: FoundOrder, session: OpenSession) -> Gone:
    """Forget an order that was cancelled."""
    if found.status != Status.CANCELLED:
        abort(409, "Only what was cancelled may be forgotten.")
    session.delete(found)
    session.commit()
    return "", 204


@bp.post("/<uuid:order>/status")
@bp.responses({404: Problem, 409: Problem})
def move_order(change: StatusChange, found: FoundOrder, session: OpenSession) -> Order:
    """Let an order go on, or cancel it."""
    if change.status not in NEXT[Status(found.status)]:
        abort(409, f"An order that is {found.status} cannot be {change.status} next.")
    set_status(session, found, change.status)
    session.commit()
    return as_model(Order, found)


@bp.get("/<uuid:order>/quotes")
@bp.responses({404: Problem})
async def list_quotes(found: FoundOrder) -> list[Quote]:
    """Ask all carriers at once what they want for bringing the order."""
    quotes = await asyncio.gather(*(ask(found.total, found.deliver_to["country"]) for ask in carriers.ALL))
    return sorted(quotes, key=lambda quote: quote["price"])


@bp.get("/events")
async def follow(
    clerk: Clerk, last_event_id: Annotated[Header[int], Param(alias="Last-Event-ID", ge=0, le=LARGEST_NUMBER)] = 0
) -> EventStream[StatusEvent]:
    """Stream how orders go on; browsers come back with the number of the last one they saw."""
    database = find_database()
    seconds: float = current_app.config["STREAM_SECONDS"]

    async def watch() -> AsyncIterator[Event]:
        loop, last = asyncio.get_running_loop(), last_event_id
        end = loop.time() + seconds
        while True:
            for event in await asyncio.to_thread(read_events, database, last):
                last = event.number
                yield Event(event, event="status", id=str(last))
            if loop.time() >= end:
                return
            await asyncio.sleep(0.5)

    return EventStream(watch())


def select_orders(wanted: OrderFilter) -> Select[OrderRow]:
    """Return the rows that a filter lets through, in its order."""
    placed = OrderRow.placed.desc() if wanted.newest_first else OrderRow.placed.asc()
    rows = select(OrderRow).order_by(placed, OrderRow.id)
    if wanted.status:
        rows = rows.where(OrderRow.status.in_(wanted.status))
    if wanted.customer is not None:
        rows = rows.where(OrderRow.customer == wanted.customer)
    if wanted.since is not None:
        rows = rows.where(OrderRow.placed >= datetime.combine(wanted.since, time.min, UTC))
    if wanted.until is not None:
        rows = rows.where(OrderRow.placed <= datetime.combine(wanted.until, time.max, UTC))
    return rows


def build_order(session: Session, wanted: NewOrder) -> OrderRow:
    """Return a new order, and take what it needs out of the stock."""
    customer = session.get(CustomerRow, wanted.customer)
    if customer is None:
        abort(409, f"There is no customer {wanted.customer}.")
    lines: list[LineRow] = []
    for item in wanted.items:
        product = session.get(ProductRow, item.sku)
        if product is None or product.stock < item.quantity:
            abort(409, f"There are not {item.quantity} of {item.sku}.")
        product.stock -= item.quantity
        lines.append(LineRow(sku=item.sku, name=product.name, quantity=item.quantity, price=product.price))
    row = OrderRow(
        customer=customer.id,
        # Who pays by card is not to be found in the database.
        payment={"method": "card"} if isinstance(wanted.payment, Card) else msgspec.to_builtins(wanted.payment),
        deliver_to=customer.address if wanted.deliver_to is None else msgspec.to_builtins(wanted.deliver_to),
        deliver_on=wanted.deliver_on,
        note=wanted.note,
        lines=lines,
    )
    session.add(row)
    set_status(session, row, Status.PLACED)
    return row


def set_status(session: Session, order: OrderRow, status: Status) -> None:
    """Give an order its status, and tell those who follow."""
    order.status = status
    session.flush()
    session.add(EventRow(order=order.id, status=status))


def read_events(database: Database, last: int) -> list[StatusEvent]:
    """Return what happened after an event."""
    with database.reading() as session:
        rows = session.scalars(select(EventRow).where(EventRow.number > last).order_by(EventRow.number).limit(100))
        return [as_model(StatusEvent, row) for row in rows]
