"""The table of `docs/servers.md`: what each server gave when the tests ran."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.servers.running import find_program
from tests.servers.table import BEYOND, SERVERS, Server

COLUMNS = {
    "requests": ["test_hello", "test_head", "test_not_found", "test_form", "test_async_view", "test_proxy"],
    "headers": ["test_header_values", "test_header_names"],
    "uploads": ["test_upload", "test_file_upload", "test_chunked_upload"],
    "limits": ["test_upload_too_long", "test_chunked_upload_too_long"],
    "cut bodies": ["test_cut_upload", "test_cut_chunked_upload", "test_malformed_chunk", "test_abandoned_upload"],
    "streams": ["test_stream", "test_events", "test_client_leaves_stream", "test_broken_stream"],
    "static files": ["test_static_file", "test_static_range"],
    "WebSockets": ["test_websocket", "test_websocket_refused"],
    "stop": ["test_stop"],
}
"""Column -> the tests that all have to pass for it."""

BEGIN, END = "<!-- begin: scripts/servers -->\n", "<!-- end -->\n"
VERSIONS = """
import importlib.metadata
for name in ("granian", "uvicorn", "hypercorn", "gunicorn", "gevent", "waitress", "pyuwsgi"):
    print(name.removeprefix("py"), importlib.metadata.version(name))
"""


def write_page(page: Path, outcomes: dict[tuple[str, str], str]) -> str:
    """Put the table into the page.

    Args:
        page: The page, which has the two marks.
        outcomes: (server, test) -> "passed", "failed" or "xfailed", the worst of each.

    Returns:
        The table.
    """
    table = build_table(outcomes)
    text = page.read_text("utf-8")
    pattern = re.compile(re.escape(BEGIN) + ".*" + re.escape(END), re.DOTALL)
    page.write_text(pattern.sub(lambda _: BEGIN + table + END, text), "utf-8")
    return table


def build_table(outcomes: dict[tuple[str, str], str]) -> str:
    """Write one row for each server, and below it what is beyond a server and why."""
    reasons = list(dict.fromkeys(BEYOND.values()))
    lines = [f"| server | door | {' | '.join(COLUMNS)} |", "|---" * (2 + len(COLUMNS)) + "|"]
    for server in SERVERS:
        cells = [write_cell(server, tests, outcomes, reasons) for tests in COLUMNS.values()]
        lines.append(f"| {server.name} | {server.door.upper()} | {' | '.join(cells)} |")
    lines += ["", *(f"{number}. {reason}" for number, reason in enumerate(reasons, 1)), ""]
    lines.append(f"Measured with {', '.join(find_versions())}.")
    return "\n".join(lines) + "\n"


def write_cell(server: Server, tests: list[str], outcomes: dict[tuple[str, str], str], reasons: list[str]) -> str:
    """Say whether a server gave all that a column asks for."""
    ends = {test: outcomes[server.name, test] for test in tests if (server.name, test) in outcomes}
    if "failed" in ends.values():
        return "fails"
    if "skipped" in ends.values():
        return "not asked"
    numbers = sorted({reasons.index(BEYOND[server.name, test]) + 1 for test, end in ends.items() if end == "xfailed"})
    if numbers:
        return f"all but {', '.join(f'({number})' for number in numbers)}"
    return "refused" if list(ends) == ["test_websocket_refused"] else "yes"


def find_versions() -> list[str]:
    """Ask the environment, and nginx, for their versions."""
    listed = subprocess.run([find_program("python"), "-c", VERSIONS], capture_output=True, text=True, check=True)
    nginx = subprocess.run([find_program("nginx"), "-v"], capture_output=True, text=True, check=True)
    return [*listed.stdout.splitlines(), nginx.stderr.strip().rpartition(": ")[2].replace("/", " ")]
