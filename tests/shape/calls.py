"""What a request costs in calls: frames of the package alone, counted and therefore the same on every machine."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any


def count_calls(
    app: Callable[..., Iterable[bytes]], environ: dict[str, Any], view: Callable[..., Any], folder: str
) -> dict[str, int]:
    """Send one request and count the package's calls before and after the view.

    Args:
        app: The WSGI application.
        environ: The request.
        view: The function whose call parts the way in from the way out.
        folder: Only frames of files below this folder count.

    Returns:
        Frames on the stack when the view starts, calls before it, calls after it, and files that took part.
    """
    counts = {"depth at the view": 0, "calls in": 0, "calls out": 0, "files": 0}
    files: set[str] = set()
    way = "calls in"

    def watch(frame: FrameType, event: str, _: object) -> None:
        nonlocal way
        if event != "call":
            return
        if frame.f_code is view.__code__:
            counts["depth at the view"] = _count_frames(frame, folder)
            way = "calls out"
        elif frame.f_code.co_filename.startswith(folder):
            counts[way] += 1
            files.add(frame.f_code.co_filename)

    # What other tests left behind may run code of the package when it is collected.
    gc.collect()
    gc.disable()
    sys.setprofile(watch)
    try:
        body = app(environ, lambda status, headers, exc_info=None: None)
        b"".join(body)
        close = getattr(body, "close", None)
        if close is not None:
            close()
    finally:
        sys.setprofile(None)
        gc.enable()
    counts["files"] = len(files)
    return counts


def find_over_budget(counts: dict[str, int], budget: dict[str, int]) -> list[str]:
    """Find the counts that are above their budget, and a view that was never called."""
    over = [f"{name}: {counts[name]}, the budget is {limit}" for name, limit in budget.items() if counts[name] > limit]
    return over if counts["depth at the view"] else [*over, "the view was never called"]


def _count_frames(frame: FrameType | None, folder: str) -> int:
    count = 0
    while frame is not None:
        count += frame.f_code.co_filename.startswith(folder)
        frame = frame.f_back
    return count
