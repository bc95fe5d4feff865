"""Tell views that may be typed from those that cannot be.

Sealing asks this of every view, so that an application without typed views
neither loads what binds them nor pays for them.
"""

from __future__ import annotations

from functools import partial
from typing import Any

#: Annotations that no model and no mark can hide behind, as written and as text.
_PLAIN = {str, int, float, bool, bytes, dict, list, tuple, None, Any}
_PLAIN_TEXTS = {kind.__name__ for kind in _PLAIN if isinstance(kind, type)} | {"None", "Any", "ResponseReturnValue"}
_MARKERS = "demijohn.api.markers"


def may_be_typed(function: Any) -> bool:
    """Say whether a view could have marked parameters or a typed result.

    Args:
        function: A view function, also one of a class of views.

    Returns:
        False where its annotations and defaults rule that out; True asks for
        a closer look.
    """
    view_class = getattr(function, "view_class", None)
    if view_class is None:
        return _may_be_typed(function)
    methods = [method.lower() for method in getattr(view_class, "methods", None) or ()]
    return any(_may_be_typed(getattr(view_class, name, None)) for name in ("dispatch_request", *methods))


def _may_be_typed(function: Any) -> bool:
    while isinstance(function, partial):
        function = function.func
    if not hasattr(function, "__annotations__"):
        function = getattr(type(function), "__call__", None)
    annotations = getattr(function, "__annotations__", None)
    if annotations:
        for hint in annotations.values():
            try:
                if hint not in _PLAIN and hint not in _PLAIN_TEXTS:
                    return True
            except TypeError:  # it cannot be hashed
                return True
    while function is not None:
        defaults = getattr(function, "__defaults__", None) or ()
        named = getattr(function, "__kwdefaults__", None) or {}
        if any(type(value).__module__ == _MARKERS for value in (*defaults, *named.values())):
            return True
        function = getattr(function, "__wrapped__", None)
    return False
