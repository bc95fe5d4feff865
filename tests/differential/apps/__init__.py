"""One app of many routes, the same source on Flask and on Demijohn.

Each module holds a kind of view: a class with one method a view, a table `RULES` of (rule, endpoint, options),
and `PATHS`, requests that are worth making. `build` puts them together.
"""

from __future__ import annotations

import logging
from typing import Any

from tests.differential.apps import (
    asyncs,
    blueprints,
    classes,
    echo,
    errors,
    files,
    hooks,
    results,
    sessions,
    templates,
    urls,
)
from tests.differential.trail import TrailHandler

SECRET = "a key for tests only"

VIEW_MODULES = (results, errors, echo, sessions, templates, files, urls, asyncs)

PATHS: tuple[str, ...] = tuple(path for module in (*VIEW_MODULES, classes, blueprints) for path in module.PATHS)


def build(
    flask: Any,
    *,
    hooks: bool = True,
    handlers: str = "codes",
    signals: bool = False,
    config: dict[str, Any] | None = None,
    json: dict[str, Any] | None = None,
) -> Any:
    """Build the app on one of the two packages.

    Args:
        flask: The package, real Flask or Demijohn.
        hooks: Whether hooks are registered, at the app and at its blueprints.
        handlers: `none`, `codes` (by code and class) or `generic` (one for everything).
        signals: Whether a receiver is connected to every signal.
        config: Settings that differ from this app's own.
        json: Attributes set on the app's JSON provider.

    Returns:
        The app.
    """
    app = start(flask, __name__, config)
    for name, value in (json or {}).items():
        setattr(app.json, name, value)
    add_all(app, flask, hooks=hooks, handlers=handlers)
    if signals:
        app.extensions["receivers"] = connect_signals(app, flask)
    return app


def start(flask: Any, import_name: str, config: dict[str, Any] | None, **options: Any) -> Any:
    """Make an empty app that logs to the trail."""
    logger = logging.getLogger(import_name)
    if not any(isinstance(handler, TrailHandler) for handler in logger.handlers):
        logger.addHandler(TrailHandler())
        logger.propagate = False
    app = flask.Flask(import_name, **options)
    app.config.update({"SECRET_KEY": SECRET, "SECURITY": "flask", **(config or {})})
    return app


def add_all(app: Any, flask: Any, *, hooks: bool, handlers: str) -> None:
    """Register converters, hooks, views, handlers and blueprints."""
    urls.add_converters(app)
    templates.add_helpers(app, flask)
    if hooks:
        add_hooks(app, flask)
    for module in VIEW_MODULES:
        views = module.Views(flask, app)
        for rule, endpoint, options in module.RULES:
            app.add_url_rule(rule, endpoint, getattr(views, endpoint, None), **options)
    classes.add(app, flask)
    errors.add_handlers(app, flask, handlers)
    blueprints.add(app, flask, hooks=hooks, handlers=handlers)


def add_hooks(app: Any, flask: Any) -> None:
    """Register hooks of each kind at the app."""
    hooks.add(app, flask, "app")
    hooks.add_app_only(app, flask)


def connect_signals(app: Any, flask: Any) -> list[Any]:
    """Connect a receiver to every signal, and return the receivers to hold on to."""
    return hooks.connect(app, flask)
