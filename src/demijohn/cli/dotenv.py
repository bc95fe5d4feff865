"""Put the variables of `.env` and `.flaskenv` files into `os.environ`.

The files are parsed by python-dotenv, which is optional.
"""

from __future__ import annotations

import os

import click

#: Files that are looked for, the later one overruling the earlier one.
DEFAULT_FILES = (".flaskenv", ".env")


def load_dotenv(path: str | os.PathLike[str] | None = None, load_defaults: bool = True) -> bool:
    """Read env files into `os.environ`, and tell whether there were any.

    Variables that are set already stay as they are.  Among the files,
    `path` overrules `.env`, and `.env` overrules `.flaskenv`.

    Args:
        path: One more file to read; ignored when it does not exist.
        load_defaults: Whether `.env` and `.flaskenv` are looked for, from
            the current directory upwards.

    Returns:
        True if a file with at least one variable was read.
    """
    try:
        # python-dotenv is optional, and only the command line needs it.
        import dotenv
    except ImportError:
        if path or any(os.path.isfile(name) for name in DEFAULT_FILES):
            click.secho(
                " * Tip: Env files are here but nothing reads them: 'pip install python-dotenv' changes that.",
                fg="yellow",
                err=True,
            )
        return False
    files = [dotenv.find_dotenv(name, usecwd=True) for name in DEFAULT_FILES] if load_defaults else []
    if path is not None:
        files.append(os.fspath(path))
    variables: dict[str, str | None] = {}
    for file in files:
        if os.path.isfile(file):
            variables.update(dotenv.dotenv_values(file, encoding="utf-8"))
    for key, value in variables.items():
        # A bare name without "=" has the value None.
        if value is not None:
            os.environ.setdefault(key, value)
    return bool(variables)


def _path_is_ancestor(path: str, other: str) -> bool:
    """Tell whether a path is another one or a folder above it."""
    prefix = path if path.endswith(os.sep) or not path else path + os.sep
    return other == path or other.startswith(prefix)
