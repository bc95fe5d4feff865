"""Provide the `serve` command: the application in production, on Granian.

The options are here; watching workers is in `supervisor`, what happens
inside one of them in `worker`.
"""

from __future__ import annotations

import math
import os
import typing as t

import click

from demijohn import helpers

from ..doors.wrapped import DOORS
from .access_log import FORMATS
from .interface import AUTO
from .script import ScriptInfo, pass_script_info
from .watch import Watched
from .worker import AppSource, Report, WorkerSettings

if t.TYPE_CHECKING:
    from .tls import Certificate

SERVE_HELP = """\
Serve the application in production.

Workers are replaced when they die, and at the end they finish what they
have begun. SIGTERM stops the server, SIGHUP exchanges the workers for new
ones with the code as it is then.
"""

#: How many connections a worker accepts at most, if the system lets it
#: have as many open files.
MOST_CONNECTIONS = 16384
_SPARE_FILES = 128

LOG_LEVELS = ("critical", "error", "warning", "info", "debug")


class OctalType(click.ParamType):  # type: ignore[type-arg] # not generic in click 8.1
    """Accept the mode of a file, such as `660`."""

    name = "mode"

    def convert(self, value: t.Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the mode as a number.

        Args:
            value: What was given.
            param: The option that it was given to.
            ctx: The context of the command line.

        Raises:
            BadParameter: It is no mode.
        """
        if isinstance(value, int):
            return value
        try:
            mode = int(value, 8)
        except ValueError:
            mode = -1
        if not 0 <= mode <= 0o777:
            raise click.BadParameter(
                f"{value!r} is no mode of a file: give three octal digits, such as 660.", ctx, param
            )
        return mode


class SecondsType(click.FloatRange):
    """Accept a number of seconds, up to a day."""

    name = "seconds"

    def __init__(self) -> None:
        super().__init__(0, 86_400)

    def convert(self, value: t.Any, param: click.Parameter | None, ctx: click.Context | None) -> t.Any:
        """Return the seconds.

        Args:
            value: What was given.
            param: The option that it was given to.
            ctx: The context of the command line.

        Raises:
            BadParameter: It is no number, or one out of range.
        """
        seconds = super().convert(value, param, ctx)
        if math.isnan(seconds):
            raise click.BadParameter(f"{value!r} is no number of seconds.", ctx, param)
        return seconds


_FILE = click.Path(exists=True, dir_okay=False, readable=True, resolve_path=True)


@click.command(
    "serve",
    short_help="Serve the application in production.",
    help=SERVE_HELP,
    context_settings={"show_default": True},
)
@click.option("--host", "-h", default="127.0.0.1", help="The address to listen on.")
@click.option(
    "--port",
    "-p",
    type=click.IntRange(0, 65535),
    default=8000,
    help="The port to listen on; 0 takes a free one.",
)
@click.option("--uds", type=click.Path(), help="Listen on a unix socket at this path, not on host and port.")
@click.option("--uds-permissions", type=OctalType(), help="The mode of the unix socket, such as 660.")
@click.option(
    "--interface",
    type=click.Choice([AUTO, *DOORS]),
    default=AUTO,
    help="How the application is called. By itself: ASGI, or the interface whose door is wrapped by middleware.",
)
@click.option(
    "--workers",
    "-w",
    type=click.IntRange(1),
    default=1,
    envvar=["FLASK_SERVE_WORKERS", "WEB_CONCURRENCY"],
    help="How many processes answer requests.",
)
@click.option(
    "--threads",
    type=click.IntRange(1),
    help="How many threads run sync views in each worker.  [default: the setting SYNC_THREADS, or 40]",
)
@click.option(
    "--runtime-threads",
    type=click.IntRange(1),
    default=1,
    help="How many threads of each worker move bytes; they run no Python.",
)
@click.option(
    "--backlog",
    type=click.IntRange(128),
    default=1024,
    help="How many connections may wait to be accepted.",
)
@click.option(
    "--max-connections",
    type=click.IntRange(1),
    help="How many connections a worker keeps open, idle ones and WebSockets included."
    f"  [default: what open files allow, at most {MOST_CONNECTIONS}]",
)
@click.option(
    "--http",
    type=click.Choice(["auto", "1", "2"]),
    default="auto",
    help="The version of HTTP.",
)
@click.option("--certfile", type=_FILE, help="Serve HTTPS with the certificate in this file.")
@click.option("--keyfile", type=_FILE, help="The file of the certificate's key.")
@click.option(
    "--keyfile-password", help="The key's password. Better given in the variable FLASK_SERVE_KEYFILE_PASSWORD."
)
@click.option("--ca-certs", type=_FILE, help="Ask clients for a certificate signed by an authority in this file.")
@click.option(
    "--tls-min",
    type=click.Choice(["1.2", "1.3"]),
    default="1.2",
    help="The oldest version of TLS that is spoken.",
)
@click.option(
    "--graceful-timeout",
    type=SecondsType(),
    default=30.0,
    help="How many seconds requests may take to finish when the server stops.",
)
@click.option(
    "--drain",
    type=SecondsType(),
    default=1.0,
    help="For how many seconds new requests are still answered when the server stops, while /-/ready says no.",
)
@click.option(
    "--access-log",
    type=click.Choice(FORMATS),
    default="off",
    help="Write a line for each request to standard output.",
)
@click.option("--log-level", type=click.Choice(LOG_LEVELS), default="info", help="What is logged.")
@click.option("--reload", is_flag=True, help="Restart the workers when code or templates change.")
@click.option(
    "--static/--no-static",
    default=False,
    help="Let the server serve the static files: faster, without ETags and ranges, past the application.",
)
@click.option("--health", is_flag=True, help="Answer /-/health and /-/ready.")
@pass_script_info
def serve_command(info: ScriptInfo, /, **options: t.Any) -> None:
    """Load the application and serve it until a signal comes.

    Args:
        info: How the application is loaded.
        options: What the options of the command say.

    Raises:
        UsageError: Debug mode is on, or options do not go together.
        ClickException: The address is taken, the files of the certificate
            cannot be used, or the application cannot be loaded.
    """
    if helpers.get_debug_flag():
        raise click.UsageError(
            "Debug mode is on, which shows the inside of the application to everybody. Take '--debug' or FLASK_DEBUG"
            " away, or develop with the command 'run'."
        )
    if not hasattr(os, "fork") and options["uds"]:
        raise click.UsageError("This system has no unix sockets. Listen on '--host' and '--port'.")
    _check_unix_socket(options["uds"], options["uds_permissions"])
    # What the server needs, no other command has a use for.
    from .listen import open_tcp_listener, open_unix_listener
    from .supervisor import ServerSettings, serve_app

    certificate = _find_certificate(options)
    worker_settings = WorkerSettings(
        interface=options["interface"],
        threads=options["threads"],
        access_log=options["access_log"],
        health=options["health"],
        static=options["static"],
    )
    if options["uds"]:
        listener = open_unix_listener(options["uds"], options["uds_permissions"])
    else:
        listener = open_tcp_listener(options["host"], options["port"])
    settings = ServerSettings(
        listener,
        workers=options["workers"],
        runtime_threads=options["runtime_threads"],
        backlog=options["backlog"],
        connections=options["max_connections"] or count_connections(),
        http=options["http"],
        certificate=certificate,
        graceful_timeout=options["graceful_timeout"],
        drain=0.0 if options["reload"] else options["drain"],
        log_level=options["log_level"],
        watched=Watched((os.path.realpath(os.getcwd()),)) if options["reload"] else None,
        on_ready=lambda address, report: _show_address(address, report, options["workers"]),
    )
    failure = serve_app(AppSource.of(info), worker_settings, settings)
    if failure is not None:
        raise click.ClickException(failure)


def count_connections() -> int:
    """Return how many connections a worker may keep open."""
    try:
        # Absent on Windows.
        import resource
    except ImportError:
        return MOST_CONNECTIONS
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(1, min(MOST_CONNECTIONS, files - _SPARE_FILES))


def _check_unix_socket(path: str | None, permissions: int | None) -> None:
    if path == "":
        raise click.UsageError("'--uds' is empty: give the path of the unix socket, or leave the option out.")
    if path is None and permissions is not None:
        raise click.UsageError("'--uds-permissions' is of use with a unix socket only: give its path with '--uds'.")


def _find_certificate(options: dict[str, t.Any]) -> Certificate | None:
    certificate, key = options["certfile"], options["keyfile"]
    if (certificate is None) != (key is None):
        given, missing = ("--certfile", "--keyfile") if key is None else ("--keyfile", "--certfile")
        raise click.UsageError(f"'{given}' is of use together with '{missing}' only: give the file of each.")
    if certificate is None:
        if options["ca_certs"] is not None:
            raise click.UsageError("'--ca-certs' is of use with HTTPS only: give '--certfile' and '--keyfile' too.")
        return None
    # Python may have been built without TLS.
    from .tls import check_certificate

    return check_certificate(certificate, key, options["keyfile_password"], options["ca_certs"], options["tls_min"])


def _show_address(address: str, report: Report, workers: int) -> None:
    processes = "1 worker" if workers == 1 else f"{workers} workers"
    click.echo(f"Serving {report.name!r} at {address} ({report.interface.upper()}, {processes}).", err=True)
