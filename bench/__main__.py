"""The program: `python -m bench`, which `scripts/bench` runs in its own environment."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import imports, inprocess, machine, memory, scale, slow, sockets, wire
from .cases import CASES
from .peers import PEERS
from .plot import draw_plot
from .process import CACHE
from .profile import profile
from .report import write_report
from .servers import Row, choose_rows

FOLDER = Path(__file__).resolve().parent
SECTIONS = ("inprocess", "wire", "sockets", "slow", "scale", "imports", "memory")


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    rounds: int
    seconds: float
    import_rounds: int
    routes: tuple[int, ...]
    wire_rounds: int
    wire_seconds: int
    requests: tuple[int, int]
    idle_sockets: int
    slow_kinds: tuple[str, ...]
    slow_seconds: float


FULL = Size(12, 0.06, 15, (10, 100, 1000, 10_000), 3, 4, (10_000, 1_000_000), 10_000, tuple(slow.KINDS), 5.0)
QUICK = Size(4, 0.01, 4, (10, 100, 1000), 1, 1, (1000, 10_000), 1000, ("many_bodies",), 1.0)
_QUICK_SOCKETS = ("demijohn_asgi on uvicorn", "asgi on uvicorn", "demijohn_asgi on Granian (RSGI)")
_QUICK_SLOW = ("demijohn on Granian (WSGI)", "demijohn on Granian (ASGI)", "demijohn on Granian (RSGI)")


def main() -> int:
    """Measure what the command line asks for, and write it down."""
    options = parse_arguments()
    if options.profile:
        print(profile((options.peers or ["demijohn"])[0], options.profile))
        return 0
    folder = FOLDER if options.is_published else CACHE / "partial"
    results = load(folder) if options.render or options.is_published else {}
    if options.render and not results:
        print(f"there is no results.json in {folder} to write tables from; run the benchmark first")
        return 1
    if not options.render:
        measure(options, QUICK if options.quick else FULL, results, folder)
    report = write(folder, results)
    if not options.is_published:
        print(report)
    print(f"written: {folder / 'RESULTS.md'}, results.json and results.svg beside it")
    faults = find_faults(results)
    for fault in faults:
        print(f"PROBLEM: {fault}")
    return int(bool(faults))


def parse_arguments() -> argparse.Namespace:
    """Read the command line.

    Returns:
        The options, completed; `is_published` says whether this is a whole
        run, whose results belong into the repository.
    """
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure Demijohn beside its peers.")
    parser.add_argument("--quick", action="store_true", help="a few peers and short turns, in less than a minute")
    parser.add_argument("--only", type=split, metavar="CASE,...", help=f"in process, these cases: {', '.join(CASES)}")
    parser.add_argument("--peers", type=split, metavar="PEER,...", help=f"these peers: {', '.join(PEERS)}")
    parser.add_argument("--sections", type=split, metavar="PART,...", help=f"these parts: {', '.join(SECTIONS)}")
    parser.add_argument("--wire", action="store_true", help="the part on the wire too, in a quick run")
    parser.add_argument("--profile", metavar="CASE", choices=CASES, help="print where the time of a request goes")
    parser.add_argument("--render", action="store_true", help="write tables and plot anew from results.json")
    options = parser.parse_args()
    for values, known in ((options.only, CASES), (options.peers, PEERS), (options.sections, SECTIONS)):
        unknown = [value for value in values or () if value not in known]
        if unknown:
            parser.error(f"{unknown[0]!r} is unknown; known are {', '.join(known)}")
    options.is_published = not (options.quick or options.only or options.peers)
    if not options.sections:
        usual = [name for name in SECTIONS if name != "wire" or options.wire or not options.quick]
        options.sections = ["inprocess"] if options.only else usual
    options.cases = options.only or list(CASES)
    if not options.peers:
        options.peers = (
            None if options.profile else [name for name, peer in PEERS.items() if peer.in_quick or not options.quick]
        )
    return options


def split(text: str) -> list[str]:
    """Take a list apart that is written with commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def measure(options: argparse.Namespace, size: Size, results: dict[str, Any], folder: Path) -> None:
    """Measure the parts that are asked for, and put them into the results.

    Args:
        options: The command line.
        size: How much to measure.
        results: Gets the figures; parts that are not measured stay.
        folder: Where results are written after every part, so that a run that is broken off has not been for nothing.
    """
    # The bar needs rich; tables and plot can be made anew without it.
    from .progress import Bar

    results["machine"] = machine.describe()
    results["is_quick"] = options.quick
    rows = choose(wire.ROWS, options)
    socket_rows = choose(sockets.ROWS, options, _QUICK_SOCKETS)
    slow_rows = choose(slow.ROWS, options, _QUICK_SLOW)
    routes = list(size.routes)
    plans = {
        "inprocess": (
            inprocess.count_steps(options.cases, size.rounds),
            lambda tell: inprocess.measure(options.cases, options.peers, size.rounds, size.seconds, tell),
        ),
        "wire": (wire.count_steps(rows, size.wire_rounds), lambda tell: measure_wire(rows, size, tell)),
        "sockets": (
            sockets.count_steps(socket_rows, size.wire_rounds),
            lambda tell: sockets.measure(socket_rows, size.idle_sockets, size.wire_rounds, size.wire_seconds, tell),
        ),
        "slow": (
            slow.count_steps(slow_rows, size.slow_kinds),
            lambda tell: slow.measure(slow_rows, size.slow_kinds, size.slow_seconds, tell),
        ),
        "scale": (
            scale.count_steps(routes, size.rounds),
            lambda tell: scale.measure(routes, size.rounds, size.seconds, tell),
        ),
        "imports": (
            imports.count_steps(size.import_rounds),
            lambda tell: imports.measure(options.peers, size.import_rounds, tell),
        ),
        "memory": (memory.count_steps(), lambda tell: memory.measure(*size.requests, tell)),
    }
    with Bar(sum(plans[name][0] for name in options.sections)) as bar:
        for name in options.sections:
            rounds = {"rounds": size.wire_rounds if name in {"wire", "sockets"} else size.rounds}
            results.setdefault("runs", {})[name] = {**machine.stamp(), **rounds}
            results[name] = plans[name][1](bar.tell)
            write(folder, results)


