"""Commands: make the tables, and fill them with something to look at."""

from __future__ import annotations

import secrets
from pathlib import Path

import click
from sqlalchemy import select

from demijohn import Flask, current_app
from orders.accounts import hash_password
from orders.database import find_database
from orders.models import Scope
from orders.security import digest_key
from orders.tables import AccountRow, CustomerRow, KeyRow, ProductRow

PRODUCTS = (
    ("TEA-100", "Green tea", 450, 200, ["tea", "green"]),
    ("TEA-200", "Black tea", 390, 150, ["tea"]),
    ("CUP-1", "A cup", 1200, 40, ["china"]),
    ("POT-1", "A pot", 4900, 7, ["china", "large"]),
)


def init_app(app: Flask) -> None:
    """Give `app` the commands `init-db` and `seed`."""
    app.cli.command("init-db", help="Create the tables that are missing.")(create_tables)
    app.cli.command("seed", help="Fill empty tables, and show how to log in.")(show_seed)


def create_tables() -> None:
    Path(current_app.instance_path).mkdir(parents=True, exist_ok=True)
    find_database().create_tables()


def show_seed() -> None:
    password, key = seed()
    click.echo(f"Log in as ada with the password {password}; X-API-Key: {key}")


def seed(password: str | None = None) -> tuple[str, str]:
    """Fill empty tables, and return a password and a key for the account `ada`."""
    password, key = password or secrets.token_urlsafe(9), secrets.token_urlsafe(32)
    with find_database().writing() as session:
        if session.scalar(select(AccountRow)) is not None:
            raise click.ClickException("There is an account already; seed is for empty tables.")
        ada = AccountRow(login="ada", password_hash=hash_password(password), scopes=list(Scope))
        session.add(ada)
        session.flush()
        session.add(KeyRow(account_id=ada.id, digest=digest_key(key), label="seed"))
        address = {"street": "1 Mill Lane", "city": "Lund", "country": "SE"}
        session.add(CustomerRow(name="Grace", email="grace@example.org", address=address))
        for sku, name, price, stock, tags in PRODUCTS:
            session.add(ProductRow(sku=sku, name=name, price=price, stock=stock, description="", tags=tags))
        session.commit()
    return password, key
