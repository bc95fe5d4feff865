"""Dump and load JSON the way that the current application does.

Each function calls the method of `app.json` with the same name.  Outside of
an application context the standard library does it, with the default
provider's `default`.
"""

from __future__ import annotations

import json as _json
from typing import IO, Any

from .._current import find_app, get_app
from .provider import _default

__all__ = ["dump", "dumps", "jsonify", "load", "loads"]


def dumps(obj: Any, **kwargs: Any) -> str:
    """Return an object as JSON text.

    Args:
        obj: What to dump.
        **kwargs: Passed on to the provider or `json.dumps`.

    Returns:
        The JSON text.
    """
    app = find_app()
    if app is None:
        return _json.dumps(obj, **{"default": _default, **kwargs})
    text: str = app.json.dumps(obj, **kwargs)
    return text


def dump(obj: Any, fp: IO[str], **kwargs: Any) -> None:
    """Write an object as JSON text to a file.

    Args:
        obj: What to dump.
        fp: A file open for writing text, encoded as UTF-8.
        **kwargs: Passed on to the provider or `json.dump`.
    """
    app = find_app()
    if app is None:
        _json.dump(obj, fp, **{"default": _default, **kwargs})
    else:
        app.json.dump(obj, fp, **kwargs)


def loads(s: str | bytes, **kwargs: Any) -> Any:
    """Return the object that JSON text stands for.

    Args:
        s: The text, or its UTF-8 bytes.
        **kwargs: Passed on to the provider or `json.loads`.

    Returns:
        The object.
    """
    app = find_app()
    return _json.loads(s, **kwargs) if app is None else app.json.loads(s, **kwargs)


def load(fp: IO[str] | IO[bytes], **kwargs: Any) -> Any:
    """Return the object that the JSON text in a file stands for.

    Args:
        fp: A file open for reading text or UTF-8 bytes.
        **kwargs: Passed on to the provider or `json.load`.

    Returns:
        The object.
    """
    app = find_app()
    return _json.load(fp, **kwargs) if app is None else app.json.load(fp, **kwargs)


def jsonify(*args: Any, **kwargs: Any) -> Any:
    """Return a response whose body is JSON.

    Args:
        *args: One value, or several that become a list.
        **kwargs: The items of an object, instead of the values.

    Returns:
        What `app.json.response` makes of them.

    Raises:
        RuntimeError: No application context is current.
    """
    return get_app().json.response(*args, **kwargs)
