"""Every test runs once for each server; one server runs at a time, so that two small cores are enough."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.servers.report import write_page
from tests.servers.running import Farm
from tests.servers.table import BEYOND, SERVERS, Server

CHOICE = "DEMIJOHN_SERVERS"
PAGE = "DEMIJOHN_SERVERS_PAGE"
SEVERITY = ["passed", "xfailed", "skipped", "failed"]
OUTCOMES = {}
"""(server, test) -> the worst end of all runs of a test."""


def choose_servers():
    """Return the quick ones, or those that the variable DEMIJOHN_SERVERS names ("all", or names with commas)."""
    chosen = os.environ.get(CHOICE, "quick")
    if chosen in {"all", "quick"}:
        return [server for server in SERVERS if server.is_quick or chosen == "all"]
    unknown = set(chosen.split(",")) - {server.name for server in SERVERS}
    if unknown:
        raise pytest.UsageError(f"{CHOICE} names no server that exists: {', '.join(sorted(unknown))}.")
    return [server for server in SERVERS if server.name in chosen.split(",")]


def pytest_generate_tests(metafunc):
    """Give each test the servers that have what it is about."""
    if "served" not in metafunc.fixturenames:
        return
    is_meant = getattr(metafunc.function, "is_meant", lambda server: True)
    name = metafunc.function.__name__
    rows = [
        pytest.param(server, id=server.name, marks=[pytest.mark.xfail(reason=BEYOND[server.name, name], strict=True)])
        if (server.name, name) in BEYOND
        else pytest.param(server, id=server.name)
        for server in choose_servers()
        if is_meant(server)
    ]
    metafunc.parametrize("served", rows, indirect=True)


def is_ours(item):
    """Say whether a test is of this folder and asks for a server; other folders may have a fixture of that name."""
    return item.path.parent == Path(__file__).parent and "served" in getattr(item, "fixturenames", ())


def pytest_collection_modifyitems(config, items):
    """Let all tests of one server follow each other, and drop those for which no server was chosen."""
    names = [server.name for server in SERVERS]
    ours = [item for item in items if is_ours(item)]
    others = [item for item in items if item not in ours]
    chosen = [item for item in ours if isinstance(item.callspec.params["served"], Server)]
    config.hook.pytest_deselected(items=[item for item in ours if item not in chosen])
    items[:] = others + sorted(chosen, key=lambda item: names.index(item.callspec.params["served"].name))


@pytest.fixture(scope="session")
def _farm(tmp_path_factory):
    farm = Farm(tmp_path_factory.mktemp("servers"))
    yield farm
    farm.stop()


@pytest.fixture
def served(_farm, request):
    """Give the running server."""
    return _farm.give(request.param)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Remember how each test ended."""
    report = (yield).get_result()
    if is_ours(item) and (call.when == "call" or report.outcome != "passed"):
        place = (item.callspec.params["served"].name, item.function.__name__)
        outcome = "xfailed" if hasattr(report, "wasxfail") else report.outcome
        OUTCOMES[place] = max(OUTCOMES.get(place, "passed"), outcome, key=SEVERITY.index)


def pytest_terminal_summary(terminalreporter):
    """Write the table into the page that the variable DEMIJOHN_SERVERS_PAGE names, and print it."""
    if PAGE in os.environ and OUTCOMES:
        terminalreporter.write_line(write_page(Path(os.environ[PAGE]), OUTCOMES))
