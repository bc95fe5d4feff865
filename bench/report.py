"""Write RESULTS.md from results."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .cases import CASES
from .goals import Verdict, judge, load_goals
from .peers import PEERS, Peer
from .report_servers import write_slow, write_sockets, write_wire
from .tables import MEGABYTE, build_table, format_number

Results = dict[str, Any]
_US = "demijohn"
_US_THERE = {"wsgi": "demijohn", "asgi": "demijohn_asgi"}


def write_report(results: Results) -> str:
    """Write the whole of RESULTS.md; what was not measured is left out.

    Args:
        results: What was measured, as in results.json.

    Returns:
        Markdown.
    """
    parts = [
        _write_head(results),
        _write_goals(judge(load_goals(), results)),
        *(write(results[name]) for name, write in _SECTIONS.items() if name in results),
        _write_machine(results),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _write_head(results: Results) -> str:
    marks = [f"{name} {run['date']}, load {run['load']}" for name, run in results.get("runs", {}).items()]
    lines = [
        "# Results of the benchmark",
        "",
        "Figures compare within one run on one machine; a ratio is a framework's figure over Demijohn's.",
        "Every answer was checked before it was timed, and checked again after.",
        "",
        "Repeat it with `scripts/bench`; `scripts/bench --quick` takes less than a minute and prints the same tables.",
    ]
    if results.get("is_quick"):
        lines += ["", "**This is a quick run**: short turns and small sizes, for daily use and not for publication."]
    if marks:
        lines += ["", f"Measured: {'; '.join(marks)} (load: processes that wanted a core when the part began)."]
    return "\n".join(lines)


def _write_goals(verdicts: list[Verdict]) -> str:
    words = {True: "met", False: "**not met**"}
    rows = [
        [
            one.what,
            one.limit,
            "–" if one.measured is None else f"{one.measured:.3g}",
            one.reason if one.is_met is None else words[one.is_met],
        ]
        for one in verdicts
    ]
    met = sum(one.is_met is True for one in verdicts)
    known = sum(one.is_met is not None for one in verdicts)
    head = (
        f"## Goals\n\n{met} of {known} goals that could be judged are met. "
        "Each figure is a ratio of two figures of this run; memory is in bytes."
    )
    return f"{head}\n\n{build_table(['what', 'goal', 'measured', ''], rows)}"


def _write_inprocess(section: Results) -> str:
    cases = section["cases"]
    present = [PEERS[name] for name in section["peers"] if name in PEERS]
    reasons: list[str] = []
    parts = [
        "## In process",
        (
            "Microseconds a request, least of several rounds, and how many times that of Demijohn by the same "
            "interface. WSGI apps are called with a fresh copy of an environ, ASGI apps with a fresh scope on a "
            "running loop; the body is consumed and closed. What the calling itself costs is in every figure: "
            "the bare functions show it."
        ),
    ]
    for interface, title in (("wsgi", "WSGI"), ("asgi", "ASGI, where all views and hooks are async but for one row")):
        peers = [peer for peer in present if peer.interface == interface]
        if peers:
            parts += [f"### {title}", _build_case_table(cases, peers, _US_THERE[interface], reasons)]
    parts += [_write_parts(cases, present), "\n".join(f"{number}. {text}" for number, text in enumerate(reasons, 1))]
    parts += ["\n".join(_list_notes(cases)), _write_compiled(section["peers"])]
    return "\n\n".join(part for part in parts if part)


def _build_case_table(cases: Results, peers: list[Peer], us: str, reasons: list[str]) -> str:
    rows = []
    for name, figures in cases.items():
        ours = figures.get(us, {}).get("us")
        rows.append([CASES[name].label, *[_write_cell(figures.get(peer.name, {}), ours, reasons) for peer in peers]])
    return build_table(["case", *[peer.label for peer in peers]], rows)


def _write_cell(figure: Results, ours: float | None, reasons: list[str]) -> str:
    if "us" in figure:
        ratio = f" ({figure['us'] / ours:.2f}×)" if ours else ""
        return f"{format_number(figure['us'])}{ratio}"
    reason = figure.get("missing") or f"wrong: {figure.get('fault', 'not measured')}"
    if reason not in reasons:
        reasons.append(reason)
    return f"– [{reasons.index(reason) + 1}]"


def _write_parts(cases: Results, present: list[Peer]) -> str:
    rows = []
    for peer in present:
        if peer.interface == "function":
            for name, figures in cases.items():
                if "us" in figures.get(peer.name, {}):
                    us, ours = figures[peer.name]["us"], figures.get(_US, {}).get("us")
                    rest = [format_number(ours), format_number(ours - us)] if ours else ["–", "–"]
                    rows.append([peer.label, CASES[name].label, format_number(us), *rest])
    if not rows:
        return ""
    return "### Parts alone\n\n" + build_table(["part", "case", "µs", "Demijohn, µs", "above the part, µs"], rows)


def _list_notes(cases: Results) -> Iterable[str]:
    return [f"* {CASES[name].label}: {CASES[name].note}." for name in cases if CASES[name].note]


def _write_compiled(peers: Results) -> str:
    lines = []
    for name, about in peers.items():
        if name in PEERS and PEERS[name].is_compiled:
            compiled = ", ".join(f"`{module}`" for module in about.get("compiled", [])) or "**none**"
            lines.append(f"* {PEERS[name].label} {about.get('version', '')}, compiled modules in use: {compiled}.")
    return "\n".join(lines)


def _write_scale(section: Results) -> str:
    rows = []
    for peer, sizes in section.items():
        for size, figure in sizes.items():
            per_route = figure["registration_ms"] * 1000 / int(size)
            rows.append(
                [
                    PEERS[peer].label,
                    f"{int(size):,}",
                    format_number(figure["registration_ms"]),
                    format_number(per_route),
                    format_number(figure["first_ms"]),
                    format_number(figure["static_us"]),
                    format_number(figure["dynamic_us"]),
                ]
            )
    head = (
        "## Many routes\n\n"
        "Half of the routes are static, half have an int variable; requests ask for the last of each. "
        "The first two requests do what registration put off."
    )
    titles = ["", "routes", "registration, ms", "a route, µs", "first two requests, ms", "static, µs", "dynamic, µs"]
    return f"{head}\n\n{build_table(titles, rows)}"


def _write_imports(section: Results) -> str:
    ours = section.get(_US, {}).get("ms")
    rows = [
        [
            f"`{figure['statement']}`",
            f"{figure['ms']:.1f}",
            f"{figure['ms'] / ours:.2f}×" if ours else "–",
            str(figure["modules"]),
            f"{figure['rss'] / MEGABYTE:.1f}",
        ]
        for name, figure in section.items()
        if name != "empty"
    ]
    head = (
        "## Imports\n\nMilliseconds of a fresh interpreter that imports, less those of one that does not "
        f"({section['empty']['ms']:.1f} ms); least of several rounds."
    )
    return f"{head}\n\n{build_table(['statement', 'ms', 'of Demijohn', 'modules', 'resident, MiB'], rows)}"


def _write_memory(section: Results) -> str:
    requests = section["requests"]
    rows = [
        [
            PEERS[name].label,
            f"{figure['rss_first'] / MEGABYTE:.1f}",
            f"{figure['rss_last'] / MEGABYTE:.1f}",
            f"{figure['rss_growth']:.3f}",
            f"{figure['traced_growth']:.3f}",
        ]
        for name, figure in section.items()
        if name in PEERS
    ]
    head = (
        f"## Memory\n\nAfter {requests['first']:,} and after {requests['last']:,} mixed requests: "
        "views, sessions, errors with and without a handler, dropped streams, hooks, "
        "and paths, hosts and session values that are always new."
    )
    first, last = f"after {requests['first']:,}, MiB", f"after {requests['last']:,}, MiB"
    titles = ["", first, last, "growth, bytes a request", "traced, bytes a request"]
    return f"{head}\n\n{build_table(titles, rows)}"


def _write_machine(results: Results) -> str:
    machine = results.get("machine")
    if not machine:
        return ""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return "\n".join(
        [
            "## Machine and versions",
            "",
            f"* {machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}",
            f"* {machine['python']}; hashes are seeded alike in all interpreters, and the collector is on",
            f"* {versions}",
            f"* commit {machine['commit'] or 'unknown'}",
        ]
    )


_SECTIONS = {
    "inprocess": _write_inprocess,
    "wire": write_wire,
    "sockets": write_sockets,
    "slow": write_slow,
    "scale": _write_scale,
    "imports": _write_imports,
    "memory": _write_memory,
}
