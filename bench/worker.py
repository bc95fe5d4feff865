"""The other side of `process.Worker`: one framework in an interpreter of its own, told by lines of JSON what to do.

`python -m bench.worker <peer>` reads commands and writes answers.  What apps
print goes to the error stream, so that it cannot mix with the answers.
"""

from __future__ import annotations

import gc
import importlib.metadata
import json
import logging
import os
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from .cases import CASES, Request
from .drive import Driver, WsgiDriver
from .peers import PEERS, Peer
from .routes import build_routes
from .subject import Subject, load_apps

_CALIBRATION_SECONDS = 0.005


class Worker:
    """What a worker has open: one app, and the requests that may be timed."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.subject: Subject | None = None
        self.driver: Driver | None = None
        self.requests: dict[str, Request] = {}

    def info(self) -> dict[str, Any]:
        """Say which version this is, and which of its modules are compiled."""
        apps = load_apps(self.peer)
        version = importlib.metadata.version(self.peer.package) if self.peer.package else ""
        return {"version": version, "compiled": find_compiled(self.peer.module), "cases": sorted(apps)}

    def open(self, case: str) -> dict[str, Any]:
        """Build the app of a case, check its answer, and calibrate."""
        apps = load_apps(self.peer)
        if case not in apps:
            return {"missing": apps.missing.get(case) or CASES[case].missing or "this part has no such case"}
        subject = Subject(self.peer, CASES[case], apps[case]())
        if subject.fault:
            subject.close()
            return {"fault": subject.fault}
        self.subject, self.driver = subject, subject.driver
        self.requests = {"request": subject.request}
        return {"seconds": calibrate(subject.driver, subject.request)}

    def open_routes(self, count: int) -> dict[str, Any]:
        """Register routes, answer one request, and say how long both took."""
        registration, app, self.requests = build_routes(self.peer, count)
        self.driver = driver = WsgiDriver(app)
        begin = perf_counter()
        answers = [driver.ask(request) for request in self.requests.values()]
        first = perf_counter() - begin
        faults = [answer.body.decode() for answer in answers if answer.status != 200]
        if faults:
            return {"fault": f"a route is not found: {faults[0]}"}
        seconds = {name: calibrate(driver, request) for name, request in self.requests.items()}
        return {"registration": registration, "first": first, "seconds": seconds}

    def time(self, count: int, which: str = "request") -> dict[str, Any]:
        """Send a request many times."""
        if self.driver is None:
            raise RuntimeError("no app is open; send the command open before time")
        gc.collect()
        return {"seconds": self.driver.time(self.requests[which], count)}

    def close(self) -> dict[str, Any]:
        """Check the answer of an app that has answered often, and let it go."""
        fault = ""
        if self.subject is not None:
            fault = self.subject.check()
            self.subject.close()
        self.subject = self.driver = None
        self.requests = {}
        return {"fault": fault}


def calibrate(driver: Driver, request: Request) -> float:
    """Give the seconds of one warm request."""
    count = 1
    while True:
        seconds = driver.time(request, count)
        if seconds >= _CALIBRATION_SECONDS or count >= 10_000:
            return seconds / count
        count *= 4


def find_compiled(package: str) -> list[str]:
    """List the modules of a package that are loaded from compiled files."""
    found = []
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if package and name.partition(".")[0] == package and file.endswith((".so", ".pyd")):
            found.append(name)
    return found


def main() -> None:
    """Answer commands until there are no more."""
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    # What an app writes to its log about a case is no part of what a request costs.
    logging.disable(logging.CRITICAL)
    worker = Worker(PEERS[sys.argv[1]])
    commands: dict[str, Callable[..., dict[str, Any]]] = {
        "info": worker.info,
        "open": worker.open,
        "open_routes": worker.open_routes,
        "time": worker.time,
        "close": worker.close,
    }
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = commands[command.pop("do")](**command)
        except Exception as error:
            answer = {"fault": f"the worker raises {error!r}"}
        channel.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
