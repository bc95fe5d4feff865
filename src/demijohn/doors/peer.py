"""Name what the doors have to do with a server, whatever its protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable


class Incoming(NamedTuple):
    """Hold what a server says of a request, whatever its protocol."""

    method: str
    #: The path, its escapes resolved.
    path: str
    #: The path as it came, or None where the server does not tell.
    raw_path: bytes | None
    #: The part of the path that belongs to the application's place.
    prefix: str
    query: str
    scheme: str
    version: str
    #: Pairs of text; names in lower case.
    headers: list[tuple[str, str]]
    server: tuple[str, int | str | None] | None
    client: tuple[str, int | None] | None


class Peer(Protocol):
    """Hold one request, and send its answer."""

    method: str
    #: The path, its escapes resolved.
    path: str
    #: The header `Host`, or the server's own name.
    host: str | None
    #: The header `Cookie`, or None.
    cookies: str | None
    #: The header `Content-Length`, or None.
    announced: str | None
    expects_body: bool
    #: The body where `read_at_once` read it, until somebody takes it.
    body: bytes
    #: Whether the body ended too early.
    was_cut: bool
    #: Whether no header is repeated, and nothing else needs a closer look.
    is_plain: bool

    def read_incoming(self) -> Incoming:
        """Return all that the server says of the request."""
        ...

    def read_query(self) -> str:
        """Return the query, its bytes as latin-1."""
        ...

    def read_content_type(self) -> str | None:
        """Return the header `Content-Type`; None where there is not just one."""
        ...

    def build_environ(self) -> dict[str, Any]:
        """Return the WSGI environ of the request, with `body` in it."""
        ...

    async def read_at_once(self, most: int) -> bool:
        """Read the body into `body` where it comes whole and is not too long.

        Args:
            most: The most bytes that it may have.

        Returns:
            Whether it did; what was read is the begin of `read_chunks` if not.
        """
        ...

    def read_chunks(self) -> AsyncIterator[bytes]:
        """Return the pieces of the body; raises EOFError if it was cut."""
        ...

    async def wait_until_gone(self) -> None:
        """Return when the client went away."""

    def send_whole(self, status: str, headers: list[tuple[str, str]], body: bytes) -> Awaitable[None] | None:
        """Send a whole answer; return what is to be awaited, if anything."""
        ...

    async def start(self, status: str, headers: list[tuple[str, str]]) -> None:
        """Send the head of an answer that comes in pieces."""

    def send_piece(self, piece: bytes) -> Awaitable[None]:
        """Send a piece of the body; the wait ends when the next may come."""
        ...

    async def finish(self) -> None:
        """Say that the body is complete."""

    async def abort(self) -> None:
        """Keep an answer that failed half-way from looking complete."""

    async def send_file(self, status: str, headers: list[tuple[str, str]], path: str) -> bool:
        """Have the server send a whole file; False where it cannot."""
        ...


class NotingPeer:
    """Be another peer, and know whether an answer has begun."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        #: Whether an answer has begun.
        self.has_started = False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("s"):  # what begins an answer sends or starts it
            self.has_started = True
        return getattr(self._peer, name)
