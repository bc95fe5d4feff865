"""Carriers that are asked for a price; real ones would be asked over the network."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from orders.models import Quote

Ask = Callable[[int, str], Awaitable[Quote]]


async def ask_snail(total: int, country: str) -> Quote:
    await asyncio.sleep(0)
    return {"carrier": "Snail", "price": 390, "days": 4 if country == "SE" else 12}


async def ask_stork(total: int, country: str) -> Quote:
    await asyncio.sleep(0)
    return {"carrier": "Stork", "price": min(990 + total // 100, 10_000_000), "days": 2}


ALL: tuple[Ask, ...] = (ask_snail, ask_stork)
