"""Say where the time of a request goes, line by line.

A trace function notes the time that passes between two lines of Python and
gives it to the first of them, so a line's figure is its own and that of the
C code it calls, and the figures add up.  The trace function's own time is
left out, and what calling it costs is measured and taken off; the sum is
held against the time of a request that nobody watches.
"""

from __future__ import annotations

import linecache
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter_ns
from types import CodeType, FrameType
from typing import Any

from .cases import CASES
from .drive import Driver, WsgiDriver
from .peers import PEERS
from .subject import Subject, load_apps

_REQUESTS = 3000
_FOLDERS = ("/site-packages/", "/src/", "/bench/", "/lib/python3")
Place = tuple[CodeType, int]


@dataclass
class Tracer:
    """Collects nanoseconds and visits for every line."""

    nanoseconds: dict[Place, int] = field(default_factory=lambda: defaultdict(int))
    visits: dict[Place, int] = field(default_factory=lambda: defaultdict(int))
    stack: list[Place] = field(default_factory=list)
    since: int = 0

    def trace(self, frame: FrameType, event: str, _argument: Any) -> Any:
        """Note an event: time since the one before belongs to the line that was running."""
        now = perf_counter_ns()
        stack = self.stack
        if stack:
            self.nanoseconds[stack[-1]] += now - self.since
        place = (frame.f_code, frame.f_lineno)
        if event == "call":
            stack.append(place)
        elif event == "line":
            if stack:
                stack[-1] = place
            self.visits[place] += 1
        elif event == "return" and stack:
            stack.pop()
        self.since = perf_counter_ns()
        return self.trace


def profile(peer_name: str, case_name: str) -> str:
    """Profile the requests of a case.

    Args:
        peer_name: Whose.
        case_name: Which.

    Returns:
        A listing: microseconds and visits a request for every line that ran, function by function.

    Raises:
        RuntimeError: The app gives a wrong answer, or is not called by WSGI.
    """
    peer, case = PEERS[peer_name], CASES[case_name]
    if peer.interface != "wsgi":
        raise RuntimeError(f"{peer.label} is called by {peer.interface}; only WSGI apps can be profiled")
    apps = load_apps(peer)
    if case_name not in apps:
        raise RuntimeError(f"{peer.label} has no case {case_name}: {apps.missing.get(case_name, '')}")
    subject = Subject(peer, case, apps[case_name]())
    if subject.fault:
        raise RuntimeError(f"{peer.label} answers {case_name} wrongly: {subject.fault}")
    driver, request = subject.driver, subject.request
    alone = min(driver.time(request, _REQUESTS) for _ in range(5)) / _REQUESTS * 1e6
    tracer = _trace(driver, request)
    return _write(tracer, alone, measure_overhead(), f"{peer.label}, {case.label}")


def measure_overhead() -> float:
    """Give the nanoseconds that calling the trace function adds to every event."""

    def loop() -> None:
        for _ in range(20_000):
            pass

    begin = perf_counter_ns()
    loop()
    alone = perf_counter_ns() - begin
    tracer = Tracer()
    _run_traced(tracer, loop)
    events = sum(tracer.visits.values())
    return max(0.0, (sum(tracer.nanoseconds.values()) - alone) / events)


def _trace(driver: Driver, request: Any) -> Tracer:
    tracer = Tracer()
    _run_traced(tracer, lambda: driver.time(request, _REQUESTS))
    return tracer


def _run_traced(tracer: Tracer, function: Any) -> None:
    before = sys.gettrace()
    sys.settrace(tracer.trace)
    try:
        function()
    finally:
        sys.settrace(before)


def _write(tracer: Tracer, alone: float, overhead: float, title: str) -> str:
    driver_file = str(Path(WsgiDriver.time.__code__.co_filename))
    costs: dict[CodeType, dict[int, tuple[float, float]]] = defaultdict(dict)
    for (code, line), nanoseconds in tracer.nanoseconds.items():
        visits = tracer.visits.get((code, line), 0)
        own = max(0.0, nanoseconds - overhead * max(visits, _REQUESTS if nanoseconds else 0)) / 1000 / _REQUESTS
        costs[code][line] = (own, visits / _REQUESTS)
    sums = {code: sum(own for own, _ in lines.values()) for code, lines in costs.items()}
    total = sum(sums.values())
    out = [
        f"{title}: {alone:.2f} µs a request unwatched; the lines below add up to {total:.2f} µs",
        f"(what calling the tracer costs, {overhead:.0f} ns a line, is taken off; C code counts for the line that calls it)",
    ]
    for code in sorted(sums, key=lambda one: -sums[one]):
        if sums[code] < 0.005 * total:
            continue
        name = "the driver itself" if code.co_filename == driver_file else code.co_qualname
        out.append(f"\n{sums[code]:7.3f} µs {sums[code] / total:5.1%}  {name}  {_shorten(code.co_filename)}")
        for line, (own, visits) in sorted(costs[code].items()):
            text = linecache.getline(code.co_filename, line).rstrip()
            out.append(f"  {own:7.3f} µs {own / total:5.1%} ×{visits:<4.4g} {line:5d} {text}")
    return "\n".join(out)


def _shorten(path: str) -> str:
    for folder in _FOLDERS:
        before, found, rest = path.rpartition(folder)
        if found and before:
            return rest
    return path
