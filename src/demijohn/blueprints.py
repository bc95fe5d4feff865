"""Collect a part of an application, to be registered on it later.

Here live `Blueprint` and the state of one registration.  A blueprint
records what to do with the application; `Flask.register_blueprint` has it
done, under the name, prefix and subdomain that are given there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import IO, TYPE_CHECKING, Any, AnyStr, TypeVar, cast

from . import typing as types
from ._files import find_cache_age, open_below, send_below
from .scaffold import (
    Scaffold,
    T_after_request,
    T_before_request,
    T_error_handler,
    T_socket,
    T_teardown,
    T_template_context_processor,
    T_url_defaults,
    T_url_value_preprocessor,
    _endpoint_from_view_func,
    _sentinel,
    setupmethod,
)

if TYPE_CHECKING:
    import click

    from .response import Response

#: Called with the state of each registration.
DeferredSetupFunction = Callable[["BlueprintSetupState"], None]

T_template_filter = TypeVar("T_template_filter", bound=types.TemplateFilterCallable)
T_template_global = TypeVar("T_template_global", bound=types.TemplateGlobalCallable)
T_template_test = TypeVar("T_template_test", bound=types.TemplateTestCallable)

#: Tables of functions that a registration copies to the application.
_MERGED_TABLES = (
    "before_request_funcs",
    "after_request_funcs",
    "teardown_request_funcs",
    "before_websocket_funcs",
    "after_websocket_funcs",
    "teardown_websocket_funcs",
    "url_default_functions",
    "url_value_preprocessors",
    "template_context_processors",
)


class BlueprintSetupState:
    """Hold what is known while a blueprint is registered.

    Args:
        blueprint: The blueprint.
        app: The application that it is registered on.
        options: The arguments of `register_blueprint`.
        first_registration: Whether the blueprint is new to the application.
    """

    def __init__(self, blueprint: Blueprint, app: Any, options: Any, first_registration: bool) -> None:
        self.app = app
        self.blueprint = blueprint
        self.options = options
        self.first_registration = first_registration
        #: The subdomain of every rule, or None.
        self.subdomain: str | None = _choose(options, "subdomain", blueprint.subdomain)
        #: The prefix of every rule, or None.
        self.url_prefix: str | None = _choose(options, "url_prefix", blueprint.url_prefix)
        self.name: str = options.get("name", blueprint.name)
        self.name_prefix: str = options.get("name_prefix", "")
        #: Default values of every rule's variables.
        self.url_defaults: dict[str, Any] = {
            **blueprint.url_values_defaults,
            **(options.get("url_defaults") or {}),
        }

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: types.RouteCallable | None = None,
        **options: Any,
    ) -> None:
        """Register a rule on the application, under this registration's name.

        Args:
            rule: The rule, without the prefix.
            endpoint: The endpoint, without the blueprint's name.
            view_func: The view.
            **options: Options of `Flask.add_url_rule`.
        """
        if self.url_prefix is not None:
            rule = f"{self.url_prefix.rstrip('/')}/{rule.lstrip('/')}" if rule else self.url_prefix
        options.setdefault("subdomain", self.subdomain)
        if endpoint is None:
            endpoint = _endpoint_from_view_func(cast("types.RouteCallable", view_func))
        defaults = self.url_defaults
        if "defaults" in options:
            defaults = {**defaults, **(options.pop("defaults") or {})}
        name = f"{self.name_prefix}.{self.name}.{endpoint}".lstrip(".")
        self.app.add_url_rule(rule, name, view_func, **options, defaults=defaults)


class Blueprint(Scaffold):
    """Collect views and functions to register on an application.

    Args:
        name: The name; it goes before the endpoint of each view.
        import_name: The module that it is made in; usually `__name__`.
        static_folder: Its own folder of static files.
        static_url_path: The URL prefix of these.
        template_folder: Its own folder of templates, after the
            application's.
        url_prefix: Goes before each of its rules.
        subdomain: The subdomain of its rules.
        url_defaults: Default values of its rules' variables.
        root_path: The folder that the others are relative to.
        cli_group: The name of the group of its commands; None puts them
            beside the application's.

    Raises:
        ValueError: The name is empty or has a dot in it.
    """

    _got_registered_once = False
    _cli: Any = None

    def __init__(
        self,
        name: str,
        import_name: str,
        static_folder: types.StrPath | None = None,
        static_url_path: str | None = None,
        template_folder: types.StrPath | None = None,
        url_prefix: str | None = None,
        subdomain: str | None = None,
        url_defaults: dict[str, Any] | None = None,
        root_path: str | None = None,
        cli_group: str | None = _sentinel,  # type: ignore[assignment]  # None has a meaning
    ) -> None:
        super().__init__(import_name, static_folder, static_url_path, template_folder, root_path)
        if not name:
            raise ValueError("The 'name' of a blueprint may not be empty.")
        _refuse_dot("name", name)
        self.name = name
        self.url_prefix = url_prefix
        self.subdomain = subdomain
        #: What to do at each registration.
        self.deferred_functions: list[DeferredSetupFunction] = []
        self.url_values_defaults: dict[str, Any] = {} if url_defaults is None else url_defaults
        self.cli_group = cli_group
        self._blueprints: list[tuple[Blueprint, dict[str, Any]]] = []

    @property
    def cli(self) -> click.Group:
        """The group of its commands, a `click.Group`."""
        if self._cli is None:
            # A server process has no use for the command line.
            from .cli.group import AppGroup

            self._cli = AppGroup(name=self.name)
        return cast("click.Group", self._cli)

    @cli.setter
    def cli(self, group: click.Group) -> None:
        self._cli = group

    def _check_setup_finished(self, f_name: str) -> None:
        if self._got_registered_once:
            raise AssertionError(
                f"The setup method {f_name!r} was called on the blueprint {self.name!r} after it"
                " had been registered, so an application has its earlier state already.\n"
                "Move the import, decorator or call that does it to before the registration."
            )

    @setupmethod
    def record(self, func: DeferredSetupFunction) -> None:
        """Call a function with the state of each registration."""
        self.deferred_functions.append(func)

    @setupmethod
    def record_once(self, func: DeferredSetupFunction) -> None:
        """Call a function with the state of an application's first registration."""

        def call_first(state: BlueprintSetupState) -> None:
            if state.first_registration:
                func(state)

        self.record(update_wrapper(call_first, func))

    def make_setup_state(
        self, app: Any, options: dict[str, Any], first_registration: bool = False
    ) -> BlueprintSetupState:
        """Return the state of one registration; a subclass may give its own.

        Args:
            app: The application.
            options: The arguments of `register_blueprint`.
            first_registration: Whether the blueprint is new to it.
        """
        return BlueprintSetupState(self, app, options, first_registration)

    @setupmethod
    def register_blueprint(self, blueprint: Blueprint, **options: Any) -> None:
        """Register a blueprint within this one.

        Args:
            blueprint: The inner blueprint.
            **options: `name`, `url_prefix`, `subdomain`, `url_defaults`.

        Raises:
            ValueError: It is this blueprint itself.
        """
        if blueprint is self:
            raise ValueError(
                f"The blueprint {self.name!r} cannot be registered on itself."
                " Register another blueprint on it, or it on the application."
            )
        self._blueprints.append((blueprint, options))

    def register(self, app: Any, options: dict[str, Any]) -> None:
        """Do on an application what was recorded.

        `Flask.register_blueprint` calls it; a subclass may extend it.

        Args:
            app: The application.
            options: The arguments of `register_blueprint`.

        Raises:
            ValueError: Its name is taken on the application.
        """
        name = self._choose_name(app, options)
        is_new_here = not any(known is self for known in app.blueprints.values())
        app.blueprints[name] = self
        self._got_registered_once = True
        state = self.make_setup_state(app, options, is_new_here)
        if self.has_static_folder:
            state.add_url_rule(
                f"{self.static_url_path}/<path:filename>",
                view_func=self.send_static_file,
                endpoint="static",
            )
        self._merge_blueprint_funcs(app, name)
        for deferred in self.deferred_functions:
            deferred(state)
        self._register_commands(app, options, name)
        for blueprint, inner_options in self._blueprints:
            blueprint.register(app, _nest_options(state, blueprint, inner_options, name))

    def _choose_name(self, app: Any, options: dict[str, Any]) -> str:
        own = options.get("name", self.name)
        name = f"{options.get('name_prefix', '')}.{own}".lstrip(".")
        if name in app.blueprints:
            other = app.blueprints[name]
            what = "this" if other is self else "a different"
            hint = "another name" if other is self else "a name of its own"
            raise ValueError(
                f"The name '{own}' is already registered for {what} blueprint"
                f"{f' (as {name!r})' if name != own else ''}: {other!r}."
                f" Pass name= to register_blueprint to give it {hint}."
            )
        return name

    def _register_commands(self, app: Any, options: dict[str, Any], name: str) -> None:
        if self._cli is None or not self._cli.commands:
            return
        group = options.get("cli_group", self.cli_group)
        if group is None:
            app.cli.commands.update(self._cli.commands)
            return
        self._cli.name = name if group is _sentinel else group
        app.cli.add_command(self._cli)

    def _merge_blueprint_funcs(self, app: Any, name: str) -> None:
        """Copy the tables to the application, under this registration's name."""

        def qualify(key: str | None) -> str:
            return name if key is None else f"{name}.{key}"

        for table in _MERGED_TABLES:
            target = getattr(app, table)
            for key, functions in getattr(self, table).items():
                target[qualify(key)].extend(functions)
        for key, by_code in self.error_handler_spec.items():
            for code, handlers in by_code.items():
                app.error_handler_spec[qualify(key)][code].update(handlers)
        for endpoint, view in self.view_functions.items():
            app.view_functions[endpoint] = view

    @setupmethod
    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: types.RouteCallable | None = None,
        provide_automatic_options: bool | None = None,
        **options: Any,
    ) -> None:
        """Register a rule on the application, at each registration.

        Args:
            rule: The URL, without the prefix.
            endpoint: The name of the view, without the blueprint's.
            view_func: The view.
            provide_automatic_options: Answer OPTIONS without the view.
            **options: Options of `werkzeug.routing.Rule`, such as `methods`.

        Raises:
            ValueError: The endpoint or the view's name has a dot in it.
        """
        if endpoint:
            _refuse_dot("endpoint", endpoint)
        if view_func is not None:
            _refuse_dot("view_func", getattr(view_func, "__name__", ""))
        self.record(
            lambda state: state.add_url_rule(
                rule,
                endpoint,
                view_func,
                provide_automatic_options=provide_automatic_options,
                **options,
            )
        )

    def _record_function(self, table: str, function: Any) -> None:
        """Register a function for the whole application."""
        self.record_once(lambda state: getattr(state.app, table).setdefault(None, []).append(function))

    @setupmethod
    def before_app_request(self, f: T_before_request) -> T_before_request:
        """Call a function before each request to the application."""
        self._record_function("before_request_funcs", f)
        return f

    @setupmethod
    def after_app_request(self, f: T_after_request) -> T_after_request:
        """Call a function with each response of the application."""
        self._record_function("after_request_funcs", f)
        return f

    @setupmethod
    def teardown_app_request(self, f: T_teardown) -> T_teardown:
        """Call a function at the end of each request to the application."""
        self._record_function("teardown_request_funcs", f)
        return f

    @setupmethod
    def before_app_websocket(self, f: T_socket) -> T_socket:
        """Call a function before the handler of each WebSocket."""
        self._record_function("before_websocket_funcs", f)
        return f

    @setupmethod
    def after_app_websocket(self, f: T_socket) -> T_socket:
        """Call a function after the handler of each WebSocket."""
        self._record_function("after_websocket_funcs", f)
        return f

    @setupmethod
    def teardown_app_websocket(self, f: T_socket) -> T_socket:
        """Call a function at the end of each WebSocket."""
        self._record_function("teardown_websocket_funcs", f)
        return f

    @setupmethod
    def app_context_processor(self, f: T_template_context_processor) -> T_template_context_processor:
        """Add variables to every template of the application."""
        self._record_function("template_context_processors", f)
        return f

    @setupmethod
    def app_url_value_preprocessor(self, f: T_url_value_preprocessor) -> T_url_value_preprocessor:
        """Change the variables of every URL of the application."""
        self._record_function("url_value_preprocessors", f)
        return f

    @setupmethod
    def app_url_defaults(self, f: T_url_defaults) -> T_url_defaults:
        """Add values whenever the application builds a URL."""
        self._record_function("url_default_functions", f)
        return f

    @setupmethod
    def app_errorhandler(self, code: type[Exception] | int) -> Callable[[T_error_handler], T_error_handler]:
        """Register an error handler for the whole application."""

        def register_handler(handler: T_error_handler) -> T_error_handler:
            self.record_once(lambda state: state.app.errorhandler(code)(handler))
            return handler

        return register_handler

    @setupmethod
    def app_template_filter(self, name: str | None = None) -> Callable[[T_template_filter], T_template_filter]:
        """Register the decorated function as a filter of all templates."""

        def register_filter(function: T_template_filter) -> T_template_filter:
            self.add_app_template_filter(function, name=name)
            return function

        return register_filter

    @setupmethod
    def add_app_template_filter(self, f: types.TemplateFilterCallable, name: str | None = None) -> None:
        """Register a function as a filter of all templates."""
        self.record_once(lambda state: state.app.add_template_filter(f, name))

    @setupmethod
    def app_template_test(self, name: str | None = None) -> Callable[[T_template_test], T_template_test]:
        """Register the decorated function as a test of all templates."""

        def register_test(function: T_template_test) -> T_template_test:
            self.add_app_template_test(function, name=name)
            return function

        return register_test

    @setupmethod
    def add_app_template_test(self, f: types.TemplateTestCallable, name: str | None = None) -> None:
        """Register a function as a test of all templates."""
        self.record_once(lambda state: state.app.add_template_test(f, name))

    @setupmethod
    def app_template_global(self, name: str | None = None) -> Callable[[T_template_global], T_template_global]:
        """Register the decorated function as a global of all templates."""

        def register_global(function: T_template_global) -> T_template_global:
            self.add_app_template_global(function, name=name)
            return function

        return register_global

    @setupmethod
    def add_app_template_global(self, f: types.TemplateGlobalCallable, name: str | None = None) -> None:
        """Register a function as a global of all templates."""
        self.record_once(lambda state: state.app.add_template_global(f, name))

    def get_send_file_max_age(self, filename: str | None) -> int | None:
        """Return for how many seconds a static file may be cached.

        By default it is the application's `SEND_FILE_MAX_AGE_DEFAULT`.

        Args:
            filename: The path of the file, or None.
        """
        return find_cache_age()

    def send_static_file(self, filename: str) -> Response:
        """Answer with a file of the static folder.

        Args:
            filename: The path below the folder.

        Raises:
            RuntimeError: There is no static folder.
        """
        return cast("Response", send_below(self, filename))

    def open_resource(self, resource: str, mode: str = "rb", encoding: str | None = "utf-8") -> IO[AnyStr]:
        """Open a file below the root path for reading.

        Args:
            resource: The path below the root path.
            mode: "r", "rt" or "rb".
            encoding: The encoding, in text mode.

        Raises:
            ValueError: The mode is one for writing.
        """
        return cast("IO[AnyStr]", open_below(self.root_path, resource, mode, encoding))


def _refuse_dot(what: str, value: str) -> None:
    if "." in value:
        raise ValueError(
            f"The {what!r} of a blueprint may not contain a dot, but it is {value!r}:"
            " dots separate the names of nested blueprints and views."
        )


def _nest_options(
    state: BlueprintSetupState, blueprint: Blueprint, options: dict[str, Any], name: str
) -> dict[str, Any]:
    """Return the options of an inner blueprint, completed by the outer one."""
    subdomain = _choose(options, "subdomain", blueprint.subdomain)
    if subdomain is None:
        subdomain = state.subdomain
    elif state.subdomain is not None:
        subdomain = f"{subdomain}.{state.subdomain}"
    prefix = _choose(options, "url_prefix", blueprint.url_prefix)
    if prefix is None:
        prefix = state.url_prefix
    elif state.url_prefix is not None:
        prefix = f"{state.url_prefix.rstrip('/')}/{prefix.lstrip('/')}"
    return {**options, "subdomain": subdomain, "url_prefix": prefix, "name_prefix": name}


def _choose(options: dict[str, Any], key: str, default: str | None) -> str | None:
    value: str | None = options.get(key)
    return default if value is None else value
