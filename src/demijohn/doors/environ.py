"""Bring the requests of all server protocols into one form.

Here lives what makes a WSGI environ (PEP 3333) of the request of another
protocol, and the request context that a door opens for it.  The environ is
made when somebody asks for it: a view that looks at nothing pays for none.

The rules for headers are those of gunicorn and waitress, so that the same
request is the same through each door: repeated ones are joined, those with
an underscore are left out.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

from werkzeug.exceptions import BadRequest

from .._lazy import Lazy
from ..ctx import RequestContext, _make_request
from ..request import Request
from .outgoing import FileBody
from .peer import Incoming, Peer

#: The methods that may stand in a request that is opened the short way.
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_VERSIONS = {"1": "HTTP/1.0", "1.0": "HTTP/1.0", "1.1": "HTTP/1.1", "2": "HTTP/2", "2.0": "HTTP/2", "3": "HTTP/3"}

#: SECURITY: a header of which two would leave open what the request is.
_SINGLE = {"HTTP_HOST": "Host", "CONTENT_LENGTH": "Content-Length"}
#: SECURITY: names are chosen by clients, so only so many are kept, and no long ones.
_MOST_KEYS = 1_000
_LONGEST_KEPT = 100

_new = object.__new__


class ServerContext(RequestContext):
    """Make a request of another protocol than WSGI the current one."""

    peer: Peer

    def _break_circles(self) -> None:
        """Have the request freed at once; without an environ there is no circle."""
        made = self.made_request
        if made is None or "environ" in vars(made):
            super()._break_circles()
        elif made.routing_exception is not None:
            made.routing_exception.__traceback__ = None


def _find_environ(context: ServerContext) -> Any:
    """Return the environ of the request, of which there is one only."""
    made = context.made_request
    return context.peer.build_environ() if made is None else made.environ


def _open_request(context: ServerContext) -> Request:
    """Make the request of a context, which makes its environ on first use."""
    if "environ" in vars(context):
        return _make_request(context)
    request = _new(Request)
    request._origin = context.peer
    request.method = context.method
    request.path = context.path
    request.url_rule = context.url_rule
    request.view_args = context.view_args
    request.routing_exception = context.routing_exception
    context.made_request = request
    return request


ServerContext.environ = Lazy("environ", _find_environ)  # type: ignore[assignment]  # a descriptor until it is read
ServerContext.request = Lazy("request", _open_request)


def open_plainly(app: Any, peer: Peer) -> ServerContext | None:
    """Make the context of a usual request, past environ and constructors.

    PERF: 0.6 µs; the environ, which most views never ask for, takes 4.

    Args:
        app: The application.
        peer: The request.

    Returns:
        A context that is not entered and makes its environ when that is
        asked for; or None where only the whole request tells what it is.
    """
    plan = app._registry.plan
    method = peer.method
    path = peer.path
    if (
        plan is None
        or not plan.opens_plainly
        or not peer.is_plain
        or not path.isascii()
        # PERF: what stands in the table of plain paths needs no closer look: 0.1 µs.
        or (path not in plan.static.get(method, ()) and not _is_usual(method, path))
    ):
        return None
    context = _new(ServerContext)
    context.app = app
    context.peer = peer
    context.method = method
    context.path = path
    context.host = peer.host
    if peer.cookies is not None:
        context.cookies = peer.cookies
    return context


def _is_usual(method: str, path: str) -> bool:
    """Say whether Werkzeug's request has nothing to correct in the first line of a request."""
    return method in _METHODS and path[:1] == "/" and path[1:2] != "/"


def build_environ(incoming: Incoming, body: Any = None) -> dict[str, Any]:
    """Return the WSGI environ of a request.

    Args:
        incoming: The request.
        body: The binary stream that has its body, or None.

    Raises:
        BadRequest: Two headers contradict each other.
    """
    path = read_path(incoming)
    prefix = incoming.prefix.rstrip("/").encode().decode("latin-1")
    server = incoming.server or ("localhost", None)
    port = server[1] if server[1] is not None else (443 if incoming.scheme == "https" else 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": incoming.method,
        "SCRIPT_NAME": prefix,
        "PATH_INFO": path[len(prefix) :] if path == prefix or path.startswith(f"{prefix}/") else path,
        "QUERY_STRING": incoming.query,
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": _VERSIONS.get(incoming.version, "HTTP/1.1"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": incoming.scheme,
        "wsgi.input": io.BytesIO() if body is None else body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileBody,
    }
    if incoming.client:
        environ["REMOTE_ADDR"] = incoming.client[0]
        if incoming.client[1] is not None:
            environ["REMOTE_PORT"] = str(incoming.client[1])
    _add_headers(environ, incoming.headers)
    return environ


def read_path(incoming: Incoming) -> str:
    """Return the path in the form of WSGI: its bytes as latin-1."""
    if incoming.path.isascii():
        return incoming.path
    if incoming.raw_path is not None:
        # Bytes that are no UTF-8 are lost in the text.
        return unquote_to_bytes(incoming.raw_path.partition(b"?")[0]).decode("latin-1")
    return incoming.path.encode().decode("latin-1")


def _add_headers(environ: dict[str, Any], headers: Iterable[tuple[str, str]]) -> None:
    repeated: dict[str, list[str]] = {}
    for name, value in headers:
        key = _keys.get(name) or _find_key(name)
        if key == _LEFT_OUT:
            continue
        if key not in environ:
            environ[key] = value
        elif key in repeated:
            repeated[key].append(value)
        else:
            repeated[key] = [environ[key], value]
    for key, values in repeated.items():
        if key in _SINGLE:
            if len(set(values)) > 1 or key == "HTTP_HOST":
                raise BadRequest(f"The request has more than one {_SINGLE[key]} header.")
            environ[key] = values[0]
        else:
            environ[key] = ("; " if key == "HTTP_COOKIE" else ",").join(values)


def _find_key(name: str) -> str:
    """Return the key of a header in an environ."""
    # SECURITY: `X_User` would otherwise be taken for the `X-User` of a trusted proxy.
    if "_" in name:
        key = _LEFT_OUT
    else:
        key = name.upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
    if len(_keys) < _MOST_KEYS and len(name) <= _LONGEST_KEPT:
        _keys[name] = key
    return key


_LEFT_OUT = "-"
_keys: dict[str, str] = {}
