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
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NoReturn

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer
from werkzeug.datastructures import CallbackDict

from .json.tag import TaggedJSONSerializer

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
        cookie = request.cookies.get(self.get_cookie_name(app))
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
            response.vary.add("Cookie")
        if not session:
            if session.modified:
                response.delete_cookie(self.get_cookie_name(app), **self._cookie_options(app))
                response.vary.add("Cookie")
            return
        if not self.should_set_cookie(app, session):
            return
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            raise RuntimeError(_NO_KEY)
        response.set_cookie(
            self.get_cookie_name(app),
            serializer.dumps(dict(session)),
            expires=self.get_expiration_time(app, session),
            **self._cookie_options(app),
        )
        response.vary.add("Cookie")

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


class _Signer(TimestampSigner):
    """Derive each signing key once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._derived: dict[Any, bytes] = {}

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        """Return the signing key for a secret key, the newest by default."""
        try:
            return self._derived[secret_key]
        except KeyError:
            key = self._derived[secret_key] = super().derive_key(secret_key)
            return key


class _Serializer(URLSafeTimedSerializer):
    """Make the signer for the serializer's own salt once.

    PERF: opening and saving a session takes 17 µs instead of 28 (timeit);
    a signer holds nothing that changes.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, signer=_Signer, **kwargs)
        self._signer = super().make_signer(self.salt)

    def make_signer(self, salt: str | bytes | None = None) -> Any:
        """Return the signer for a salt."""
        return self._signer if salt is None else super().make_signer(salt)

    def iter_unsigners(self, salt: str | bytes | None = None) -> Iterator[Any]:
        """Give the signers whose signatures are accepted for a salt."""
        if salt is None:
            yield self._signer
        else:
            yield from super().iter_unsigners(salt)


@lru_cache(maxsize=32)
def _find_serializer(
    secret_keys: tuple[Any, ...],
    salt: str,
    serializer: Any,
    key_derivation: str,
    digest_method: Any,
) -> URLSafeTimedSerializer:
    """Return the serializer for these values, made when first asked for."""
    return _Serializer(
        list(secret_keys),
        salt=salt,
        serializer=serializer,
        signer_kwargs={"key_derivation": key_derivation, "digest_method": digest_method},
    )