def choose(rows: tuple[Row, ...], options: argparse.Namespace, quick: tuple[str, ...] = ()) -> list[Row]:
    """Choose the rows that are asked for; a quick run may have few."""
    chosen = choose_rows(rows, options.peers, is_whole=not options.quick)
    return [row for row in chosen if not options.quick or not quick or row.name in quick]


def measure_wire(rows: list[Row], size: Size, tell: inprocess.Tell) -> dict[str, Any]:
    """Measure on the wire, or say why that cannot be done here."""
    reason = wire.install_wrk()
    return {"missing": reason} if reason else wire.measure(rows, size.wire_rounds, size.wire_seconds, tell)


def load(folder: Path) -> dict[str, Any]:
    """Read the results that are there."""
    path = folder / "results.json"
    if not path.exists():
        return {}
    results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return results


def write(folder: Path, results: dict[str, Any]) -> str:
    """Write results, tables and plot into a folder, and give the tables."""
    folder.mkdir(parents=True, exist_ok=True)
    report = write_report(results)
    text = json.dumps(results, indent=1, sort_keys=False, ensure_ascii=False) + "\n"
    (folder / "results.json").write_text(text, encoding="utf-8")
    (folder / "RESULTS.md").write_text(report, encoding="utf-8")
    (folder / "results.svg").write_text(draw_plot(results), encoding="utf-8")
    return report


def find_faults(results: dict[str, Any]) -> list[str]:
    """List every app that gave a wrong answer or failed."""
    groups = {**results.get("inprocess", {}).get("cases", {})}
    groups.update({f"{case} on the wire": rows for case, rows in results.get("wire", {}).items() if case != "missing"})
    groups.update({f"WebSockets, {name}": results.get("sockets", {}).get(name, {}) for name in ("idle", "echo")})
    groups.update({f"slow clients, {kind}": rows for kind, rows in results.get("slow", {}).items()})
    return [
        f"{case}, {peer}: {figure['fault']}"
        for case, rows in groups.items()
        for peer, figure in rows.items()
        if "fault" in figure
    ]


if __name__ == "__main__":
    raise SystemExit(main())
