"""Offer what views call: URLs, errors, messages, files and streams.

Each function works on the current application or request and does its
work there; `Flask` has the method that an application may override.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import IO, TYPE_CHECKING, Any, NoReturn, TypeVar, cast, overload

import werkzeug.utils
from werkzeug.exceptions import abort as _abort
from werkzeug.utils import redirect as _redirect
from werkzeug.wrappers import Response as WerkzeugResponse

from . import _current, json
from ._packages import get_root_path
from ._stream import ContextStream
from .request import split_blueprint_path as _split_blueprint_path
from .scaffold import _endpoint_from_view_func
from .signals import message_flashed

if TYPE_CHECKING:
    from datetime import datetime

    from .response import Response

__all__ = [
    "_endpoint_from_view_func",
    "_split_blueprint_path",
    "abort",
    "flash",
    "get_debug_flag",
    "get_flashed_messages",
    "get_load_dotenv",
    "get_root_path",
    "get_template_attribute",
    "jsonify",
    "make_response",
    "redirect",
    "send_file",
    "send_from_directory",
    "stream_with_context",
    "url_for",
]

Chunk = TypeVar("Chunk", str, bytes)

#: What an environment variable holds to say no.
_FALSE = frozenset({"0", "false", "no"})


def get_debug_flag() -> bool:
    """Say whether `FLASK_DEBUG` asks for debug mode."""
    value = os.environ.get("FLASK_DEBUG")
    return value is not None and value != "" and value.lower() not in _FALSE


def get_load_dotenv(default: bool = True) -> bool:
    """Say whether env files are to be read, by `FLASK_SKIP_DOTENV`.

    Args:
        default: The answer where the variable is not set.
    """
    value = os.environ.get("FLASK_SKIP_DOTENV")
    return value.lower() in _FALSE if value else default


@overload
def stream_with_context(generator_or_function: Iterator[Chunk]) -> Iterator[Chunk]: ...


@overload
def stream_with_context(
    generator_or_function: Callable[..., Iterator[Chunk]],
) -> Callable[..., Iterator[Chunk]]: ...


def stream_with_context(generator_or_function: Any) -> Any:
    """Keep the request current while a response streams.

    Args:
        generator_or_function: A generator, or a function that makes one;
            used as a decorator, the function's own calls are wrapped.

    Returns:
        The wrapped iterator, or the wrapped function.

    Raises:
        RuntimeError: No request is being handled.
        TypeError: It is an async generator.
    """
    if hasattr(generator_or_function, "__aiter__"):
        raise TypeError(
            "stream_with_context was given an async generator, which no request can be kept for: its pieces are made"
            " in tasks of the server's. Read what it needs from the request before, and pass that to it."
        )
    try:
        iterator = iter(generator_or_function)
    except TypeError:

        @wraps(generator_or_function)
        def start_stream(*args: Any, **kwargs: Any) -> Any:
            return stream_with_context(generator_or_function(*args, **kwargs))

        return start_stream
    context = _current.find_request_context()
    if context is None:
        raise RuntimeError(
            "stream_with_context was called outside of a request, so there is no context to"
            " keep. Call it in the view, with the generator that the response streams."
        )
    return ContextStream(context, iterator)


#: Return a response whose body is JSON; see `json.jsonify`.
jsonify: Callable[..., Response] = json.jsonify


def make_response(*args: Any) -> Response:
    """Return a response, made the way a view's result is.

    Args:
        *args: What a view would return, as one argument or in its parts;
            nothing for an empty response.
    """
    app = _current.get_app()
    response: Response = app.response_class() if not args else app.make_response(args[0] if len(args) == 1 else args)
    return response


def url_for(
    endpoint: str,
    *,
    _external: bool | None = None,
    _scheme: str | None = None,
    _method: str | None = None,
    _anchor: str | None = None,
    **values: Any,
) -> str:
    """Return the URL of an endpoint, by `Flask.url_for` of the current app.

    Args:
        endpoint: The endpoint; ".name" is one in the current blueprint.
        _anchor: What follows the "#".
        _method: Build for the rule that takes this method.
        _scheme: The URL's scheme, which makes it an external one.
        _external: Whether scheme and host are part of it; by default they
            are outside of requests.
        **values: The rule's variables; unknown ones go to the query.

    Raises:
        BuildError: No rule takes these values.
        RuntimeError: No application is current.
    """
    url: str = _current.get_app().url_for(
        endpoint, _external=_external, _scheme=_scheme, _method=_method, _anchor=_anchor, **values
    )
    return url


def redirect(
    location: str,
    code: int = 302,
    Response: type[WerkzeugResponse] | None = None,  # noqa: N803 - Flask's name for it
) -> WerkzeugResponse:
    """Return a response that sends the client elsewhere.

    Args:
        location: The URL to go to.
        code: The status code.
        Response: The response class; by default the current application's
            `redirect` decides.
    """
    app = _current.find_app()
    if app is not None:
        response: WerkzeugResponse = app.redirect(location, code=code)
        return response
    return _redirect(location, code=code, Response=Response)


def abort(code: int | WerkzeugResponse, *args: Any, **kwargs: Any) -> NoReturn:
    """Raise the HTTP error of a status code.

    Args:
        code: The status code, or a response to answer with.
        *args: Arguments of the error class, such as a description.
        **kwargs: Its keyword arguments.

    Raises:
        HTTPException: Always; which one is for the current application's
            `aborter` to say.
    """
    app = _current.find_app()
    if app is not None:
        app.aborter(code, *args, **kwargs)
    _abort(code, *args, **kwargs)


def get_template_attribute(template_name: str, attribute: str) -> Any:
    """Return a macro or variable that a template exports.

    Args:
        template_name: The name of the template.
        attribute: The name of the macro or variable.

    Raises:
        AttributeError: The template does not export it.
    """
    template = _current.get_app().jinja_env.get_template(template_name)
    return getattr(template.module, attribute)


def flash(message: str, category: str = "message") -> None:
    """Keep a message for the next request of the same session.

    Args:
        message: The text to show.
        category: What kind of message it is.
    """
    session = _current.get_session()
    # A list of its own makes the session notice that it was changed.
    session["_flashes"] = [*session.get("_flashes", []), (category, message)]
    if message_flashed.receivers:
        app = _current.get_app()
        message_flashed.send(app, _async_wrapper=app.ensure_sync, message=message, category=category)


def get_flashed_messages(
    with_categories: bool = False, category_filter: Iterable[str] = ()
) -> list[str] | list[tuple[str, str]]:
    """Take the kept messages out of the session.

    Calls within one request give the same messages again.

    Args:
        with_categories: Return pairs of category and message.
        category_filter: Return only messages of these categories.

    Returns:
        The messages, the oldest first.
    """
    context = _current.get_request_context()
    flashes = context.flashes
    if flashes is None:
        session = context.session
        flashes = session.pop("_flashes") if "_flashes" in session else []
        context.flashes = flashes
    if category_filter:
        wanted = category_filter if isinstance(category_filter, str) else list(category_filter)
        flashes = [pair for pair in flashes if pair[0] in wanted]
    return flashes if with_categories else [message for _, message in flashes]


def send_file(
    path_or_file: os.PathLike[Any] | str | IO[bytes],
    mimetype: str | None = None,
    as_attachment: bool = False,
    download_name: str | None = None,
    conditional: bool = True,
    etag: str | bool = True,
    last_modified: datetime | float | None = None,
    max_age: int | Callable[[str | None], int | None] | None = None,
) -> Response:
    """Answer with a file.

    Never pass a path that the client chose: see `send_from_directory`.

    Args:
        path_or_file: A path, relative to the application's root, or an
            open binary file.
        mimetype: The content type; guessed from the name unless given.
        as_attachment: Have the browser save the file.
        download_name: The name to save it under.
        conditional: Answer conditional and range requests.
        etag: Compute an entity tag, or use this one.
        last_modified: When the file changed, in seconds since 1970.
        max_age: For how many seconds it may be cached; by default
            `Flask.get_send_file_max_age` decides.

    Returns:
        The response; 304, 206 or 416 where the request asks for it.
    """
    response = werkzeug.utils.send_file(
        **_complete_file_arguments(
            path_or_file=path_or_file,
            conditional=conditional,
            etag=etag,
            last_modified=last_modified,
            max_age=max_age,
            mimetype=mimetype,
            download_name=download_name,
            as_attachment=as_attachment,
        )
    )
    return cast("Response", response)


def send_from_directory(directory: os.PathLike[str] | str, path: os.PathLike[str] | str, **kwargs: Any) -> Response:
    """Answer with a file below a directory, by a path from the client.

    Args:
        directory: The directory, relative to the application's root.
        path: The path below it; it may not lead out of the directory.
        **kwargs: Arguments of `send_file`.

    Raises:
        NotFound: There is no such file, or the path leads outside.
    """
    response = werkzeug.utils.send_from_directory(directory, path, **_complete_file_arguments(**kwargs))
    return cast("Response", response)


def _complete_file_arguments(**kwargs: Any) -> dict[str, Any]:
    """Add what Werkzeug needs to know of the application and the request."""
    app = _current.get_app()
    if kwargs.get("max_age") is None:
        kwargs["max_age"] = app.get_send_file_max_age
    kwargs.update(
        environ=_current.get_request().environ,
        use_x_sendfile=app.config["USE_X_SENDFILE"],
        response_class=app.response_class,
        _root_path=app.root_path,
    )
    return kwargs


_prepare_send_file_kwargs = _complete_file_arguments
