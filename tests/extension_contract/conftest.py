"""Each promise holds for an application that has not handled a request, and for one that has."""

from __future__ import annotations

import pytest

from tests.extension_contract.application import build_app, serve_once


@pytest.fixture(params=["new", "serving"])
def prepare(request):
    """Return a function that brings an application to one of the two states."""
    return serve_once if request.param == "serving" else lambda app: app


@pytest.fixture
def app(prepare):
    """Return the application in one of the two states."""
    return prepare(build_app())
