"""Take credentials out of a request, and describe how in the document.

A security scheme is an object for `Depends`: it returns the credential, or
answers 401 with a challenge (RFC 9110, section 11).  Whether the credential is
a good one is for the application to find out, in a function that depends on
the scheme.  What a credential is good for are its scopes, which
`SecurityScheme.requires` compares (RFC 6750, section 3).
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, cast

from werkzeug.exceptions import Forbidden, Unauthorized

from .. import _current
from .markers import Depends
from .problems import RequestProblem

Credential = TypeVar("Credential")
Function = TypeVar("Function", bound="Callable[..., Any]")

#: SECURITY: a database or a log line may choke on these, and no credential has them.
_UNCLEAN = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


class NotAuthenticated(RequestProblem, Unauthorized):
    """Answer 401: the request has no credential, or one that is no good.

    Args:
        needed: What the request needs, for the client.
        challenge: The value of the `WWW-Authenticate` header.
    """

    code = 401

    def __init__(self, needed: str, challenge: str) -> None:
        super().__init__(needed=needed)
        self.challenge = challenge

    def get_headers(self, environ: Any = None, scope: Any = None) -> list[tuple[str, str]]:
        """Return the headers of the answer, with the challenge."""
        return [*super().get_headers(environ, scope), ("WWW-Authenticate", self.challenge)]


class NotPermitted(RequestProblem, Forbidden):
    """Answer 403: the credential lacks scopes.

    Args:
        missing: The scopes.
        challenge: The value of the `WWW-Authenticate` header.
    """

    code = 403

    def __init__(self, missing: Sequence[str], challenge: str) -> None:
        super().__init__(missing=", ".join(missing))
        self.challenge = challenge

    def get_headers(self, environ: Any = None, scope: Any = None) -> list[tuple[str, str]]:
        """Return the headers of the answer, with the scopes that it takes."""
        return [*super().get_headers(environ, scope), ("WWW-Authenticate", self.challenge)]


class BasicCredentials(NamedTuple):
    """Hold what a user typed; the password is kept out of its `repr`."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"BasicCredentials(username={self.username!r}, password=...)"


class SecurityScheme(Generic[Credential]):
    """Be what all security schemes are.

    Args:
        name: The scheme's name in the document; by default that of its class.
        description: What a reader of the document should know.
        auto_error: Whether to answer 401 where there is no credential;
            otherwise it is None, for views that have more to say to some.
    """

    #: What a client is told to authenticate with.
    challenge = "Bearer"
    #: What a client is told that its request needs.
    needed = "a bearer token in its Authorization header"

    def __init__(self, *, name: str | None = None, description: str | None = None, auto_error: bool = True) -> None:
        self.name = name or type(self).__name__
        self.description = description
        self.auto_error = auto_error
        #: The scopes that are known, with what they are for; empty where any may be.
        self.scopes: Mapping[str, str] = {}
        self._find_scopes: Callable[..., Any] | None = None
        self._checks: dict[tuple[str, ...], Callable[..., Any]] = {}

    def __call__(self) -> Credential:
        """Return the credential of the current request.

        Raises:
            NotAuthenticated: There is none, or what there is cannot be one.
        """
        credential = self.find_credential(_current.get_request())
        if credential is None and self.auto_error:
            raise NotAuthenticated(self.needed, self.challenge)
        # With `auto_error=False` the annotation of whoever asks has to allow None.
        return cast("Credential", credential)

    def find_credential(self, request: Any) -> Credential | None:
        """Return the credential of a request, or None where it has none.

        Raises:
            NotImplementedError: The kind of scheme does not say how.
        """
        raise NotImplementedError

    def grants(self, function: Function) -> Function:
        """Have a function tell the scopes of a credential, for `requires`.

        Args:
            function: A dependency, sync or async.  It returns the scopes as a
                collection or as a text with spaces between them, and None if
                the credential is not a good one.

        Returns:
            The function, so that this serves as a decorator.
        """
        self._find_scopes = function
        return function

    def requires(self, *scopes: str) -> Callable[..., Credential]:
        """Return a dependency on the credential and on some of its scopes.

        It gives the credential, and answers 401 or 403 otherwise.

        Args:
            scopes: The scopes, each of which the credential has to have.

        Raises:
            TypeError: No function tells what scopes a credential has.
            ValueError: A scope is not among those of the scheme.
        """
        unknown = [scope for scope in scopes if self.scopes and scope not in self.scopes]
        if unknown:
            raise ValueError(
                f"{self.name}.requires was given {', '.join(map(repr, unknown))}, and the scheme knows only"
                f" {', '.join(map(repr, self.scopes))}. Add what is missing to the `scopes` of the scheme."
            )
        if self._find_scopes is None:
            raise TypeError(
                f"{self.name}.requires{scopes!r} was asked for, and no function tells what scopes a credential has,"
                " so that nobody would check them. Before, decorate one with `grants` of the scheme: it depends on the"
                " credential and returns its scopes."
            )
        if scopes not in self._checks:
            self._checks[scopes] = self._make_check(scopes, self._find_scopes)
        return self._checks[scopes]

    def to_openapi(self) -> dict[str, Any]:
        """Return the Security Scheme Object (OpenAPI 3.1, section 4.8.27)."""
        described = {} if self.description is None else {"description": self.description}
        return {**self.describe(), **described}

    def describe(self) -> dict[str, Any]:
        """Return what the document says of this kind of scheme.

        Raises:
            NotImplementedError: The kind of scheme does not say it.
        """
        raise NotImplementedError

    def _make_check(self, scopes: tuple[str, ...], find_scopes: Callable[..., Any]) -> Callable[..., Credential]:
        def check_scopes(credential: Any = Depends(self), granted: Any = Depends(find_scopes)) -> Any:
            if credential is None or granted is None:
                error = 'error="invalid_token"'
                raise NotAuthenticated("a credential that is good, or still good", _add(self.challenge, error))
            # SECURITY: the letters of a text are no scopes.
            held = granted.split() if isinstance(granted, str) else granted
            missing = [scope for scope in scopes if scope not in held]
            if missing:
                error = f'error="insufficient_scope", scope="{" ".join(scopes)}"'
                raise NotPermitted(missing, _add(self.challenge, error))
            return credential

        vars(check_scopes).update(security=(self, scopes))
        return check_scopes


