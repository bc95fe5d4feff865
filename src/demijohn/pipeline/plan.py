"""Compile the registry into the steps that each request takes.

Here live `Plan`, what an application does with every request, and `Steps`,
what it does for one endpoint.  A plan is made from the registry when it is
first needed and again after any change; the steps of an endpoint are made
when it is first requested.  Overridden methods of the application are put
into the plan as they are; what is not overridden takes the short way in
`dispatch`.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from werkzeug.routing.converters import DEFAULT_CONVERTERS
from werkzeug.wrappers import Request as WerkzeugRequest
from werkzeug.wrappers import Response as WerkzeugResponse

from .. import _current
from ..request import Request, forget_overrides, split_blueprint_path
from ..response import SEND_METHODS
from ..routing import Builder, Matcher
from ..sessions import SecureCookieSession, SecureCookieSessionInterface
from .bridge import find_coroutine
from .hints import may_be_typed
from .registry import HOOK_LISTS, HOOK_TABLES, TABLES
from .result import ResultTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..typing import AppLike

#: The methods of `Flask` that a request may take as overridden steps, with
#: the functions that `Flask` itself defines; `app` fills it.
OWN_METHODS: dict[str, Any] = {}

_CONVERTERS = frozenset(DEFAULT_CONVERTERS.values())

#: Methods that replace a part of `dispatch` when they are overridden.
STEP_METHODS = (
    *("full_dispatch_request", "preprocess_request", "dispatch_request", "make_response"),
    *("finalize_request", "process_response", "create_url_adapter", "ensure_sync"),
    *("do_teardown_request", "do_teardown_appcontext", "app_context", "request_context"),
    *("make_default_options_response", "async_to_sync", "inject_url_defaults"),
    *("handle_exception", "handle_http_exception", "handle_user_exception", "raise_routing_exception"),
)

_OWN_INIT = Request.__init__

#: Attributes of the response class that are read at sealing.
RESPONSE_SETTINGS = ("default_mimetype", "default_status", "autocorrect_location_header")

#: What a session interface may not change if sessions are to open lazily.
SESSION_METHODS = (
    *("open_session", "save_session", "get_cookie_name", "should_set_cookie"),
    *("is_null_session", "make_null_session", "get_signing_serializer"),
)

#: PERF: host names that Werkzeug found valid are not looked at again: 0.05 µs
#: instead of 6 µs a request.
#: SECURITY: bounded, since a client chooses the name.
MAX_KNOWN_HOSTS = 1_000


#: Attributes of an application that its plan depends on.
PLANNED = frozenset(
    {
        *(*HOOK_TABLES, *HOOK_LISTS, *TABLES, *STEP_METHODS),
        *("config", "json", "request_class", "response_class", "session_interface"),
        *("subdomain_matching", "url_map"),
    }
)


class Steps:
    """What a request for one endpoint takes, in order."""

    __slots__ = (
        *("after", "before", "endpoint", "processors", "teardown", "view"),
        *("binding", "coroutine", "ends_plainly", "finishes_otherwise", "is_direct"),
    )

    def __init__(self, plan: Plan, endpoint: str | None) -> None:
        app = plan.app
        self.endpoint = endpoint
        names: list[str] = []
        if endpoint is not None and "." in endpoint:
            names = split_blueprint_path(endpoint.rpartition(".")[0])
        outward = [*names, None]
        inward = [None, *reversed(names)]
        convert = plan.make_sync
        overrides = plan.overrides
        #: What binds the parameters of a typed view, unless its function does so itself.
        self.binding: Any = None
        if endpoint is None:
            function: Any = _raise_current_fault
        elif (function := app.view_functions.get(endpoint)) is None:
            function = partial(_refuse, endpoint)
        else:
            self.binding = app._bind_view(endpoint, function)
            if self.binding is not None and self.binding.view is not None:
                function, self.binding = self.binding.view, None
        #: The view, callable by sync code.
        self.view = convert(function)
        #: The view where it is a coroutine function, else None.
        is_usual = overrides.ensure_sync is None and overrides.async_to_sync is None
        self.coroutine = find_coroutine(self.view) if is_usual else None
        if endpoint is None and overrides.raise_routing_exception is None:
            # PERF: beside an event loop, 8 µs for a URL that nobody has, and 40 by a thread.
            self.coroutine = _raise_current_fault_on_loop
        #: Functions that may change the URL's variables.
        self.processors = tuple(map(convert, _chain(app.url_value_preprocessors, inward)))
        #: Functions that run before the view.
        self.before = tuple(map(convert, _chain(app.before_request_funcs, inward)))
        #: Whether nothing but these comes between the match and the view.
        self.is_direct = not (
            self.processors
            or self.binding
            or overrides.preprocess_request
            or overrides.dispatch_request
            or overrides.full_dispatch_request
        )
        #: Functions that get the response, the last registered first.
        self.after = tuple(map(convert, _chain(app.after_request_funcs, outward, reverse=True)))
        #: Whether a step after the view is overridden.
        self.finishes_otherwise = bool(
            overrides.make_response
            or overrides.process_response
            or overrides.finalize_request
            or overrides.full_dispatch_request
        )
        #: Whether nothing sees the response between its making and its sending.
        self.ends_plainly = not (self.after or self.finishes_otherwise)
        #: Functions that run when the request is over, the last first.
        self.teardown = tuple(map(convert, _chain(app.teardown_request_funcs, outward, reverse=True)))


class Plan:
    """What an application does with every request.

    Args:
        app: The application, with its registry.
        matcher: Finds rules by path.
        builder: Builds URLs from rules.
        url_map: What tells the revision that the matcher was made from.
    """

    def __init__(self, app: AppLike, matcher: Matcher, builder: Builder, url_map: Any) -> None:
        self.app = app
        self.url_map = url_map
        self.config = app.config
        self.revision: int = url_map.revision
        self.steps = StepsTable(self)
        #: Error handlers and context processors, callable by sync code.
        self.sync_functions: dict[Any, Callable[..., Any]] = {}
        #: Rules of plain paths, by method and path.
        self.static = {method: rules for method, rules in matcher.static.items() if method != "OPTIONS"}
        self.find_rule = matcher.find
        #: Whether matching may run code of the user's.
        self.has_own_matching = not _CONVERTERS.issuperset(app.url_map.converters.values()) or is_overridden(
            app, "create_url_adapter"
        )
        self.build_url = builder.build
        self.known_hosts: set[str | None] = set()
        #: Whether every request has to be matched by Werkzeug's adapter.
        self.overrides = overrides = Overrides(app)
        self.asks_adapter = (
            matcher.needs_host
            or app.subdomain_matching
            or overrides.create_url_adapter is not None
            or not _reads_environ(app.request_class)
        )
        #: Whether a context is made by `open_context`.
        self.opens_plainly = (
            app._got_first_request
            and app.request_class is Request
            and Request.__init__ is _OWN_INIT
            and overrides.request_context is None
        )
        self.results = ResultTable(app)

        interface = app.session_interface
        #: What overrides could be seen when the plan was made.
        self.signature = read_signature(app)
        #: The class of responses that `doors` may send the short way, or None.
        self.plain_response_class = app.response_class if _sends_plainly(app.response_class) else None
        #: What makes the parts that are sent of a result, by its type.
        self.parts = {} if self.plain_response_class is None else self.results.parts
        #: Whether the session has to be opened before anything else.
        self.opens_session = (
            any(
                name in getattr(interface, "__dict__", ())
                or getattr(type(interface), name, None) is not OWN_METHODS[name]
                for name in SESSION_METHODS
            )
            or getattr(interface, "session_class", None) is not SecureCookieSession
        )
        #: The application's own teardown functions, the last first.
        self.teardown = tuple(map(self.make_sync, reversed(app.teardown_appcontext_funcs)))
        self.closes_request = app.request_class.close is not WerkzeugRequest.close
        self.tears_down_app = bool(self.teardown or overrides.do_teardown_appcontext or overrides.app_context)
        #: Whether nothing of the application's own runs when a request ends.
        self.ends_quietly = not (self.tears_down_app or overrides.do_teardown_request or self.closes_request)

    def make_sync(self, function: Any) -> Any:
        """Return a function of the user's that sync code can call.

        PERF: kept, since `ensure_sync` takes 0.5 µs to find that there is
        nothing to do.  What wraps a coroutine function outlives the plan, so
        that the hooks of one plan can be told from those of the next.
        """
        try:
            call = self.sync_functions.get(function)
        except TypeError:  # it cannot be hashed
            return self.app.ensure_sync(function)
        if call is None:
            call = self.app._registry.wrappers.get(function)
        if call is None:
            call = self.app.ensure_sync(function)
            if call is not function:
                self.app._registry.wrappers[function] = call
        self.sync_functions[function] = call
        return call

    def remember_host(self, host: str) -> None:
        """Keep a host name that Werkzeug found valid."""
        if len(self.known_hosts) >= MAX_KNOWN_HOSTS:
            self.known_hosts.clear()
        self.known_hosts.add(host)


class Overrides:
    """Hold the methods that an application overrides; the others are None."""

    def __init__(self, app: AppLike) -> None:
        for name in STEP_METHODS:
            setattr(self, name, getattr(app, name) if is_overridden(app, name) else None)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., Any] | None: ...


class StepsTable(dict[Any, Steps]):
    """Make the steps of an endpoint when they are first asked for.

    Args:
        plan: What the steps belong to; None as a key stands for no match.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan

    def __missing__(self, endpoint: str | None) -> Steps:
        steps = self[endpoint] = Steps(self._plan, endpoint)
        return steps


