"""One list of what happened, in order, while a request was answered.

The apps run one request at a time, so that one list serves all of them; hooks, signals, handlers and the
app's logger write to it, and the driver takes it after the response was closed.
"""

from __future__ import annotations

import logging

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
