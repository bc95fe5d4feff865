"""Serve an application while it is written: what `run` does on Granian.

Options are in `run`; Werkzeug's own server, which `Flask.run` uses, is
not touched here.
"""

from __future__ import annotations

import os
import tempfile
import typing as t

import click

from .interface import AUTO
from .watch import Watched
from .worker import AppSource, Report, WorkerSettings

#: How long requests may hold up a reload, and the end.
GRACEFUL_SECONDS = 2.0


class Options(t.NamedTuple):
    """Say how an application is served for development.

    Attributes:
        host: The address.
        port: The port.
        interface: How the application is called.
        reload: Whether changes of files restart it.
        debugger: Whether errors are shown in the browser.
        with_threads: Whether several sync views run at a time.
        certificate: Paths of certificate and key, `adhoc`, or None.
        extra_files: More files whose changes restart it.
        exclude_patterns: Patterns of files whose changes do not.
    """

    host: str
    port: int
    interface: str = AUTO
    reload: bool = False
    debugger: bool = False
    with_threads: bool = True
    certificate: tuple[str, str] | str | None = None
    extra_files: tuple[str, ...] = ()
    exclude_patterns: tuple[str, ...] = ()


def serve_for_development(source: AppSource, options: Options) -> None:
    """Serve an application until a signal ends it.

    Args:
        source: How the application is loaded.
        options: How it is served.

    Raises:
        ClickException: The port is taken, the files of the certificate
            cannot be used, or the application cannot be loaded.
    """
    # What the server needs, no other command has a use for.
    from .listen import open_tcp_listener
    from .supervisor import ServerSettings, serve_app
    from .tls import Certificate, check_certificate

    with tempfile.TemporaryDirectory(prefix="demijohn-") as folder:
        certificate: Certificate | None = None
        if options.certificate is not None:
            certificate = check_certificate(*_find_files(options.certificate, options.host, folder))
        settings = ServerSettings(
            open_tcp_listener(options.host, options.port),
            certificate=certificate,
            graceful_timeout=GRACEFUL_SECONDS,
            drain=0.0,
            log_level="info",
            watched=make_watched(options) if options.reload else None,
            keeps_failure=options.reload,
            on_ready=_show_address,
        )
        failure = serve_app(source, make_worker_settings(options), settings)
    if failure is not None:
        raise click.ClickException(failure)


def make_worker_settings(options: Options) -> WorkerSettings:
    """Return how a worker serves the application.

    Args:
        options: The options of the command.
    """
    return WorkerSettings(
        interface=options.interface,
        threads=None if options.with_threads else 1,
        access_log="text",
        allows_debug=True,
        debugger=options.debugger,
        reload=options.reload,
    )


def make_watched(options: Options) -> Watched:
    """Return which files' changes restart the application.

    Args:
        options: The options of the command.
    """
    return Watched(
        (os.path.realpath(os.getcwd()),),
        files=tuple(os.path.realpath(path) for path in options.extra_files),
        excluded=options.exclude_patterns,
    )


def _find_files(certificate: tuple[str, str] | str, host: str, folder: str) -> tuple[str, str]:
    if isinstance(certificate, tuple):
        return certificate
    # It needs the optional cryptography library.
    from werkzeug.serving import make_ssl_devcert

    return make_ssl_devcert(os.path.join(folder, "adhoc"), host=host)


def _show_address(address: str, report: Report) -> None:
    click.echo(f" * Running on {address} ({report.interface.upper()})\n * Press CTRL+C to quit", err=True)
    if report.pin is not None:
        click.echo(f" * Debugger PIN: {report.pin}", err=True)
