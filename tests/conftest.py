"""What every test shares: the caller's shell does not reach into it."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _flask_variables_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test without the FLASK_* variables of the caller's shell."""
    for name in [name for name in os.environ if name.startswith("FLASK_")]:
        monkeypatch.delenv(name)
