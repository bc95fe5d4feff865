"""Give a view the request that a server handed over.

Here lives `Request`: Werkzeug's, made lazy.  Creating one stores the
environ, the method and the path; every other attribute is computed when it
is first read and then kept on the instance, where it may be replaced.  How
a body is read safely is in `_body`.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from werkzeug.datastructures import EnvironHeaders
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.wrappers import Request as WerkzeugRequest

from . import _current
from . import json as json_module
from ._body import open_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.routing import Rule


class lazy:  # noqa: N801 - reads like the `property` it stands for
    """Compute an attribute on first read and keep it on the instance.

    PERF: a non-data descriptor without a lock: the second read is a plain
    instance attribute (20 ns; Werkzeug's `cached_property` takes 190 ns).
    """

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self.compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        value = instance.__dict__[self.name] = self.compute(instance)
        return value


class Request(WerkzeugRequest):
    """Read what the client sent.

    An application may use a subclass through `Flask.request_class`.

    Args:
        environ: The WSGI environ of the request.
        populate_request: Store the request in the environ under
            `werkzeug.request`.
        shallow: Refuse to read the body.
    """

    json_module = json_module  # type: ignore[assignment]  # a module has the two functions

    #: The rule that matched, or None where none did.
    url_rule: Rule | None = None
    #: The variables of the rule, or None where none matched.
    view_args: dict[str, Any] | None = None
    #: The error of matching the URL; dispatching raises it.
    routing_exception: HTTPException | None = None

    shallow = False
    _max_content_length: int | None = None
    _max_form_memory_size: int | None = None
    _max_form_parts: int | None = None

    def __init__(
        self, environ: WSGIEnvironment, populate_request: bool = True, shallow: bool = False
    ) -> None:
        self.environ = environ
        self.method = environ.get("REQUEST_METHOD", "GET").upper()
        path: str = environ.get("PATH_INFO") or "/"
        if not path.isascii():
            path = path.encode("latin-1").decode(errors="replace")
        if path[0] != "/" or path[:2] == "//":
            path = "/" + path.lstrip("/")
        self.path = path
        if shallow:
            self.shallow = True
        elif populate_request:
            environ["werkzeug.request"] = self

    @lazy
    def headers(self) -> EnvironHeaders:
        """The request's headers, read-only."""
        return EnvironHeaders(self.environ)

    @lazy
    def scheme(self) -> str:
        """The URL scheme, such as `https`."""
        scheme: str = self.environ.get("wsgi.url_scheme", "http")
        return scheme

    @lazy
    def server(self) -> tuple[str, int | None] | None:
        """The address that the server listens on; None where unknown."""
        name = self.environ.get("SERVER_NAME")
        if not name:
            return None
        try:
            port: int | None = int(self.environ.get("SERVER_PORT", None))
        except (TypeError, ValueError):
            port = None
        return name, port

    @lazy
    def root_path(self) -> str:
        """The prefix that the application is mounted under, no slash at its end."""
        prefix: str = self.environ.get("SCRIPT_NAME") or ""
        return prefix.encode("latin-1").decode(errors="replace").rstrip("/")

    @lazy
    def query_string(self) -> bytes:
        """The part of the URL behind the question mark, as sent."""
        query: str = self.environ.get("QUERY_STRING", "")
        return query.encode("latin-1")

    @lazy
    def remote_addr(self) -> str | None:
        """The address of the client, or of the last proxy before here."""
        address: str | None = self.environ.get("REMOTE_ADDR")
        return address

    @lazy
    def stream(self) -> IO[bytes]:
        """The body as a stream that raises when it was cut or is too long.

        Raises:
            RuntimeError: The request was created with `shallow=True`.
            RequestEntityTooLarge: The body is over `max_content_length`.
        """
        if self.shallow:
            raise RuntimeError(
                "This request was created with shallow=True, so its body may not be read."
                " Read it through the request that the server's environ was first given to."
            )
        return open_body(self.environ, self.max_content_length)

    @property
    def max_content_length(self) -> int | None:
        """The largest body that is read, in bytes; None for no limit.

        `MAX_CONTENT_LENGTH` of the application unless it was set here.
        """
        return self._find_limit("_max_content_length", "MAX_CONTENT_LENGTH", None)

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self._max_content_length = value

    @property
    def max_form_memory_size(self) -> int | None:
        """The most that one non-file field may hold, in bytes.

        `MAX_FORM_MEMORY_SIZE` of the application unless it was set here.
        """
        return self._find_limit("_max_form_memory_size", "MAX_FORM_MEMORY_SIZE", 500_000)

    @max_form_memory_size.setter
    def max_form_memory_size(self, value: int | None) -> None:
        self._max_form_memory_size = value

    @property  # type: ignore[override]  # Werkzeug has a plain attribute
    def max_form_parts(self) -> int | None:
        """The most parts that a multipart body may have.

        `MAX_FORM_PARTS` of the application unless it was set here.
        """
        return self._find_limit("_max_form_parts", "MAX_FORM_PARTS", 1_000)

    @max_form_parts.setter
    def max_form_parts(self, value: int | None) -> None:
        self._max_form_parts = value

    def _find_limit(self, attribute: str, key: str, default: int | None) -> int | None:
        limit: int | None = getattr(self, attribute)
        if limit is not None:
            return limit
        app = _current.find_app()
        if app is None:
            return default
        configured: int | None = app.config[key]
        return configured

    @property
    def endpoint(self) -> str | None:
        """The endpoint that matched, or None where none did."""
        rule = self.url_rule
        return None if rule is None else rule.endpoint

    @property
    def blueprint(self) -> str | None:
        """The name of the blueprint of the matched view, or None."""
        endpoint = self.endpoint
        if endpoint is None or "." not in endpoint:
            return None
        return endpoint.rpartition(".")[0]

    @property
    def blueprints(self) -> list[str]:
        """The names of the blueprint and of those around it, innermost first."""
        name = self.blueprint
        return [] if name is None else split_blueprint_path(name)

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """Parse the body as JSON.

        Args:
            force: Do not ask for a JSON content type.
            silent: Return None where the body cannot be parsed.
            cache: Keep the result for the next call.

        Returns:
            What the body holds.

        Raises:
            BadRequest: The body is not JSON, or nests too deeply.
            UnsupportedMediaType: The content type is not JSON.
        """
        try:
            return super().get_json(force=force, silent=silent, cache=cache)
        except RecursionError as error:
            # SECURITY: 100 kB of "[" would otherwise answer 500 and log a traceback a request.
            if silent:
                return None
            return self.on_json_loading_failed(ValueError(str(error)))

    def on_json_loading_failed(self, e: ValueError | None) -> Any:
        """Answer a body that is not JSON.

        Args:
            e: What the parser said, or None for a wrong content type.

        Returns:
            What an override returns is the result of `get_json`.

        Raises:
            BadRequest: With the parser's words in debug mode only.
            UnsupportedMediaType: `e` is None.
        """
        try:
            return super().on_json_loading_failed(e)
        except BadRequest as error:
            app = _current.find_app()
            if app is not None and app.debug:
                raise
            raise BadRequest from error

    def _load_form_data(self) -> None:
        super()._load_form_data()
        app = _current.find_app()
        if (
            app is not None
            and app.debug
            and self.mimetype != "multipart/form-data"
            and not self.files
        ):
            # Only debug mode pays for the module of long explanations.
            from .dev.explain import attach_enctype_error_multidict

            attach_enctype_error_multidict(self)


def split_blueprint_path(name: str) -> list[str]:
    """Return a dotted blueprint name and those of its parents, inmost first."""
    names = [name]
    while "." in name:
        name = name.rpartition(".")[0]
        names.append(name)
    return names