class HTTPBearer(SecurityScheme[str]):
    """Take a bearer token from the `Authorization` header (RFC 6750).

    Args:
        bearer_format: What the token looks like, such as "JWT".
        name: As of `SecurityScheme`.
        description: As of `SecurityScheme`.
        auto_error: As of `SecurityScheme`.
    """

    def __init__(
        self,
        *,
        bearer_format: str | None = None,
        name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(name=name, description=description, auto_error=auto_error)
        self.bearer_format = bearer_format

    def find_credential(self, request: Any) -> str | None:
        """Return the token, or None."""
        return _find_authorization(request, "bearer")

    def describe(self) -> dict[str, Any]:
        """Return what the document says of this kind of scheme."""
        described = {"type": "http", "scheme": "bearer"}
        return described if self.bearer_format is None else {**described, "bearerFormat": self.bearer_format}


class HTTPBasic(SecurityScheme[BasicCredentials]):
    """Take a name and a password from the `Authorization` header (RFC 7617).

    Args:
        realm: What the browser tells the user that they are for.
        name: As of `SecurityScheme`.
        description: As of `SecurityScheme`.
        auto_error: As of `SecurityScheme`.

    Raises:
        ValueError: The realm cannot stand in a header.
    """

    def __init__(
        self,
        *,
        realm: str = "Restricted",
        name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(name=name, description=description, auto_error=auto_error)
        self.needed = "a user name and a password in its Authorization header"
        self.challenge = f'Basic realm="{_check_quotable(realm)}", charset="UTF-8"'

    def find_credential(self, request: Any) -> BasicCredentials | None:
        """Return the name and the password, or None."""
        encoded = _find_authorization(request, "basic")
        if encoded is None:
            return None
        try:
            text = b64decode(encoded, validate=True).decode()
        except (binascii.Error, ValueError):
            return None
        username, colon, password = text.partition(":")
        return BasicCredentials(username, password) if colon and not _UNCLEAN.search(text) else None

    def describe(self) -> dict[str, Any]:
        """Return what the document says of this kind of scheme."""
        return {"type": "http", "scheme": "basic"}


class APIKey(SecurityScheme[str]):
    """Take a key from a place of its own; the subclasses say which.

    Args:
        key_name: The name of the header, query parameter or cookie.
        name: As of `SecurityScheme`.
        description: As of `SecurityScheme`.
        auto_error: As of `SecurityScheme`.

    Raises:
        ValueError: The name cannot stand in a header.
    """

    #: Where the key is: "header", "query" or "cookie".
    place = ""

    def __init__(
        self,
        key_name: str,
        *,
        name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(name=name, description=description, auto_error=auto_error)
        self.key_name = key_name
        self.needed = f"an API key, once: the {self.place} {key_name!r}"
        self.challenge = f'APIKey in="{self.place}", name="{_check_quotable(key_name)}"'

    def find_credential(self, request: Any) -> str | None:
        """Return the key, or None."""
        values = self.list_values(request)
        # SECURITY: of two keys, a proxy may have checked the other one.
        return values[0] if len(values) == 1 and values[0] and not _UNCLEAN.search(values[0]) else None

    def list_values(self, request: Any) -> list[str]:
        """Return all values that the request has in that place.

        Raises:
            NotImplementedError: The kind of scheme does not say where.
        """
        raise NotImplementedError

    def describe(self) -> dict[str, Any]:
        """Return what the document says of this kind of scheme."""
        return {"type": "apiKey", "in": self.place, "name": self.key_name}


class APIKeyHeader(APIKey):
    """Take a key from a header: `APIKeyHeader("X-API-Key")`."""

    place = "header"

    def list_values(self, request: Any) -> list[str]:
        """Return the header's value; servers join several with commas."""
        value = request.headers.get(self.key_name)
        return [] if value is None else [value]


class APIKeyQuery(APIKey):
    """Take a key from the query string, where logs may keep it."""

    place = "query"

    def list_values(self, request: Any) -> list[str]:
        """Return the parameter's values."""
        values: list[str] = request.args.getlist(self.key_name)
        return values


class APIKeyCookie(APIKey):
    """Take a key from a cookie; what changes data needs CSRF protection too."""

    place = "cookie"

    def list_values(self, request: Any) -> list[str]:
        """Return the cookie's values."""
        values: list[str] = request.cookies.getlist(self.key_name)
        return values


class OAuth2PasswordBearer(HTTPBearer):
    """Take a bearer token that a client got for a name and a password.

    RFC 6749, section 4.3.

    Args:
        token_url: Where tokens are given out.
        scopes: The scopes that there are, with what they are for.
        refresh_url: Where tokens are renewed.
        name: As of `SecurityScheme`.
        description: As of `SecurityScheme`.
        auto_error: As of `SecurityScheme`.
    """

    def __init__(
        self,
        token_url: str,
        *,
        scopes: Mapping[str, str] | None = None,
        refresh_url: str | None = None,
        name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(name=name, description=description, auto_error=auto_error)
        self.scopes = dict(scopes or {})
        self._flow = "password", {"tokenUrl": token_url, **({"refreshUrl": refresh_url} if refresh_url else {})}

    def describe(self) -> dict[str, Any]:
        """Return what the document says of this kind of scheme."""
        flow, urls = self._flow
        return {"type": "oauth2", "flows": {flow: {**urls, "scopes": dict(self.scopes)}}}


class OAuth2AuthorizationCodeBearer(OAuth2PasswordBearer):
    """Take a bearer token that a client got by way of a login page.

    RFC 6749, section 4.1.

    Args:
        authorization_url: The login page.
        token_url: As of `OAuth2PasswordBearer`.
        scopes: As of `OAuth2PasswordBearer`.
        refresh_url: As of `OAuth2PasswordBearer`.
        name: As of `SecurityScheme`.
        description: As of `SecurityScheme`.
        auto_error: As of `SecurityScheme`.
    """

    def __init__(
        self,
        authorization_url: str,
        token_url: str,
        *,
        scopes: Mapping[str, str] | None = None,
        refresh_url: str | None = None,
        name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(
            token_url, scopes=scopes, refresh_url=refresh_url, name=name, description=description, auto_error=auto_error
        )
        self._flow = "authorizationCode", {"authorizationUrl": authorization_url, **self._flow[1]}


class OpenIdConnect(HTTPBearer):
    """Take a bearer token of an OpenID provider.

    Args:
        openid_connect_url: The provider's discovery document.
        name: As of `SecurityScheme`.
        description: As of `SecurityScheme`.
        auto_error: As of `SecurityScheme`.
    """

    def __init__(
        self,
        openid_connect_url: str,
        *,
        name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(name=name, description=description, auto_error=auto_error)
        self.openid_connect_url = openid_connect_url

    def describe(self) -> dict[str, Any]:
        """Return what the document says of this kind of scheme."""
        return {"type": "openIdConnect", "openIdConnectUrl": self.openid_connect_url}


#: The schemes that do nothing but read headers, parameters or cookies.
SCHEMES = frozenset(
    {
        *(HTTPBearer, HTTPBasic, APIKeyHeader, APIKeyQuery, APIKeyCookie),
        *(OAuth2PasswordBearer, OAuth2AuthorizationCodeBearer, OpenIdConnect),
    }
)


def find_security(function: Any) -> tuple[SecurityScheme[Any], tuple[str, ...]] | None:
    """Return the scheme that a dependency stands for, and what it requires.

    Args:
        function: What a `Depends` was given.

    Returns:
        The scheme and its scopes; None where it is no scheme.
    """
    if isinstance(function, SecurityScheme):
        return function, ()
    found: Any = getattr(function, "__dict__", {}).get("security")
    is_scheme = isinstance(found, tuple) and isinstance(found[0], SecurityScheme)
    return found if is_scheme else None


def _find_authorization(request: Any, scheme: str) -> str | None:
    """Return what follows the name of a scheme in the Authorization header."""
    name, _, credential = request.headers.get("Authorization", "").partition(" ")
    credential = credential.strip(" ")
    is_clean = credential.isascii() and " " not in credential and not _UNCLEAN.search(credential)
    return credential if name.lower() == scheme and credential and is_clean else None


def _add(challenge: str, parameters: str) -> str:
    """Return a challenge with more parameters."""
    return f"{challenge}, {parameters}" if " " in challenge else f"{challenge} {parameters}"


def _check_quotable(text: str) -> str:
    """Return a text that may stand in a header between quotes.

    Raises:
        ValueError: It may not.
    """
    if not text.isascii() or not text.isprintable() or '"' in text or "\\" in text:
        raise ValueError(
            f"{text!r} is to stand in the WWW-Authenticate header, between quotes, and has a character that"
            " may not. Use ASCII letters, digits, spaces and punctuation other than quotes and backslashes."
        )
    return text
