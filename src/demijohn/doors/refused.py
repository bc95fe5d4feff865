"""Tell the access log of a request that no context could be made of."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ..pipeline.workers import find_workers
from ..request import Request
from .background import find_limit
from .environ import build_environ
from .peer import Incoming

_REQUEST_ID = "x-request-id"


async def tell_refused(app: Any, incoming: Incoming, status: int, started_ns: int) -> None:
    """Give the access log of an application what it can be told.

    Args:
        app: The application.
        incoming: The request, whose headers contradict each other.
        status: The status that was sent.
        started_ns: `time.perf_counter_ns()` when the request arrived.
    """
    if app._on_answer is None:
        return
    named = [pair for pair in incoming.headers if pair[0] == _REQUEST_ID]
    request = Request(build_environ(incoming._replace(headers=named)))
    context = SimpleNamespace(request=request)
    await find_workers(find_limit(app)).call(None, app._on_answer, context, status, started_ns)
