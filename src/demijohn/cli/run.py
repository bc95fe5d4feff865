"""Provide the `run` command: the application while it is written.

The options are here; serving by Granian is in `development`.  Werkzeug's
server is used where only it can do what was asked for, and its functions
are read from the package.
"""

from __future__ import annotations

import os
import sys
import traceback
import typing as t

import click
from werkzeug.utils import import_string

from demijohn import helpers

from ..doors.wrapped import DOORS
from . import development
from .interface import AUTO
from .options import _debug_option
from .script import ScriptInfo, pass_script_info
from .worker import AppSource

if t.TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

RUN_HELP = """\
Serve the application on this machine while it is being written.

Its settings are made for development; the command 'serve' has those for
the world.

With '--debug' the code is reloaded when it changes, and errors are shown
in the browser: with '--interface wsgi' in an interactive debugger.
"""


def show_server_banner(debug: bool, app_import_path: str | None) -> None:
    """Print what is being served, once and not at every reload.

    Args:
        debug: Whether debug mode is on; None to leave the line out.
        app_import_path: The application's name; None to leave it out.
    """
    if _names().is_running_from_reloader():
        return
    if app_import_path is not None:
        click.echo(f" * Serving Flask app {app_import_path!r}")
    if debug is not None:
        click.echo(f" * Debug mode: {'on' if debug else 'off'}")


class CertParamType(click.ParamType):  # type: ignore[type-arg] # not generic in click 8.1
    """Accept a certificate's file, `adhoc`, or the name of an SSL context."""

    name = "path"

    def __init__(self) -> None:
        self.path_type = click.Path(exists=True, dir_okay=False, resolve_path=True)

    def convert(self, value: t.Any, param: click.Parameter | None, ctx: click.Context | None) -> t.Any:
        """Return a path, the string `adhoc`, or an `ssl.SSLContext`.

        Args:
            value: What was given.
            param: The option that it was given to.
            ctx: The context of the command line.

        Raises:
            BadParameter: It is none of the three, or a library that it
                needs is missing.
        """
        try:
            # Python may have been built without it.
            import ssl
        except ImportError:
            raise click.BadParameter("HTTPS needs a Python that was built with SSL support.", ctx, param) from None
        try:
            return self.path_type(value, param, ctx)
        except click.BadParameter:
            name = str(click.STRING(value, param, ctx))
            if name.lower() == "adhoc":
                return _check_adhoc(ctx, param)
            found = import_string(name, silent=True)
            if isinstance(found, ssl.SSLContext):
                return found
            raise


def _check_adhoc(ctx: click.Context | None, param: click.Parameter | None) -> str:
    try:
        # Optional, and needed for certificates made on the spot only.
        import cryptography  # noqa: F401
    except ImportError:
        raise click.BadParameter(
            "a certificate made on the spot needs the cryptography library: 'pip install cryptography'.", ctx, param
        ) from None
    return "adhoc"


def _validate_key(ctx: click.Context, param: click.Parameter, value: t.Any) -> t.Any:
    """Join the key's file to the certificate's, or tell why it cannot be."""
    cert = ctx.params.get("cert")
    needs_key = isinstance(cert, str) and cert != "adhoc"
    if value is None:
        if needs_key:
            raise click.BadParameter(
                "\"--cert\" names a certificate's file, so its key's file is required too.", ctx, param
            )
        return None
    if cert is None:
        raise click.BadParameter('a key is of use together with "--cert" only.', ctx, param)
    if not needs_key:
        kind = "'adhoc'" if cert == "adhoc" else "an SSLContext"
        raise click.BadParameter(f'"--cert" is {kind}, which brings its own key: leave "--key" out.', ctx, param)
    ctx.params["cert"] = cert, value
    return value


