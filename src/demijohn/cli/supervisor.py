"""Run Granian's server with workers that are started and stopped gently.

Granian speaks the protocols and makes the processes.  Here lives what goes
beyond it: one listening socket that outlives every worker, a first worker
that proves that the application loads, replacement of dead workers at
once, and an end that cuts off nobody within its time limit.
"""

from __future__ import annotations

import inspect
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
import typing as t
from collections import deque
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from queue import SimpleQueue

from granian import _signals
from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces, RuntimeModes
from granian.log import LogLevels
from granian.server.mp import MPServer, WorkerProcess

from .health import DRAINING, LEAVING, STARTING, STOPPING
from .listen import describe_listener, has_waiting_connections, refuse_new_connections
from .tls import Certificate
from .watch import Watched, watch
from .worker import AppSource, Loaded, Loader, Report, WorkerSettings, finish_process

logger = logging.getLogger("demijohn.serve")

_Server: t.Any = MPServer

#: How long nobody may have connected before workers stop: who has just done
#: it still has to send a request.
_SETTLE_SECONDS = 0.25
#: How often retired workers are looked at.
_RETIRED_SECONDS = 0.1
#: How long workers may take to end whom nobody has used.
_BRIEF_SECONDS = 2.0
#: For how long a second signal is taken for the first one: who stops a
#: group of processes often signals its leader twice.
_ECHO_SECONDS = 0.5
#: The longest pause before a worker that does not start is tried again.
_LONGEST_PAUSE = 30.0
_TARGETS = {
    "rsgi": MPServer._spawn_rsgi_worker,
    "asgi": MPServer._spawn_asgi_lifespan_worker,
    "wsgi": MPServer._spawn_wsgi_worker,
}


@dataclass(frozen=True)
class ServerSettings:
    """Say how to listen, how many workers to run, and how to stop them.

    Attributes:
        listener: The bound socket.
        workers: How many processes answer.
        runtime_threads: Threads of each worker that move bytes.
        backlog: How many connections may wait to be accepted.
        connections: How many connections a worker accepts at a time.
        http: `auto`, `1` or `2`.
        certificate: The files for TLS, or None.
        graceful_timeout: Seconds in which the workers may finish.
        drain: Seconds in which new requests are still taken at the end.
        log_level: One of Granian's log levels.
        watched: Which files' changes replace the workers; None for none.
        keeps_failure: Whether an application that no longer loads after a
            change is answered for.
        on_ready: Called with the address and the first worker's report, after
            each reload anew.
    """

    listener: socket.socket
    workers: int = 1
    runtime_threads: int = 1
    backlog: int = 1024
    connections: int = 16384
    http: str = "auto"
    certificate: Certificate | None = None
    graceful_timeout: float = 30.0
    drain: float = 1.0
    log_level: str = "info"
    watched: Watched | None = None
    keeps_failure: bool = False
    on_ready: t.Callable[[str, Report], object] | None = None


class Retired(t.NamedTuple):
    """Say when a replaced worker is told to stop, and when it is killed."""

    worker: t.Any
    stop_at: float
    kill_at: float


def serve_app(source: AppSource, worker_settings: WorkerSettings, settings: ServerSettings) -> str | None:
    """Serve an application until a signal ends it.

    Args:
        source: How the application is loaded.
        worker_settings: How it is served inside a worker.
        settings: How workers are run.

    Returns:
        Why the application could not be served, or None.
    """
    server = Supervisor(source, worker_settings, settings)
    server.serve(spawn_target=run_worker, target_loader=source.load, wrap_loader=False)
    failure: str | None = server.start_failure
    return failure


