"""Set an application up: its folders, settings, rules and extensions.

Here lives `App`, the half of the application object that is used before it
serves.  The half that handles requests is `Flask`, in `app`.
"""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from werkzeug.datastructures import ImmutableDict
from werkzeug.exceptions import Aborter
from werkzeug.routing import BuildError
from werkzeug.utils import redirect as _redirect
from werkzeug.wrappers import Response as WerkzeugResponse

from . import typing as types
from ._packages import find_package
from .config import DEFAULTS, Config, ConfigAttribute
from .ctx import _AppCtxGlobals
from .doors.lifespan import Lifespan
from .doors.seen import SeenCall
from .helpers import get_debug_flag
from .json.provider import DefaultJSONProvider, JSONProvider
from .logging import create_logger
from .pipeline import errors, urls
from .pipeline.hints import may_be_typed
from .pipeline.plan import PLANNED, find_plan
from .pipeline.registry import Registry
from .response import Response, build_redirect
from .routing import Map, Rule
from .scaffold import Scaffold, T_teardown, _endpoint_from_view_func, setupmethod
from .templating import DispatchingJinjaLoader, Environment

if TYPE_CHECKING:
    import logging

    import click

    from .blueprints import Blueprint

T_serving = TypeVar("T_serving", bound="Callable[..., Any]")
T_shell_context_processor = TypeVar("T_shell_context_processor", bound=types.ShellContextProcessorCallable)
T_template_filter = TypeVar("T_template_filter", bound=types.TemplateFilterCallable)
T_template_global = TypeVar("T_template_global", bound=types.TemplateGlobalCallable)
T_template_test = TypeVar("T_template_test", bound=types.TemplateTestCallable)


def _make_timedelta(value: timedelta | int | None) -> timedelta | None:
    """Return a number of seconds as a timedelta."""
    return value if value is None or isinstance(value, timedelta) else timedelta(seconds=value)


