"""Choose the interface by which a server calls an application.

An application has up to three doors: RSGI, ASGI and WSGI.  The choice goes
by what the application offers and by which doors were wrapped in
middleware.  What a door does with a request is not decided here.
"""

from __future__ import annotations

import typing as t

from demijohn.app import Flask
from demijohn.doors.wrapped import DOORS, find_wrapper

AUTO = "auto"


class Choice(t.NamedTuple):
    """Name the interface that was chosen, and what the user should know."""

    interface: str
    note: str | None = None


def choose_interface(app: Flask, wanted: str = AUTO) -> Choice:
    """Return the interface for an application.

    By itself that is ASGI; but a door that was wrapped is preferred to one
    that was not, because what the wrapper does may be what keeps the
    application safe.

    Args:
        app: The application.
        wanted: One of `DOORS`, or `auto`.

    Raises:
        ValueError: The interface is none that the application offers.
    """
    offered = [interface for interface in DOORS if has_door(app, interface)]
    wrappers = {interface: find_wrapper(app, interface) for interface in offered}
    if wanted != AUTO and wanted not in offered:
        raise ValueError(
            f"The application {app.import_name!r} cannot be called by {wanted.upper()}: it offers"
            f" {', '.join(offered).upper()}. Choose one of these with '--interface'."
        )
    wrapped = {interface: wrapper for interface, wrapper in wrappers.items() if wrapper}
    chosen = next(iter(wrapped), offered[0]) if wanted == AUTO else wanted
    is_expected = chosen in wrapped and (wanted != AUTO or chosen == offered[0])
    if not wrapped or is_expected:
        return Choice(chosen)
    return Choice(chosen, _explain(chosen, wrapped, offered[0]))


def has_door(app: Flask, interface: str) -> bool:
    """Tell whether an application can be called by an interface.

    Args:
        app: The application.
        interface: One of `DOORS`.
    """
    return hasattr(app, DOORS[interface]) and (interface != "rsgi" or hasattr(app, "__rsgi__"))


def _explain(chosen: str, wrapped: dict[str, str], best: str) -> str:
    if chosen in wrapped:
        return (
            f"'app.{DOORS[chosen]}' is wrapped by {wrapped[chosen]!r}, so the application is served by"
            f" {chosen.upper()}. For {best.upper()}, wrap 'app.{DOORS[best]}' as well, or choose '--interface {best}'"
            " to go without the wrapper."
        )
    missed = ", ".join(f"{wrapper!r} (around 'app.{DOORS[interface]}')" for interface, wrapper in wrapped.items())
    other = next(iter(wrapped))
    return (
        f"No request will pass through {missed}, because the application is served by {chosen.upper()}. Wrap"
        f" 'app.{DOORS[chosen]}' as well, or choose '--interface {other}'."
    )
