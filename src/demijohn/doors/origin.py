"""Tell pages that may open a WebSocket from those that may not.

Browsers say in the header `Origin` which page opens one (RFC 6455, section
10.2; RFC 6454, section 7).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def is_allowed_origin(request: Any, allowed: Iterable[str] | str | None) -> bool:
    """Say whether a page of the handshake's origin may talk to this server.

    SECURITY: a browser lets any page open a WebSocket to any server, and
    sends the user's cookies along (cross-site WebSocket hijacking).

    Args:
        request: The handshake.  Without a header `Origin` it comes from no
            browser, and is let in.
        allowed: The origins whose pages may; None for the server's own, and
            "*" for all.
    """
    origin = request.headers.get("Origin")
    if origin is None or allowed == "*":
        return True
    found = _parse_origin(origin)
    if allowed is None:
        return found is not None and _is_own(found, request)
    names = [allowed] if isinstance(allowed, str) else list(allowed)
    return origin in names or (found is not None and found in map(_parse_origin, names))


def _parse_origin(text: str) -> tuple[str, str | None, int | None] | None:
    """Return scheme, host and port, or None for what names no origin."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        return None
    if not parts.netloc or "@" in parts.netloc or parts.path not in {"", "/"} or parts.query or parts.fragment:
        return None
    return parts.scheme, parts.hostname, _PORTS.get(parts.scheme) if port is None else port


def _is_own(origin: tuple[str, str | None, int | None], request: Any) -> bool:
    """Say whether an origin is the server's own.

    A proxy that ends TLS may not tell of it: a page of https then talks to
    what looks like http here.  The other way round, the page came in clear
    text, and whoever changed it on its way must not reach a socket.
    """
    scheme = origin[0]
    if scheme not in _PORTS or (scheme == "http" and request.is_secure):
        return False
    return _parse_origin(f"{scheme}://{request.host}") == origin
