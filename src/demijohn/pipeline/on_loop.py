"""Answer a request beside an event loop.

Here lives the way of a request that a server handed over asynchronously.
Where the view is sync, everything runs in one worker thread, just as under
WSGI (`dispatch.answer`).  Where it is a coroutine function, the steps are
taken on the loop: coroutine functions are awaited there, and each sync
function goes to the worker thread that belongs to the request.

`answer_on_loop` and `drive_on_loop` are `answer` and `drive` with `await`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _current
from ..signals import appcontext_pushed, request_started
from .bridge import find_coroutine
from .dispatch import choose_handler, finish, last_resort, make_parts, match, take_steps
from .drive import Result, Step
from .workers import DEFAULT_LIMIT, Workers, find_workers

if TYPE_CHECKING:
    from collections.abc import Callable

_APP_PUSHED = appcontext_pushed.receivers
_STARTED = request_started.receivers


def peek(context: Any) -> Any:
    """Match a request before it is known where it will be answered.

    Args:
        context: The request context, which is not entered yet and has the
            plan in force.

    Returns:
        The view, where it is a coroutine function; None where everything is
        for a worker thread, also if matching raised, which it will there
        again.
    """
    # PERF: Werkzeug's converters need no context: 0.2 µs.
    token = _current.context.set(context) if context.plan.has_own_matching else None
    try:
        match(context)
    except Exception:
        context.steps = None
        return None
    finally:
        if token is not None:
            _current.context.reset(token)
    return context.steps.coroutine


async def answer_on_loop(context: Any, send: Callable[[Any, Any], Any]) -> Any:
    """Answer a request whose view is a coroutine function, on its loop.

    Args:
        context: The request context, matched by `peek`.
        send: As of `dispatch.answer`.

    Returns:
        What `send` returned.

    Raises:
        Exception: What is to reach the server, such as in debug mode.
        CancelledError: The request is over, such as when the client went
            away; its teardown functions have run.
    """
    result = None
    try:
        try:
            if context.plan.opens_session or _APP_PUSHED:
                await find_threads(context).call(context, context.push)
            else:
                context.push()
            try:
                if context.is_direct and not context.steps.before and not _STARTED:
                    # PERF: the view is called 1 µs sooner than by driving steps.
                    made = context.made_request
                    values = context.view_args if made is None else made.view_args
                    view = context.steps.coroutine
                    result = await (view(**values) if values else view())
                else:
                    result = await drive_on_loop(take_steps(context), context)
            except Exception as error:
                handler = choose_handler(context, error)
                result = error if handler is None else await _call(context, handler, error)
            response = make_parts(context, result)
            if response is None:
                response = await drive_on_loop(finish(context, result), context)
        except Exception as error:
            context.error = error
            response = await drive_on_loop(last_resort(context, error), context)
        except BaseException as error:
            context.error = error
            raise
        return send(context, response)
    finally:
        # It may be an error whose traceback names this frame: no circle may stay.
        result = None
        context.is_leaving = True
        # It was not entered if the request was cancelled before.
        if context._entries and not context.leave_quietly():
            await drive_on_loop(context.leave_request(), context)


async def drive_on_loop(step: Step[Result], context: Any) -> Result:
    """Take a step, awaiting what it yields.

    Args:
        step: The step, not begun yet.
        context: The request context, whose thread calls sync functions.

    Returns:
        The step's value.

    Raises:
        BaseException: What the step raises, such as what a function of the
            user's raised and the step does not handle.
    """
    try:
        function, args = next(step)
        while True:
            try:
                result = await _call(context, function, *args)
            except BaseException as error:
                function, args = step.throw(error)
            else:
                function, args = step.send(result)
    except StopIteration as error:
        value: Result = error.value
        return value


async def _call(context: Any, function: Any, *args: Any) -> Any:
    """Await a function of the user's, whichever kind it is."""
    coroutine = find_coroutine(function)
    if coroutine is not None:
        return await coroutine(*args)
    return await find_threads(context).call(context, function, *args)


def find_threads(context: Any) -> Workers:
    """Return the threads for the sync functions of a request on this loop."""
    return find_workers(context.app.config.get("SYNC_THREADS", DEFAULT_LIMIT))
