"""What servers see of an application when they look which protocol it speaks."""

from __future__ import annotations

import asyncio
import gc
import inspect
import weakref

import pytest
from werkzeug.test import create_environ

import demijohn
from demijohn.doors.seen import SeenCall


class Own(demijohn.Flask):
    def __call__(self, environ, start_response, *rest):
        return super().__call__(environ, start_response, *rest)


@pytest.mark.parametrize("kind", [demijohn.Flask, Own])
def test_a_server_sees_a_coroutine_function(kind):
    """Both questions that servers ask about `app.__call__` are answered with yes."""
    app = kind("seen")
    assert inspect.iscoroutinefunction(app.__call__)
    assert asyncio.iscoroutinefunction(app.__call__)


@pytest.mark.parametrize("kind", [demijohn.Flask, Own])
def test_what_is_seen_calls_the_application(kind):
    """A call of the attribute is a call of the application."""
    app = kind("seen")
    app.add_url_rule("/", "page", lambda: "page")
    assert [b"page"] == list(app.__call__(create_environ("/"), lambda status, headers: None))


@pytest.mark.parametrize("arguments", [(), (1,), (1, 2, 3, 4)])
def test_another_number_of_arguments_is_a_type_error(arguments):
    """Uvicorn calls without arguments to see whether it has a factory, and goes on after a TypeError."""
    with pytest.raises(TypeError):
        demijohn.Flask("seen")(*arguments)


def test_the_application_is_not_kept():
    """What is seen holds no application alive."""
    app = demijohn.Flask("seen")
    seen = app.__call__
    reference = weakref.ref(app)
    del app
    gc.collect()
    assert (None, True) == (reference(), isinstance(seen, SeenCall))
