"""Give a view the request that a server handed over.

Here lives `Request`: Werkzeug's, made lazy.  Creating one stores the
environ, the method and the path; every other attribute is computed when it
is first read and then kept on the instance, where it may be replaced.  How
a body is read safely is in `_body`.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Any, Literal, Protocol, cast, overload

from werkzeug.datastructures import Authorization, EnvironHeaders, IfRange
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge
from werkzeug.http import parse_if_range_header
from werkzeug.wrappers import Request as WerkzeugRequest

from . import _current
from . import json as json_module
from ._body import AsyncBody, FormParser, decode_form, open_body, read_small_body
from ._lazy import Lazy
from ._pairs import parse_pairs

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.routing import Rule


class _Origin(Protocol):
    """Tell of a request without an environ, which is made on first use.

    Each header and the whole query are as they would be in the environ.
    """

    #: The header `Content-Length`, or None.
    announced: str | None
    #: The whole body, until somebody takes it.
    body: bytes

    def read_query(self) -> str:
        """Return the query, its bytes as latin-1."""
        ...

    def read_content_type(self) -> str | None:
        """Return the header `Content-Type`; None where there is not just one."""
        ...

    def build_environ(self) -> dict[str, Any]:
        """Return the environ, with the body in it."""
        ...


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
    #: Whether a shortcut took the body, so that nothing is left to read.
    _took_body = False
    #: What makes the environ, for a request that was made without.
    _origin: _Origin | None = None

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

    @overload
    def get_data(  # pyright: ignore[reportOverlappingOverload]  # as Werkzeug declares it
        self, cache: bool = True, as_text: Literal[False] = False, parse_form_data: bool = False
    ) -> bytes: ...

    @overload
    def get_data(self, cache: bool = True, as_text: Literal[True] = ..., parse_form_data: bool = False) -> str: ...

    def get_data(self, cache: bool = True, as_text: bool = False, parse_form_data: bool = False) -> bytes | str:
        """Return the body.

        Args:
            cache: Keep it for the next call, and for the parsers.
            as_text: Decode it as UTF-8, with a mark for what is none.
            parse_form_data: Parse a form first, which leaves no data of it.

        Returns:
            Bytes, or text if that is asked for.
        """
        data = _take_data(self, parse_form_data=parse_form_data)
        if data is None:
            found: bytes | str = super().get_data(cache, as_text, parse_form_data)  # type: ignore[call-overload]  # it has none for a plain bool
            return found
        if cache:
            self._cached_data = data
        return data.decode(errors="replace") if as_text else data

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
            data = _take_body(self, "application/json") if cache else None
            if data is not None:
                self._cached_data = data
                try:
                    value = self.json_module.loads(data)
                except ValueError:
                    pass  # Parsed once more below, where the error is answered.
                else:
                    self._cached_json = value, value
                    return value
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
        data = _take_body(self, "application/x-www-form-urlencoded")
        if data is None:
            super()._load_form_data()
            _explain_missing_files(self)
        elif data.count(b"&") >= FormParser.max_fields:
            raise RequestEntityTooLarge
        else:
            vars(self)["form"] = parse_pairs(decode_form(data), self.parameter_storage_class)


def _build_environ(request: Request) -> dict[str, Any]:
    origin = request._origin
    if origin is None:
        raise AttributeError("The request has no environ: it was made without one, and not by a server.")
    environ = origin.build_environ()
    environ["werkzeug.request"] = request
    return environ


def _find_origin(request: Request) -> _Origin | None:
    """Return what tells of a request, or None where its environ does."""
    return None if "environ" in request.__dict__ else request._origin


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
    # PERF: 0.2 µs, and 0.35 by `query_string`, which makes bytes of the text.
    origin = _find_origin(request)
    query = request.environ.get("QUERY_STRING", "") if origin is None else origin.read_query()
    request_class: Any = type(request)
    if (
        not query.isascii()
        or "query_string" in request.__dict__
        or request_class.query_string is not _OWN_STEPS["query_string"]
    ):
        query = _read_query(request)
    return parse_pairs(query, request.parameter_storage_class)


def _load_form(request: Request) -> Any:
    request._load_form_data()
    return request.form


def _load_files(request: Request) -> Any:
    if request._took_body and "form" in vars(request):
        vars(request)["files"] = request.parameter_storage_class()
        _explain_missing_files(request)
    else:
        request._load_form_data()
    return request.files


def _explain_missing_files(request: Request) -> None:
    app = _current.find_app()
    if app is not None and app.debug and request.mimetype != "multipart/form-data" and not request.files:
        # Only debug mode pays for the module of long explanations.
        from .dev.explain import attach_enctype_error_multidict

        attach_enctype_error_multidict(request)


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
    if request._took_body:
        return io.BytesIO()
    body = open_body(request.environ, request.max_content_length)
    if not getattr(request.url_rule, "stream", False):
        return body
    return cast("IO[bytes]", AsyncBody(body, is_live=hasattr(request.environ["wsgi.input"], "read_chunk")))


def _take_body(request: Request, content_type: str) -> bytes | None:
    """Return a small body at once where no step to it is changed.

    PERF: `get_json` takes 1.4 µs, and 5.4 by the steps that are left out; a form
    of one field 1.5 and 10 (timeit, making the request not counted).

    Args:
        request: The request.
        content_type: The one that the body has to have, without parameters.

    Returns:
        The body; or None, and then nothing was read, where it is of another
        type, was read before, or has to be read by the steps themselves.
    """
    origin = _find_origin(request)
    found = request.environ.get("CONTENT_TYPE") if origin is None else origin.read_content_type()
    request_class: Any = type(request)
    if found != content_type or content_type not in _find_plain_types(request_class):
        return None
    return _read_at_once(request, origin)


def _take_data(request: Request, *, parse_form_data: bool) -> bytes | None:
    """Return a small body of any type at once where no step to it is changed.

    PERF: 1.3 µs, and 4.1 by the steps that are left out (timeit, making the
    request not counted).

    Args:
        request: The request.
        parse_form_data: Whether a form is to be parsed first, and so is left
            to the steps.

    Returns:
        The body; or None, and then nothing was read.
    """
    request_class: Any = type(request)
    if _ANY_TYPE not in _find_plain_types(request_class):
        return None
    origin = _find_origin(request)
    if parse_form_data:
        found = request.environ.get("CONTENT_TYPE") if origin is None else origin.read_content_type()
        if found not in _NO_FORMS:
            return None
    return _read_at_once(request, origin)


def _read_at_once(request: Request, origin: _Origin | None) -> bytes | None:
    """Return a small body that nobody touched, or None and read nothing."""
    state = request.__dict__
    frame = _current.context.get(None)
    if frame is None or not _TOUCHED.isdisjoint(state):
        return None
    limit: int | None = frame.app.config["MAX_CONTENT_LENGTH"]
    data: bytes | None
    if origin is None:
        environ = request.environ
        if "headers" in state and getattr(state["headers"], "environ", None) is not environ:
            return None
        data = read_small_body(environ, limit)
    else:
        data = None if "headers" in state else _empty(origin, limit)
    if data is not None:
        request._took_body = True
    return data


def _empty(origin: _Origin, limit: int | None) -> bytes | None:
    """Take the body away where its length is the announced one, and allowed."""
    data = origin.body
    size = len(data)
    if (limit is not None and size > limit) or (origin.announced is not None and origin.announced != str(size)):
        return None
    origin.body = b""
    return data


@lru_cache(maxsize=64)
def _find_plain_types(request_class: Any) -> frozenset[str]:
    """Return the content types to whose bodies a class changes no step."""
    return frozenset(
        content_type
        for content_type, steps in _TAKEN.items()
        if all(getattr(request_class, step) is _OWN_STEPS[step] for step in steps)
    )


def forget_overrides() -> None:
    """Look anew at which steps to a body the classes of requests change.

    A class is looked at once, when a body is first read for it.  In tests a
    class may be patched later.
    """
    _find_plain_types.cache_clear()


#: Attributes that Werkzeug sets at once, or that raise for what a client may
#: send, and how each is computed here.
_LAZY_ATTRIBUTES: dict[str, Callable[[Request], Any]] = {
    "args": _parse_args,
    "authorization": _parse_authorization,
    "environ": _build_environ,
    "files": _load_files,
    "form": _load_form,
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

_BODY_STEPS = ("_max_content_length", "headers", "max_content_length", "mimetype", "shallow", "stream")

_FORM_STEPS = ("_get_stream_for_parsing", "form_data_parser_class", "make_form_data_parser", "want_form_data_parsed")

#: Stands for the content type of a body that is not parsed.
_ANY_TYPE = "*/*"
#: Content types of which Werkzeug makes no form.
_NO_FORMS = frozenset({"application/json", "application/octet-stream", "text/plain"})

#: The content types whose bodies are taken at once, and the steps left out.
_TAKEN = {
    _ANY_TYPE: (*_BODY_STEPS, *_FORM_STEPS, "_load_form_data", "get_data"),
    "application/json": (*_BODY_STEPS, "get_data", "is_json"),
    "application/x-www-form-urlencoded": (*_BODY_STEPS, *_FORM_STEPS),
}

_OWN_STEPS = {step: getattr(Request, step) for steps in (*_TAKEN.values(), ["query_string"]) for step in steps}

#: What an instance has once its body was read or a step to it was replaced.
_TOUCHED = frozenset(
    {
        *("_cached_data", "_cached_json", "_get_stream_for_parsing", "_max_content_length", "_took_body", "form"),
        *("form_data_parser_class", "get_data", "make_form_data_parser", "shallow", "stream"),
    }
)


def split_blueprint_path(name: str) -> list[str]:
    """Return a dotted blueprint name and those of its parents, inmost first."""
    names = [name]
    while "." in name:
        name = name.rpartition(".")[0]
        names.append(name)
    return names
