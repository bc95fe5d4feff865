"""The example application passes its own tests on Flask and, without a changed line, on Demijohn."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

JOURNAL = Path(__file__).parents[1] / "examples" / "journal"

ON_FLASK = """
import sys, flask, pytest
status = pytest.main(sys.argv[1:])
assert "demijohn.as_flask" not in sys.modules
raise SystemExit(status)
"""
ON_DEMIJOHN = """
import demijohn.as_flask, sys, pytest
status = pytest.main(sys.argv[1:])
import demijohn, flask
assert flask.Flask is demijohn.Flask
raise SystemExit(status)
"""


@pytest.fixture(scope="module")
def passed_on_flask(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the tests of the journal that pass on Flask."""
    return run_journal(ON_FLASK, tmp_path_factory.mktemp("flask") / "report.xml")


def test_journal_on_flask(passed_on_flask):
    """Every test of the journal passes on Flask itself."""
    assert len(passed_on_flask) > 0


def test_journal_on_demijohn(passed_on_flask, tmp_path):
    """The very same tests pass on Demijohn through the alias."""
    assert run_journal(ON_DEMIJOHN, tmp_path / "report.xml") == passed_on_flask


def run_journal(program: str, report: Path) -> list[str]:
    """Run the journal's tests in a process of their own and return those that passed; all have to."""
    options = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}", f"--basetemp={report.parent / 'temporary'}"]
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("JOURNAL_", "PYTEST_"))}
    run = subprocess.run(
        [sys.executable, "-c", program, *options],
        cwd=JOURNAL,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-6000:]
    cases = list(ET.parse(report).iter("testcase"))
    unusual = [case.get("name") for case in cases if len(case.findall("*")) > 0]
    assert unusual == []
    return sorted(f"{case.get('classname')}::{case.get('name')}" for case in cases)
