"""Build a document as every test of it does: checked against OpenAPI itself, and compared with a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from openapi_spec_validator import validate

from demijohn import Flask
from demijohn.api.openapi import build_document, dump_document

FOLDER = Path(__file__).parent


def build_valid(app: Flask, version: str | None = None) -> dict[str, Any]:
    """Return the document of an application, which has to be one by OpenAPI's own schema."""
    document = build_document(app, version)
    validate(document)
    return document


def build_operation(app: Flask, path: str, method: str = "get", version: str | None = None) -> dict[str, Any]:
    """Return one operation of a valid document."""
    operation: dict[str, Any] = build_valid(app, version)["paths"][path][method]
    return operation


def load_kept(name: str, document: dict[str, Any]) -> bytes:
    """Return the kept file; `DEMIJOHN_WRITE_DOCUMENTS=1` makes the document that file first."""
    path = FOLDER / f"{name}.json"
    if os.environ.get("DEMIJOHN_WRITE_DOCUMENTS"):
        path.write_bytes(dump(document))
    return path.read_bytes()


def dump(document: dict[str, Any]) -> bytes:
    """Return a document as the kept files have it."""
    return dump_document(document, indent=1) + b"\n"
