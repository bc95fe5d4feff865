"""Run lines of Python in the frame of an exception.

Here lives what a command does and says.  Who may send one is the business of
`debugger`.
"""

from __future__ import annotations

import ast
import asyncio
import contextvars
import inspect
import io
import sys
import threading
import traceback
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

LONGEST_OUTPUT = 100_000
"""Characters of one answer."""

SECONDS_TO_AWAIT = 30.0
"""How long a command with `await` may take."""

_FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_output: contextvars.ContextVar[TextIO] = contextvars.ContextVar("demijohn.console.output")


class FrameConsole:
    """Run commands with a frame's names, which stay from one to the next.

    The names are copies: to bind one anew changes neither the frame nor its
    module, while what a name stands for is the very object.

    Args:
        frame: The frame.
        context: The context variables to run with; by default the caller's.
        loop: The loop that `await` runs on; without it there is none.
    """

    def __init__(
        self,
        frame: types.FrameType,
        context: contextvars.Context | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        # One dictionary for both, so that functions and comprehensions of a command see the locals.
        self._names: dict[str, Any] = {**frame.f_globals, **frame.f_locals}
        self._context = context
        self._loop = loop

    def run(self, command: str) -> str:
        """Return what a command prints, its value, or its traceback.

        Args:
            command: Statements; the value of a last expression is shown, and
                is `_` afterwards.
        """
        context = (self._context or contextvars.copy_context()).copy()
        output = io.StringIO()

        def work() -> None:
            _output.set(output)
            with _route_output():
                try:
                    self._run_statements(command)
                except BaseException as error:
                    # SystemExit too: a command ends itself, not the server.
                    output.write(_format(error))

        context.run(work)
        text = output.getvalue()
        return text if len(text) <= LONGEST_OUTPUT else f"{text[:LONGEST_OUTPUT]}… ({len(text)} characters in all)"

    def _run_statements(self, command: str) -> None:
        """Run all statements, and show the value of a last expression."""
        tree = cast("ast.Module", compile(command, "<console>", "exec", _FLAGS | ast.PyCF_ONLY_AST, dont_inherit=True))
        last = tree.body[-1] if tree.body else None
        if not isinstance(last, ast.Expr):
            self._run_code(tree, "exec")
            return
        del tree.body[-1]
        self._run_code(tree, "exec")
        value = self._run_code(ast.Expression(last.value), "eval")
        if value is not None:
            self._names["_"] = value
            _output.get().write(f"{value!r}\n")

    def _run_code(self, tree: ast.Module | ast.Expression, mode: str) -> Any:
        """Run code, on the loop if it awaits something.

        Raises:
            RuntimeError: It awaits something, and no loop is there for it.
        """
        code: types.CodeType = compile(tree, "<console>", mode, _FLAGS, dont_inherit=True)
        value = eval(code, self._names)  # noqa: S307 - to run what is typed is what a console is for
        if not code.co_flags & inspect.CO_COROUTINE:
            return value
        if self._loop is None or not self._loop.is_running() or _is_on(self._loop):
            value.close()
            raise RuntimeError("This console cannot await: it has no running event loop beside its thread.")
        return asyncio.run_coroutine_threadsafe(value, self._loop).result(SECONDS_TO_AWAIT)


def _is_on(loop: asyncio.AbstractEventLoop) -> bool:
    """Say whether this thread runs a loop, and so must not wait for it."""
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


class _Router:
    """Write to the console of the current context, or else as before."""

    lock = threading.Lock()
    users = 0

    def __init__(self, original: TextIO) -> None:
        self._original = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)

    def write(self, text: str) -> int:
        """Write a text, and return its length."""
        return _output.get(self._original).write(text)

    def isatty(self) -> bool:
        """Return False, so that `help` does not wait for keys of a terminal."""
        return False


@contextmanager
def _route_output() -> Iterator[None]:
    """Send what the own context prints to its console, and the rest on."""
    with _Router.lock:
        if not _Router.users:
            sys.stdout = cast("TextIO", _Router(sys.stdout))
        _Router.users += 1
    try:
        yield
    finally:
        with _Router.lock:
            _Router.users -= 1
            if not _Router.users and isinstance(sys.stdout, _Router):
                sys.stdout = sys.stdout._original


def _format(error: BaseException) -> str:
    """Return a traceback without the frames of this file."""
    entry = error.__traceback__
    while entry is not None and entry.tb_frame.f_code.co_filename == __file__:
        entry = entry.tb_next
    return "".join(traceback.format_exception(type(error), error, entry))
