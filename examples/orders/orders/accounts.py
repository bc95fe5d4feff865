"""Register, log in, and make keys for programs."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Annotated

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug.security import check_password_hash, generate_password_hash

from demijohn import Blueprint, Form, Param, Path, Problem, abort, current_app
from orders.answers import Created, Gone
from orders.database import OpenSession, as_model
from orders.models import Key, Login, NewKey, NewPassword, Number, Registration, Scope, ShownKey, Token, User
from orders.security import LoggedIn, digest_key, sign_token
from orders.tables import AccountRow, KeyRow

bp = Blueprint("accounts", __name__, url_prefix="/auth")

GivenPassword = Annotated[Form[str], Param(secret=True, max_length=100)]


@bp.post("/register")
@bp.responses({409: Problem})
def register(wanted: Registration, session: OpenSession) -> Created[User]:
    """Open an account.

    Whoever registers may take orders; the other scopes are given by hand.
    """
    row = AccountRow(login=wanted.login, password_hash=hash_password(wanted.password), scopes=[Scope.ORDERS])
    session.add(row)
    try:
        session.commit()
    except IntegrityError:
        abort(409, f"The login {wanted.login} is taken.")
    return as_model(User, row), 201


@bp.post("/login")
@bp.responses({401: Problem})
def login(login: Form[Login], password: GivenPassword, session: OpenSession) -> Token:
    """Return a token for a login and its password."""
    row = session.scalar(select(AccountRow).where(AccountRow.login == login))
    # SECURITY: hash for nobody as well, or the time taken tells which logins exist.
    kept = row.password_hash if row is not None else hash_password("")
    if not check_password_hash(kept, password) or row is None:
        abort(401, "That login and password do not belong together.")
    return sign_token(as_model(User, row))


@bp.get("/me")
def show_me(account: LoggedIn) -> User:
    """Return whose token it is."""
    return account


@bp.put("/me/password")
@bp.responses({403: Problem})
def change_password(passwords: NewPassword, account: LoggedIn, session: OpenSession) -> Gone:
    """Exchange the password for another one."""
    if not check_password_hash(account.password_hash, passwords.old):
        abort(403, "The old password is another one.")
    session.get_one(AccountRow, account.id).password_hash = hash_password(passwords.new)
    session.commit()
    return "", 204


@bp.get("/keys")
def list_keys(account: LoggedIn, session: OpenSession) -> list[Key]:
    """Return what keys there are, without the keys themselves."""
    rows = session.scalars(select(KeyRow).where(KeyRow.account_id == account.id).order_by(KeyRow.id))
    return [as_model(Key, row) for row in rows]


@bp.post("/keys")
def make_key(wanted: NewKey, account: LoggedIn, session: OpenSession) -> Created[ShownKey]:
    """Make a key, and show it this once."""
    key = token_urlsafe(32)
    row = KeyRow(account_id=account.id, digest=digest_key(key), label=wanted.label)
    session.add(row)
    session.commit()
    return ShownKey(row.id, row.label, row.made, key), 201


@bp.delete("/keys/<int:number>")
@bp.responses({404: Problem})
def delete_key(number: Path[Number], account: LoggedIn, session: OpenSession) -> Gone:
    """Let a key be worth nothing any more."""
    row = session.get(KeyRow, number)
    if row is None or row.account_id != account.id:
        abort(404, f"You have no key {number}.")
    session.delete(row)
    session.commit()
    return "", 204


def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    return generate_password_hash(password, current_app.config["PASSWORD_METHOD"])
