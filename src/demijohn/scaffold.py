"""Hold what an application and a blueprint have in common.

Here lives `Scaffold`: the decorators that register views and functions,
and the folders for static files and templates.  It only fills tables; what
becomes of them is compiled in `pipeline.plan`.
"""

from __future__ import annotations

import os
from collections import defaultdict
from functools import cached_property, update_wrapper
from typing import TYPE_CHECKING, Any, TypeVar, cast

from jinja2 import BaseLoader, FileSystemLoader

from . import typing as types
from ._packages import find_package, find_package_path, get_root_path
from .pipeline.errors import find_class_and_code
from .templating import _default_template_ctx_processor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Scaffold", "_endpoint_from_view_func", "_sentinel", "find_package", "setupmethod"]

_sentinel = object()
_find_package_path = find_package_path

F = TypeVar("F", bound="Callable[..., Any]")
T_after_request = TypeVar("T_after_request", bound=types.AfterRequestCallable[Any])
T_before_request = TypeVar("T_before_request", bound=types.BeforeRequestCallable)
T_error_handler = TypeVar("T_error_handler", bound=types.ErrorHandlerCallable)
T_route = TypeVar("T_route", bound="Callable[..., Any]")
T_socket = TypeVar("T_socket", bound="Callable[..., Any]")
T_teardown = TypeVar("T_teardown", bound=types.TeardownCallable)
T_template_context_processor = TypeVar("T_template_context_processor", bound=types.TemplateContextProcessorCallable)
T_url_defaults = TypeVar("T_url_defaults", bound=types.URLDefaultCallable)
T_url_value_preprocessor = TypeVar("T_url_value_preprocessor", bound=types.URLValuePreprocessorCallable)


def setupmethod(f: F) -> F:
    """Have a method refuse to run once set-up is over."""
    name = f.__name__

    def run_during_setup(self: Scaffold, *args: Any, **kwargs: Any) -> Any:
        self._check_setup_finished(name)
        return f(self, *args, **kwargs)

    return cast("F", update_wrapper(run_during_setup, f))


#: A blueprint's name, or None for what belongs to all.
Key = types.AppOrBlueprintKey


