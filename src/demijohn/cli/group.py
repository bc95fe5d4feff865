"""Provide the click groups: one for an application, one for a script.

`AppGroup` is what `app.cli` and `blueprint.cli` are.  `FlaskGroup` is a
whole program: built-in commands, plugins, and the application's own.
"""

from __future__ import annotations

import importlib.metadata
import os
import traceback
import typing as t

import click

from demijohn import _current

from . import openapi, options, routes, run, script, serve, shell
from .locate import NoAppException

#: Entry point groups that name commands; a later one wins by name.
PLUGIN_GROUPS = ("flask.commands", "demijohn.commands")


class AppGroup(click.Group):
    """Collect commands that run inside the application's context."""

    @t.overload
    def command(self, f: t.Callable[..., t.Any], /) -> click.Command: ...

    @t.overload
    def command(self, *args: t.Any, **kwargs: t.Any) -> t.Callable[[t.Callable[..., t.Any]], click.Command]: ...

    def command(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """Return a decorator that makes a function a command of this group.

        Flask: `@app.cli.command` without parentheses registers nothing.

        Args:
            args: As for `click.Group.command`.
            kwargs: As for `click.Group.command`; `with_appcontext=False`
                leaves the application's context away.

        Returns:
            The decorator, or the command if the function itself is given.
        """
        wants_context = kwargs.pop("with_appcontext", True)

        def register(f: t.Callable[..., t.Any]) -> click.Command:
            callback = script.with_appcontext(f) if wants_context else f
            command: click.Command = super(AppGroup, self).command(*names, **kwargs)(callback)
            return command

        names, function = _split_function(args)
        return register if function is None else register(function)

    @t.overload
    def group(self, f: t.Callable[..., t.Any], /) -> click.Group: ...

    @t.overload
    def group(self, *args: t.Any, **kwargs: t.Any) -> t.Callable[[t.Callable[..., t.Any]], click.Group]: ...

    def group(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """Return a decorator that makes a function a group in this group.

        Flask: `@app.cli.group` without parentheses is an error.

        Args:
            args: As for `click.Group.group`.
            kwargs: As for `click.Group.group`; `cls` is `AppGroup` unless
                it is given.

        Returns:
            The decorator, or the group if the function itself is given.
        """
        names, function = _split_function(args)
        register = super().group(*names, **{"cls": AppGroup, **kwargs})
        return register if function is None else register(function)


class FlaskGroup(AppGroup):
    """Be a command line program around an application.

    Args:
        add_default_commands: Whether `run`, `serve`, `shell`, `routes` and
            `openapi` exist.
        create_app: The application's factory, called when a command needs
            the application; None to go by `--app`.
        add_version_option: Whether there is `--version`.
        load_dotenv: Whether `.env` and `.flaskenv` are read.
        set_debug_flag: Whether `app.debug` follows `FLASK_DEBUG`.
        extra: As for `click.Group`.
    """

    def __init__(
        self,
        add_default_commands: bool = True,
        create_app: script.AppFactory | None = None,
        add_version_option: bool = True,
        load_dotenv: bool = True,
        set_debug_flag: bool = True,
        **extra: t.Any,
    ) -> None:
        params = [
            *(extra.pop("params", None) or ()),
            # Env files come first: they may name the application.
            options._env_file_option,
            options._app_option,
            options._debug_option,
        ]
        if add_version_option:
            params.append(options.version_option)
        settings = {"auto_envvar_prefix": "FLASK", **(extra.pop("context_settings", None) or {})}
        super().__init__(params=params, context_settings=settings, **extra)
        self.create_app = create_app
        self.load_dotenv = load_dotenv
        self.set_debug_flag = set_debug_flag
        self._loaded_plugin_commands = False
        #: Commands that stand back where the application has one of that name.
        self._last_commands: dict[str, click.Command] = {}
        if add_default_commands:
            for command in (run.run_command, serve.serve_command, shell.shell_command, routes.routes_command):
                self.add_command(command)
            # Flask-Smorest and Flask-OpenAPI3 have a command of this name.
            self._last_commands["openapi"] = openapi.openapi_command

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # pyright: ignore[reportIncompatibleMethodOverride] # Flask's name
        """Return a command by its name, or None if there is none.

        Built-in commands and plugins come first, because they must work
        when the application cannot be loaded; `openapi`, which needs it
        anyway, comes last.

        Args:
            ctx: The context of the command line.
            name: The command's name.
        """
        self._load_plugin_commands()
        command = super().get_command(ctx, name)
        if command is not None:
            return command
        try:
            app = ctx.ensure_object(script.ScriptInfo).load_app()
        except NoAppException as error:
            _report(f"Error: {error.format_message()}")
            return None
        # The context stays for parsing as well, so that callbacks of the
        # command's parameters have the application.
        current: object = _current.find_app()
        if current is not app:
            ctx.with_resource(app.app_context())
        found: click.Command | None = app.cli.get_command(ctx, name)
        return self._last_commands.get(name) if found is None else found

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, sorted.

        If the application cannot be loaded, the reason goes to stderr and
        its commands are missing from the list.

        Args:
            ctx: The context of the command line.
        """
        self._load_plugin_commands()
        names = set(super().list_commands(ctx))
        try:
            names.update(ctx.ensure_object(script.ScriptInfo).load_app().cli.list_commands(ctx))
            names.update(self._last_commands)
        except NoAppException as error:
            _report(f"Error: {error.format_message()}")
        except Exception:
            # Whatever is wrong with the application must not hide the help.
            _report(traceback.format_exc())
        return sorted(names)

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: t.Any
    ) -> click.Context:
        """Return click's context for one run, with its `ScriptInfo`.

        Args:
            info_name: The program's name in messages.
            args: The arguments to parse.
            parent: The context of an enclosing group.
            extra: As for `click.Command.make_context`.
        """
        # `app.run()` at the end of the application's file looks at this,
        # and does nothing while a command imports that file.
        os.environ["FLASK_RUN_FROM_CLI"] = "true"
        if "obj" not in extra and "obj" not in self.context_settings:
            extra["obj"] = script.ScriptInfo(
                create_app=self.create_app,
                set_debug_flag=self.set_debug_flag,
                load_dotenv_defaults=self.load_dotenv,
            )
        return super().make_context(info_name, args, parent=parent, **extra)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; see `click.Group.parse_args`.

        Args:
            ctx: The context to fill.
            args: The arguments of the command line.
        """
        asks_for_help = len(args) == 1 and args[0] in self.get_help_option_names(ctx)
        if asks_for_help or (not args and self.no_args_is_help):
            # `--help` is eager, too, and would list the commands before
            # env files and FLASK_APP were looked at.
            options._env_file_option.handle_parse_result(ctx, {}, [])
            options._app_option.handle_parse_result(ctx, {}, [])
        return super().parse_args(ctx, args)

    def _load_plugin_commands(self) -> None:
        if self._loaded_plugin_commands:
            return
        for group in PLUGIN_GROUPS:
            for entry_point in importlib.metadata.entry_points(group=group):
                self.add_command(entry_point.load(), entry_point.name)
        self._loaded_plugin_commands = True


def _split_function(args: tuple[t.Any, ...]) -> tuple[tuple[t.Any, ...], t.Callable[..., t.Any] | None]:
    """Part the function from a decorator's arguments, if it is there."""
    return (args[1:], args[0]) if args and callable(args[0]) else (args, None)


def _report(message: str) -> None:
    click.secho(f"{message}\n", err=True, fg="red")