class Supervisor(_Server):  # type: ignore[misc] # Granian's classes are annotated in part only
    """Watch the workers of one application.

    Args:
        source: How the application is loaded.
        worker_settings: How it is served inside a worker.
        settings: How workers are run.

    Attributes:
        start_failure: Why nothing was served at all, or None.
    """

    def __init__(self, source: AppSource, worker_settings: WorkerSettings, settings: ServerSettings) -> None:
        self._settings = settings
        self._source = source
        self._worker_settings = worker_settings
        self._hurry = threading.Event()
        self._stop = threading.Event()
        self._began_ns = time.time_ns()
        self._changes: SimpleQueue[set[str]] = SimpleQueue()
        self._first_signal: float | None = None
        self._is_impatient = False
        self._attempts: dict[int, int] = {}
        self._retired: list[Retired] = []
        self._is_answered_for = False
        self._failure: str | None = None
        self.start_failure: str | None = None
        self.interrupt_signal = False
        self.reload_signal = False
        name = settings.listener.getsockname()
        super().__init__(
            source.import_path or "application",
            address="" if isinstance(name, str) else name[0],
            port=0 if isinstance(name, str) else name[1],
            uds=Path(name) if isinstance(name, str) else None,
            interface=Interfaces.RSGI,
            workers=settings.workers,
            runtime_threads=settings.runtime_threads,
            http=HTTPModes(settings.http),
            backlog=settings.backlog,
            backpressure=settings.connections,
            log_level=LogLevels.debug if settings.log_level == "debug" else LogLevels.warning,
            log_dictconfig=_make_log_config(settings.log_level),
            reload=settings.watched is not None,
        )
        # Granian notes here who died, and would take a death that was long
        # repaired for a failure.  This list stays empty.
        self.interrupt_children = deque[int](maxlen=0)

    def build_ssl_context(self, *args: t.Any) -> None:
        """Set what Granian knows of TLS; the files were checked before.

        Args:
            args: What Granian was given, unused.
        """
        files = self._settings.certificate
        self.ssl_ctx: t.Any
        if files is None:
            self.ssl_ctx = (False, None, None, None, "tls1.3", None, [], False)
            return
        verifies = files.ca_certificates is not None
        self.ssl_ctx = (
            True,
            files.certificate,
            files.key,
            None,
            f"tls{files.oldest_version}",
            files.ca_certificates,
            [],
            verifies,
        )

    def signal_handler_interrupt(self, *args: t.Any, **kwargs: t.Any) -> None:
        """End gently at the first signal, and at once at the second.

        Args:
            args: The signal's number and the frame it came in.
            kwargs: Nothing.
        """
        now = time.monotonic()
        if self._first_signal is None:
            self._first_signal = now
        elif now > self._first_signal + _ECHO_SECONDS:
            self._is_impatient = True
        if self._is_impatient or args[:1] == (signal.SIGINT,):
            self._hurry.set()
        self._stop.set()
        super().signal_handler_interrupt(*args, **kwargs)

    def shutdown(self, exit_code: int = 0) -> None:
        """Take no new requests, finish the others, and end the workers.

        Args:
            exit_code: The status of this process.
        """
        self._drain()
        super().shutdown(exit_code)

    def _init_shared_socket(self) -> None:
        listener = self._settings.listener
        listener.listen(self.backlog)
        listener.set_inheritable(True)
        self._ssp = None
        self._sso = listener
        self._sfd = listener.fileno()
        # Granian's stub leaves its arguments out.
        holder: t.Any = SocketHolder
        self._shd = holder(self._sfd, self.bind_uds is not None, self.backlog)

    def _start_worker(self, idx: int, spawn_target: t.Any) -> t.Any:
        """Start a worker process that can be watched from here."""
        state = RawValue("b", STARTING)
        receiver, sender = multiprocessing.Pipe(duplex=False)
        is_patient = self._settings.keeps_failure and self._is_answered_for
        listener = os.fstat(self._settings.listener.fileno()).st_ino
        limit = self._settings.graceful_timeout
        loader = Loader(self._source, self._worker_settings, state, sender, listener, limit, serves_failure=is_patient)
        worker = self._spawn_worker(idx, spawn_target, loader)
        worker.state, worker.reports = state, receiver
        worker.start()
        # The end of the pipe shows when the worker has none of it either.
        sender.close()
        return worker

    def _await_start(self, worker: t.Any, meanwhile: t.Callable[[], object] | None = None) -> Report | None:
        """Wait until a worker serves, and return what it reported."""
        report = None
        while not self.interrupt_signal:
            ready = wait([worker.reports, worker.inner.sentinel], timeout=0.2)
            if worker.reports in ready:
                try:
                    received: Report = worker.reports.recv()
                except EOFError:
                    return None
                if received.has_started:
                    return report
                report = received
                self._failure = received.failure
            elif ready:
                return None
            if meanwhile is not None:
                meanwhile()
        return None

    def _spawn_workers(self, spawn_target: t.Any, target_loader: t.Any) -> None:
        """Start the first worker; the others follow when it serves."""
        self._attempts.clear()
        first = self._start_worker(0, spawn_target)
        self.wrks.append(first)
        report = self._await_start(first)
        if report is None:
            if self._is_answered_for:
                logger.error("The application cannot be loaded: %s", self._failure or "the worker process ended.")
            elif not self.interrupt_signal:
                self.start_failure = self._failure or "The worker process ended before it served. The reason is above."
                self.interrupt_signal = True
                self._hurry.set()
                self.main_loop_interrupt.set()
            return
        self._announce(report)
        for idx in range(1, self.workers):
            self.wrks.append(self._start_worker(idx, spawn_target))

    def _announce(self, report: Report) -> None:
        self._failure = None
        if report.failure is not None:
            logger.error("The application cannot be loaded: %s", report.failure)
        if not self._is_answered_for:
            self._is_answered_for = True
            for note in report.notes:
                logger.warning(note)
        watched = self._settings.watched
        if watched is not None and report.templates:
            self._settings = replace(self._settings, watched=replace(watched, templates=report.templates))
        if self._settings.on_ready is not None:
            address = describe_listener(self._settings.listener, is_tls=self._settings.certificate is not None)
            self._settings.on_ready(address, report)

    def _serve_loop(self, spawn_target: t.Any, target_loader: t.Any) -> None:
        pause: float | None = None
        while not self.interrupt_signal:
            self.main_loop_interrupt.wait(pause)
            self.main_loop_interrupt.clear()
            if self.interrupt_signal:
                return
            if self.reload_signal:
                self.reload_signal = False
                self._exchange_workers(spawn_target)
            self._reload_changed(spawn_target, target_loader)
            pauses = self._replace_dead(spawn_target), self._end_retired()
            pause = min((seconds for seconds in pauses if seconds is not None), default=None)

    def _replace_dead(self, spawn_target: t.Any) -> float | None:
        """Start anew what died; return after how long to look again."""
        pauses = []
        for place, worker in enumerate(self.wrks):
            has_served = worker.state.value != STARTING
            # What was not even loaded will not be until a file changes.
            if worker.is_alive() or (self.reload_on_changes and not has_served):
                continue
            if has_served:
                self._attempts[place] = 0
            attempts = self._attempts.get(place, 0)
            due = min(2.0 ** (attempts - 1), _LONGEST_PAUSE) if attempts else 0.0
            elapsed = time.monotonic() - worker.birth
            if elapsed < due:
                pauses.append(due - elapsed)
                continue
            self._attempts[place] = attempts + 1
            logger.error(
                "Worker %d (process %d) ended by itself with status %s; another one takes its place.",
                place + 1,
                worker.inner.pid,
                worker.inner.exitcode,
            )
            self.wrks[place] = self._start_worker(place, spawn_target)
        return min(pauses, default=None)

    def _exchange_workers(self, spawn_target: t.Any) -> None:
        """Start new workers, and end the old ones once the new ones serve."""
        logger.info("Exchanging %d workers.", self.workers)
        fresh: list[t.Any] = []
        for idx in range(self.workers):
            worker = self._start_worker(idx, spawn_target)
            if self._await_start(worker, lambda: (self._replace_dead(spawn_target), self._end_retired())) is None:
                # At the end of the server, this is no failure.
                level = logging.DEBUG if self.interrupt_signal else logging.ERROR
                logger.log(
                    level,
                    "A new worker does not start; the old ones go on. %s",
                    self._failure or "",
                )
                self._failure = None
                self._retire([worker], _BRIEF_SECONDS)
                self._retire(fresh, self._settings.graceful_timeout)
                return
            fresh.append(worker)
        old, self.wrks[:] = list(self.wrks), fresh
        self._retire(old, self._settings.graceful_timeout)
        logger.info("Exchanged %d workers; the old ones finish what they have begun.", self.workers)

    def _retire(self, workers: list[t.Any], limit: float) -> None:
        """Leave workers to finish, while the others are looked after."""
        self._let_leave(workers)
        stop_at = time.monotonic() + max(self._settings.drain, _SETTLE_SECONDS)
        self._retired += [Retired(worker, stop_at, stop_at + limit) for worker in workers]

    def _let_leave(self, workers: list[t.Any]) -> None:
        """Let workers answer on the connections that they have, and accept no more."""
        for worker in workers:
            worker.state.value = LEAVING
            worker.terminate()

    def _end_retired(self) -> float | None:
        """Go on ending retired workers; return after how long to look again."""
        now = time.monotonic()
        self._retired = [retired for retired in self._retired if retired.worker.is_alive()]
        for worker, stop_at, kill_at in self._retired:
            if now >= kill_at:
                _kill(worker)
            elif now >= stop_at and worker.state.value != STOPPING:
                _stop(worker)
        return _RETIRED_SECONDS if self._retired else None

    def _begin_draining(self) -> None:
        for worker in self.wrks:
            # Also one that still starts: nobody would tell its clients to leave.
            worker.state.value = max(worker.state.value, DRAINING)

    def _drain(self) -> None:
        """Ask clients to leave, and empty the queue of connections."""
        self._begin_draining()
        if self._hurry.is_set():
            return
        logger.info("Stopping: requests have %g seconds to finish.", self._settings.graceful_timeout)
        self._hurry.wait(self._settings.drain)
        # A worker may have begun to serve in the moment in which it was told.
        self._begin_draining()
        is_closed = refuse_new_connections(self._settings.listener)
        quiet = time.monotonic() + _SETTLE_SECONDS
        # A queue that others go on filling need not become empty.
        limit = quiet if not is_closed else time.monotonic() + self._settings.graceful_timeout
        while time.monotonic() < min(quiet, limit) and not self._hurry.wait(0.01):
            if has_waiting_connections(self._settings.listener):
                quiet = time.monotonic() + _SETTLE_SECONDS

    def _stop_workers(self) -> None:
        workers = [*self.wrks, *(retired.worker for retired in self._retired)]
        self._end_workers(workers, self._settings.graceful_timeout)
        self.wrks.clear()
        self._retired.clear()

    def _end_workers(self, workers: list[t.Any], limit: float) -> None:
        """End workers, by force when the time is over."""
        deadline = time.monotonic() + limit
        for worker in workers:
            _stop(worker)
        for worker in workers:
            while worker.is_alive() and time.monotonic() < deadline and not self._is_impatient:
                worker.join(0.1)
            if worker.is_alive():
                _kill(worker)
                worker.join()

    def _serve_with_reloader(self, spawn_target: t.Any, target_loader: t.Any) -> None:
        self.startup(spawn_target, target_loader)
        watcher = threading.Thread(target=self._watch_files, name="demijohn-watch", daemon=True)
        watcher.start()
        self._serve_loop(spawn_target, target_loader)
        self.shutdown()

    def _watch_files(self) -> None:
        watched = self._settings.watched
        for changed in watch(watched, self._stop, self._began_ns) if watched is not None else ():
            self._changes.put(changed)
            self.main_loop_interrupt.set()

    def _reload_changed(self, spawn_target: t.Any, target_loader: t.Any) -> None:
        """Start the workers anew if files have changed."""
        changed: set[str] = set()
        while not self._changes.empty():
            changed |= self._changes.get()
        if changed:
            logger.info("Reloading: %s changed.", ", ".join(sorted(map(os.path.relpath, changed))))
            self._let_leave(self.wrks)
            self._hurry.wait(_SETTLE_SECONDS)
            self._stop_workers()
            self._spawn_workers(spawn_target, target_loader)


