"""Tell views that may be typed from those that cannot be.

Sealing asks this of every view, so that an application without typed views
neither loads what binds them nor pays for them.
"""

from __future__ import annotations

from functools import partial
from types import FunctionType
from typing import Any

_TYPES = (str, int, float, bool, bytes, dict, list, tuple)
#: Annotations that no model and no mark can hide behind, as written and as text.
_PLAIN = frozenset({*_TYPES, *(kind.__name__ for kind in _TYPES), None, "None", Any, "Any", "ResponseReturnValue"})
_MARKERS = "demijohn.api.markers"


def may_be_typed(function: Any) -> bool:
    """Say whether a view could have marked parameters or a typed result.

    Args:
        function: A view function, also one of a class of views.

    Returns:
        False where its annotations and defaults rule that out; True asks for
        a closer look.
    """
    # PERF: 0.2 µs for what most views are, and 1 µs by looking behind decorators and classes.
    if type(function) is FunctionType and not (function.__dict__ or function.__defaults__ or function.__kwdefaults__):
        return not _are_plain(function.__annotations__)
    view_class = getattr(function, "view_class", None)
    if view_class is None:
        return _may_be_typed(function)
    methods = [method.lower() for method in getattr(view_class, "methods", None) or ()]
    return any(_may_be_typed(getattr(view_class, name, None)) for name in ("dispatch_request", *methods))


def _may_be_typed(function: Any) -> bool:
    while isinstance(function, partial):
        function = function.func
    if not hasattr(function, "__annotations__"):
        function = getattr(type(function), "__call__", None)  # noqa: B004 - not whether, but what it is
    if not _are_plain(getattr(function, "__annotations__", None) or {}):
        return True
    while function is not None:
        defaults = getattr(function, "__defaults__", None) or ()
        named = getattr(function, "__kwdefaults__", None) or {}
        if any(type(value).__module__ == _MARKERS for value in (*defaults, *named.values())):
            return True
        function = getattr(function, "__wrapped__", None)
    return False


def _are_plain(annotations: dict[str, Any]) -> bool:
    try:
        return _PLAIN.issuperset(annotations.values())
    except TypeError:  # one cannot be hashed
        return False
