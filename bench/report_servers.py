"""Write the parts of RESULTS.md that were measured with real servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import slow, sockets, wire
from .cases import CASES
from .servers import Row
from .tables import MEGABYTE, Cells, build_table

Results = dict[str, Any]
_US = ("demijohn", "demijohn_asgi")


def write_wire(section: Results) -> str:
    """Write what wrk measured."""
    head = (
        "## On the wire\n\n"
        f"wrk with one thread and {wire.CONNECTIONS} connections on loopback, servers with one worker; "
        "the turn with most requests of several. Client and server share the machine's cores. "
        "Memory is the resident memory of all the server's processes after the load. "
        "Beside an event loop the views are async, but for those of the table that says sync."
    )
    if "missing" in section:
        return f"{head}\n\n– {section['missing']}"
    parts = [head]
    titles = ["server", "app", "requests/s", "best of worst", "of Demijohn's there", "p50, ms", "p99, ms", "MiB"]
    for case, figures in section.items():
        if figures:
            rows = _build_rows(wire.ROWS, figures, _write_load, len(titles))
            parts += [f"### {CASES[case].label}, wire", build_table(titles, rows)]
    return "\n\n".join(parts)


def write_sockets(section: Results) -> str:
    """Write what idle WebSockets take, and how many texts come back."""
    count = f"{section['count']:,}"
    head = (
        f"## WebSockets\n\n{count} sockets are opened in one process, servers have one worker. "
        "Memory is what all the server's processes grew by until the last was open and two seconds had passed, "
        "divided by their number; afterwards 200 of them still have to answer. "
        "For the texts a second there are "
        f"{sockets.CONNECTIONS} sockets, each with one text of 32 bytes under way; the best turn of several. "
        "The client, one process in Python, needs about as much time as the bare functions: "
        "what is near to them may be quicker than it looks."
    )
    idle = ["server", "app", "bytes a socket", "of Demijohn's there", f"opening {count}, s"]
    echo = ["server", "app", "texts/s", "best of worst", "of Demijohn's there", "p50, ms", "p99, ms"]
    parts = [head]
    for title, name, titles, write in (
        ("Idle sockets", "idle", idle, _write_idle),
        ("Texts sent back", "echo", echo, _write_echo),
    ):
        rows = _build_rows(sockets.ROWS, section[name], write, len(titles))
        parts += [f"### {title}", build_table(titles, rows)]
    return "\n\n".join(parts)


def write_slow(section: Results) -> str:
    """Write what slow clients did to others."""
    head = (
        "## Slow clients\n\n"
        "While slow clients keep their connections open, good ones ask every 20 ms for a page, "
        "each on a connection of its own, and give up after two seconds. "
        "The views are plain functions; servers are as they come, but for one worker, and four threads for gunicorn. "
        "Memory is what the slow clients cost the server."
    )
    titles = ["server", "app", "good requests answered", "p50, ms", "p99, ms", "MiB more"]
    parts = [head]
    for kind, figures in section.items():
        rows = _build_rows(slow.ROWS, figures, _write_good, len(titles))
        parts += [f"### {slow.KINDS[kind].label}", build_table(titles, rows)]
    return "\n\n".join(parts)


def _build_rows(
    rows: tuple[Row, ...], figures: Results, write: Callable[[Results, Results], Cells], width: int
) -> list[Cells]:
    """Build the lines of a table, one for each row that has a figure."""
    lines = []
    for row in rows:
        figure = figures.get(row.name)
        if figure is None:
            continue
        if "fault" in figure:
            cells = [f"– {' '.join(str(figure['fault']).split())[:120]}"] + [""] * (width - 3)
        else:
            ours = (figures.get(f"{us} on {row.server}", {}) for us in _US)
            cells = write(figure, next((one for one in ours if one and "fault" not in one), {}))
        lines.append([row.server, row.label, *cells])
    return lines


def _write_load(figure: Results, ours: Results) -> Cells:
    return [*_write_echo(figure, ours), f"{figure['rss'] / MEGABYTE:.0f}"]


def _write_echo(figure: Results, ours: Results) -> Cells:
    return [
        f"{figure['rps']:,}",
        f"{figure['spread']:.2f}",
        _write_ratio(figure, ours, "rps"),
        f"{figure['p50_ms']:.2f}",
        f"{figure['p99_ms']:.2f}",
    ]


def _write_idle(figure: Results, ours: Results) -> Cells:
    return [f"{figure['bytes']:,}", _write_ratio(figure, ours, "bytes"), f"{figure['seconds']:.1f}"]


def _write_good(figure: Results, _ours: Results) -> Cells:
    times = [f"{figure[name]:.1f}" if name in figure else "–" for name in ("p50_ms", "p99_ms")]
    return [f"{figure['share']:.1%}", *times, f"{figure['rss'] / MEGABYTE:.0f}"]


def _write_ratio(figure: Results, ours: Results, name: str) -> str:
    return f"{figure[name] / ours[name]:.2f}×" if ours.get(name) else "–"
