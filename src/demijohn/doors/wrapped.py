"""Find what an application's doors are wrapped in.

Middleware around one door does nothing for what comes through another.
"""

from __future__ import annotations

from typing import Any

#: Interface -> the attribute that middleware wraps, in order of preference:
#: under the first two a slow client never holds the thread of a view, and
#: only by the first a server can say that an answer failed half-way.
DOORS = {"asgi": "asgi_app", "rsgi": "rsgi_app", "wsgi": "wsgi_app"}


def find_wrapper(app: Any, interface: str) -> str | None:
    """Return the name of what wraps a door of an application, or None.

    Args:
        app: The application.
        interface: One of `DOORS`.
    """
    attribute = DOORS[interface]
    if attribute in app.__dict__:
        return _name(app.__dict__[attribute])
    owner = next((kind for kind in type(app).__mro__ if attribute in vars(kind)), None)
    if owner is None or owner.__module__ == "demijohn.app":
        return None
    return _name(vars(owner)[attribute])


def warn_of_wrapper(app: Any, interface: str) -> None:
    """Log that middleware is passed by, once for an application.

    Args:
        app: The application.
        interface: The one of `DOORS` that a server calls.
    """
    if app._knows_interface:
        return
    app._knows_interface = True
    wrapper = find_wrapper(app, "wsgi")
    if wrapper is None or find_wrapper(app, interface) is not None:
        return
    app.logger.warning(
        "No request passes through %r, which wraps 'app.wsgi_app': the server calls the application by %s. Wrap"
        " 'app.%s' as well, or serve it by WSGI.",
        wrapper,
        interface.upper(),
        DOORS[interface],
    )


def _name(wrapper: Any) -> str:
    """Return the name by which a user knows a wrapper."""
    owner = getattr(wrapper, "__self__", None)
    function_name = getattr(wrapper, "__qualname__", None)
    if function_name is not None and (owner is None or isinstance(owner, type)):
        return str(function_name)
    kind = type(wrapper if owner is None else owner).__qualname__
    return kind if owner is None else f"{kind}.{wrapper.__name__}"
