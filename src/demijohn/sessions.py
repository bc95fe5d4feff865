"""Open and save the session of a request.

Here live the session classes and the two interfaces: the one that a
replacement of `app.session_interface` fulfils, and the default one, which
keeps the whole session in a signed cookie.  When a session is opened and
when it counts as accessed is the request context's affair.

Cookies are Flask's to the byte: tagged JSON in URL-safe base 64 with a time
stamp, signed by HMAC-SHA1 under the salt `cookie-session`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NoReturn

from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.datastructures import CallbackDict, EnvironHeaders, Headers

from ._signing import SessionSerializer
from .json.tag import TaggedJSONSerializer
from .request import Request
from .response import Response

_NO_KEY = (
    "The session is unavailable because no secret key was set. Set app.secret_key to a long"
    " random value that is kept secret: python -c 'import secrets; print(secrets.token_hex())'"
)


class SessionMixin(MutableMapping[str, Any]):
    """Give a mapping the attributes that a session has.

    The defaults suit a mapping that does not watch itself: it is saved
    after every request.
    """

    #: Whether the session was begun by this request.
    new = False
    #: Whether the session was changed.  A change inside of a value is not
    #: noticed; set this to True after one.
    modified = True
    #: Whether the request looked at the session, and its response therefore
    #: depends on the cookie.
    accessed = False

    @property
    def permanent(self) -> bool:
        """Whether the session outlives the browser's own session."""
        kept: bool = self.get("_permanent", False)
        return kept

    @permanent.setter
    def permanent(self, value: bool) -> None:
        self["_permanent"] = bool(value)


class SecureCookieSession(CallbackDict[str, Any], SessionMixin):  # pyright: ignore[reportIncompatibleMethodOverride]  # `update` of dict and MutableMapping differ
    """Hold a session that is kept in a cookie and notices its changes.

    Args:
        initial: The first items; they do not count as a change.
    """

    modified = False

    def __init__(self, initial: Mapping[str, Any] | None = None) -> None:
        super().__init__(initial, _mark_modified)


