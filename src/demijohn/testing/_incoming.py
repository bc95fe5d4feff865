"""Tell what a client sends the way that ASGI and RSGI servers tell it.

Here a WSGI environ, which `EnvironBuilder` makes, becomes the parts of an
ASGI or RSGI scope, and its input becomes pieces of a body.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PIECE = 65_536
"""The most bytes of a body that are handed over at once."""

#: What may stand in a path beside letters and digits; percent signs were put there by the client.
_PATH_CHARACTERS = "/%:@!$&'()*+,;=-._~"


class BodyCutError(Exception):
    """Say that a body ended before its announced length."""


class Body:
    """Read a request's body in pieces, when they are asked for.

    A body whose input ends before its `CONTENT_LENGTH`, or whose input raises
    `OSError`, is one whose client went away in the middle.

    Args:
        environ: The request.
    """

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._input: IO[bytes] = environ["wsgi.input"]
        length = environ.get("CONTENT_LENGTH")
        if is_chunked(environ):
            self._left = None
        else:
            self._left = int(length) if length else 0
        #: Whether everything was read.
        self.is_read = False

    def read(self) -> bytes:
        """Return the next piece; then `is_read` says whether it was the last.

        Raises:
            BodyCutError: The client went away.
        """
        if self._left == 0:
            self.is_read = True
            return b""
        try:
            piece = self._input.read(PIECE if self._left is None else min(PIECE, self._left))
        except OSError as error:
            raise BodyCutError from error
        if self._left is None:
            self.is_read = not piece
        elif piece:
            self._left -= len(piece)
            self.is_read = self._left == 0
        else:
            raise BodyCutError
        return piece


def is_chunked(environ: WSGIEnvironment) -> bool:
    """Say whether a request's body is sent without its length.

    Args:
        environ: The request.
    """
    return not environ.get("CONTENT_LENGTH") and (
        "HTTP_TRANSFER_ENCODING" in environ or bool(environ.get("wsgi.input_terminated"))
    )


def list_headers(environ: WSGIEnvironment) -> list[tuple[str, str]]:
    """Return the headers with names in lower case and latin-1 values.

    Args:
        environ: The request.
    """
    headers = [
        (key[5:].replace("_", "-").lower(), str(value)) for key, value in environ.items() if key.startswith("HTTP_")
    ]
    entity = (("content-type", "CONTENT_TYPE"), ("content-length", "CONTENT_LENGTH"))
    headers.extend((name, str(environ[key])) for name, key in entity if environ.get(key))
    if is_chunked(environ) and "HTTP_TRANSFER_ENCODING" not in environ:
        headers.append(("transfer-encoding", "chunked"))
    return headers


def get_path(environ: WSGIEnvironment) -> str:
    """Return the whole path, decoded, as servers tell it.

    Args:
        environ: The request.
    """
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return path.encode("latin-1").decode(errors="replace") or "/"


def get_raw_path(environ: WSGIEnvironment) -> bytes:
    """Return the whole path as it stands in the request line.

    Args:
        environ: The request.
    """
    uri = environ.get("RAW_URI")
    path = quote(environ.get("PATH_INFO", "").encode("latin-1")) if uri is None else uri.partition("?")[0]
    root = quote(environ.get("SCRIPT_NAME", "").encode("latin-1"))
    return (root + quote(path.encode("latin-1"), safe=_PATH_CHARACTERS)).encode() or b"/"


def get_http_version(environ: WSGIEnvironment) -> str:
    """Return the version as in "1.1".

    Args:
        environ: The request.
    """
    protocol: str = environ.get("SERVER_PROTOCOL", "HTTP/1.1")
    return protocol.removeprefix("HTTP/")


def build_asgi_scope(environ: WSGIEnvironment, extensions: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
    """Return the ASGI scope of an HTTP request.

    Args:
        environ: The request.
        extensions: What the server offers.
        state: What the application put there at start-up.
    """
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": get_http_version(environ),
        "method": environ["REQUEST_METHOD"],
        "scheme": environ["wsgi.url_scheme"],
        "path": get_path(environ),
        "raw_path": get_raw_path(environ),
        "query_string": environ.get("QUERY_STRING", "").encode("latin-1"),
        "root_path": environ.get("SCRIPT_NAME", "").encode("latin-1").decode(errors="replace"),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in list_headers(environ)],
        "client": get_client(environ),
        "server": (environ["SERVER_NAME"], int(environ["SERVER_PORT"])),
        "extensions": extensions,
        "state": state.copy(),
    }


def build_socket_scope(
    environ: WSGIEnvironment, subprotocols: list[str], extensions: dict[str, Any], state: dict[str, Any]
) -> dict[str, Any]:
    """Return the ASGI scope of a WebSocket's handshake.

    Args:
        environ: The handshake.
        subprotocols: What the client asks for.
        extensions: What the server offers.
        state: What the application put there at start-up.
    """
    scope = build_asgi_scope(environ, extensions, state)
    del scope["method"]
    schemes = {"http": "ws", "https": "wss"}
    scheme = schemes.get(scope["scheme"], scope["scheme"])
    return scope | {"type": "websocket", "scheme": scheme, "subprotocols": subprotocols}


def get_client(environ: WSGIEnvironment) -> tuple[str, int] | None:
    """Return the client's address and port.

    Args:
        environ: The request.
    """
    address = environ.get("REMOTE_ADDR")
    return None if address is None else (address, int(environ.get("REMOTE_PORT", 50_000)))


def add_handshake(environ: WSGIEnvironment, subprotocols: list[str]) -> None:
    """Add the headers by which a client asks for a WebSocket.

    RFC 6455, section 4.1.

    Args:
        environ: The request, which is changed.
        subprotocols: What the client asks for.
    """
    environ["HTTP_UPGRADE"] = "websocket"
    environ["HTTP_CONNECTION"] = "Upgrade"
    environ["HTTP_SEC_WEBSOCKET_VERSION"] = "13"
    environ["HTTP_SEC_WEBSOCKET_KEY"] = "dGhlIHNhbXBsZSBub25jZQ=="
    if subprotocols:
        environ["HTTP_SEC_WEBSOCKET_PROTOCOL"] = ", ".join(subprotocols)
