"""Test an application without a server."""

from __future__ import annotations

from .builder import EnvironBuilder
from .client import FlaskClient
from .runner import FlaskCliRunner

__all__ = ["EnvironBuilder", "FlaskCliRunner", "FlaskClient"]
