"""Set up the application's logger where the user did not.

Here live the handler that writes to the server's error stream and the rule
for when it is needed.  What is logged, and when, is decided elsewhere.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from typing import TextIO, cast

from werkzeug.local import LocalProxy

from ._current import find_request_context
from .typing import AppLike

__all__ = ["create_logger", "default_handler", "has_level_handler", "wsgi_errors_stream"]


def _find_errors_stream() -> TextIO:
    """Return where the server of the current request wants errors."""
    request_context = find_request_context()
    if request_context is None:
        return sys.stderr
    stream: TextIO = request_context.request.environ.get("wsgi.errors", sys.stderr)
    return stream


#: The error stream of the request being handled, else `sys.stderr`.
wsgi_errors_stream = cast("TextIO", LocalProxy(_find_errors_stream))

#: Writes to `wsgi_errors_stream`: time, level, module and message.
default_handler = logging.StreamHandler(wsgi_errors_stream)
default_handler.setFormatter(logging.Formatter("[%(asctime)s] %(levelname)s in %(module)s: %(message)s"))


def has_level_handler(logger: logging.Logger) -> bool:
    """Say whether a message of the logger's own level would be handled.

    Args:
        logger: The logger; its handlers count and those that it passes
            messages on to.

    Returns:
        Whether one of these handlers takes the logger's effective level.
    """
    level = logger.getEffectiveLevel()
    return any(handler.level <= level for handler in _reached_handlers(logger))


def create_logger(app: AppLike) -> logging.Logger:
    """Return the application's logger, ready to be used.

    The level becomes DEBUG in debug mode when none was set, and
    `default_handler` is added when no handler takes the logger's level.

    Args:
        app: The application; the logger has its name.

    Returns:
        The logger named `app.name`.
    """
    logger = logging.getLogger(app.name)
    if app.debug and logger.level == logging.NOTSET:
        logger.setLevel(logging.DEBUG)
    if not has_level_handler(logger):
        logger.addHandler(default_handler)
    return logger


def _reached_handlers(logger: logging.Logger) -> Iterator[logging.Handler]:
    """Give the handlers that a message of the logger comes to."""
    link: logging.Logger | None = logger
    while link is not None:
        yield from link.handlers
        link = link.parent if link.propagate else None
