"""The application's logger: its level, its handler, and where the handler writes."""

import io
import logging
import sys
from contextlib import contextmanager

import pytest

from demijohn import Flask
from demijohn.logging import create_logger, default_handler, has_level_handler, wsgi_errors_stream


@pytest.fixture(autouse=True)
def _no_handlers(pytestconfig):
    """Run without the handlers of pytest, and undo what the test does to the loggers."""
    plugin = pytestconfig.pluginmanager.unregister(name="logging-plugin")
    root, logger = logging.getLogger(), logging.getLogger("logged")
    kept, root.handlers = root.handlers, []
    yield
    root.handlers = kept
    logger.handlers, logger.propagate = [], True
    logger.setLevel(logging.NOTSET)
    pytestconfig.pluginmanager.register(plugin, "logging-plugin")


@pytest.fixture
def app():
    """Return an application whose logger is named made."""
    return Flask("logged")


@contextmanager
def handler_on(logger, level=logging.NOTSET):
    """Give a logger a handler for a while."""
    handler = logging.StreamHandler(io.StringIO())
    handler.setLevel(level)
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


def test_the_logger_gets_the_default_handler(app):
    """Without any handler the default one is added, and the level is left alone."""
    logger = create_logger(app)
    assert ("logged", logging.NOTSET, [default_handler]) == (logger.name, logger.level, logger.handlers)


def test_creating_twice_adds_one_handler(app):
    """The second call finds the handler of the first."""
    assert create_logger(app) is create_logger(app)
    assert [default_handler] == create_logger(app).handlers


def test_debug_mode_logs_debug_messages(app):
    """In debug mode the level is DEBUG where none was set."""
    app.debug = True
    assert logging.DEBUG == create_logger(app).level


def test_a_level_that_was_set_is_kept(app):
    """Debug mode does not touch a level that the user chose."""
    app.debug = True
    logging.getLogger("logged").setLevel(logging.ERROR)
    assert logging.ERROR == create_logger(app).level


def test_a_handler_of_the_root_is_enough(app):
    """No handler is added where the root logger has one."""
    with handler_on(logging.getLogger()):
        assert [] == create_logger(app).handlers


def test_a_handler_counts_if_it_takes_the_effective_level():
    """A handler counts unless its level is above the logger's effective one."""
    logger = logging.getLogger("logged")
    with handler_on(logger, logging.WARNING):
        assert has_level_handler(logger)
    with handler_on(logger, logging.ERROR):
        assert not has_level_handler(logger)


def test_a_handler_behind_a_wall_does_not_count():
    """Handlers of parents count only as far as messages are passed on."""
    logger = logging.getLogger("logged")
    with handler_on(logging.getLogger()):
        assert has_level_handler(logger)
        logger.propagate = False
        assert not has_level_handler(logger)


def test_messages_go_to_the_stream_of_the_request(app):
    """While a request is handled the default handler writes to its error stream."""
    stream = io.StringIO()
    with app.test_request_context(errors_stream=stream):
        create_logger(app).error("gone wrong")
    assert stream.getvalue().endswith("ERROR in test_logging: gone wrong\n")


def test_outside_of_requests_messages_go_to_stderr(app):
    """Without a request, or with one that has no stream, it is `sys.stderr`."""
    assert sys.stderr is wsgi_errors_stream._get_current_object()
    with app.test_request_context() as context:
        del context.request.environ["wsgi.errors"]
        assert sys.stderr is wsgi_errors_stream._get_current_object()
