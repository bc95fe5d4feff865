"""Find where a package lies and which prefix it is installed under.

An application needs its folder for templates and static files, and the
prefix for its instance folder.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any


def get_root_path(import_name: str) -> str:
    """Return the folder that holds a module or package.

    Args:
        import_name: The name under which it is imported.

    Returns:
        An absolute path; the working directory where the name cannot be
        found, as with an interactive session.

    Raises:
        RuntimeError: The module has no file, such as a namespace package.
    """
    filename = getattr(sys.modules.get(import_name), "__file__", None)
    if filename is None:
        filename = _find_file(import_name)
        if filename is None:
            return os.getcwd()
    return os.path.dirname(os.path.abspath(filename))


def find_package(import_name: str) -> tuple[str | None, str]:
    """Return the prefix that a package is installed under, and its folder.

    Args:
        import_name: The name under which it is imported.

    Returns:
        The prefix, or None where the package is not installed, and the
        folder that has to be in `sys.path` to import it.
    """
    folder = find_package_path(import_name)
    prefix = os.path.abspath(sys.prefix)
    if Path(folder).is_relative_to(prefix):
        return prefix, folder
    parent, name = os.path.split(folder)
    if name.lower() != "site-packages":
        return None, folder
    outer, library = os.path.split(parent)
    if library.lower() == "lib":
        return outer, folder
    if os.path.basename(outer).lower() == "lib":
        return os.path.dirname(outer), folder
    return parent, folder


def find_package_path(import_name: str) -> str:
    """Return the folder from which the root of a package is imported.

    Args:
        import_name: The name of the package or of a module in it.

    Returns:
        The folder, or the working directory where nothing is found.
    """
    root = import_name.partition(".")[0]
    try:
        spec = importlib.util.find_spec(root)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return os.getcwd()
    locations = spec.submodule_search_locations
    if not locations:
        return os.path.dirname(spec.origin or "")
    if spec.origin not in {None, "namespace"}:
        return os.path.dirname(os.path.dirname(spec.origin or ""))
    return os.path.dirname(_choose_location(import_name, list(locations)))


def _choose_location(import_name: str, locations: list[str]) -> str:
    """Pick the part of a namespace package that holds the named package."""
    try:
        spec = importlib.util.find_spec(import_name)
    except ImportError:
        spec = None
    if spec is not None and spec.submodule_search_locations:
        inner = Path(next(iter(spec.submodule_search_locations)))
        for location in locations:
            if inner.is_relative_to(location):
                return location
    return locations[0]


def _find_file(import_name: str) -> str | None:
    """Return the file of a module that is not imported yet, or None."""
    try:
        spec = importlib.util.find_spec(import_name)
        loader: Any = None if spec is None else spec.loader
    except (ImportError, ValueError):
        loader = None
    if loader is None:
        return None
    if hasattr(loader, "get_filename"):
        filename: str | None = loader.get_filename(import_name)
    else:
        __import__(import_name)
        filename = getattr(sys.modules[import_name], "__file__", None)
    if filename is None:
        raise RuntimeError(
            f"The root path of {import_name!r} is not known: the module has no file (it is a"
            " namespace package, or its importer does not tell). Pass root_path explicitly."
        )
    return filename
