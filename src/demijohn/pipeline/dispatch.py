"""Walk the plan: the way of one request, step by step.

Here lives the hot path.  `answer` takes a request from its context to what
is sent, in the order of Flask's request lifecycle.  The steps yield the
user's functions instead of calling them (`drive`), and each is also
reachable through the method of `Flask` that users may call or override.
"""

from __future__ import annotations

from functools import partial
from operator import attrgetter, length_hint
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import NotFound

from ..response import check_response
from ..routing import ASK, NOT_FOUND
from ..signals import appcontext_tearing_down, request_finished, request_started, request_tearing_down
from . import errors
from .drive import Step, drive
from .plan import find_plan, raise_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# PERF: the receivers of a signal stay in one dictionary; reading it from here
# takes 0.01 µs, and 0.04 µs by way of the signal.
_STARTED = request_started.receivers
_FINISHED = request_finished.receivers
_TEARING_DOWN = request_tearing_down.receivers


def answer(context: Any, send: Callable[[Any, Any], Any]) -> Any:
    """Answer the request of a context that is not entered yet.

    Args:
        context: The request context.
        send: Is given the context, still entered, and the answer: a status
            line, a list of headers and one bytes object, or a response.

    Returns:
        What `send` returned.

    Raises:
        Exception: What is to reach the server, such as in debug mode.
    """
    result = None
    try:
        try:
            context.push()
            try:
                if context.is_direct and not _STARTED:
                    # PERF: the view is called 0.6 µs sooner than by driving steps.
                    if context.steps.before:
                        result = call_before(context)
                    if result is None:
                        made = context.made_request
                        values = context.view_args if made is None else made.view_args
                        result = context.steps.view(**values) if values else context.steps.view()
                else:
                    result = drive(take_steps(context))
            except Exception as error:
                handler = choose_handler(context, error)
                result = error if handler is None else handler(error)
            response = make_parts(context, result)
            if response is None:
                response = call_after(context, result)
        except Exception as error:
            context.error = error
            response = drive(last_resort(context, error))
        except BaseException as error:
            context.error = error
            raise
        return send(context, response)
    finally:
        # It may be an error whose traceback names this frame: no circle may stay.
        result = None
        if not context.leave_quietly(teardown_here=True):
            drive(context.leave_request())


def match(context: Any) -> None:
    """Find the rule for a request and the steps that follow from it.

    Args:
        context: The request context.  Its `route` gets `url_rule` and
            `view_args`, or `routing_exception`; it gets its `steps`, and
            `is_direct` where nothing comes between here and the view.
    """
    plan = context.plan
    made = context.made_request
    route = context if made is None else made
    if context.asks_adapter or context.host not in plan.known_hosts or plan.config["TRUSTED_HOSTS"] is not None:
        context.match_request()
        route = context.route
        if context.url_adapter is not None and not plan.asks_adapter:
            plan.remember_host(context.host)
    elif (rule := plan.static.get(route.method, _NO_RULES).get(route.path)) is not None:
        # PERF: 0.06 µs by the table of plain paths, 0.6 µs by the tree.
        route.url_rule = rule
        route.view_args = {}
        context.steps = steps = plan.steps[rule.endpoint]
        context.is_direct = steps.is_direct
        return
    else:
        found = plan.find_rule(route.method, route.path)
        if found is NOT_FOUND:
            route.routing_exception = NotFound()
        elif found is ASK:
            context.match_request()
            route = context.route
        else:
            route.url_rule, route.view_args = found
    rule = route.url_rule
    context.steps = steps = plan.steps[None if rule is None else rule.endpoint]
    context.is_direct = (
        steps.is_direct and (rule is None or route.routing_exception is None) and route.method != "OPTIONS"
    )


def make_parts(context: Any, result: Any) -> tuple[str, list[tuple[str, str]], bytes] | None:
    """Make what is sent of a result at once where nobody is to see a response.

    PERF: 0.3 µs for a text; 0.9 µs by a response that is made, checked and
    taken apart again.

    Args:
        context: The request context.
        result: What the view or a handler returned.

    Returns:
        The status line, the headers and the body; or None where a response
        has to be made.
    """
    plan = context.plan
    make = plan.parts.get(type(result))
    if (
        make is None
        or not context.steps.ends_plainly
        or context._after_this_request is not None
        or context._opened_session is not None
        or _FINISHED
        or context.app._registry.plan is not plan
        or (context.cookies is not None and context.app.config["SESSION_COOKIE_NAME"] in context.cookies)
    ):
        return None
    parts: tuple[str, list[tuple[str, str]], bytes] | None = make(result)
    return parts


def call_before(context: Any) -> Any:
    """Do what `preprocess` does, at once.

    PERF: 0.1 µs for one function, and 0.8 by driving the step.
    """
    made = context.made_request
    rule = context.url_rule if made is None else made.url_rule
    before = context.steps.before
    left = iter(before)
    for function in left:
        result = function()
        if result is not None:
            return result
        if context.app._registry.plan is not context.plan:
            result = drive(preprocess(context, len(before) - length_hint(left)))
            if result is not None:
                return result
            break
    made = context.made_request
    if made is not None:
        if made.url_rule is not rule:
            context.steps = context.plan.steps[None if made.url_rule is None else made.url_rule.endpoint]
        elif made.routing_exception is not None:
            raise_fault(context)
    return None


