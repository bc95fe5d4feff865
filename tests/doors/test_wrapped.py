"""Middleware that no request passes through is told."""

from __future__ import annotations

import asyncio
import logging

import pytest
from werkzeug.middleware.proxy_fix import ProxyFix

import demijohn
from demijohn.doors.wrapped import warn_of_wrapper


class Passing:
    """Pass every call on."""

    def __init__(self, door):
        self.door = door

    def __call__(self, *arguments):
        return self.door(*arguments)


def build(*wrapped):
    """Return an application, the named doors of which are wrapped."""
    app = demijohn.Flask("wrapped")
    app.add_url_rule("/", "page", lambda: "page")
    for name in wrapped:
        setattr(app, name, (ProxyFix if name == "wsgi_app" else Passing)(getattr(app, name)))
    return app


def find_warnings(caplog):
    """Return the warnings that were logged."""
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


@pytest.mark.parametrize("interface", ["asgi", "rsgi"])
def test_a_wrapper_that_is_passed_by_is_named(interface, caplog):
    """The warning names the wrapper, the door, and what to do."""
    app = build("wsgi_app")
    warn_of_wrapper(app, interface)
    warn_of_wrapper(app, interface)
    expected = (
        f"No request passes through 'ProxyFix', which wraps 'app.wsgi_app': the server calls the application by"
        f" {interface.upper()}. Wrap 'app.{interface}_app' as well, or serve it by WSGI."
    )
    assert [expected] == find_warnings(caplog)


@pytest.mark.parametrize("wrapped", [(), ("wsgi_app", "asgi_app"), ("asgi_app",)])
def test_nothing_is_told_where_nothing_is_missed(wrapped, caplog):
    """An application whose door is wrapped too, or none of whose doors is, gets no warning."""
    warn_of_wrapper(build(*wrapped), "asgi")
    assert [] == find_warnings(caplog)


def test_the_first_request_by_asgi_tells(caplog):
    """A server without lifespan calls with a request first."""

    async def visit():
        client = build("wsgi_app").async_test_client()
        return [(await client.get("/")).text, (await client.get("/")).text]

    assert ["page", "page"] == asyncio.run(visit())
    assert 1 == len(find_warnings(caplog))


def test_middleware_of_the_asgi_door_is_passed_through():
    """What wraps `app.asgi_app` sees the calls of the server."""
    app = build("asgi_app")
    seen = []
    inner = app.asgi_app

    async def note(scope, receive, send):
        seen.append(scope["path"])
        await inner(scope, receive, send)

    app.asgi_app = note
    asyncio.run(app.async_test_client().get("/"))
    assert ["/"] == seen
