"""What tests share: no shell reaches into them, and many hold for Flask as well."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from types import ModuleType

import flask
import hypothesis
import pytest

import demijohn

# The same examples each time, and no clock that decides: what is new is looked for on purpose, by
# `DEMIJOHN_RANDOM_EXAMPLES=1`.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.register_profile("random", deadline=None)
hypothesis.settings.load_profile("random" if os.environ.get("DEMIJOHN_RANDOM_EXAMPLES") else "repeatable")


@pytest.fixture(params=[flask, demijohn], ids=["flask", "demijohn"])
def lib(request: pytest.FixtureRequest) -> ModuleType:
    """Give Flask and Demijohn in turn: what is asserted holds for both."""
    return request.param


@pytest.fixture(autouse=True)
def _flask_variables_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test without the FLASK_* variables of the caller's shell."""
    for name in [name for name in os.environ if name.startswith("FLASK_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _loggers_stay_enabled() -> Iterator[None]:
    """Undo `app.logger.disabled`: applications of the same name share a logger."""
    yield
    for logger in logging.Logger.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            logger.disabled = False
