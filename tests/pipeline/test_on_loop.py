"""The way beside a loop is that of the thread with `await`, but for a table of differences with their reasons."""

from __future__ import annotations

import ast
import asyncio
import inspect
from typing import Any, NamedTuple

import pytest

from demijohn import Flask
from demijohn.pipeline.dispatch import answer
from demijohn.pipeline.drive import drive
from demijohn.pipeline.on_loop import answer_on_loop, drive_on_loop


class Difference(NamedTuple):
    """One place where the two are not the same.

    Attributes:
        reason: Why.
        in_thread: What stands in the sync function.
        on_loop: What stands in the other one, `await` taken out.
    """

    reason: str
    in_thread: str
    on_loop: str


ANSWER = (
    Difference(
        "A session interface and receivers of a signal are sync code of the user's, which may not hold up the loop.",
        "try: context.push() try:",
        "try: if context.plan.opens_session or _APP_PUSHED: find_threads(context).call(context, context.push)"
        " else: context.push() try:",
    ),
    Difference(
        "Functions before the view are called at once in a thread; on the loop they are driven, since each is a hop.",
        "if context.is_direct and (not _STARTED): if context.steps.before: result = call_before(context)"
        " if result is None: made = context.made_request"
        " values = context.view_args if made is None else made.view_args"
        " result = context.steps.view(**values) if values else context.steps.view() else:",
        "if context.is_direct and (not context.steps.before) and (not _STARTED): made = context.made_request"
        " values = context.view_args if made is None else made.view_args"
        " view = context.steps.coroutine result = view(**values) if values else view() else:",
    ),
    Difference(
        "What is driven on the loop needs the request, whose thread calls sync functions.",
        "drive(take_steps(context))",
        "drive_on_loop(take_steps(context), context)",
    ),
    Difference(
        "Likewise.", "drive(last_resort(context, error))", "drive_on_loop(last_resort(context, error), context)"
    ),
    Difference("Likewise.", "drive(context.leave_request())", "drive_on_loop(context.leave_request(), context)"),
    Difference("A handler is sync or async.", "handler(error)", "_call(context, handler, error)"),
    Difference(
        "Functions after the view are called at once in a thread only.",
        "call_after(context, result)",
        "drive_on_loop(finish(context, result), context)",
    ),
    Difference(
        "A cancellation may come before the context is entered, and may not take a teardown function away. These are"
        " sync or async, so that leaving does not call them itself.",
        "result = None if not context.leave_quietly(teardown_here=True):",
        "result = None context.is_leaving = True if context._entries and (not context.leave_quietly()):",
    ),
)

DRIVE = (
    Difference("A function is called in the thread of the request, or awaited.", "function(*args)",
               "_call(context, function, *args)"),
)  # fmt: skip


class WithoutAwait(ast.NodeTransformer):
    """Take the asynchrony out of a tree."""

    def visit_Await(self, node: ast.Await) -> Any:
        return self.visit(node.value)


def read_body(function: Any) -> str:
    """Return the statements of a function in one line, without docstring and `await`."""
    (tree,) = ast.parse(inspect.getsource(function)).body
    assert isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef)
    body = [WithoutAwait().visit(statement) for statement in tree.body[1:]]
    return " ".join(" ".join(ast.unparse(statement).split()) for statement in body)


@pytest.mark.parametrize(
    ("in_thread", "on_loop", "differences"),
    [(answer, answer_on_loop, ANSWER), (drive, drive_on_loop, DRIVE)],
    ids=["answer", "drive"],
)
def test_the_two_ways_are_one(in_thread: Any, on_loop: Any, differences: tuple[Difference, ...]) -> None:
    """Statement by statement the sync function is the async one, once the listed differences are applied."""
    expected = read_body(in_thread)
    for row in differences:
        assert expected.count(row.in_thread) == 1, f"{row.in_thread!r} is not in {in_thread.__name__}"
        expected = expected.replace(row.in_thread, row.on_loop)
    assert expected == read_body(on_loop)


def test_only_these_two_are_written_twice() -> None:
    """No other function of `on_loop` has a namesake in `dispatch` or `drive`."""
    modules = [inspect.getmodule(function) for function in (answer, drive, answer_on_loop)]
    own = [
        {n for n, f in vars(m).items() if inspect.isfunction(f) and f.__module__ == m.__name__} for m in modules if m
    ]
    twins = {name.removesuffix("_on_loop") for name in own[2] if name.endswith("_on_loop")}
    assert twins == {"answer", "drive"}
    assert not own[2] & (own[0] | own[1])


@pytest.mark.parametrize("is_async", [False, True])
def test_what_is_registered_while_the_body_arrives_counts(is_async):
    """A request is matched before its body is read, and takes the hooks that there are when it is answered."""
    app = Flask(__name__)

    async def answer():
        return "answered"

    app.add_url_rule("/", "answer", answer if is_async else (lambda: "answered"), methods=["POST"])

    async def main():
        client = app.async_test_client()
        await client.post("/", data=b"first")

        async def receive():
            if app.before_request_funcs:
                await asyncio.Event().wait()
            app.before_request_funcs[None] = [lambda: ("held up", 403)]
            return {"type": "http.request", "body": b"12", "more_body": False}

        sent = []

        async def send(message):
            sent.append(message)

        headers = [(b"host", b"localhost"), (b"content-length", b"2")]
        scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
        await app({**scope, "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http"}, receive, send)
        return sent[0]["status"]

    assert 403 == asyncio.run(main())
