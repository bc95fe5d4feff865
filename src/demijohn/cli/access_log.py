"""Write a line for each answered request, as text or as JSON.

A door calls `AccessLog.on_answer` when an answer is complete.  Lines go to
standard output, each by one write, so that the lines of several worker
processes never mix.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import select
import time
import typing as t

logger = logging.getLogger("demijohn.serve")

#: A request id that a client or proxy may choose.  SECURITY: nothing in it
#: can end a line, a quoted field, or be taken for another field.
VALID_ID = re.compile(r"[A-Za-z0-9._:/+=@~-]{1,128}")

#: Longer values are cut, so that a line fits into one write to a pipe (4096
#: bytes, POSIX's PIPE_BUF on Linux), which no other process writes into.
LONGEST_VALUE = 1000

FORMATS = ("off", "text", "json")

_NEEDS_ESCAPE = re.compile(r"[^\x20-\x7e]|[\"\\]")
#: What the longest escape of one character takes: two of JSON's.
_LONGEST_ESCAPE = 12
_STANDARD_OUTPUT = 1
#: How long a line waits for whoever reads the log.
_PATIENCE_SECONDS = 1.0


class Entry(t.NamedTuple):
    """Hold what one line tells, in the order in which it is told."""

    time: str
    request_id: str
    remote: str | None
    method: str
    path: str
    route: str | None
    status: int
    microseconds: int


class AccessLog:
    """Write the access log of one process.

    Args:
        kind: `text` or `json`.
        write: Takes each line; by default standard output does.

    Raises:
        ValueError: There is no such kind.
    """

    def __init__(self, kind: str, write: t.Callable[[bytes], object] | None = None) -> None:
        if kind not in _FORMATTERS:
            raise ValueError(f"An access log of kind {kind!r} is unknown. Choose one of {', '.join(_FORMATTERS)}.")
        self._format = _FORMATTERS[kind]
        self._write = StandardOutput() if write is None else write

    def on_answer(self, context: t.Any, status: int, started_ns: int) -> None:
        """Write the line of one request.

        A log that cannot be written does not cost the client its answer.

        Args:
            context: The request context, or the context of a socket.
            status: The status that was sent.
            started_ns: `time.perf_counter_ns()` when the request arrived.
        """
        line = self._format(make_entry(context.request, status, started_ns))
        # It fails when nobody reads standard output any more.
        with contextlib.suppress(OSError):
            self._write(line.encode("ascii") + b"\n")


class StandardOutput:
    """Write lines to a file that may be a pipe, and lose some if it is stuck.

    A write to a full pipe waits until somebody reads, which may be never: all
    threads would end up waiting, and no request would be answered.

    Args:
        number: The number of the open file.
        patience: Seconds that a line waits; where one waited in vain, those
            behind it do not, until somebody reads again.
    """

    def __init__(self, number: int = _STANDARD_OUTPUT, patience: float = _PATIENCE_SECONDS) -> None:
        self._number = number
        self._milliseconds = patience * 1000
        self._lost = 0

    def __call__(self, line: bytes) -> None:
        """Write a line, or count it as lost.

        Args:
            line: At most 4096 bytes.
        """
        if not self._is_writable():
            self._lost += 1
            return
        if self._lost:
            lost, self._lost = self._lost, 0
            logger.warning("%d lines of the access log are lost: nobody read them from standard output.", lost)
        os.write(self._number, line)

    def _is_writable(self) -> bool:
        if not hasattr(select, "poll"):
            return True
        # Linux says that a pipe is writable where PIPE_BUF bytes fit in.
        poll = select.poll()
        poll.register(self._number, select.POLLOUT)
        return bool(poll.poll(0 if self._lost else self._milliseconds))


def make_entry(request: t.Any, status: int, started_ns: int) -> Entry:
    """Return what the log tells about a request.

    The query is left out.  SECURITY: tokens and passwords travel in it.

    Args:
        request: The request.
        status: The status that was sent.
        started_ns: `time.perf_counter_ns()` when the request arrived.
    """
    elapsed = (time.perf_counter_ns() - started_ns) // 1000
    now = time.time()
    rule = request.url_rule
    return Entry(
        f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now % 1 * 1000):03d}Z",
        find_request_id(request.headers.get("X-Request-ID")),
        request.remote_addr,
        request.method,
        request.path,
        None if rule is None else rule.rule,
        status,
        elapsed,
    )


def find_request_id(given: str | None) -> str:
    """Return the id that came with a request, or a new one.

    Args:
        given: The value of `X-Request-ID`; one that is not plain is not
            used.
    """
    if given is not None and VALID_ID.fullmatch(given):
        return given
    return os.urandom(16).hex()


def format_text(entry: Entry) -> str:
    """Return an entry as a line for people, without its end.

    Args:
        entry: What to tell.
    """
    route = "-" if entry.route is None else f'"{escape(entry.route)}"'
    return (
        f'{entry.time} {escape(entry.remote or "-")} "{escape(entry.method)} {escape(entry.path)}" {entry.status}'
        f" {entry.microseconds}us route={route} id={entry.request_id}"
    )


def format_json(entry: Entry) -> str:
    """Return an entry as a JSON object on one line, without its end.

    Args:
        entry: What to tell.
    """
    values = {name: cut(value) if isinstance(value, str) else value for name, value in entry._asdict().items()}
    # ASCII alone leaves one control character that JSON does not escape.
    return json.dumps(values, separators=(",", ":")).replace("\x7f", "\\u007f")


def escape(value: str) -> str:
    r"""Return a value as printable ASCII without quotes and backslashes.

    SECURITY: a path with line ends or terminal codes in it could forge log
    lines or take over the terminal that shows them.

    >>> print(escape('/a\nb "c"'))
    /a\x0ab \x22c\x22

    Args:
        value: Any text; a long one is cut.
    """
    return _NEEDS_ESCAPE.sub(_escape_character, cut(value))


def cut(value: str) -> str:
    """Return the beginning of a value that is too long once it is escaped.

    Args:
        value: Any text.
    """
    if len(value) * _LONGEST_ESCAPE <= LONGEST_VALUE or not _NEEDS_ESCAPE.search(value, 0, LONGEST_VALUE):
        return value[:LONGEST_VALUE]
    return value[: LONGEST_VALUE // _LONGEST_ESCAPE]


def _escape_character(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_FORMATTERS: dict[str, t.Callable[[Entry], str]] = {"text": format_text, "json": format_json}
