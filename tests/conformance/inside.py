"""Run Flask's own tests in this process, on Demijohn or on Flask, and write down how each of them ended.

python inside.py {demijohn|flask} <file for the outcomes> [arguments of pytest]
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import _pytest.monkeypatch
import pytest

# Flask 3.1.3's tests were written for pytest 8, where this marker still had its lower-case name.
_pytest.monkeypatch.notset = _pytest.monkeypatch.NOTSET


class Recorder:
    """A pytest plugin that keeps the outcome of each test, and what was imported meanwhile."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}
        self.real_flask: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep a file that could not be collected."""
        if report.failed:
            self.outcomes[report.nodeid] = "failed"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst of a test's three phases."""
        worst = {"passed": 0, "skipped": 1, "failed": 2}
        before = self.outcomes.get(report.nodeid, "passed")
        self.outcomes[report.nodeid] = max(before, report.outcome, key=worst.__getitem__)

    def pytest_sessionfinish(self) -> None:
        """Look for modules of the installed Flask."""
        self.real_flask = [name for name, module in sys.modules.items() if is_real_flask(name, module)]


def is_real_flask(name: str, module: object) -> bool:
    """Tell a module that was loaded from the installed Flask's folder."""
    parts = Path(getattr(module, "__file__", None) or "").parts
    return name.partition(".")[0] == "flask" and "flask" in parts and "demijohn" not in parts


def main(side: str, results: str, *arguments: str) -> int:
    """Run the tests and write the outcomes; 0 when pytest could do its work, whatever the outcomes."""
    if side == "demijohn":
        importlib.import_module("demijohn.as_flask")
    recorder = Recorder()
    status = pytest.main(list(arguments), plugins=[recorder])
    record = {"outcomes": recorder.outcomes, "real_flask": recorder.real_flask}
    Path(results).write_text(json.dumps(record), encoding="utf-8")
    return 0 if status in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED} else int(status)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
