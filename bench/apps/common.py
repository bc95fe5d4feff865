"""What the apps of all frameworks share: the table of builders, the files that are served, the count of teardowns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.cases import STATIC_BYTES, build_file

FOLDER = Path(__file__).resolve().parents[1]
TEMPLATES = FOLDER / "templates"
SECRET = "a secret for the benchmark alone, 40 chars"
TITLE = "Items"

Builder = Callable[[], Any]


class Apps(dict[str, Builder]):
    """The builders of a framework's apps by the name of their case, and the reasons for those that are missing."""

    def __init__(self, **missing: str) -> None:
        super().__init__()
        self.missing = missing

    def case(self, name: str) -> Callable[[Builder], Builder]:
        """Register a builder."""

        def register(builder: Builder) -> Builder:
            self[name] = builder
            return builder

        return register


class Teardowns:
    """How often apps have torn a request down, so that a hook that never ran is found out."""

    count = 0

    @classmethod
    def add(cls, *_arguments: Any) -> None:
        """Count one more."""
        cls.count += 1


def make_static_folder() -> Path:
    """Give the folder with the file that is served; it stays from run to run, and so does its date."""
    folder = FOLDER.parent / ".cache" / "bench" / "static"
    path = folder / "data.txt"
    if not path.exists() or path.stat().st_size != STATIC_BYTES:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(build_file(STATIC_BYTES))
    return folder


def spread_routes(*, is_dynamic: bool) -> list[int]:
    """Give the numbers of the static or of the dynamic routes, which take turns among the 100."""
    return [number for number in range(100) if (number % 2 == 0) is is_dynamic]
