"""Open and send files below a folder, for applications and blueprints."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import IO, Any

from . import _current
from .helpers import send_from_directory


def find_cache_age() -> int | None:
    """Return `SEND_FILE_MAX_AGE_DEFAULT` of the current app, in seconds."""
    value = _current.get_app().config["SEND_FILE_MAX_AGE_DEFAULT"]
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    age: int | None = value
    return age


def send_below(owner: Any, filename: str) -> Any:
    """Answer with a static file of an application or blueprint.

    Args:
        owner: The application or blueprint.
        filename: The path below its static folder.

    Returns:
        The response.

    Raises:
        RuntimeError: It has no static folder.
    """
    if not owner.has_static_folder:
        raise RuntimeError(f"{owner!r} has no static folder to send {filename!r} from. Set 'static_folder'.")
    max_age = owner.get_send_file_max_age(filename)
    return send_from_directory(owner.static_folder, filename, max_age=max_age)


def open_below(root: str, resource: str, mode: str, encoding: str | None) -> IO[Any]:
    """Open a file below a folder for reading.

    Args:
        root: The folder.
        resource: The path below it.
        mode: "r", "rt" or "rb".
        encoding: The encoding, in text mode.

    Returns:
        The open file.

    Raises:
        ValueError: The mode is one for writing.
    """
    if mode not in {"r", "rt", "rb"}:
        raise ValueError(f"Resources can only be opened for reading, not with mode {mode!r}.")
    path = os.path.join(root, resource)
    return open(path, mode) if mode == "rb" else open(path, mode, encoding=encoding)