class NullSession(SecureCookieSession):
    """Refuse every change, for want of a secret key; reading works."""

    def _fail(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Say why the session cannot be changed.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError(_NO_KEY)

    __setitem__ = __delitem__ = _fail
    clear = pop = popitem = setdefault = update = _fail


class SessionInterface:
    """Open the session of a request and save it with the response.

    A subclass defines `open_session` and `save_session` and is set as
    `app.session_interface`.  What `open_session` returns has to be a
    mapping with the attributes of `SessionMixin`.
    """

    #: What `make_null_session` makes and `is_null_session` looks for.
    null_session_class = NullSession
    #: Whether sessions are stored by `pickle`.
    pickle_based = False

    def make_null_session(self, app: Any) -> NullSession:
        """Return the session for a request that could not open one.

        Args:
            app: The application.
        """
        return self.null_session_class()

    def is_null_session(self, obj: object) -> bool:
        """Say whether a session is one that must not be saved.

        Args:
            obj: A session.
        """
        return isinstance(obj, self.null_session_class)

    def get_cookie_name(self, app: Any) -> str:
        """Return the cookie's name, `SESSION_COOKIE_NAME`.

        Args:
            app: The application.
        """
        name: str = app.config["SESSION_COOKIE_NAME"]
        return name

    def get_cookie_domain(self, app: Any) -> str | None:
        """Return the cookie's domain, `SESSION_COOKIE_DOMAIN`.

        Args:
            app: The application.

        Returns:
            The domain, or None for the very host of the request.
        """
        domain: str | None = app.config["SESSION_COOKIE_DOMAIN"]
        return domain

    def get_cookie_path(self, app: Any) -> str:
        """Return the cookie's path.

        Args:
            app: The application.

        Returns:
            `SESSION_COOKIE_PATH`, else `APPLICATION_ROOT`.
        """
        path: str = app.config["SESSION_COOKIE_PATH"] or app.config["APPLICATION_ROOT"]
        return path

    def get_cookie_httponly(self, app: Any) -> bool:
        """Say whether scripts are kept from the cookie.

        Args:
            app: The application.
        """
        httponly: bool = app.config["SESSION_COOKIE_HTTPONLY"]
        return httponly

    def get_cookie_secure(self, app: Any) -> bool:
        """Say whether the cookie is for HTTPS only.

        Args:
            app: The application.
        """
        secure: bool = app.config["SESSION_COOKIE_SECURE"]
        return secure

    def get_cookie_samesite(self, app: Any) -> str | None:
        """Return `SESSION_COOKIE_SAMESITE`: Strict, Lax, None or unset.

        Args:
            app: The application.
        """
        samesite: str | None = app.config["SESSION_COOKIE_SAMESITE"]
        return samesite

    def get_cookie_partitioned(self, app: Any) -> bool:
        """Say whether browsers keep the cookie apart for each site.

        Args:
            app: The application.
        """
        partitioned: bool = app.config["SESSION_COOKIE_PARTITIONED"]
        return partitioned

    def get_expiration_time(self, app: Any, session: SessionMixin) -> datetime | None:
        """Return when the cookie ends.

        Args:
            app: The application.
            session: The session.

        Returns:
            A time in UTC, or None to end with the browser's own session.
        """
        if not session.permanent:
            return None
        end: datetime = datetime.now(UTC) + app.permanent_session_lifetime
        return end

    def should_set_cookie(self, app: Any, session: SessionMixin) -> bool:
        """Say whether the response sets the cookie.

        Args:
            app: The application.
            session: The session.

        Returns:
            Whether the session changed, or is permanent and
            `SESSION_REFRESH_EACH_REQUEST` is on.
        """
        refresh: bool = session.modified or (session.permanent and app.config["SESSION_REFRESH_EACH_REQUEST"])
        return refresh

    def open_session(self, app: Any, request: Any) -> SessionMixin | None:
        """Return the session that belongs to a request.

        It is called when the session is first wanted, before or after the
        URL was matched.

        Args:
            app: The application.
            request: The request.

        Returns:
            The session, or None where none can be opened.

        Raises:
            NotImplementedError: The subclass does not define it.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define open_session().")

    def save_session(self, app: Any, session: SessionMixin, response: Any) -> None:
        """Store a session, if need be, when its request is done.

        Args:
            app: The application.
            session: A session, never a null session.
            response: The response, which may still be changed.

        Raises:
            NotImplementedError: The subclass does not define it.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define save_session().")


#: Writes the content of session cookies.
session_json_serializer = TaggedJSONSerializer()


def _lazy_sha1(string: bytes = b"") -> Any:
    """Return a SHA-1 hash object.

    A Python built for FIPS may lack SHA-1; it is looked up only when it is
    used, so that such an application can choose another digest.
    """
    return hashlib.sha1(string)  # noqa: S324 - in HMAC it is still sound


class SecureCookieSessionInterface(SessionInterface):
    """Keep sessions in a cookie that is signed, not encrypted."""

    #: What a session is.
    session_class = SecureCookieSession
    #: Dumps and loads the content.
    serializer = session_json_serializer
    #: Separates these signatures from others under the same secret key.
    salt = "cookie-session"
    #: How ItsDangerous makes the signing key from the secret key.
    key_derivation = "hmac"
    #: The hash function of the signature.
    digest_method = staticmethod(_lazy_sha1)

    def get_signing_serializer(self, app: Any) -> URLSafeTimedSerializer | None:
        """Return what signs cookies and checks their signatures.

        Flask: `SECRET_KEY_FALLBACKS` that is one text is one key, where
        Flask would accept each of its letters as a key.

        Args:
            app: The application.

        Returns:
            A serializer that signs by the secret key and accepts the
            fallbacks as well; None when no secret key is set.
        """
        if not app.secret_key:
            return None
        fallbacks = app.config["SECRET_KEY_FALLBACKS"] or ()
        if isinstance(fallbacks, str | bytes):
            fallbacks = (fallbacks,)
        # ItsDangerous signs by the last key of the list.
        return _find_serializer(
            (*fallbacks, app.secret_key),
            self.salt,
            self.serializer,
            self.key_derivation,
            self.digest_method,
        )

    def open_session(self, app: Any, request: Any) -> SecureCookieSession | None:
        """Return the session in the request's cookie, or an empty one.

        A cookie that is forged, damaged or older than
        `app.permanent_session_lifetime` gives an empty session.

        Flask: so does a cookie with a valid signature and other content
        than a session, where Flask answers 500.

        Args:
            app: The application.
            request: The request.

        Returns:
            The session, or None when no secret key is set.
        """
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return None
        cookie = _read_cookie(request, self.get_cookie_name(app))
        if not cookie:
            return self.session_class()
        max_age = int(app.permanent_session_lifetime.total_seconds())
        try:
            content = serializer.loads(cookie, max_age=max_age)
        except (BadData, ValueError):
            return self.session_class()
        return self.session_class(content if isinstance(content, Mapping) else None)

    def save_session(self, app: Any, session: SessionMixin, response: Any) -> None:
        """Set the cookie if the session asks for it, or delete it.

        Args:
            app: The application.
            session: The session.
            response: The response; it varies by cookie if the session was
                looked at.

        Raises:
            RuntimeError: There is something to save and no secret key.
            TypeError: A value in the session is of an unknown type.
        """
        if session.accessed:
            _vary_by_cookie(response)
        if not session:
            if session.modified:
                response.delete_cookie(self.get_cookie_name(app), **self._cookie_options(app))
                _vary_by_cookie(response)
            return
        if not self.should_set_cookie(app, session):
            return
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            raise RuntimeError(_NO_KEY)
        _set_cookie(
            response,
            self.get_cookie_name(app),
            serializer.dumps(dict(session)),
            expires=self.get_expiration_time(app, session),
            **self._cookie_options(app),
        )
        _vary_by_cookie(response)

    def _cookie_options(self, app: Any) -> dict[str, Any]:
        """Return the cookie's attributes, the same to set and delete it."""
        return {
            "domain": self.get_cookie_domain(app),
            "path": self.get_cookie_path(app),
            "secure": self.get_cookie_secure(app),
            "httponly": self.get_cookie_httponly(app),
            "samesite": self.get_cookie_samesite(app),
            "partitioned": self.get_cookie_partitioned(app),
        }


def _mark_modified(session: Any) -> None:
    """Note that a session was changed."""
    session.modified = True


# What the shortcuts below stand for; a subclass, or a patch, that has another one is asked itself.
_USUAL_COOKIES = Request.cookies
_USUAL_HEADERS = vars(Request)["headers"]
_USUAL_STORAGE = Request.dict_storage_class
_USUAL_VARY = Response.vary
_USUAL_SET_COOKIE = Response.set_cookie

#: A cookie's value that is written as it is and read as it is written.
_is_plain_value = re.compile(r"[A-Za-z0-9_.-]+").fullmatch


def _read_cookie(request: Any, name: str) -> str | None:
    """Return the value of one cookie of a request, or None.

    PERF: 0.8 µs, and 4.2 by `request.cookies`, which decodes and keeps
    every cookie (timeit, as below).
    """
    if _has_usual_cookies(request):
        header: str = request.environ.get("HTTP_COOKIE", "")
        # Control characters are for Werkzeug to judge: `strip` takes some of them for blanks.
        if header.isascii() and header.isprintable():
            for part in header.split(";"):
                key, _, value = part.partition("=")
                if key.strip() == name:
                    value = value.strip()
                    if _is_plain_value(value):
                        return value
                    break
            else:
                return None
    cookie: str | None = request.cookies.get(name)
    return cookie


def _has_usual_cookies(request: Any) -> bool:
    """Say whether a request's cookies are those of its environ, still unread."""
    kind: Any = type(request)
    if not (
        isinstance(request, Request)
        and kind.cookies is _USUAL_COOKIES
        and kind.headers is _USUAL_HEADERS
        and kind.dict_storage_class is _USUAL_STORAGE
    ):
        return False
    read = vars(request)
    if "cookies" in read:
        return False
    headers = read.get("headers")
    return headers is None or (type(headers) is EnvironHeaders and headers.environ is request.environ)


def _vary_by_cookie(response: Any) -> None:
    """Add `Cookie` to what a response varies by, if it is not there.

    PERF: 0.2 µs, and 2.7 by `response.vary`, which parses the header.
    """
    if getattr(type(response), "vary", None) is _USUAL_VARY and type(response.headers) is Headers:
        headers = response.headers._list
        for name, value in headers:
            if name.lower() == "vary":
                if value == "Cookie":
                    return
                break
        else:
            headers.append(("Vary", "Cookie"))
            return
    response.vary.add("Cookie")


def _set_cookie(response: Any, name: str, value: str, **attributes: Any) -> None:
    """Set a cookie whose attributes seldom change.

    PERF: 1.8 µs, and 4.5 by `response.set_cookie`, which checks and writes
    every attribute anew.
    """
    if (
        getattr(type(response), "set_cookie", None) is _USUAL_SET_COOKIE
        and type(response.headers) is Headers
        and _is_plain_value(value)
    ):
        expires = attributes["expires"]
        if isinstance(expires, datetime):
            attributes["expires"] = expires.replace(microsecond=0)
        start, end = _frame_cookie(name, **attributes)
        header = f"{start}{value}{end}"
        max_size = response.max_cookie_size
        if not max_size or len(header) < max_size:
            response.headers._list.append(("Set-Cookie", header))
            return
    response.set_cookie(name, value, **attributes)


# Warns of no cookie: the response that is sent does.
_Blank = type("_Blank", (Response,), {"max_cookie_size": 0})


@lru_cache(maxsize=32, typed=True)
def _frame_cookie(name: str, **attributes: Any) -> tuple[str, str]:
    """Return what stands before and behind a cookie's value in its header.

    Raises:
        ValueError: The name or an attribute is not valid.
    """
    response: Any = _Blank()
    response.set_cookie(name, "", **attributes)
    start, _, end = response.headers["Set-Cookie"].partition("=")
    return f"{start}=", end


@lru_cache(maxsize=32)
def _find_serializer(
    secret_keys: tuple[Any, ...], salt: str, serializer: Any, key_derivation: str, digest_method: Any
) -> URLSafeTimedSerializer:
    """Return the serializer for these values, made when first asked for."""
    return SessionSerializer(
        list(secret_keys),
        salt=salt,
        serializer=serializer,
        signer_kwargs={"key_derivation": key_derivation, "digest_method": digest_method},
    )
