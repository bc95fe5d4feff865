"""Run one call of an application beside the client that made it.

Here lives what the ASGI and the RSGI server of the test clients have in
common: the task in which the application runs, the pipe that holds one
piece of the body at a time, and how both sides come to an end.

    AssertionError
        ProtocolViolation       the application broke its server's protocol
    ConnectionError
        ClientGoneError         what a server raises when nobody is there any more
        UnansweredError         a cut request that the application did not answer
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, NoReturn


class ProtocolViolation(AssertionError):  # noqa: N818 - the word says more than "error"
    """Say where the application broke its server's protocol."""


class ClientGoneError(ConnectionError):
    """Tell the application that its client is gone."""


class UnansweredError(ConnectionError):
    """Tell the client that a request which it cut off was not answered."""


class Exchange:
    """Run an application and hold what it answers until the client takes it.

    Args:
        grace: How many seconds the application has to return, once its
            answer is complete or its client is gone.
    """

    #: What the application gets when it sends to a client that is gone.
    gone_error: type[Exception] = ClientGoneError
    #: What is wrong when the application returns without having answered.
    unfinished = "The application returned before its answer was complete."

    def __init__(self, grace: float) -> None:
        #: Whether the client has gone away.
        self.is_gone = False
        #: Whether the request's body was cut off.
        self.is_cut = False
        #: Whether the answer is complete.
        self.is_complete = False
        self._grace = grace
        self._piece: Any = None
        self._violation: ProtocolViolation | None = None
        self._task: asyncio.Task[Any] | None = None
        self._news = asyncio.Event()

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Begin to run the application.

        Args:
            coroutine: Its call.
        """
        self._task = asyncio.create_task(coroutine)
        self._task.add_done_callback(lambda _: self._news.set())

    @property
    def has_ended(self) -> bool:
        """Whether the application has returned, raised or broken its protocol."""
        return self._violation is not None or self._task is None or self._task.done()

    def tell(self) -> None:
        """Wake whoever waits."""
        self._news.set()

    async def until(self, is_so: Callable[[], Any]) -> None:
        """Wait until something is so.

        Args:
            is_so: Is asked again whenever something has changed.
        """
        while not is_so():
            self._news.clear()
            await self._news.wait()

    def violate(self, message: str) -> NoReturn:
        """Refuse what the application does.

        Args:
            message: What is wrong, and what it should do.

        Raises:
            ProtocolViolation: Always; the client gets it too, in case that
                the application swallows it.
        """
        self._violation = self._violation or ProtocolViolation(message)
        self.tell()
        raise self._violation

    async def put(self, piece: Any) -> None:
        """Hand a piece to the client, once it took the one before.

        Args:
            piece: What to hand over.

        Raises:
            Exception: The client has gone away; it is a `gone_error`.
        """
        await self.until(lambda: self._piece is None or self.is_gone)
        self.check_client()
        self._piece = piece
        self.tell()

    def check_client(self) -> None:
        """Make sure that there is someone to send to.

        Raises:
            Exception: The client has gone away; it is a `gone_error`.
        """
        if self.is_gone:
            raise self.gone_error("The client has gone away, nothing can be sent to it any more.")

    async def take(self) -> Any:
        """Return the next piece, or None at the end.

        Raises:
            BaseException: Whatever the application raises.
        """
        await self.until(lambda: self._piece is not None or self.is_complete or self.has_ended)
        piece, self._piece = self._piece, None
        self.tell()
        if piece is None:
            await self.finish()
        return piece

    async def finish(self) -> None:
        """Wait until the application has returned.

        Raises:
            ProtocolViolation: The application broke its protocol.
            UnansweredError: The request was cut off, and nobody answered it.
            BaseException: Whatever else the application raises, unless it is
                about the client that has gone.
        """
        task = self._task
        if task is None:
            return
        done, _ = await asyncio.wait({task}, timeout=self._grace)
        if not done:
            reason = "its client was gone" if self.is_gone else "its answer was complete"
            await self.abort()
            self.violate(f"The application did not return within {self._grace} s after {reason}.")
        self._task = None
        error = None if task.cancelled() else task.exception()
        if self._violation is not None:
            raise self._violation
        if self.is_gone and (error is None or isinstance(error, self.gone_error)):
            return
        if error is not None:
            raise error
        if task.cancelled():
            self.violate("The application was cancelled, though its client is there.")
        if not self.is_complete:
            if self.is_cut:
                raise UnansweredError("The request was cut off, and the application did not answer it.")
            self.violate(self.unfinished)

    async def leave(self) -> None:
        """Go away as a client, and wait until the application has seen it.

        Raises:
            BaseException: Whatever the application raises, unless it is
                about the client that has gone.
        """
        self.is_gone = self.is_gone or not self.is_complete
        self._piece = None
        self.tell()
        await self.finish()

    async def abort(self) -> None:
        """Cancel the application, whatever it does, and wait for its end."""
        task, self._task = self._task, None
        self.is_gone = True
        self.tell()
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task
