"""Define the options that every command line of an application shares.

Each option acts through its callback while click parses, so no command
receives them as parameters.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import typing as t

import click
from click.core import ParameterSource

from . import dotenv
from .script import ScriptInfo

#: The release of Flask whose public API this package implements.
FLASK_API = "3.1.3"


def get_version(ctx: click.Context, param: click.Parameter, value: t.Any) -> None:
    """Print the versions that matter and end the command.

    Args:
        ctx: The context of the command line.
        param: The option, unused.
        value: Whether the option was given.
    """
    if not value or ctx.resilient_parsing:
        return
    lines = (
        f"Python {platform.python_version()}",
        f"Demijohn {importlib.metadata.version('demijohn')}",
        f"Flask API {FLASK_API} (stands in for Flask {FLASK_API})",
        f"Werkzeug {importlib.metadata.version('werkzeug')}",
    )
    click.echo("\n".join(lines), color=ctx.color)
    ctx.exit()


def _env_file_callback(ctx: click.Context, param: click.Option, value: str | None) -> str | None:
    """Load the file that was given, and the default ones if wanted."""
    if value is not None and importlib.util.find_spec("dotenv") is None:
        raise click.BadParameter(
            "reading an env file needs python-dotenv, which must be installed: 'pip install python-dotenv'.", ctx, param
        )
    # Only looked up: an object of the program's own is not replaced before
    # a command needs the application.
    load_defaults = (ctx.find_object(ScriptInfo) or ScriptInfo()).load_dotenv_defaults
    if value is not None or load_defaults:
        dotenv.load_dotenv(value, load_defaults=load_defaults)
    return value


def _set_app(ctx: click.Context, param: click.Option, value: str | None) -> str | None:
    """Remember the application's name for whoever loads it."""
    if value is None:
        return None
    ctx.ensure_object(ScriptInfo).app_import_path = value
    return value


def _set_debug(ctx: click.Context, param: click.Option, value: bool) -> bool | None:
    """Write the option into `FLASK_DEBUG`, from where it is read."""
    # Without the option a variable that is set already has to stay, and
    # the flag cannot default to None without showing so in the help.
    source = ctx.get_parameter_source(param.name or "")
    if source in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP):
        return None
    # The variable, not the application: it is not loaded yet, and the
    # reloader hands the variable on to the process that it starts.
    os.environ["FLASK_DEBUG"] = "1" if value else "0"
    return value


_env_file_option = click.Option(
    ["-e", "--env-file"],
    type=click.Path(exists=True, dir_okay=False),
    help=(
        "Read environment variables from this file; they overrule those of '.env' and '.flaskenv', and are overruled"
        " by variables that are set already. Needs python-dotenv."
    ),
    is_eager=True,
    expose_value=False,
    callback=_env_file_callback,
)

_app_option = click.Option(
    ["-A", "--app"],
    metavar="IMPORT",
    help=(
        "The application to load: 'module:name', where the module is a dotted name or a file. The name can be left"
        " out if it is 'app', 'application', 'create_app' or 'make_app'; a factory can be given arguments:"
        " 'name(args)'."
    ),
    is_eager=True,
    expose_value=False,
    callback=_set_app,
)

_debug_option = click.Option(
    ["--debug/--no-debug"],
    help="Switch debug mode on or off.",
    expose_value=False,
    callback=_set_debug,
)

#: The `--version` option of `FlaskGroup`.
version_option = click.Option(
    ["--version"],
    help="Print the versions of Python, Demijohn and Werkzeug.",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=get_version,
)