def call_after(context: Any, result: Any) -> Any:
    """Do what `finish` does, at once where all that comes is in the plan.

    PERF: 1 µs for one function, and 1.8 by driving the step.
    """
    plan = context.plan
    steps = context.steps
    if (
        steps.finishes_otherwise
        or context._after_this_request is not None
        or context._opened_session is not None
        or _FINISHED
        or context.app._registry.plan is not plan
        or (context.cookies is not None and context.app.config["SESSION_COOKIE_NAME"] in context.cookies)
    ):
        return drive(finish(context, result))
    response = plan.results[type(result)](context, result)
    left = iter(steps.after)
    for function in left:
        response = function(response)
        if (
            context._opened_session is not None  # type: ignore[redundant-expr]  # the function may have opened it
            or context.app._registry.plan is not plan
        ):
            response = drive(process(context, response, len(steps.after) - length_hint(left)))
            break
    return check_response(response, plan.plain_response_class)


def take_steps(context: Any) -> Step[Any]:
    """Take all steps up to the result, or the override of them all."""
    override = context.plan.overrides.full_dispatch_request
    if override is not None:
        return (yield override, ())
    return (yield from find_result(context))


def choose_handler(context: Any, error: Exception) -> Callable[[Any], Any] | None:
    """Return what answers an error, or None where it does so itself."""
    plan = context.plan
    try:
        if plan.overrides.full_dispatch_request is not None:
            raise error
        return plan.overrides.handle_user_exception or errors.choose_user_handler(context.app, context, error)
    finally:
        # Its traceback may name this frame: without the name, no circle is left.
        del error


def finish(context: Any, result: Any) -> Step[Any]:
    """Make a response of a result, and the parts of it that are sent."""
    plan = context.plan
    if plan.overrides.full_dispatch_request is not None:
        response = result
    elif plan.overrides.finalize_request is not None:
        response = yield plan.overrides.finalize_request, (result,)
    else:
        response = yield from finalize(context, result)
    return check_response(response, plan.plain_response_class)


def last_resort(context: Any, error: Exception) -> Step[Any]:
    """Log an error that nobody handled, and make a response of it."""
    app = context.app
    override = find_plan(app).overrides.handle_exception
    try:
        if override is not None:
            response = yield override, (error,)
        else:
            response = yield from errors.handle_exception(app, context, error)
    finally:
        del error
    return check_response(response, find_plan(app).plain_response_class)


def full_dispatch(context: Any) -> Any:
    """Take every step of an entered request up to its final response.

    Args:
        context: The request context.

    Returns:
        The response, after the after-request functions.

    Raises:
        Exception: What no handler of the application answers.
    """
    app = context.app
    if not app._got_first_request:
        app._finish_setup()
    try:
        result = drive(find_result(context))
    except Exception as error:
        result = app.handle_user_exception(error)
    try:
        return app.finalize_request(result)
    finally:
        result = None


def find_result(context: Any) -> Step[Any]:
    """Run what comes before the view, and the view unless that answers.

    Args:
        context: The request context.

    Returns:
        The result of the view, or of what came before it.
    """
    app = context.app
    plan = context.plan
    result = None
    if _STARTED:
        yield partial(request_started.send, app, _async_wrapper=app.ensure_sync), ()
    if plan.overrides.preprocess_request is not None:
        result = yield plan.overrides.preprocess_request, ()
    elif context.steps.before or context.steps.processors or app._registry.plan is not plan:
        result = yield from preprocess(context)
    if result is None:
        if plan.overrides.dispatch_request is not None:
            result = yield plan.overrides.dispatch_request, ()
        else:
            result = yield from dispatch(context)
    return result


def preprocess(context: Any, position: int = 0) -> Step[Any]:
    """Run the URL processors and the before-request functions.

    Args:
        context: The request context.
        position: How many of the functions ran already.

    Returns:
        The first result that is not None; it is used instead of the view's.
    """
    request = context.request
    before = context.steps.before if position else find_steps(context).before
    if not position:
        for processor in context.steps.processors:
            yield processor, (request.endpoint, request.view_args)
    for function in walk_hooks(context, before, position, _get_before):
        result = yield function, ()
        if result is not None:
            return result
    return None


def dispatch(context: Any) -> Step[Any]:
    """Call the view of the matched rule.

    Args:
        context: The request context.

    Returns:
        The view's result.

    Raises:
        HTTPException: The URL did not match.
        KeyError: The endpoint has no view.
    """
    app = context.app
    route = context.route
    if route.routing_exception is not None:
        raise_fault(context)
    rule = route.url_rule
    if route.method == "OPTIONS" and getattr(rule, "provide_automatic_options", False):
        override = find_plan(app).overrides.make_default_options_response
        return app.make_default_options_response() if override is None else (yield override, ())
    steps = find_plan(app).steps[rule.endpoint]
    view = steps.view
    values = route.view_args
    if steps.binding is not None:
        return (yield from steps.binding.steps(context, values))
    return (yield partial(view, **values) if values else view, ())


