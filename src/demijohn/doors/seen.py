"""Let servers see that an application answers ASGI.

Servers that find out by themselves which protocol an application speaks
look whether `app.__call__` is a coroutine function (uvicorn, Hypercorn).
The method answers WSGI too, so it is none; what they see is this object.
"""

from __future__ import annotations

import weakref
from typing import Any


async def _answer() -> None:
    """Give `SeenCall` the code of a coroutine function."""


class SeenCall:
    """Look like a coroutine function and do what calling the application does.

    Args:
        app: The application; it is not kept alive.
    """

    __name__ = "__call__"
    __qualname__ = "Flask.__call__"
    __defaults__ = None
    __kwdefaults__ = None

    def __init__(self, app: Any) -> None:
        self._find_app = weakref.ref(app)
        # What `inspect.iscoroutinefunction` takes for a function has these.
        self.__code__ = _answer.__code__
        self.__annotations__: dict[str, Any] = {}

    def __call__(self, *args: Any) -> Any:
        """Call the application."""
        app: Any = self._find_app()
        return type(app).__call__(app, *args)
