"""Be the face of the framework: the application object.

Here lives `Flask`.  Its public methods are the API that users call and
override while requests are handled; each is a line or two into the core,
where the work is done.  What sets an application up is in `app_setup`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Coroutine, Iterable
from functools import cache
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any, AnyStr, NoReturn, cast

from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from . import _current, _proxies
from . import typing as ft
from ._files import find_cache_age, open_below, send_below
from .app_setup import App
from .ctx import AppContext, RequestContext
from .doors.wsgi import serve
from .helpers import get_flashed_messages
from .pipeline import bridge, dispatch, errors, urls
from .pipeline.drive import drive
from .pipeline.plan import OWN_METHODS, STEP_METHODS, find_plan
from .request import Request
from .response import Response
from .scaffold import _sentinel
from .sessions import SecureCookieSessionInterface, SessionInterface
from .signals import appcontext_tearing_down  # noqa: F401 - extensions import it from here
from .templating import Environment

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from .testing import FlaskClient, FlaskCliRunner
    from .testing.async_client import AsyncClient


class Flask(App):
    """Be a WSGI application made of views.

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

    request_class: type[Request] = Request
    response_class: type[Response] = Response
    session_interface: SessionInterface = SecureCookieSessionInterface()

    def open_instance_resource(self, resource: str, mode: str = "rb", encoding: str | None = "utf-8") -> IO[AnyStr]:
        """Open a file of the instance folder, also for writing.

        Args:
            resource: The path below the folder.
            mode: As in `open`.
            encoding: The encoding, in text mode.
        """
        path = os.path.join(self.instance_path, resource)
        return cast("IO[AnyStr]", open(path, mode, encoding=None if "b" in mode else encoding))

    def open_resource(self, resource: str, mode: str = "rb", encoding: str | None = None) -> IO[AnyStr]:
        """Open a file below the root path for reading.

        Args:
            resource: The path below the root path.
            mode: "r", "rt" or "rb".
            encoding: The encoding, in text mode.

        Raises:
            ValueError: The mode is one for writing.
        """
        file: IO[AnyStr] = open_below(self.root_path, resource, mode, encoding)
        return file

    def get_send_file_max_age(self, filename: str | None) -> int | None:
        """Return for how many seconds a file may be cached.

        By default `SEND_FILE_MAX_AGE_DEFAULT` of the configuration.

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
        response: Response = send_below(self, filename)
        return response

    def make_shell_context(self) -> dict[str, Any]:
        """Return the names that the shell starts with."""
        names: dict[str, Any] = {"app": self, "g": _proxies.g}
        for processor in self.shell_context_processors:
            names.update(processor())
        return names

    def create_jinja_environment(self) -> Environment:
        """Return the environment for templates, with Flask's globals."""
        options = dict(self.jinja_options)
        options.setdefault("autoescape", self.select_jinja_autoescape)
        if "auto_reload" not in options:
            reload = self.config["TEMPLATES_AUTO_RELOAD"]
            options["auto_reload"] = self.debug if reload is None else reload
        environment = self.jinja_environment(self, **options)
        environment.globals.update(
            url_for=self.url_for,
            get_flashed_messages=get_flashed_messages,
            config=self.config,
            request=_proxies.request,
            session=_proxies.session,
            g=_proxies.g,
        )
        environment.policies["json.dumps_function"] = self.json.dumps
        return environment

    def update_template_context(self, context: dict[str, Any]) -> None:
        """Add what the context processors return to a template's variables.

        Args:
            context: The variables; those that it holds already win.
        """
        given = dict(context)
        current = _current.find_request_context()
        names = [None] if current is None else [None, *reversed(current.request.blueprints)]
        make_sync = find_plan(self).make_sync
        for name in names:
            if name in self.template_context_processors:
                for processor in self.template_context_processors[name]:
                    context.update(make_sync(processor)())
        context.update(given)

    def run(
        self,
        host: str | None = None,
        port: int | None = None,
        debug: bool | None = None,
        load_dotenv: bool = True,
        **options: Any,
    ) -> None:
        """Serve the application while developing it; never in production.

        Args:
            host: The address to listen on.
            port: The port to listen on.
            debug: Turn debug mode on or off.
            load_dotenv: Read `.env` and `.flaskenv` first.
            **options: Options of `werkzeug.serving.run_simple`.
        """
        # A server process has no use for the development server.
        from .dev.server import run_development_server

        run_development_server(self, host, port, debug, load_dotenv, options)

    def test_client(self, use_cookies: bool = True, **kwargs: Any) -> FlaskClient:
        """Return a client that calls the application without a server.

        Args:
            use_cookies: Keep cookies between requests.
            **kwargs: Further arguments of `test_client_class`.
        """
        # A server process has no use for the test client.
        from .testing import FlaskClient

        client_class = self.test_client_class or FlaskClient
        client: FlaskClient = client_class(self, self.response_class, use_cookies=use_cookies, **kwargs)
        return client

    def async_test_client(self, use_cookies: bool = True, **kwargs: Any) -> AsyncClient:
        """Return a client that calls the application by ASGI, without a server.

        Args:
            use_cookies: Keep cookies between requests.
            **kwargs: Further arguments of `testing.AsyncClient`.
        """
        # A server process has no use for the test client.
        from .testing.async_client import AsyncClient

        return AsyncClient(self, use_cookies, **kwargs)

    def test_cli_runner(self, **kwargs: Any) -> FlaskCliRunner:
        """Return a runner that invokes the application's commands.

        Args:
            **kwargs: Arguments of `test_cli_runner_class`.
        """
        # A server process has no use for the command runner.
        from .testing import FlaskCliRunner

        runner_class = self.test_cli_runner_class or FlaskCliRunner
        runner: FlaskCliRunner = runner_class(self, **kwargs)
        return runner

    def handle_http_exception(self, e: HTTPException) -> HTTPException | ft.ResponseReturnValue:
        """Answer an HTTP error by its handler, or by itself."""
        handler = errors.choose_http_handler(self, _current.get_request_context(), e)
        result: HTTPException | ft.ResponseReturnValue = e if handler is None else handler(e)
        return result

    def handle_user_exception(self, e: Exception) -> HTTPException | ft.ResponseReturnValue:
        """Answer an exception by its handler.

        Raises:
            Exception: The same one, where nobody handles it.
        """
        try:
            handler = errors.choose_user_handler(self, _current.get_request_context(), e)
            result: HTTPException | ft.ResponseReturnValue = cast("HTTPException", e) if handler is None else handler(e)
            return result
        finally:
            # Its traceback may name this frame: without the name, no circle is left.
            del e

    def handle_exception(self, e: Exception) -> Response:
        """Log an exception that nobody handled and answer with a 500.

        Raises:
            Exception: The same one, where it is to reach the server.
        """
        context = _current.get_request_context()
        response: Response = drive(errors.handle_exception(self, context, e))
        return response

    def log_exception(
        self,
        exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None],
    ) -> None:
        """Write an exception that nobody handled to the log."""
        current = _current.get_request()
        self.logger.error("Exception on %s [%s]", current.path, current.method, exc_info=exc_info)

    def raise_routing_exception(self, request: Request) -> NoReturn:
        """Raise the error of matching the URL.

        Args:
            request: The request whose `routing_exception` is set.

        Raises:
            HTTPException: The error.
        """
        errors.raise_routing_exception(self, request)

    def full_dispatch_request(self) -> Response:
        """Take every step of the current request up to its final response."""
        response: Response = dispatch.full_dispatch(_current.get_request_context())
        return response

    def preprocess_request(self) -> ft.ResponseReturnValue | None:
        """Run the URL processors and the before-request functions.

        Returns:
            The first result that is not None; it is used instead of the
            view's.
        """
        context = _current.get_request_context()
        result: ft.ResponseReturnValue | None = drive(dispatch.preprocess(context))
        return result

    def dispatch_request(self) -> ft.ResponseReturnValue:
        """Call the view of the current request."""
        result: ft.ResponseReturnValue = drive(dispatch.dispatch(_current.get_request_context()))
        return result

    def finalize_request(
        self, rv: ft.ResponseReturnValue | HTTPException, from_error_handler: bool = False
    ) -> Response:
        """Make a response of a result and run what comes after.

        Args:
            rv: What the view or a handler returned.
            from_error_handler: Log an error of what comes after and go on.
        """
        context = _current.get_request_context()
        response: Response = drive(dispatch.finalize(context, rv, from_error_handler))
        return response

    def make_response(self, rv: ft.ResponseReturnValue) -> Response:
        """Make a response of what a view returned.

        Args:
            rv: A string, bytes, a dict or list for JSON, a generator, a
                response, a WSGI application, or a tuple of one of these
                with a status, headers or both.

        Raises:
            TypeError: It is none of these.
        """
        context = _current.find_request_context()
        response: Response = find_plan(self).results[type(rv)](context, rv)
        return response

    def process_response(self, response: Response) -> Response:
        """Run the after-request functions and save the session.

        Args:
            response: The response so far.

        Returns:
            The response that the last function returned.
        """
        finished: Response = drive(dispatch.process(_current.get_request_context(), response))
        return finished

    def make_default_options_response(self) -> Response:
        """Answer OPTIONS with the methods that the URL takes."""
        adapter = cast("MapAdapter", _current.get_request_context().url_adapter)
        response = self.response_class()
        response.allow.update(adapter.allowed_methods())
        return response

    def do_teardown_request(self, exc: BaseException | None = _sentinel) -> None:  # type: ignore[assignment]  # None has a meaning
        """Run the functions for the end of a request.

        Args:
            exc: The error that ended it; the one being handled unless given.
        """
        error = sys.exc_info()[1] if exc is _sentinel else exc
        drive(dispatch.teardown_request(_current.get_request_context(), error))

    def do_teardown_appcontext(self, exc: BaseException | None = _sentinel) -> None:  # type: ignore[assignment]  # None has a meaning
        """Run the functions for the end of an application context.

        Args:
            exc: The error that ended it; the one being handled unless given.
        """
        error = sys.exc_info()[1] if exc is _sentinel else exc
        drive(dispatch.teardown_app(self, error))

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that sync code can call.

        Args:
            func: A function; a coroutine function is wrapped by
                `async_to_sync`, any other is returned as it is.
        """
        return bridge.ensure_sync(func, self.async_to_sync)

    def async_to_sync(self, func: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
        """Wrap a coroutine function so that sync code can call it.

        Flask: it runs on one background loop that lives as long as the
        process, so pools and tasks survive the request.

        Args:
            func: The coroutine function.
        """
        return bridge.async_to_sync(func)

    def ensure_async(self, func: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
        """Return a coroutine function that does what a function does.

        Args:
            func: A function; a sync one is called in the worker thread of the
                current request, a coroutine function is returned as it is.
        """
        return bridge.to_async(func, self.config)

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return Werkzeug's adapter for a request, or for the configuration.

        Args:
            request: The request, or None outside of one.

        Returns:
            The adapter; None outside of a request without `SERVER_NAME`.
        """
        return urls.create_adapter(self, request)

    def url_for(
        self,
        /,
        endpoint: str,
        *,
        _external: bool | None = None,
        _scheme: str | None = None,
        _method: str | None = None,
        _anchor: str | None = None,
        **values: Any,
    ) -> str:
        """Return the URL of an endpoint; see `helpers.url_for`.

        Raises:
            BuildError: No rule takes these values.
            RuntimeError: There is neither a request nor a `SERVER_NAME`.
        """
        return urls.build_url(self, endpoint, _anchor, _method, _scheme, _external, values)

    def app_context(self) -> AppContext:
        """Return a context in which this application is the current one."""
        return AppContext(self)

    def request_context(self, environ: WSGIEnvironment) -> RequestContext:
        """Return a context for the request of a WSGI environ."""
        return RequestContext(self, environ)

    def test_request_context(self, *args: Any, **kwargs: Any) -> RequestContext:
        """Return a context for a request that is made up.

        Args:
            *args: Arguments of `testing.EnvironBuilder`, the path first.
            **kwargs: Its keyword arguments.
        """
        # A server process has no use for the test client.
        from .testing import EnvironBuilder

        builder = EnvironBuilder(self, *args, **kwargs)
        try:
            environ = builder.get_environ()
        finally:
            builder.close()
        return self.request_context(environ)

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one WSGI call; wrap this one with middleware.

        Args:
            environ: The request.
            start_response: Takes the status line and the headers.
        """
        return serve(self, environ, start_response)

    async def asgi_app(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one ASGI call; wrap this one with middleware.

        Args:
            scope: What is asked for.
            receive: Gives the next event.
            send: Takes a message.
        """
        await _find_door("asgi").serve(self, scope, receive, send)

    def rsgi_app(self, scope: Any, protocol: Any) -> Coroutine[Any, Any, None]:
        """Answer one RSGI call; wrap this one with middleware.

        PERF: nobody asks whether it is a coroutine function, as of `asgi_app`:
        0.12 µs.

        Args:
            scope: What is asked for.
            protocol: The server's side of it.

        Returns:
            What is to be awaited.
        """
        answer: Coroutine[Any, Any, None] = _find_door("rsgi").serve(self, scope, protocol)
        return answer

    def __call__(self, environ: Any, start_response: Any, send: Any = None) -> Any:
        """Answer a WSGI call (two arguments) or an ASGI call (three).

        Returns:
            The body, or a coroutine.
        """
        if send is None:
            return self.wsgi_app(environ, start_response)
        return self.asgi_app(environ, start_response, send)

    def __rsgi__(self, scope: Any, protocol: Any) -> Coroutine[Any, Any, None]:
        """Answer an RSGI call, through `rsgi_app`."""
        return self.rsgi_app(scope, protocol)

    def __rsgi_init__(self, loop: Any) -> None:
        """Start what runs before serving by RSGI, on a loop that is not running."""
        self.lifespan.start_for_rsgi(loop)

    def __rsgi_del__(self, loop: Any) -> None:
        """Stop what runs while serving by RSGI."""
        self.lifespan.stop_for_rsgi(loop)

    def _on_stopping(self) -> Any:
        """End what would keep a worker from stopping: sockets and event streams.

        Returns:
            A task that is done when they have ended, or None.
        """
        return _find_door("stopping").stop(self) if "demijohn.doors.exchange" in sys.modules else None


@cache
def _find_door(name: str) -> Any:
    """Return the door for a protocol, which a process of another one never imports."""
    return import_module(f".doors.{name}", __package__)


OWN_METHODS.update({name: getattr(Flask, name) for name in STEP_METHODS})
