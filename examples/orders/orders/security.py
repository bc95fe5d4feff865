"""Who is asking, and what they may do: tokens for people, keys for programs."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from demijohn import Depends, current_app
from demijohn.api import APIKeyHeader, OAuth2PasswordBearer
from orders.database import OpenSession, as_model
from orders.models import Account, Scope, Token, User
from orders.tables import AccountRow, KeyRow

bearer = OAuth2PasswordBearer(
    "/auth/login",
    name="token",
    description="The token that `POST /auth/login` gives.",
    scopes={Scope.ORDERS: "Take orders.", Scope.CATALOGUE: "Change products.", Scope.REPORTS: "See what was sold."},
)
api_key = APIKeyHeader("X-API-Key", name="key", description="A key that `POST /auth/keys` gives.")


def find_account(token: Annotated[str, Depends(bearer)], session: OpenSession) -> Account:
    """Return who a token was given to."""
    try:
        number: Any = _signer().loads(token, max_age=current_app.config["TOKEN_SECONDS"])
    except BadSignature:
        number = None
    row = session.get(AccountRow, number) if isinstance(number, int) else None
    if row is None:
        challenge = WWWAuthenticate("bearer", {"error": "invalid_token"})
        raise Unauthorized("The token is wrong or too old. Log in again.", www_authenticate=challenge)
    return as_model(Account, row)


LoggedIn = Annotated[Account, Depends(find_account)]


@bearer.grants
def list_scopes(account: LoggedIn) -> list[Scope]:
    """Return what the bearer of the token may do."""
    return account.scopes


def find_key_owner(key: Annotated[str, Depends(api_key)], session: OpenSession) -> Account | None:
    """Return whose key it is, or None."""
    row = session.scalar(select(AccountRow).join(KeyRow).where(KeyRow.digest == digest_key(key)))
    return None if row is None else as_model(Account, row)


@api_key.grants
def list_key_scopes(owner: Annotated[Account | None, Depends(find_key_owner)]) -> list[Scope] | None:
    """Return what the owner of the key may do."""
    return None if owner is None else owner.scopes


#: For parameters of views whose callers need a scope; the credential itself is of no use to them.
Clerk = Annotated[str, Depends(bearer.requires(Scope.ORDERS))]
Editor = Annotated[str, Depends(bearer.requires(Scope.CATALOGUE))]
Reporter = Annotated[str, Depends(api_key.requires(Scope.REPORTS))]


def sign_token(user: User) -> Token:
    """Return a token that says who its bearer is."""
    return Token(_signer().dumps(user.id), expires_in=current_app.config["TOKEN_SECONDS"])


def digest_key(key: str) -> str:
    """Return what is kept of a key; it is long and random, so a plain hash will do."""
    return sha256(key.encode()).hexdigest()


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="orders.token")
