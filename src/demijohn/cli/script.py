"""Load the application once per command line and hand it to commands.

`ScriptInfo` travels through click as the context's object: options write
into it, commands load the application through it.
"""

from __future__ import annotations

import os
import re
import typing as t
from functools import update_wrapper

import click

from demijohn import _current, helpers
from demijohn.app import Flask

from . import locate
from .locate import NoAppException

F = t.TypeVar("F", bound=t.Callable[..., t.Any])

#: A function that makes the application.
AppFactory = t.Callable[..., Flask]

#: Files that are tried when no application was named, in this order.
DEFAULT_FILES = ("wsgi.py", "app.py")


class ScriptInfo:
    """Know how to load the application, and load it at most once.

    Args:
        app_import_path: The application's name, as given with `--app`.
        create_app: A factory that is called instead of importing.
        set_debug_flag: Whether `app.debug` follows `FLASK_DEBUG`.
        load_dotenv_defaults: Whether `.env` and `.flaskenv` are read;
            `FLASK_SKIP_DOTENV` overrules it.

    Attributes:
        app_import_path: The application's name, or None.
        create_app: The factory, or None.
        data: Free for commands to share something.
        set_debug_flag: Whether `app.debug` follows `FLASK_DEBUG`.
        load_dotenv_defaults: Whether `.env` and `.flaskenv` are read.
    """

    def __init__(
        self,
        app_import_path: str | None = None,
        create_app: AppFactory | None = None,
        set_debug_flag: bool = True,
        load_dotenv_defaults: bool = True,
    ) -> None:
        self.create_app = create_app
        self.app_import_path = app_import_path
        self.set_debug_flag = set_debug_flag
        self.data: dict[t.Any, t.Any] = {}
        self.load_dotenv_defaults = helpers.get_load_dotenv(load_dotenv_defaults)
        self._loaded_app: Flask | None = None

    def load_app(self) -> Flask:
        """Return the application, loaded by the first call.

        Raises:
            NoAppException: No application was named or found, or the one
                that was named cannot be loaded.
        """
        if self._loaded_app is not None:
            return self._loaded_app
        app = self._find_app()
        if app is None:
            raise NoAppException(self._explain_absence())
        if self.set_debug_flag:
            app.debug = helpers.get_debug_flag()
        self._loaded_app = app
        return app

    def _find_app(self) -> Flask | None:
        if self.create_app is not None:
            return self.create_app()
        if self.app_import_path:
            # A colon before a slash belongs to a Windows drive.
            path, *names = re.split(r":(?![\\/])", self.app_import_path, maxsplit=1)
            return locate.locate_app(locate.prepare_import(path), names[0] if names else None)
        for path in DEFAULT_FILES:
            app = locate.locate_app(locate.prepare_import(path), None, raise_if_not_found=False)
            if app is not None:
                return app
        return None

    def _explain_absence(self) -> str:
        if self.create_app is not None:
            return "The factory of this command returned no Flask application but None. Return the application from it."
        return (
            "No Flask application was named, and there is no 'wsgi.py' or 'app.py' in the current directory"
            f" {os.getcwd()!r}. Name one with the '--app' option or the environment variable 'FLASK_APP'."
        )


#: Pass the `ScriptInfo` as first argument to the decorated callback.
pass_script_info = click.make_pass_decorator(ScriptInfo, ensure=True)


def with_appcontext(f: F) -> F:
    """Run a command's callback inside the application's context.

    The application is loaded through `ScriptInfo` unless one is current
    already.  The context is left when click's own context is closed, so
    callbacks that click runs afterwards still have it.

    Args:
        f: The callback of a click command.

    Returns:
        A callback that click can be given instead.
    """

    @click.pass_context
    def run_in_context(ctx: click.Context, /, *args: t.Any, **kwargs: t.Any) -> t.Any:
        if _current.find_app() is None:
            app = ctx.ensure_object(ScriptInfo).load_app()
            ctx.with_resource(app.app_context())
        return ctx.invoke(f, *args, **kwargs)

    return t.cast("F", update_wrapper(run_in_context, f))