def find_plan(app: AppLike) -> Plan:
    """Return the plan in force, compiled anew where something changed."""
    plan: Plan | None = app._registry.plan
    if plan is not None and plan.revision == plan.url_map.revision:
        return plan
    return seal(app)


def seal(app: AppLike) -> Plan:
    """Compile the registry; the matcher only where the URL map changed."""
    registry = app._registry
    url_map = app.url_map if hasattr(app.url_map, "revision") else _CountedMap(app.url_map)
    key = url_map.revision, id(app.url_map)
    compiled = registry.compiled
    if compiled is None or compiled[0] != key:
        with _collector_paused():
            compiled = key, Matcher(app.url_map), Builder(app.url_map)
        # A mistake in a typed view is told before the first request, not by one for it.
        registry.bindings.clear()
        with _collector_paused():
            for endpoint, function in app.view_functions.items():
                if may_be_typed(function):
                    app._bind_view(endpoint, function)
        registry.compiled = compiled
    changes = registry.changes
    plan: Plan = Plan(app, compiled[1], compiled[2], url_map)
    # A rule that was added meanwhile has another revision than the matcher.
    plan.revision = key[0]
    registry.plan = plan
    if registry.changes != changes:
        # What was changed meanwhile is not in it: the next request seals again.
        registry.plan = None
    return plan


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the garbage collector from walking what is about to be built.

    PERF: the matcher of 10,000 rules in 35 ms, and 85 ms with the collector.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _CountedMap:
    """Give a map of another class a revision: the number of its rules."""

    def __init__(self, url_map: Any) -> None:
        self._url_map = url_map

    @property
    def revision(self) -> int:
        return len(self._url_map._rules)


