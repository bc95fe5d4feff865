"""The example API, really served, keeps what its document says; `scripts/contract` does the same at length."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venvs" / "contract" / "bin" / "python"


@pytest.fixture(scope="module")
def contract() -> subprocess.CompletedProcess[str]:
    """Run the quick form, with the same requests each time."""
    if not PYTHON.exists():
        pytest.fail(f"There is no {PYTHON}: make it by scripts/environments contract.", pytrace=False)
    command = [str(PYTHON), "-m", "tests.contract.run", "--examples", "3", "--seed", "1"]
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "FLASK_"))}
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)


def test_generated_requests_find_nothing(contract):
    """No request of schemathesis gets a 500 or an answer that the document does not know, and the document is valid."""
    assert contract.returncode == 0, contract.stdout[-8000:] + contract.stderr[-4000:]


def test_generated_client_calls(contract):
    """A client that openapi-python-client makes from the document does the shop's whole business."""
    calls = re.search(r"the generated client: (\d+) calls, as expected", contract.stdout)
    assert calls is not None
    assert int(calls[1]) >= 25