class App(Scaffold):
    """Set an application up; users make a `Flask`.

    Args:
        import_name: The module that it is made in; usually `__name__`.
        static_url_path: The URL prefix of static files.
        static_folder: The folder of static files, or None for none.
        static_host: The host of static files, with host matching.
        host_matching: Match the host of each rule.
        subdomain_matching: Match the subdomain of each rule.
        template_folder: The folder of templates.
        instance_path: The folder of files that belong to one deployment.
        instance_relative_config: Load configuration files from there.
        root_path: The folder that the others are relative to.

    Raises:
        ValueError: The instance path is relative.
        AssertionError: A static host without host matching, or none with it.
    """

    aborter_class: type[Aborter] = Aborter
    jinja_environment: type[Environment] = Environment
    app_ctx_globals_class: type[_AppCtxGlobals] = _AppCtxGlobals
    config_class: type[Config] = Config
    json_provider_class: type[JSONProvider] = DefaultJSONProvider
    url_rule_class: type[Any] = Rule
    url_map_class: type[Any] = Map
    test_client_class: type[Any] | None = None
    test_cli_runner_class: type[Any] | None = None
    response_class: type[Response]

    testing = ConfigAttribute[bool]("TESTING")
    secret_key = ConfigAttribute[str | bytes | None]("SECRET_KEY")
    permanent_session_lifetime = ConfigAttribute[timedelta](
        "PERMANENT_SESSION_LIFETIME",
        get_converter=_make_timedelta,  # type: ignore[arg-type]  # None stays None
    )

    #: Options for the Jinja environment that is made on first use.
    jinja_options: dict[str, Any] = {}  # noqa: RUF012 - a subclass replaces it whole
    default_config: ClassVar[ImmutableDict[str, Any]] = ImmutableDict(DEFAULTS)

    _got_first_request = False
    _cli: Any = None

    #: Is called with the context, the status and the start of each request.
    _on_answer: Any = None
    #: Whether it was told which of its doors a server uses.
    _knows_interface = False
    #: Shows errors in the browser, where the server calls by ASGI or RSGI.
    _debugger: Any = None

    def __init__(
        self,
        import_name: str,
        static_url_path: str | None = None,
        static_folder: types.StrPath | None = "static",
        static_host: str | None = None,
        host_matching: bool = False,
        subdomain_matching: bool = False,
        template_folder: types.StrPath | None = "templates",
        instance_path: str | None = None,
        instance_relative_config: bool = False,
        root_path: str | None = None,
    ) -> None:
        self._registry = Registry()
        self._lifespan: Lifespan | None = None
        # Servers that look which protocol an application speaks look here; a call goes past it.
        self.__dict__["__call__"] = SeenCall(self)
        super().__init__(import_name, static_folder, static_url_path, template_folder, root_path)
        if instance_path is None:
            instance_path = self.auto_find_instance_path()
        elif not os.path.isabs(instance_path):
            raise ValueError(
                f"The instance path must be absolute, but {instance_path!r} is relative. Pass os.path.abspath() of it."
            )
        #: The folder of files that belong to one deployment.
        self.instance_path = instance_path
        self.config = self.make_config(instance_relative_config)
        #: What `abort` calls.
        self.aborter = self.make_aborter()
        #: What reads and writes JSON.
        self.json: JSONProvider = self.json_provider_class(self)
        #: Functions that may answer a URL that cannot be built.
        self.url_build_error_handlers: list[Callable[[Exception, str, dict[str, Any]], str]] = []
        self.teardown_appcontext_funcs: list[types.TeardownCallable] = []
        self.shell_context_processors: list[types.ShellContextProcessorCallable] = []
        #: Registered blueprints by name.
        self.blueprints: dict[str, Blueprint] = {}
        #: State of extensions, by their name.
        self.extensions: dict[str, Any] = {}
        self.url_map = self.url_map_class(host_matching=host_matching)
        self.subdomain_matching = subdomain_matching
        if self.has_static_folder:
            self._add_static_rule(static_host, host_matching)

    def __setattr__(self, name: str, value: Any) -> None:
        registry = self.__dict__.get("_registry")
        if registry is None or name not in PLANNED:
            object.__setattr__(self, name, value)
            return
        # First the value and then the mark, since another thread may seal between them.
        object.__setattr__(self, name, registry.watch(name, value))
        registry.mark_stale()

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        if name in PLANNED:
            self._registry.mark_stale()

    def _add_static_rule(self, static_host: str | None, host_matching: bool) -> None:
        if bool(static_host) != host_matching:
            raise AssertionError(
                f"static_host={static_host!r} does not go with host_matching={host_matching}:"
                " with host matching the static files need a host, without it they have none."
            )
        # The view holds no reference, so that an application can be freed at once.
        reference = weakref.ref(self)
        self.add_url_rule(
            f"{self.static_url_path}/<path:filename>",
            endpoint="static",
            host=static_host,
            view_func=lambda **values: cast("Any", reference()).send_static_file(**values),
        )

    def _check_setup_finished(self, f_name: str) -> None:
        if self._got_first_request:
            raise AssertionError(
                f"The setup method {f_name!r} was called on the application after it had handled"
                " its first request, so earlier requests did without what it sets up.\n"
                "Move the import, decorator or call that does it to before the application runs."
            )

    @property
    def lifespan(self) -> Lifespan:
        """What runs before, while and after the application serves."""
        if self._lifespan is None:
            self._lifespan = Lifespan(self)
        return self._lifespan

    @setupmethod
    def before_serving(self, f: T_serving) -> T_serving:
        """Register a function to run before the first request is served.

        It runs in an application context, once in each worker process: on
        the server's loop if it is a coroutine function.
        """
        return self.lifespan.add_before_serving(f)

    @setupmethod
    def after_serving(self, f: T_serving) -> T_serving:
        """Register a function to run when the last request was served."""
        return self.lifespan.add_after_serving(f)

    @setupmethod
    def while_serving(self, f: T_serving) -> T_serving:
        """Register a generator: up to its `yield` before serving, the rest after.

        An asynchronous generator runs on the server's loop.
        """
        return self.lifespan.add_while_serving(f)

    def add_background_task(self, func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
        """Run a function after this call, without waiting for it.

        A coroutine function runs on the server's loop, any other in a
        thread, with the context variables of now.  At shutdown they are
        waited for, `BACKGROUND_TASK_SHUTDOWN_TIMEOUT` seconds (5) at most.

        Args:
            func: The function.
            *args: Its arguments.
            **kwargs: Its keyword arguments.
        """
        self.lifespan.add_background_task(func, *args, **kwargs)

    def openapi(self, version: str | None = None) -> dict[str, Any]:
        """Return the OpenAPI document of all views that are not hidden.

        Args:
            version: Such as "3.2.0"; by default as `OPENAPI` says, or 3.1.1.

        Returns:
            What `json.dumps` takes; the same application gives the same.

        Raises:
            SignatureError: A typed view asks for what cannot be bound.
            ValueError: There is no such version.
        """
        from .api.openapi import build_document

        return build_document(self, version)

    def override(self, dependency: Callable[..., Any], replacement: Callable[..., Any]) -> Any:
        """Have typed views depend on something else, such as in tests.

        Args:
            dependency: The function behind a `Depends`.
            replacement: Is called instead, with parameters of its own.

        Returns:
            A context manager; leaving it takes the replacement back.
        """
        from .api.depends import override

        return override(self, dependency, replacement)

    def _bind_view(self, endpoint: str, view: Any) -> Any:
        """Return what binds the parameters of a typed view; None for others.

        Raises:
            SignatureError: The view asks for what cannot be bound.
        """
        kept = self._registry.bindings.get(endpoint)
        if kept is not None and kept[0] is view:
            return kept[1]
        binding = None
        if may_be_typed(view):
            from .api.binder import bind_view

            arguments, methods = urls.find_arguments_and_methods(self, endpoint)
            binding = bind_view(self, endpoint, view, arguments, methods)
        self._registry.bindings[endpoint] = view, binding
        return binding

    def _finish_setup(self) -> None:
        if self.config.get("OPENAPI"):
            from .api.routes import install

            install(self)
        self.__dict__["_got_first_request"] = True
        # Only now contexts may be opened the short way, past here.
        self._registry.mark_stale()

    @cached_property
    def name(self) -> str:  # type: ignore[override]  # computed here, stored in a blueprint
        """The name: the import name, or the file's when run as a script."""
        if self.import_name != "__main__":
            return self.import_name
        filename = getattr(sys.modules["__main__"], "__file__", None)
        if filename is None:
            return "__main__"
        return os.path.splitext(os.path.basename(str(filename)))[0]

    @cached_property
    def logger(self) -> logging.Logger:
        """The logger named after the application."""
        return create_logger(self)

    @cached_property
    def jinja_env(self) -> Environment:
        """The Jinja environment, made on first use."""
        return self.create_jinja_environment()

    @property
    def cli(self) -> click.Group:
        """The group of the application's commands, a `click.Group`."""
        if self._cli is None:
            # A server process has no use for the command line.
            from .cli.group import AppGroup

            self._cli = AppGroup(name=self.name)
        return cast("click.Group", self._cli)

    @cli.setter
    def cli(self, group: click.Group) -> None:
        self._cli = group

    @property
    def debug(self) -> bool:
        """Whether debug mode is on, `DEBUG` of the configuration."""
        return cast("bool", self.config["DEBUG"])

    @debug.setter
    def debug(self, value: bool) -> None:
        self.config["DEBUG"] = value
        if self.config["TEMPLATES_AUTO_RELOAD"] is None and "jinja_env" in self.__dict__:
            self.jinja_env.auto_reload = value

    def make_config(self, instance_relative: bool = False) -> Config:
        """Return the configuration, filled with the defaults.

        Args:
            instance_relative: Load files from the instance folder.
        """
        root_path = self.instance_path if instance_relative else self.root_path
        return self.config_class(root_path, {**self.default_config, "DEBUG": get_debug_flag()})

    def make_aborter(self) -> Aborter:
        """Return what `abort` calls."""
        return self.aborter_class()

    def auto_find_instance_path(self) -> str:
        """Return the instance folder that goes with how it is installed."""
        prefix, package_path = find_package(self.import_name)
        if prefix is None:
            return os.path.join(package_path, "instance")
        return os.path.join(prefix, "var", f"{self.name}-instance")

    @setupmethod
    def register_blueprint(self, blueprint: Blueprint, **options: Any) -> None:
        """Register a blueprint.

        Args:
            blueprint: The blueprint.
            **options: `name`, `url_prefix`, `subdomain`, `url_defaults`,
                `cli_group`, which replace the blueprint's own.

        Raises:
            ValueError: Its name is taken.
        """
        blueprint.register(self, options)

    def iter_blueprints(self) -> Iterable[Blueprint]:
        """Return the blueprints, in the order of registration."""
        return self.blueprints.values()

    @setupmethod
    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: types.RouteCallable | None = None,
        provide_automatic_options: bool | None = None,
        **options: Any,
    ) -> None:
        """Register a rule of the URL map, and the view for it.

        Args:
            rule: The URL, with variables such as `<int:id>`.
            endpoint: The name of the view; the function's unless given.
            view_func: The view; an endpoint may get it later.
            provide_automatic_options: Answer OPTIONS without the view.
            **options: Options of `werkzeug.routing.Rule`, such as `methods`.

        Raises:
            TypeError: The methods are one string.
            AssertionError: The endpoint has another view already.
        """
        if endpoint is None:
            endpoint = _endpoint_from_view_func(cast("types.RouteCallable", view_func))
        urls.add_rule(self, rule, endpoint, view_func, provide_automatic_options, options)

    @setupmethod
    def template_filter(self, name: str | None = None) -> Callable[[T_template_filter], T_template_filter]:
        """Register the decorated function as a template filter."""

        def register_filter(function: T_template_filter) -> T_template_filter:
            self.add_template_filter(function, name=name)
            return function

        return register_filter

    @setupmethod
    def add_template_filter(self, f: types.TemplateFilterCallable, name: str | None = None) -> None:
        """Register a function as a template filter, under its own name or another."""
        self.jinja_env.filters[name or f.__name__] = f

    @setupmethod
    def template_test(self, name: str | None = None) -> Callable[[T_template_test], T_template_test]:
        """Register the decorated function as a template test."""

        def register_test(function: T_template_test) -> T_template_test:
            self.add_template_test(function, name=name)
            return function

        return register_test

    @setupmethod
    def add_template_test(self, f: types.TemplateTestCallable, name: str | None = None) -> None:
        """Register a function as a template test, under its own name or another."""
        self.jinja_env.tests[name or f.__name__] = f

    @setupmethod
    def template_global(self, name: str | None = None) -> Callable[[T_template_global], T_template_global]:
        """Register the decorated function as a template global."""

        def register_global(function: T_template_global) -> T_template_global:
            self.add_template_global(function, name=name)
            return function

        return register_global

    @setupmethod
    def add_template_global(self, f: types.TemplateGlobalCallable, name: str | None = None) -> None:
        """Register a function as a template global, under its own name or another."""
        self.jinja_env.globals[name or f.__name__] = f

    @setupmethod
    def teardown_appcontext(self, f: T_teardown) -> T_teardown:
        """Call a function when an application context is left for good.

        Flask: one that raises keeps no other from running.
        """
        self.teardown_appcontext_funcs.append(f)
        return f

    @setupmethod
    def shell_context_processor(self, f: T_shell_context_processor) -> T_shell_context_processor:
        """Add what a function returns to the names in the shell."""
        self.shell_context_processors.append(f)
        return f

    def create_jinja_environment(self) -> Environment:
        """Return the environment for templates.

        Raises:
            NotImplementedError: `Flask` defines it, with its globals.
        """
        raise NotImplementedError

    def create_global_jinja_loader(self) -> DispatchingJinjaLoader:
        """Return the loader that looks in the app's and blueprints' folders."""
        return DispatchingJinjaLoader(self)

    def select_jinja_autoescape(self, filename: str | None) -> bool:
        """Say whether a template escapes what it prints.

        Args:
            filename: The template's name; None for one made of a string.
        """
        return filename is None or filename.endswith((".html", ".htm", ".xml", ".xhtml", ".svg"))

    def trap_http_exception(self, e: Exception) -> bool:
        """Say whether an HTTP error is treated as an ordinary exception.

        By default `TRAP_HTTP_EXCEPTIONS` and `TRAP_BAD_REQUEST_ERRORS` of
        the configuration decide.
        """
        return errors.traps(self, e)

    def _find_error_handler(self, e: Exception, blueprints: list[str]) -> types.ErrorHandlerCallable | None:
        return errors.find_handler(self, e, blueprints)

    def should_ignore_error(self, error: BaseException | None) -> bool:
        """Say whether the teardown functions are not told of an error."""
        return False

    def inject_url_defaults(self, endpoint: str, values: dict[str, Any]) -> None:
        """Let the registered functions add values for a URL to be built."""
        urls.inject_defaults(self, endpoint, values)

    def handle_url_build_error(self, error: BuildError, endpoint: str, values: dict[str, Any]) -> str:
        """Return what a handler makes of a URL that was not built.

        Raises:
            BuildError: No handler returned a URL.
        """
        return urls.handle_build_error(self, error, endpoint, values)

    def redirect(self, location: str, code: int = 302) -> WerkzeugResponse:
        """Return a response that sends the client elsewhere."""
        if find_plan(self).results.builds_plainly:
            return cast("WerkzeugResponse", build_redirect(self.response_class, location, code))
        return _redirect(location, code=code, Response=self.response_class)
