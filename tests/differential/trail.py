"""One list of what happened, in order, while a request was answered.

The apps run one request at a time, so that one list serves all of them; hooks, signals, handlers and the
app's logger write to it, and the driver takes it after the response was closed.
"""

from __future__ import annotations

import logging

from werkzeug.exceptions import HTTPException

EVENTS: list[str] = []


def mark(event: str) -> None:
    """Write one event down."""
    EVENTS.append(event)


def drain() -> list[str]:
    """Take all events, leaving the list empty."""
    events = EVENTS[:]
    EVENTS.clear()
    return events


class TrailHandler(logging.Handler):
    """Write the level of every log record to the trail."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the level, not the text, which each package words for itself."""
        mark(f"log {record.levelname}")


def describe(error: BaseException) -> str:
    """Name an exception by its classes outside the two packages.

    The text counts only where it is not the package's own: for HTTP exceptions and for this app's.
    """
    classes = [c for c in type(error).__mro__ if c.__module__.partition(".")[0] not in {"flask", "demijohn"}]
    names = " < ".join(c.__name__ for c in classes if c not in {object, BaseException, Exception})
    if isinstance(error, HTTPException):
        return f"{names}: {error.code}"
    own = type(error).__module__.startswith("tests.") or isinstance(error, ArithmeticError)
    return f"{names}: {error}" if own else names
