"""Offer the command line: what `flask.cli` is to users and extensions.

Finding the application is in `locate`, loading it in `script`, options in
`options` and `dotenv`, groups in `group`, each command in a file of its own,
the program's start in `entry`.
"""

from __future__ import annotations

import click as click
from click.core import ParameterSource as ParameterSource
from werkzeug.serving import is_running_from_reloader as is_running_from_reloader
from werkzeug.serving import run_simple as run_simple
from werkzeug.utils import import_string as import_string

from demijohn.helpers import get_debug_flag as get_debug_flag
from demijohn.helpers import get_load_dotenv as get_load_dotenv

from .dotenv import _path_is_ancestor as _path_is_ancestor
from .dotenv import load_dotenv
from .entry import cli, main
from .group import AppGroup, FlaskGroup
from .locate import NoAppException, find_app_by_string, find_best_app, locate_app, prepare_import
from .locate import _called_with_wrong_args as _called_with_wrong_args
from .options import _app_option as _app_option
from .options import _debug_option as _debug_option
from .options import _env_file_callback as _env_file_callback
from .options import _env_file_option as _env_file_option
from .options import _set_app as _set_app
from .options import _set_debug as _set_debug
from .options import get_version, version_option
from .routes import routes_command
from .run import CertParamType, SeparatedPathType, run_command, show_server_banner
from .run import _validate_key as _validate_key
from .script import F as F
from .script import ScriptInfo, pass_script_info, with_appcontext
from .shell import shell_command

__all__ = [
    "AppGroup",
    "CertParamType",
    "FlaskGroup",
    "NoAppException",
    "ScriptInfo",
    "SeparatedPathType",
    "cli",
    "find_app_by_string",
    "find_best_app",
    "get_version",
    "load_dotenv",
    "locate_app",
    "main",
    "pass_script_info",
    "prepare_import",
    "routes_command",
    "run_command",
    "shell_command",
    "show_server_banner",
    "version_option",
    "with_appcontext",
]