def _stop(worker: t.Any) -> None:
    worker.state.value = STOPPING
    worker.terminate()


def _kill(worker: t.Any) -> None:
    logger.warning("Worker %d did not finish in time and is killed.", worker.idx + 1)
    worker.kill()


@WorkerProcess.wrap_target  # type: ignore[untyped-decorator] # Granian's is not annotated
def run_worker(*args: t.Any) -> None:
    """Serve what a worker loaded, by the interface that was chosen.

    Args:
        args: What Granian gives its own functions of this kind; the second
            is what `Loader` returned.
    """
    loaded = args[1]
    target = inspect.unwrap(_TARGETS[loaded.interface])
    values = inspect.signature(target).bind(*args).arguments
    values["callback"] = loaded.target
    if loaded.interface == "wsgi":
        values["blocking_threads"] = loaded.threads
    if loaded.interface != "rsgi":
        values["runtime_mode"] = RuntimeModes.mt
    if loaded.static_mount is not None:
        route, folder, max_age = loaded.static_mount
        values["static_path"] = ([(route, folder)], None, str(max_age) if max_age else None)
    _obey_parent_alone(loaded)
    target(**values)
    finish_process()


def _obey_parent_alone(loaded: Loaded) -> None:
    """Put our handler in the place of each that Granian sets.

    Granian asks for both functions by name when it starts a worker.
    """
    module: t.Any = _signals
    set_loop_signals, set_sync_signals = module.set_loop_signals, module.set_sync_signals

    def set_for_loop(loop: t.Any) -> t.Any:
        event = set_loop_signals(loop)
        handler = loaded.make_stop_handler(event.set)
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, handler)
            except NotImplementedError:  # as on Windows
                signal.signal(number, handler)
        return event

    def set_for_threads() -> t.Any:
        event = set_sync_signals()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, loaded.make_stop_handler(event.set))
        return event

    module.set_loop_signals, module.set_sync_signals = set_for_loop, set_for_threads


def _make_log_config(level: str) -> dict[str, t.Any]:
    """Return a logging configuration that leaves stdout to the access log."""
    console = {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "generic"}
    return {
        "handlers": {"console": console},
        "loggers": {
            "_granian": {"handlers": ["console"], "level": "WARNING", "propagate": False},
            "demijohn.serve": {"handlers": ["console"], "level": level.upper(), "propagate": False},
        },
    }
