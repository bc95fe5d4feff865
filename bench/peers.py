"""The peers: which frameworks are measured, and how each is called."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass


@dataclass(frozen=True)
class Peer:
    """One row of the tables.

    `interface` is how it is called: wsgi, asgi, or `function` for a part of
    a framework that is measured alone.  `package` is the distribution whose
    version is told, `module` what a user imports.
    """

    name: str
    label: str
    interface: str
    module: str
    package: str
    apps: str
    in_quick: bool = False
    is_compiled: bool = False


PEERS = {
    peer.name: peer
    for peer in (
        Peer("demijohn", "Demijohn", "wsgi", "demijohn", "demijohn", "flask_like", in_quick=True),
        Peer("flask", "Flask", "wsgi", "flask", "flask", "flask_like", in_quick=True),
        Peer("falcon", "Falcon", "wsgi", "falcon", "falcon", "falcon_wsgi", in_quick=True, is_compiled=True),
        Peer("bottle", "Bottle", "wsgi", "bottle", "bottle", "bottle_app"),
        Peer("django", "Django", "wsgi", "django", "django", "django_app"),
        Peer("wsgi", "bare WSGI function", "wsgi", "", "", "bare_wsgi", in_quick=True),
        Peer("demijohn_asgi", "Demijohn (ASGI)", "asgi", "demijohn", "demijohn", "demijohn_async", in_quick=True),
        Peer("quart", "Quart", "asgi", "quart", "quart", "quart_app"),
        Peer("starlette", "Starlette", "asgi", "starlette", "starlette", "starlette_app"),
        Peer("fastapi", "FastAPI", "asgi", "fastapi", "fastapi", "fastapi_app"),
        Peer("litestar", "Litestar", "asgi", "litestar", "litestar", "litestar_app"),
        Peer(
            "blacksheep",
            "BlackSheep",
            "asgi",
            "blacksheep",
            "blacksheep",
            "blacksheep_app",
            in_quick=True,
            is_compiled=True,
        ),
        Peer(
            "falcon_asgi", "Falcon (ASGI)", "asgi", "falcon", "falcon", "falcon_asgi", in_quick=True, is_compiled=True
        ),
        Peer("emmett", "Emmett", "asgi", "emmett", "emmett", "emmett_app"),
        Peer("asgi", "bare ASGI function", "asgi", "", "", "bare_asgi", in_quick=True),
        Peer("jinja2", "Jinja2 alone", "function", "jinja2", "jinja2", "parts", in_quick=True),
        Peer("werkzeug", "Werkzeug's parser alone", "function", "werkzeug", "werkzeug", "parts", in_quick=True),
        Peer("itsdangerous", "ItsDangerous alone", "function", "itsdangerous", "itsdangerous", "parts", in_quick=True),
        Peer("file", "open and read the file", "function", "", "", "parts", in_quick=True),
    )
}


def is_installed(peer: Peer) -> bool:
    """Say whether this interpreter can import what a peer needs."""
    return not peer.module or importlib.util.find_spec(peer.module) is not None