def finalize(context: Any, result: Any, from_error_handler: bool = False) -> Step[Any]:
    """Make a response of a result and run what comes after.

    Args:
        context: The request context.
        result: What the view, a handler or a before-request function gave.
        from_error_handler: Log an error of what comes after and go on,
            since it must not hide the first one.

    Returns:
        The final response.
    """
    plan = context.plan
    if plan.overrides.make_response is not None:
        response = yield plan.overrides.make_response, (result,)
    else:
        response = plan.results[type(result)](context, result)
    try:
        if plan.overrides.process_response is not None:
            response = yield plan.overrides.process_response, (response,)
        else:
            response = yield from process(context, response)
        if _FINISHED:
            app = context.app
            yield partial(request_finished.send, app, _async_wrapper=app.ensure_sync, response=response), ()
    except Exception:
        if not from_error_handler:
            raise
        context.app.logger.exception(
            "The response to an error could not be finished: a function that runs after the"
            " request raised. It is sent as it was."
        )
    return response


def process(context: Any, response: Any, position: int = 0) -> Step[Any]:
    """Run the after-request functions and save the session.

    Args:
        context: The request context.
        response: The response so far.
        position: How many of the functions ran already.

    Returns:
        The response that the last function returned.
    """
    app = context.app
    if context._after_this_request is not None and not position:
        for function in context._after_this_request:
            response = yield app.ensure_sync(function), (response,)
    steps = context.steps
    if steps is None or (not position and app._registry.plan is not context.plan):
        steps = find_steps(context)
    if steps.after:
        for function in walk_hooks(context, steps.after, position, _get_after):
            response = yield function, (response,)
    session = context._opened_session
    if session is None:
        # A permanent session is refreshed by every request, used or not.
        if context.cookies is None or app.config["SESSION_COOKIE_NAME"] not in context.cookies:
            return response
        session = context.open_session()
    interface = app.session_interface
    if context.plan.opens_session:
        yield _save_session, (app, interface, session, response)
    elif not interface.is_null_session(session):
        interface.save_session(app, session, response)
    return response


def _save_session(app: Any, interface: Any, session: Any, response: Any) -> None:
    if not interface.is_null_session(session):
        interface.save_session(app, session, response)


def walk_hooks(
    context: Any, functions: tuple[Any, ...], position: int, get_functions: Callable[[Any], tuple[Any, ...]]
) -> Iterator[Callable[..., Any]]:
    """Yield hooks, also those that one of them registers meanwhile.

    Args:
        context: The request context.
        functions: The hooks, as the plan has them.
        position: How many of them ran.
        get_functions: Takes the steps and returns the hooks.

    Yields:
        Each hook; the renewed ones where those that ran still come first,
        otherwise the old ones, so that none runs twice.
    """
    registry = context.app._registry
    while True:
        if position and registry.plan is not context.plan:
            renewed = get_functions(find_steps(context))
            if renewed[:position] == functions[:position]:
                functions = renewed
        if position >= len(functions):
            return
        yield functions[position]
        position += 1


_NO_RULES: dict[str, Any] = {}
_get_before = attrgetter("before")
_get_after = attrgetter("after")


def teardown_request(context: Any, exc: BaseException | None) -> Step[None]:
    """Run the functions for the end of a request, each exactly once.

    Args:
        context: The request context.
        exc: The error that ended the request, or None.

    Raises:
        BaseException: What the first function that failed raised, after
            all others ran.
    """
    app = context.app
    failed = yield from run_ring(find_steps(context).teardown, exc)
    if _TEARING_DOWN:
        yield partial(request_tearing_down.send, app, _async_wrapper=app.ensure_sync, exc=exc), ()
    if failed is not None:
        raise failed


def teardown_app(app: Any, exc: BaseException | None) -> Step[None]:
    """Run the functions for the end of an application context.

    Args:
        app: The application.
        exc: The error that ended it, or None.

    Raises:
        BaseException: What the first function that failed raised, after
            all others ran.
    """
    failed = yield from run_ring(find_plan(app).teardown, exc)
    if appcontext_tearing_down.receivers:
        yield partial(appcontext_tearing_down.send, app, _async_wrapper=app.ensure_sync, exc=exc), ()
    if failed is not None:
        raise failed


def run_ring(functions: Iterable[Callable[[Any], Any]], exc: BaseException | None) -> Step[BaseException | None]:
    """Call every teardown function, and return the first one's error."""
    failed = None
    for function in functions:
        try:
            yield function, (exc,)
        except BaseException as error:
            failed = failed or error
    return failed


def find_steps(context: Any) -> Any:
    """Return the steps of a request, renewed if something was registered.

    An extension may add an after-request function while a request runs, and
    it has to run for that request.
    """
    plan = find_plan(context.app)
    if plan is context.plan and context.steps is not None:
        return context.steps
    rule = context.route.url_rule
    context.plan = plan
    context.steps = plan.steps[None if rule is None else rule.endpoint]
    return context.steps
