"""What the shop tells others; the document describes it, sending is left out here."""

from __future__ import annotations

from orders.models import StatusEvent


def announce_status(event: StatusEvent) -> None:
    """Tell a partner that an order went on; any 2xx says that it was understood."""


WEBHOOKS = {"order-status": announce_status}
