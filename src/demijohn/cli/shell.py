"""Provide the `shell` command: Python's prompt inside the application."""

from __future__ import annotations

import os
import sys
import typing as t

import click

from demijohn import _current

from .script import with_appcontext

SHELL_HELP = """\
Open a Python prompt inside the application's context.

The application and what its shell context processors add are there by name,
for trying things out or for a quick repair by hand.
"""


@click.command("shell", short_help="Open a Python prompt in the application.", help=SHELL_HELP)
@with_appcontext
def shell_command() -> None:
    """Open Python's prompt with the names of the application's shell."""
    # The prompt is of no use to any other command.
    import code

    app = _current.get_app()
    banner = f"Python {sys.version} on {sys.platform}\nApp: {app.import_name}\nInstance: {app.instance_path}"
    namespace: dict[str, t.Any] = {}
    _run_startup_file(namespace)
    namespace.update(app.make_shell_context())
    _enable_completion(namespace)
    code.interact(banner=banner, local=namespace)


def _run_startup_file(namespace: dict[str, t.Any]) -> None:
    """Run the user's start-up file, as Python's own prompt does."""
    path = os.environ.get("PYTHONSTARTUP")
    if path and os.path.isfile(path):
        with open(path, "rb") as file:
            source = file.read()
        exec(compile(source, path, "exec"), namespace)  # noqa: S102 - the user's own file


def _enable_completion(namespace: dict[str, t.Any]) -> None:
    """Complete the shell's names, where Python's prompt would complete."""
    set_up_prompt = getattr(sys, "__interactivehook__", None)
    if set_up_prompt is None:
        return
    try:
        # Absent on some platforms, and needed by this command alone.
        import readline
        from rlcompleter import Completer
    except ImportError:
        pass
    else:
        # Before the hook runs: it keeps a completer that is there already.
        readline.set_completer(Completer(namespace).complete)
    set_up_prompt()
