"""Customers: sync views, all for accounts that may take orders."""

from __future__ import annotations

from typing import Annotated

import msgspec
from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from demijohn import Blueprint, Depends, Param, Path, Problem, Query, abort
from orders.answers import Created, Gone
from orders.database import OpenSession, as_model, as_page
from orders.models import Customer, CustomerChange, NewCustomer, Number, Order, Page, Paged
from orders.security import Clerk
from orders.tables import CustomerRow, OrderRow

bp = Blueprint("customers", __name__, url_prefix="/customers")


def find_customer(number: Path[Number], clerk: Clerk, session: OpenSession) -> CustomerRow:
    """Return the customer of the URL, for those who may see customers."""
    row = session.get(CustomerRow, number)
    if row is None:
        abort(404, f"There is no customer {number}.")
    return row


FoundCustomer = Annotated[CustomerRow, Depends(find_customer)]


@bp.get("")
def list_customers(
    page: Query[Page],
    clerk: Clerk,
    session: OpenSession,
    search: Annotated[Query[str], Param(max_length=80, description="A part of the name.")] = "",
) -> Paged[Customer]:
    """Return customers by name."""
    rows = select(CustomerRow).order_by(CustomerRow.name, CustomerRow.id)
    if search:
        rows = rows.where(CustomerRow.name.icontains(search, autoescape=True))
    return as_page(session, rows, Customer, page)


@bp.post("")
@bp.responses({409: Problem})
def create_customer(wanted: NewCustomer, clerk: Clerk, session: OpenSession) -> Created[Customer]:
    """Keep a new customer."""
    row = CustomerRow(name=wanted.name, email=wanted.email, address=msgspec.to_builtins(wanted.address))
    session.add(row)
    commit(session)
    return as_model(Customer, row), 201


@bp.get("/<int:number>")
@bp.responses({404: Problem})
def show_customer(customer: FoundCustomer) -> Customer:
    """Return one customer."""
    return as_model(Customer, customer)


@bp.patch("/<int:number>")
@bp.responses({404: Problem, 409: Problem})
def change_customer(change: CustomerChange, customer: FoundCustomer, session: OpenSession) -> Customer:
    """Change what is given, and leave the rest."""
    for name, value in msgspec.to_builtins(change).items():
        setattr(customer, name, value)
    commit(session)
    return as_model(Customer, customer)


@bp.delete("/<int:number>")
@bp.responses({404: Problem, 409: Problem})
def delete_customer(customer: FoundCustomer, session: OpenSession) -> Gone:
    """Forget a customer who never ordered."""
    if session.scalar(select(exists().where(OrderRow.customer == customer.id))):
        abort(409, "Customers who ordered have to be kept.")
    session.delete(customer)
    session.commit()
    return "", 204


@bp.get("/<int:number>/orders")
@bp.responses({404: Problem})
def list_customer_orders(customer: FoundCustomer, page: Query[Page], session: OpenSession) -> Paged[Order]:
    """Return what a customer ordered, newest first."""
    rows = select(OrderRow).where(OrderRow.customer == customer.id).order_by(OrderRow.placed.desc(), OrderRow.id)
    return as_page(session, rows, Order, page)


def commit(session: Session) -> None:
    """Keep what was changed, unless another customer has the address."""
    try:
        session.commit()
    except IntegrityError:
        abort(409, "There is another customer with this e-mail address.")
