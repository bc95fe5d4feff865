"""Load the application inside a worker process, ready to be served.

`Loader` travels from the watching process to each worker, makes the
application there, decides what the server gets, and reports back.  Nothing
of the application is imported by the watching process: a reload gets the
new code, and no connection to a database is shared by two processes.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
import typing as t
from dataclasses import dataclass

import click

from demijohn.app import Flask
from demijohn.pipeline.plan import find_plan

from .access_log import AccessLog
from .health import LEAVING, STOPPING, Front, State
from .interface import AUTO, Choice, choose_interface
from .listen import stop_accepting
from .script import ScriptInfo
from .static_files import StaticMount, find_static_mount

_exits: t.Any = atexit
_threads: t.Any = threading

#: How often a worker looks whether it still has a parent.
_PARENT_SECONDS = 1.0

#: Threads for sync views, where neither an option nor the application's
#: `SYNC_THREADS` says otherwise.
DEFAULT_THREADS = 40

#: The exit status of a worker whose application could not be loaded.
LOADING_FAILED = 3


@dataclass(frozen=True)
class AppSource:
    """Say how the application is loaded.

    Attributes:
        import_path: Its name as given with `--app`, or None.
        create_app: Its factory, or None.
        set_debug_flag: Whether `app.debug` follows `FLASK_DEBUG`.
        stands_in: Whether Demijohn stands in for `flask`.
    """

    import_path: str | None = None
    create_app: t.Callable[..., Flask] | None = None
    set_debug_flag: bool = True
    stands_in: bool = False

    @classmethod
    def of(cls, info: ScriptInfo) -> AppSource:
        """Return what a command knows about its application.

        Args:
            info: The command's information.
        """
        return cls(info.app_import_path, info.create_app, info.set_debug_flag, "demijohn.as_flask" in sys.modules)

    def load(self) -> Flask:
        """Return the application.

        Raises:
            NoAppException: It cannot be found or loaded.
        """
        if self.stands_in:
            importlib.import_module("demijohn.as_flask")
        # Env files were read by the process that started this one.
        info = ScriptInfo(self.import_path, self.create_app, self.set_debug_flag, load_dotenv_defaults=False)
        return info.load_app()


@dataclass(frozen=True)
class WorkerSettings:
    """Say how an application is served inside a worker.

    Attributes:
        interface: `auto`, `rsgi`, `asgi` or `wsgi`.
        threads: Threads for sync views; None for the application's own
            setting.
        access_log: `off`, `text` or `json`.
        health: Whether `/-/health` and `/-/ready` are answered.
        static: Whether the server serves the static files.
        allows_debug: Whether an application in debug mode is served.
        debugger: Whether errors are shown in the browser.
        reload: Whether workers are replaced when files change.
    """

    interface: str = AUTO
    threads: int | None = None
    access_log: str = "off"
    health: bool = False
    static: bool = False
    allows_debug: bool = False
    debugger: bool = False
    reload: bool = False


class Report(t.NamedTuple):
    """Tell the watching process what became of the application."""

    failure: str | None = None
    name: str = ""
    interface: str = ""
    notes: tuple[str, ...] = ()
    pin: str | None = None
    templates: tuple[str, ...] = ()
    has_started: bool = False


@dataclass
class Loaded:
    """Hold what the server is given.

    Attributes:
        target: The object that the server calls.
        interface: How it calls it.
        threads: Threads for sync views.
        app: The application.
        state: What this worker does.
        listener: The inode of the socket on which the server listens.
        static_mount: What the server serves itself, or None.
    """

    target: t.Any
    interface: str
    threads: int
    app: t.Any
    state: State
    listener: int
    static_mount: StaticMount | None = None

    def make_stop_handler(self, stop: t.Callable[[], object]) -> t.Callable[..., None]:
        """Return a signal handler that stops the worker for its parent.

        The first signal is to accept no more connections, the second to stop.
        The application is told first: sockets and streams that would go on
        for ever can end then.

        Args:
            stop: Stops the worker.
        """

        def handle(*args: t.Any) -> None:
            if self.state.value == LEAVING:
                stop_accepting(self.listener)
            if self.state.value != STOPPING:
                return
            on_stopping = getattr(self.app, "_on_stopping", None)
            ending = None if on_stopping is None else on_stopping()
            if ending is None:
                stop()
            else:
                # The server would drop open WebSockets without a word.
                ending.add_done_callback(lambda _: stop())

        return handle


@dataclass(frozen=True)
class Loader:
    """Load the application in a worker, for `granian`.

    Attributes:
        source: How the application is loaded.
        settings: How it is served.
        state: What this worker does, shared with the watching process.
        reports: Takes what the watching process should know.
        listener: The inode of the socket on which the server listens.
        graceful_timeout: Seconds for the last requests of a worker whose
            parent was killed.
        serves_failure: Whether an application that cannot be loaded is
            answered for, so that the next change can repair it.
    """

    source: AppSource
    settings: WorkerSettings
    state: State
    reports: t.Any
    listener: int
    graceful_timeout: float = 30.0
    serves_failure: bool = False

    def __call__(self) -> Loaded:
        """Return what the server is given; end the process if it fails."""
        prepare_process(self.state, self.graceful_timeout)
        if self.settings.reload:
            # The name is Werkzeug's, and what applications look at to do
            # something in only one of a reloader's processes.
            os.environ["WERKZEUG_RUN_MAIN"] = "true"
        try:
            app = self.source.load()
            return self._prepare(app)
        except Exception as error:
            return self._give_up(error)

    def _prepare(self, app: Flask) -> Loaded:
        settings = self.settings
        if app.debug and not settings.allows_debug:
            raise click.UsageError(
                f"The application {app.import_name!r} switches debug mode on, which shows its inside to everybody."
                " Take 'debug = True' out of its code, or develop with the command 'run'."
            )
        # What is wrong with a typed view is told now, and not to its first client.
        find_plan(app)
        choice = _choose(app, settings.interface)
        app._knows_interface = True
        notes = [] if choice.note is None else [choice.note]
        threads = settings.threads or app.config.get("SYNC_THREADS") or DEFAULT_THREADS
        app.config["SYNC_THREADS"] = threads
        if settings.access_log != "off":
            t.cast("t.Any", app)._on_answer = AccessLog(settings.access_log).on_answer
        mount, reason = find_static_mount(app) if settings.static else (None, None)
        if reason is not None:
            notes.append(reason)
        target, pin = self._add_debugger(app, choice.interface) if settings.debugger else (app, None)
        # In debug mode templates are read anew by themselves.
        folders = () if app.debug else tuple(find_template_folders(app))
        self.reports.send(Report(None, app.name, choice.interface, tuple(notes), pin, folders))
        front = Front(target, self.state, answers_probes=settings.health, on_start=self._report_start)
        if choice.interface == "wsgi":
            # Under the other interfaces the server says when to start.
            lifespan = getattr(app, "_lifespan", None)
            if lifespan is not None and lifespan.needs_start:
                lifespan.start_for_wsgi()
            front.begin()
        entry: t.Any = {"rsgi": front, "asgi": front.answer_asgi, "wsgi": front.answer_wsgi}[choice.interface]
        return Loaded(entry, choice.interface, threads, app, self.state, self.listener, mount)

    def _add_debugger(self, app: t.Any, interface: str) -> tuple[t.Any, str | None]:
        """Show errors in the browser; return what to serve and the PIN.

        Under WSGI that is Werkzeug's debugger.  The other doors ask what
        the attribute holds for a page.
        """
        if interface == "wsgi":
            return _wrap_in_debugger(app)
        # A process without the debugger has no use for it.
        from demijohn.dev.debugger import Debugger

        app._debugger = Debugger(app)
        return app, app._debugger.pin

    def _give_up(self, error: Exception) -> Loaded:
        if isinstance(error, click.ClickException):
            message = error.format_message()
        else:
            message = f"{type(error).__name__}: {error}"
            traceback.print_exc()
        if not self.serves_failure:
            self.reports.send(Report(failure=message))
            sys.exit(LOADING_FAILED)
        target: t.Any = _Failing(error)
        pin: str | None = None
        if self.settings.debugger:
            target, pin = _wrap_in_debugger(target)
        self.reports.send(Report(failure=message, interface="wsgi", pin=pin))
        front = Front(target, self.state, answers_probes=False, on_start=self._report_start)
        front.begin()
        return Loaded(front.answer_wsgi, "wsgi", 1, target, self.state, self.listener)

    def _report_start(self) -> None:
        self.reports.send(Report(has_started=True))


class _Failing:
    """Raise, for each request, why the application could not be loaded."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __call__(self, environ: dict[str, t.Any], start_response: t.Any) -> t.NoReturn:
        raise self._error from None