class SeparatedPathType(click.Path):
    """Accept several paths in one string, joined as in `PATH`."""

    def convert(self, value: t.Any, param: click.Parameter | None, ctx: click.Context | None) -> t.Any:
        """Return the list of paths.

        Args:
            value: What was given.
            param: The option that it was given to.
            ctx: The context of the command line.
        """
        convert_one = super().convert
        return [convert_one(item, param, ctx) for item in self.split_envvar_value(value)]


@click.command("run", short_help="Serve the application for development.", help=RUN_HELP)
@click.option("--host", "-h", default="127.0.0.1", help="The address to listen on.")
@click.option("--port", "-p", default=5000, help="The port to listen on.")
@click.option(
    "--interface",
    type=click.Choice([AUTO, *DOORS]),
    default=AUTO,
    show_default=True,
    help="How the application is called. Interactive debugging needs 'wsgi'.",
)
@click.option(
    "--cert",
    type=CertParamType(),
    help="Serve HTTPS: a certificate's file, 'adhoc', or the import name of an SSLContext.",
    is_eager=True,
)
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True),
    callback=_validate_key,
    expose_value=False,
    help="The file with the certificate's key.",
)
@click.option(
    "--reload/--no-reload", default=None, help="Restart when code changes. Follows debug mode unless it is given."
)
@click.option(
    "--debugger/--no-debugger",
    default=None,
    help="Show errors in the browser. Follows debug mode unless it is given.",
)
@click.option(
    "--with-threads/--without-threads", default=True, help="Handle each request in a thread of its own, or not."
)
@click.option(
    "--extra-files",
    default=None,
    type=SeparatedPathType(),
    help=f"More files whose changes restart the server, joined by {os.pathsep!r}.",
)
@click.option(
    "--exclude-patterns",
    default=None,
    type=SeparatedPathType(),
    help=f"Patterns (fnmatch) of files whose changes do not restart the server, joined by {os.pathsep!r}.",
)
@pass_script_info
def run_command(
    info: ScriptInfo,
    host: str,
    port: int,
    interface: str,
    reload: bool | None,
    debugger: bool | None,
    with_threads: bool,
    cert: t.Any,
    extra_files: list[str] | None,
    exclude_patterns: list[str] | None,
) -> None:
    """Load the application and serve it until interrupted."""
    debug = helpers.get_debug_flag()
    options = development.Options(
        host,
        port,
        interface,
        debug if reload is None else reload,
        debug if debugger is None else debugger,
        with_threads,
        cert,
        tuple(extra_files or ()),
        tuple(exclude_patterns or ()),
    )
    if cert is not None and not isinstance(cert, (str, tuple)):
        _serve_by_werkzeug(info, options)
        return
    show_server_banner(debug, info.app_import_path)
    development.serve_for_development(AppSource.of(info), options)


run_command.params.insert(0, _debug_option)


def _names() -> t.Any:
    """Return the package, which holds the server's functions.

    They are read there so that what an extension or a test puts in the
    place of `flask.cli.run_simple` is what runs.
    """
    return sys.modules["demijohn.cli"]


def _serve_by_werkzeug(info: ScriptInfo, options: development.Options) -> None:
    """Serve with an SSL context, from which no other server gets its key."""
    app = _load_served_app(info)
    show_server_banner(helpers.get_debug_flag(), info.app_import_path)
    _names().run_simple(
        options.host,
        options.port,
        app,
        use_reloader=options.reload,
        use_debugger=options.debugger,
        threaded=options.with_threads,
        ssl_context=options.certificate,
        extra_files=options.extra_files,
        exclude_patterns=options.exclude_patterns,
    )


def _load_served_app(info: ScriptInfo) -> WSGIApplication:
    """Load the application; after a reload, serve even its failure.

    A mistake that was just saved must not end the server: the reloader
    would have nothing left to watch for the correction.
    """
    try:
        app: WSGIApplication = info.load_app()
    except Exception as error:
        if not _names().is_running_from_reloader():
            raise
        traceback.print_exc()
        failure = error
    else:
        return app

    def fail(environ: WSGIEnvironment, start_response: StartResponse) -> t.NoReturn:
        raise failure from None

    return fail
