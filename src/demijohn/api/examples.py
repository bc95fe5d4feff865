"""Turn values into JSON for the document: defaults and examples."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec


def dump_value(value: Any) -> Any:
    """Return what a value is in JSON, the same each time.

    Args:
        value: A builtin, a model of any kind, or a container of them.

    Returns:
        The value; its text where JSON has nothing for it.
    """
    if isinstance(value, Mapping):
        return {str(dump_value(key)): dump_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [dump_value(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((dump_value(item) for item in value), key=repr)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True)
    if hasattr(type(value), "__attrs_attrs__"):
        # msgspec would sort the fields.
        return {each.name: dump_value(getattr(value, each.name)) for each in type(value).__attrs_attrs__}
    return msgspec.to_builtins(value, order="deterministic", enc_hook=str)


def may_be_told(default: Any) -> bool:
    """Say whether a default can stand beside the format of its type.

    Args:
        default: The default; a date and time without a zone is none for RFC 3339.
    """
    return not (isinstance(default, dt.datetime) and default.tzinfo is None)


def build_example(value: Any) -> dict[str, Any]:
    """Return an Example Object.

    Args:
        value: The value, or such an object already.
    """
    is_object = isinstance(value, Mapping) and ("value" in value or "externalValue" in value)
    return {key: dump_value(item) for key, item in value.items()} if is_object else {"value": dump_value(value)}