def _choose(app: Flask, wanted: str) -> Choice:
    try:
        return choose_interface(app, wanted)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _wrap_in_debugger(target: t.Any) -> tuple[t.Any, str | None]:
    # A process without the debugger has no use for it.
    from werkzeug.debug import DebuggedApplication

    debugged = DebuggedApplication(target, evalex=True, pin_logging=False)
    return debugged, debugged.pin


def find_template_folders(app: Flask) -> list[str]:
    """Return the folders of an application's templates, blueprints included.

    Args:
        app: The application.
    """
    found = []
    for owner in (app, *app.blueprints.values()):
        if owner.template_folder is not None:
            folder = os.path.realpath(os.path.join(owner.root_path, owner.template_folder))
            if os.path.isdir(folder):
                found.append(folder)
    return found


def prepare_process(state: State, graceful_timeout: float) -> None:
    """Make a worker end when its parent says so, and only then.

    A terminal and a service manager send their signals to every process of
    a group.  A worker that obeyed at once would cut off the clients to
    whom the parent wants to give time.

    Args:
        state: What this worker does.
        graceful_timeout: Seconds that it may take to end when its parent was
            killed.
    """
    if _is_forked():
        # What the parent has to do at its end is no business of the worker.
        _exits._clear()
    # While the application loads there is nothing to finish.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    arguments = os.getppid(), state, graceful_timeout
    threading.Thread(target=_stop_without_parent, args=arguments, name="demijohn-parent-watch", daemon=True).start()


def finish_process() -> None:
    """Run what the application registered with `atexit`, and end.

    A forked process of `multiprocessing` leaves the former out.  Any other
    would take the interpreter down under Granian's threads, whose runtime
    aborts the process then (2.8.7).
    """
    if _is_forked():
        _exits._run_exitfuncs()
        return
    _threads._shutdown()
    _exits._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()
    os._exit(0)


def _is_forked() -> bool:
    return multiprocessing.get_start_method() == "fork"


def _stop_without_parent(parent: int, state: State, graceful_timeout: float) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_SECONDS)
    state.value = STOPPING
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(graceful_timeout)
    # Nobody else will do it, and the port stays taken for as long.
    os._exit(1)
