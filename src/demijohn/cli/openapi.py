"""Provide the `openapi` command: the application's document, as a file."""

from __future__ import annotations

from typing import Any

import click

from demijohn import _current

from .script import with_appcontext


@click.command("openapi", short_help="Write the OpenAPI document.", help="Write the OpenAPI document of all views.")
@click.option("--output", "-o", default="-", metavar="FILE", help="The file to write; '-', the default, for stdout.")
@click.option("--version", "-v", metavar="3.1|3.2", help="The version of OpenAPI; by default that of the setting.")
@click.option("--indent", type=click.IntRange(min=0), default=2, help="Spaces a level (2); 0 for one line.")
@click.option("--check", is_flag=True, help="Write nothing, and fail if the file holds another document.")
@with_appcontext
def openapi_command(output: str, version: str | None, indent: int, check: bool) -> None:
    """Write the document of the current application.

    Raises:
        ClickException: There is no such document, or the check failed.
    """
    # Late: no other command has a use for msgspec.
    from demijohn.api.openapi import dump_document

    app: Any = _current.get_app()
    try:
        data = dump_document(app.openapi(version), indent=indent)
    except (TypeError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if check:
        _compare(output, data)
        return
    with click.open_file(output, "wb") as file:
        file.write(data + b"\n")


def _compare(path: str, data: bytes) -> None:
    """Fail unless a file holds a document.

    Raises:
        UsageError: There is no file to compare with.
        ClickException: It is missing, or holds something else.
    """
    if path == "-":
        raise click.UsageError("--check needs --output FILE, the file to compare with.")
    try:
        with open(path, "rb") as file:
            found = file.read()
    except FileNotFoundError:
        raise click.ClickException(f"{path} does not exist. Write it by the same command without --check.") from None
    if found.rstrip() != data.rstrip():
        raise click.ClickException(f"{path} is not the document of the application. Write it anew without --check.")