def read_signature(app: AppLike) -> list[Any]:
    """Return the methods that a plan depends on, as they are now."""
    methods = [getattr(type(app), name) for name in STEP_METHODS]
    methods += [getattr(app.session_interface, name, None) for name in SESSION_METHODS]
    return methods + [getattr(app.response_class, name, None) for name in RESPONSE_SETTINGS]


def refresh(app: AppLike) -> None:
    """Mark the plan stale where a class was patched since it was made.

    No assignment to a class can be noticed.  Tests are where classes are
    patched after the first request, so the test client asks.
    """
    forget_overrides()
    plan = app._registry.plan
    if plan is not None and plan.signature != read_signature(app):
        app._registry.mark_stale()


def is_overridden(app: AppLike, name: str) -> bool:
    """Say whether a method is not the one that `Flask` defines.

    A method may be replaced in a subclass, on the class or on the instance.
    """
    return name in vars(app) or getattr(type(app), name) is not OWN_METHODS[name]


def _reads_environ(request_class: Any) -> bool:
    """Say whether method and path of a request are those of its environ."""
    return request_class.__init__ is _OWN_INIT and not any(
        name in vars(base)
        for base in request_class.__mro__
        if issubclass(base, Request) and base is not Request
        for name in ("method", "path")
    )


def _sends_plainly(response_class: Any) -> bool:
    """Say whether sending is as Werkzeug does it, for a class of responses."""
    return all(getattr(response_class, name) is getattr(WerkzeugResponse, name) for name in SEND_METHODS)


def raise_fault(context: Any) -> None:
    """Raise the error of matching the URL of a request.

    Raises:
        HTTPException: The error.
    """
    app = context.app
    fault: Any = context.route.routing_exception
    if fault is None or app.debug or find_plan(app).overrides.raise_routing_exception is not None:
        app.raise_routing_exception(context.request)
        return
    # PERF: no request is made to say that there is nothing for it: 0.6 µs.
    try:
        raise fault
    finally:
        # Its traceback names this frame: without the name, no circle is left.
        del fault


def _raise_current_fault() -> None:
    raise_fault(_current.get_request_context())


async def _raise_current_fault_on_loop() -> None:
    raise_fault(_current.get_request_context())


def _refuse(endpoint: str | None, /, **values: Any) -> NoReturn:
    raise KeyError(endpoint)


def _chain(table: Any, names: Iterable[str | None], *, reverse: bool = False) -> Iterable[Callable[..., Any]]:
    for name in names:
        functions = table.get(name, ())
        yield from reversed(functions) if reverse else functions


OWN_METHODS.update({name: getattr(SecureCookieSessionInterface, name) for name in SESSION_METHODS})
