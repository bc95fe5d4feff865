"""Wait until a file changes that the running application was made from."""

from __future__ import annotations

import fnmatch
import os
import typing as t
from dataclasses import dataclass
from threading import Event

#: Folders in which nobody writes an application.
IGNORED_FOLDERS = frozenset(
    {
        "__pycache__",
        "node_modules",
        "site-packages",
        "venv",
    }
)

#: How often files are looked at where the system does not tell of changes.
POLLING_SECONDS = 1.0

#: How long watching may take to begin, as far as it can be noticed.
_TIMEOUT_MILLISECONDS = 500


@dataclass(frozen=True)
class Watched:
    """Say which files matter.

    Attributes:
        folders: Where Python files matter, with all folders below.
        templates: Where every file matters, with all folders below.
        files: More files and folders that matter.
        excluded: Patterns (fnmatch) of files that do not.
    """

    folders: tuple[str, ...]
    templates: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    def accepts(self, path: str) -> bool:
        """Tell whether a change of a file matters.

        Args:
            path: The file's absolute path.
        """
        if any(fnmatch.fnmatch(path, pattern) for pattern in self.excluded):
            return False
        if any(path == file or is_below(path, file) for file in self.files):
            return True
        if os.path.basename(path).startswith(".") or path.endswith("~"):
            return False
        if any(is_below(path, folder) for folder in self.templates):
            return True
        if not path.endswith(".py"):
            return False
        return any(is_below(path, folder) and not _is_ignored(path, folder) for folder in self.folders)

    def find_roots(self) -> list[str]:
        """Return the files and folders to watch, none inside another."""
        roots: list[str] = []
        for path in sorted({os.path.realpath(path) for path in (*self.folders, *self.templates, *self.files)}):
            if os.path.exists(path) and not any(is_below(path, root) for root in roots):
                roots.append(path)
        return roots


def watch(watched: Watched, stop: Event, since: int | None = None) -> t.Iterator[set[str]]:
    """Yield the files that changed, each time that some did.

    Args:
        watched: Which files matter.
        stop: Ends the iteration when it is set.
        since: A time (`time.time_ns()`) before now: what changed after it
            is told as well.
    """
    try:
        # Optional: it saves looking at every file again and again.
        import watchfiles
    except ImportError:
        yield from _poll(watched, stop, since)
        return
    changes = watchfiles.watch(
        *watched.find_roots(),
        watch_filter=lambda change, path: watched.accepts(path),
        stop_event=stop,
        debounce=200,
        rust_timeout=_TIMEOUT_MILLISECONDS,
        yield_on_timeout=True,
    )
    for group in changes:
        changed = {path for _, path in group}
        if since is not None:
            # The system tells of changes now, and did not before.
            changed |= _find_changed(watched, since)
            since = None
        if changed:
            yield changed


def is_below(path: str, folder: str) -> bool:
    """Tell whether a path lies inside a folder, however deep.

    Args:
        path: An absolute path.
        folder: An absolute path.
    """
    return path.startswith(os.path.join(folder, ""))


def _is_ignored(path: str, folder: str) -> bool:
    parts = os.path.relpath(path, folder).split(os.sep)[:-1]
    return any(part in IGNORED_FOLDERS or part.startswith(".") for part in parts)


def _poll(watched: Watched, stop: Event, since: int | None) -> t.Iterator[set[str]]:
    before = _find_times(watched)
    if since is not None:
        before = {path: 0 if time >= since else time for path, time in before.items()}
    while not stop.wait(POLLING_SECONDS):
        now = _find_times(watched)
        changed = {path for path, _ in before.items() ^ now.items()}
        before = now
        if changed:
            yield changed


def _find_changed(watched: Watched, since: int) -> set[str]:
    return {path for path, time in _find_times(watched).items() if time >= since}


def _find_times(watched: Watched) -> dict[str, int]:
    return {
        path: time
        for root in watched.find_roots()
        for path in _walk(root)
        if watched.accepts(path) and (time := _find_time(path))
    }


def _walk(root: str) -> t.Iterator[str]:
    if os.path.isfile(root):
        yield root
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in IGNORED_FOLDERS and not name.startswith(".")]
        yield from (os.path.join(folder, name) for name in files)


def _find_time(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0
