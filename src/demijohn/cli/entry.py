"""Start the `demijohn` command."""

from __future__ import annotations

import importlib
import sys

import click

from .group import FlaskGroup

#: The program itself, for embedding into another click group; the name is
#: the one under which programs that embed it know it.
cli = FlaskGroup(
    name="flask",
    help="""\
Work with a Flask application.

The application is named with the '--app' option or in the environment
variable 'FLASK_APP', or lies in 'wsgi.py' or 'app.py' in the current
directory.
""",
)


def main() -> None:
    """Run the command line, with Demijohn in the place of `flask`.

    Every `import flask` in the application's own code gives Demijohn.
    """
    try:
        # By name: the alias lies on the floor above, and must be there
        # before any code of the application is.
        importlib.import_module("demijohn.as_flask")
    except (ImportError, RuntimeError) as error:
        click.secho(f"Error: Demijohn cannot stand in for 'flask' in this process. {error}", fg="red", err=True)
        sys.exit(1)
    cli.main()
