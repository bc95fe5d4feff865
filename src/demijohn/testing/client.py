"""Send requests to an application in a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from copy import copy
from functools import cache
from importlib.metadata import version
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from werkzeug.test import Client, TestResponse
from werkzeug.test import EnvironBuilder as WerkzeugEnvironBuilder
from werkzeug.wrappers import Request as BaseRequest

from ..pipeline.plan import refresh
from ..sessions import SessionMixin
from .builder import EnvironBuilder

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_PRESERVE = "werkzeug.debug.preserve_context"


class FlaskClient(Client):
    """Send requests and remember cookies, as a browser would.

    In a `with` block the contexts of the last request stay current, so that
    `request`, `session` and `g` can be looked at after it.

    Args:
        *args: Passed on to `werkzeug.test.Client`: the application first.
        **kwargs: Likewise.
    """

    #: The application that requests go to.
    application: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Whether the contexts of requests are kept.
        self.preserve_context = False
        #: What every request's environ begins with.
        self.environ_base: dict[str, Any] = {
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_USER_AGENT": f"Werkzeug/{_get_werkzeug_version()}",
        }
        self._new_contexts: list[AbstractContextManager[Any]] = []
        self._context_stack = ExitStack()

    def open(
        self,
        *args: Any,
        buffered: bool = False,
        follow_redirects: bool = False,
        **kwargs: Any,
    ) -> TestResponse:
        """Send a request and return the response.

        Args:
            *args: A builder, an environ or a request; or what
                `EnvironBuilder` takes behind the application.
            buffered: Read the whole body and close the response.
            follow_redirects: Send further requests while the response is a
                redirect.
            **kwargs: What `EnvironBuilder` takes.

        Returns:
            The response, with the `request` and the `history` of redirects.
        """
        request = self._request_from_builder_args(args, kwargs)
        self._context_stack.close()
        if hasattr(self.application, "_registry"):
            refresh(self.application)
        try:
            response = super().open(request, buffered=buffered, follow_redirects=follow_redirects)
        except BaseException:
            self._new_contexts.clear()
            raise
        response.json_module = self.application.json
        # In the order in which they were left, so that after redirects the last
        # request is the current one.
        while self._new_contexts:
            self._context_stack.enter_context(self._new_contexts.pop(0))
        return response

    @contextmanager
    def session_transaction(self, *args: Any, **kwargs: Any) -> Iterator[SessionMixin]:
        """Give the session that a request would see, and save its changes.

        Enter it by `with`, change the session, and the next request of the
        client finds the changes.

        Args:
            *args: What `Flask.test_request_context` takes.
            **kwargs: Likewise.

        Yields:
            The session.  It is saved at the end of the block.

        Raises:
            TypeError: The client was made without cookies.
            RuntimeError: The session interface opened no session.
        """
        if self._cookies is None:
            raise TypeError(
                "Cookies are disabled. A session is kept in a cookie, so make the client with use_cookies=True."
            )
        app = self.application
        context = app.test_request_context(*args, **kwargs)
        self._add_cookies_to_wsgi(context.request.environ)
        with context:
            session = app.session_interface.open_session(app, context.request)
        if session is None:
            raise RuntimeError(
                "Session backend did not open a session. Set app.secret_key, or make"
                f" open_session() of {type(app.session_interface).__name__} return one."
            )
        yield session
        if app.session_interface.is_null_session(session):
            return
        response = app.response_class()
        with context:
            app.session_interface.save_session(app, session, response)
        self._update_cookies_from_response(
            context.request.host.partition(":")[0],
            context.request.path,
            response.headers.getlist("Set-Cookie"),
        )

    def __enter__(self) -> Self:
        """Keep the contexts of requests until the end of the block.

        Raises:
            RuntimeError: The client is in a `with` block already.
        """
        if self.preserve_context:
            raise RuntimeError(
                "Cannot nest client invocations: this client is in a `with` block already."
                " Make a second client by app.test_client()."
            )
        self.preserve_context = True
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Leave the contexts of the last request."""
        self.preserve_context = False
        self._context_stack.close()

    def _copy_environ(self, other: WSGIEnvironment) -> WSGIEnvironment:
        """Return an environ over the client's own, asking to be kept."""
        environ = self.environ_base | other
        if self.preserve_context:
            environ[_PRESERVE] = self._new_contexts.append
        return environ

    def _request_from_builder_args(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> BaseRequest:
        """Return the request that the arguments of `open` describe."""
        first = args[0] if args else None
        if isinstance(first, BaseRequest):
            request = copy(first)
            request.environ = self._copy_environ(first.environ)
            return request
        if isinstance(first, WerkzeugEnvironBuilder):
            builder = copy(first)
            builder.environ_base = self._copy_environ(dict(first.environ_base or {}))
            return builder.get_request()
        if isinstance(first, dict):
            builder = EnvironBuilder.from_environ(first, app=self.application, environ_base=self._copy_environ({}))
        else:
            kwargs["environ_base"] = self._copy_environ(kwargs.get("environ_base", {}))
            builder = EnvironBuilder(self.application, *args, **kwargs)
        try:
            return builder.get_request()
        finally:
            builder.close()


@cache
def _get_werkzeug_version() -> str:
    """Return the version of the Werkzeug that is installed."""
    return version("werkzeug")