class Scaffold:
    """Register views and the functions around them.

    Args:
        import_name: The name of the module that this is made in; usually
            `__name__`.
        static_folder: The folder of static files, relative to the root.
        static_url_path: The URL prefix of static files.
        template_folder: The folder of templates, relative to the root.
        root_path: The folder that the others are relative to; found by
            `import_name` unless given.
    """

    name: str
    #: Commands of the command line.
    cli: Any  # a click.Group
    _static_folder: str | None = None
    _static_url_path: str | None = None

    def __init__(
        self,
        import_name: str,
        static_folder: types.StrPath | None = None,
        static_url_path: str | None = None,
        template_folder: types.StrPath | None = None,
        root_path: str | None = None,
    ) -> None:
        #: The name of the module that this was made in.
        self.import_name = import_name
        self.static_folder = static_folder
        self.static_url_path = static_url_path
        #: The folder of templates, relative to `root_path`, or None.
        self.template_folder = template_folder
        #: The folder on disk that resources are relative to.
        self.root_path = get_root_path(import_name) if root_path is None else root_path
        #: Views by endpoint.
        self.view_functions: dict[str, types.RouteCallable] = {}
        #: Handlers by blueprint (None for all), status code, exception class.
        self.error_handler_spec: dict[Key, dict[int | None, dict[type[Exception], types.ErrorHandlerCallable]]] = (
            defaultdict(lambda: defaultdict(dict))
        )
        #: Functions to call before each request, by blueprint.
        self.before_request_funcs: dict[Key, list[types.BeforeRequestCallable]] = defaultdict(list)
        #: Functions to call with each response, by blueprint.
        self.after_request_funcs: dict[Key, list[types.AfterRequestCallable[Any]]] = defaultdict(list)
        #: Functions to call when a request is over, by blueprint.
        self.teardown_request_funcs: dict[Key, list[types.TeardownCallable]] = defaultdict(list)
        #: Functions to call before the handler of a WebSocket, by blueprint.
        self.before_websocket_funcs: dict[Key, list[Callable[[], Any]]] = defaultdict(list)
        #: Functions to call after the handler of a WebSocket, by blueprint.
        self.after_websocket_funcs: dict[Key, list[Callable[[Any], Any]]] = defaultdict(list)
        #: Functions to call when a WebSocket is over, by blueprint.
        self.teardown_websocket_funcs: dict[Key, list[types.TeardownCallable]] = defaultdict(list)
        #: Functions that add variables to templates, by blueprint.
        self.template_context_processors: dict[Key, list[types.TemplateContextProcessorCallable]] = defaultdict(
            list, {None: [_default_template_ctx_processor]}
        )
        #: Functions that change a URL's variables, by blueprint.
        self.url_value_preprocessors: dict[Key, list[types.URLValuePreprocessorCallable]] = defaultdict(list)
        #: Functions that add values for building URLs, by blueprint.
        self.url_default_functions: dict[Key, list[types.URLDefaultCallable]] = defaultdict(list)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    def _check_setup_finished(self, f_name: str) -> None:
        raise NotImplementedError

    @property
    def static_folder(self) -> str | None:
        """The absolute folder of static files, or None."""
        folder = self._static_folder
        return None if folder is None else os.path.join(self.root_path, folder)

    @static_folder.setter
    def static_folder(self, value: types.StrPath | None) -> None:
        self._static_folder = None if value is None else os.fspath(value).rstrip(r"\/")

    @property
    def has_static_folder(self) -> bool:
        """Whether a folder of static files is set."""
        return self._static_folder is not None

    @property
    def static_url_path(self) -> str | None:
        """The URL prefix of static files; by the folder's name unless set."""
        if self._static_url_path is not None:
            return self._static_url_path
        folder = self.static_folder
        return None if folder is None else f"/{os.path.basename(folder)}".rstrip("/")

    @static_url_path.setter
    def static_url_path(self, value: str | None) -> None:
        self._static_url_path = None if value is None else value.rstrip("/")

    @cached_property
    def jinja_loader(self) -> BaseLoader | None:
        """The loader for the folder of templates, or None without one."""
        if self.template_folder is None:
            return None
        return FileSystemLoader(os.path.join(self.root_path, self.template_folder))

    def _method_route(self, method: str, rule: str, options: dict[str, Any]) -> Callable[[T_route], T_route]:
        if "methods" in options:
            raise TypeError(
                f"'methods' cannot be passed to {method.lower()}(), which stands for one method."
                " Use route() for a view that takes several."
            )
        return self.route(rule, methods=[method], **options)

    @setupmethod
    def get(self, rule: str, **options: Any) -> Callable[[T_route], T_route]:
        """Register a view for GET; see `route`."""
        return self._method_route("GET", rule, options)

    @setupmethod
    def post(self, rule: str, **options: Any) -> Callable[[T_route], T_route]:
        """Register a view for POST; see `route`."""
        return self._method_route("POST", rule, options)

    @setupmethod
    def put(self, rule: str, **options: Any) -> Callable[[T_route], T_route]:
        """Register a view for PUT; see `route`."""
        return self._method_route("PUT", rule, options)

    @setupmethod
    def delete(self, rule: str, **options: Any) -> Callable[[T_route], T_route]:
        """Register a view for DELETE; see `route`."""
        return self._method_route("DELETE", rule, options)

    @setupmethod
    def patch(self, rule: str, **options: Any) -> Callable[[T_route], T_route]:
        """Register a view for PATCH; see `route`."""
        return self._method_route("PATCH", rule, options)

    @setupmethod
    def route(self, rule: str, **options: Any) -> Callable[[T_route], T_route]:
        """Register the decorated function as the view of a URL.

        Args:
            rule: The URL, with variables such as `<int:id>`.
            **options: `endpoint`, and what `add_url_rule` takes.

        Returns:
            A decorator that returns the view unchanged.
        """

        def register_view(view: T_route) -> T_route:
            self.add_url_rule(rule, options.pop("endpoint", None), view, **options)
            return view

        return register_view

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
            NotImplementedError: A subclass did not define it.
        """
        raise NotImplementedError

    @setupmethod
    def responses(self, table: Mapping[int | str, Any]) -> Callable[[F], F]:
        """Tell what else the decorated view may answer, for the document.

        Args:
            table: By status code, "4XX" or "default": a model, a text that
                describes the answer, or both as a tuple.

        Returns:
            A decorator that returns the view unchanged.

        Raises:
            ValueError: A key is no status.
        """
        from .api.operations import tell

        return tell(self, responses=table)

    @setupmethod
    def operation(
        self,
        *,
        summary: str | None = None,
        description: str | None = None,
        tags: Sequence[str] | None = None,
        operation_id: str | None = None,
        deprecated: bool | None = None,
        hidden: bool | None = None,
        security: Sequence[Any] | None = None,
        examples: Mapping[str, Any] | None = None,
    ) -> Callable[[F], F]:
        """Tell the OpenAPI document about the decorated view.

        Args:
            summary: One line; by default the first of the docstring.
            description: The text below it, in Markdown.
            tags: Its groups; by default the blueprint.
            operation_id: Its name for generated clients.
            deprecated: Whether it should not be used any more.
            hidden: Whether the document leaves it out.
            security: The schemes that it needs; found by its dependencies.
            examples: Bodies that are fine, by name.

        Returns:
            A decorator that returns the view unchanged.
        """
        from .api.operations import tell

        return tell(
            self,
            summary=summary,
            description=description,
            tags=tags,
            operation_id=operation_id,
            deprecated=deprecated,
            hidden=hidden,
            security=security,
            examples=examples,
        )

    @setupmethod
    def webhook(self, name: str, method: str = "POST") -> Callable[[F], F]:
        """Describe a request that the application sends, for the document.

        Args:
            name: What happened, such as "order.created".
            method: The method that it is sent with.

        Returns:
            A decorator that returns the function unchanged; it is never
            called, its signature and docstring tell.
        """
        from .api.operations import tell_webhook

        return tell_webhook(self, name, method)

    @setupmethod
    def endpoint(self, endpoint: str) -> Callable[[F], F]:
        """Register the decorated function as the view of an endpoint."""

        def register_endpoint(view: F) -> F:
            self.view_functions[endpoint] = view
            return view

        return register_endpoint

    @setupmethod
    def before_request(self, f: T_before_request) -> T_before_request:
        """Call a function before each request; a result answers it."""
        self.before_request_funcs.setdefault(None, []).append(f)
        return f

    @setupmethod
    def after_request(self, f: T_after_request) -> T_after_request:
        """Call a function with each response; it returns the one to send."""
        self.after_request_funcs.setdefault(None, []).append(f)
        return f

    @setupmethod
    def teardown_request(self, f: T_teardown) -> T_teardown:
        """Call a function when a request is over, with its error or None.

        Flask: one that raises keeps no other from running.
        """
        self.teardown_request_funcs.setdefault(None, []).append(f)
        return f

    @setupmethod
    def websocket(self, rule: str, **options: Any) -> Callable[[T_route], T_route]:
        """Register a handler for the WebSockets of a URL.

        Args:
            rule: The URL, as for `route`.
            **options: As for `route`; there are no methods.
        """

        def register(f: T_route) -> T_route:
            endpoint = options.pop("endpoint", None)
            # Other rules may have the flag `websocket` too, such as those of Flask-Sock.
            self.add_url_rule(rule, endpoint, f, False, websocket=True, serves_socket=True, methods=["GET"], **options)
            return f

        return register

    @setupmethod
    def before_websocket(self, f: T_socket) -> T_socket:
        """Register a function to run before the handler of each WebSocket.

        Where it does not return None, the handler is not run and the
        handshake is refused with what it returned.
        """
        self.before_websocket_funcs[None].append(f)
        return f

    @setupmethod
    def after_websocket(self, f: T_socket) -> T_socket:
        """Register a function to run when the handler of a WebSocket ended.

        It is given the response to a handshake that was refused, otherwise
        None, and may return another one.
        """
        self.after_websocket_funcs[None].append(f)
        return f

    @setupmethod
    def teardown_websocket(self, f: T_socket) -> T_socket:
        """Register a function to run when a WebSocket is over.

        It is given the exception that ended it, or None.
        """
        self.teardown_websocket_funcs[None].append(f)
        return f

    @setupmethod
    def context_processor(self, f: T_template_context_processor) -> T_template_context_processor:
        """Add the variables that a function returns to every template."""
        self.template_context_processors[None].append(f)
        return f

    @setupmethod
    def url_value_preprocessor(self, f: T_url_value_preprocessor) -> T_url_value_preprocessor:
        """Let a function change the endpoint's variables before each view."""
        self.url_value_preprocessors[None].append(f)
        return f

    @setupmethod
    def url_defaults(self, f: T_url_defaults) -> T_url_defaults:
        """Let a function add values whenever a URL is built."""
        self.url_default_functions[None].append(f)
        return f

    @setupmethod
    def errorhandler(self, code_or_exception: type[Exception] | int) -> Callable[[T_error_handler], T_error_handler]:
        """Register the decorated function for an exception or status code."""

        def register_handler(handler: T_error_handler) -> T_error_handler:
            self.register_error_handler(code_or_exception, handler)
            return handler

        return register_handler

    @setupmethod
    def register_error_handler(self, code_or_exception: type[Exception] | int, f: types.ErrorHandlerCallable) -> None:
        """Register a function for an exception class or a status code.

        Args:
            code_or_exception: The class, with its subclasses, or the code.
            f: Takes the exception and returns what a view may return.

        Raises:
            TypeError: It is an instance of an exception.
            ValueError: It is no exception class or no known code.
        """
        kind, code = self._get_exc_class_and_code(code_or_exception)
        self.error_handler_spec[None][code][kind] = f

    _get_exc_class_and_code = staticmethod(find_class_and_code)


def _endpoint_from_view_func(view_func: types.RouteCallable) -> str:
    """Return the endpoint that a view gets unless it is given one."""
    if view_func is None:
        raise AssertionError(
            "A rule needs an endpoint or a view: without a name of its own, the endpoint is the"
            " name of the view function, and none was given."
        )
    return view_func.__name__
