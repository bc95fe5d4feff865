"""Give a view the request that a server handed over.

Here lives `Request`: Werkzeug's, made lazy.  Creating one stores the
environ, the method and the path; every other attribute is computed when it
is first read and then kept on the instance, where it may be replaced.  How
a body is read safely is in `_body`.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from werkzeug.datastructures import Authorization, EnvironHeaders, IfRange
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.http import parse_if_range_header
from werkzeug.wrappers import Request as WerkzeugRequest

from . import _current
from . import json as json_module
from ._body import FormParser, open_body
from ._lazy import Lazy

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.routing import Rule


class Request(WerkzeugRequest):
    """Read what the client sent.

    An application may use a subclass through `Flask.request_class`.

    Args:
        environ: The WSGI environ of the request.
        populate_request: Store the request in the environ under
            `werkzeug.request`.
        shallow: Refuse to read the body.
    """

    json_module = json_module

    form_data_parser_class = FormParser

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

    def __init__(self, environ: WSGIEnvironment, populate_request: bool = True, shallow: bool = False) -> None:
        self.environ = environ
        self.method: str = environ.get("REQUEST_METHOD", "GET").upper()
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
        if app is not None and app.debug and self.mimetype != "multipart/form-data" and not self.files:
            # Only debug mode pays for the module of long explanations.
            from .dev.explain import attach_enctype_error_multidict

            attach_enctype_error_multidict(self)


def _read_server(request: Request) -> tuple[str, int | None] | None:
    name = request.environ.get("SERVER_NAME")
    if name is None:
        return None
    try:
        return name, int(request.environ.get("SERVER_PORT", ""))
    except ValueError:
        return name, None


def _read_query(request: Request) -> str:
    # Bytes that are no UTF-8 stay percent-encoded, as do those that came so.
    return request.query_string.decode(errors="werkzeug.url_quote")


def _parse_args(request: Request) -> Any:
    pairs = parse_qsl(_read_query(request), keep_blank_values=True, errors="werkzeug.url_quote")
    return request.parameter_storage_class(pairs)


def _parse_authorization(request: Request) -> Authorization | None:
    try:
        return Authorization.from_header(request.headers.get("Authorization"))
    except ValueError:
        return None


def _parse_if_range(request: Request) -> IfRange:
    condition = parse_if_range_header(request.headers.get("If-Range"))
    try:
        condition.to_header()
    except ValueError:
        return IfRange()
    return condition


def _read_root_path(request: Request) -> str:
    prefix: str = request.environ.get("SCRIPT_NAME") or ""
    return prefix.encode("latin-1").decode(errors="replace").rstrip("/")


def _open_stream(request: Request) -> IO[bytes]:
    if request.shallow:
        raise RuntimeError(
            "This request was created with shallow=True, so its body may not be read."
            " Read it through the request that the server's environ was first given to."
        )
    return open_body(request.environ, request.max_content_length)


#: Attributes that Werkzeug sets at once, or that raise for what a client may
#: send, and how each is computed here.
_LAZY_ATTRIBUTES: dict[str, Callable[[Request], Any]] = {
    "args": _parse_args,
    "authorization": _parse_authorization,
    "full_path": lambda request: f"{request.path}?{_read_query(request)}",
    "if_range": _parse_if_range,
    "headers": lambda request: EnvironHeaders(request.environ),
    "query_string": lambda request: request.environ.get("QUERY_STRING", "").encode("latin-1"),
    "remote_addr": lambda request: request.environ.get("REMOTE_ADDR"),
    "root_path": _read_root_path,
    "scheme": lambda request: request.environ.get("wsgi.url_scheme", "http"),
    "server": _read_server,
    "stream": _open_stream,
}

#: Limits of a body: the setting that each comes from, its value outside of an
#: application, and what it limits.
_LIMITS: dict[str, tuple[str, int | None, str]] = {
    "max_content_length": ("MAX_CONTENT_LENGTH", None, "The largest body that is read, in bytes."),
    "max_form_memory_size": ("MAX_FORM_MEMORY_SIZE", 500_000, "The largest field without a file, in bytes."),
    "max_form_parts": ("MAX_FORM_PARTS", 1_000, "The most parts that a multipart body may have."),
}


def _build_limit(name: str, setting: str, default: int | None, doc: str) -> property:
    """Return a property that is the application's setting unless it was set."""
    attribute = f"_{name}"

    def get_limit(request: Request) -> int | None:
        limit: int | None = getattr(request, attribute)
        if limit is None:
            app = _current.find_app()
            limit = default if app is None else app.config[setting]
        return limit

    def set_limit(request: Request, value: int | None) -> None:
        setattr(request, attribute, value)

    return property(get_limit, set_limit, doc=f"{doc} None stands for no limit.")


for _name, _compute in _LAZY_ATTRIBUTES.items():
    setattr(Request, _name, Lazy(_name, _compute))
for _name, (_setting, _default, _doc) in _LIMITS.items():
    setattr(Request, _name, _build_limit(_name, _setting, _default, _doc))


def split_blueprint_path(name: str) -> list[str]:
    """Return a dotted blueprint name and those of its parents, inmost first."""
    names = [name]
    while "." in name:
        name = name.rpartition(".")[0]
        names.append(name)
    return names
