"""Run one app of `apps` on Flask or on Demijohn and print its answers.

    python record.py {flask|demijohn|asgi|rsgi} <name> <folder>

The first two call the app by WSGI, the others are Demijohn behind another door. Standard output gets one JSON object:
the transcript (a list of `[label, status, sorted headers, body]`), the version that the package metadata gives for
Flask, how many requests took which way, and two lists that are empty in a good Demijohn run (see `find_strangers`).

Time stands still and `os.urandom` is a fixed sequence that begins anew with every step, so that tokens, salts, dates
and signatures are the same bytes in both runs. This must be so before any other module keeps a reference to
`os.urandom`.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys

FROZEN_TIME = "2030-05-17 12:00:00+00:00"


class FixedEntropy:
    """Stand in for `os.urandom` with bytes that depend on the step alone."""

    def __init__(self) -> None:
        self.begin("start")

    def begin(self, label: str) -> None:
        """Begin the sequence that belongs to one step."""
        self._label = label
        self._calls = 0

    def __call__(self, size: int) -> bytes:
        self._calls += 1
        return hashlib.shake_256(f"{self._label}/{self._calls}".encode()).digest(size)


entropy = FixedEntropy()
os.urandom = entropy

import contextlib  # noqa: E402 - everything below may draw entropy when it is imported
import importlib  # noqa: E402
import importlib.metadata  # noqa: E402
import json  # noqa: E402
import sysconfig  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import time_machine  # noqa: E402

LONGEST_BODY = 100_000
SIDES = ("flask", "demijohn", "asgi", "rsgi")


def main(side: str, name: str, folder: str) -> None:
    """Print the record of one app on one side.

    Raises:
        SystemExit: There is no such side.
    """
    if side not in SIDES:
        raise SystemExit(f"The side {side!r} does not exist: write one of {', '.join(SIDES)}.")
    output, sys.stdout = sys.stdout, io.StringIO()
    ways: dict[str, int] = {}
    with contextlib.ExitStack() as stack:
        if side != "flask":
            importlib.import_module("demijohn.as_flask")
        if side in {"asgi", "rsgi"}:
            door, ways = importlib.import_module("through").lead_through(side)
            stack.enter_context(door)
        os.environ["ECOSYSTEM_COMMAND"] = "flask" if side == "flask" else "demijohn"
        stack.enter_context(time_machine.travel(FROZEN_TIME, tick=False))
        transcript = record_transcript(name, folder)
    record = {
        "transcript": transcript,
        "ways": ways,
        "version": importlib.metadata.version("flask"),
        "home": sys.modules["flask"].Flask.__module__.partition(".")[0],
        "strangers": find_strangers(),
        "strange_classes": find_strange_classes(),
    }
    output.write(json.dumps(record))


def record_transcript(name: str, folder: str) -> list[list[Any]]:
    """Build the app, drive it, and return what it answered at each step."""
    entropy.begin("import")
    module = importlib.import_module(f"apps.{name}")
    entropy.begin("create")
    app = module.create_app(folder)
    transcript = []
    entropy.begin("drive")
    for label, outcome in module.drive(app, folder):
        status, headers, body = describe(outcome)
        transcript.append([label, status, headers, body + take_printed()])
        entropy.begin(label)
    return transcript


def take_printed() -> str:
    """Return what was printed since the last call: some commands keep the standard output that they found first."""
    printed = sys.stdout.getvalue()
    sys.stdout.seek(0)
    sys.stdout.truncate()
    return printed


def describe(outcome: Any) -> tuple[object, list[list[str]], str]:
    """Return status, sorted headers and body of a response, a command's result, or any JSON value."""
    if hasattr(outcome, "exit_code"):
        return outcome.exit_code, [], outcome.output
    if hasattr(outcome, "headers"):
        body = outcome.get_data()
        headers = sorted([key, value] for key, value in outcome.headers)
        outcome.close()
        return outcome.status, headers, describe_body(body)
    return "value", [], json.dumps(outcome, indent=1, sort_keys=True)


def describe_body(body: bytes) -> str:
    """Return the body as text, or its digest where it is long."""
    if len(body) > LONGEST_BODY:
        return f"{len(body)} bytes with SHA-256 {hashlib.sha256(body).hexdigest()}"
    return body.decode("utf-8", "backslashreplace")


def find_strangers() -> list[str]:
    """Name the loaded modules whose file belongs to the installed Flask package."""
    home = Path(sysconfig.get_path("purelib"), "flask").resolve()
    files = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items())}
    return sorted(name for name, file in files.items() if file and home in Path(file).resolve().parents)


def find_strange_classes() -> list[str]:
    """Name the classes in modules called `flask` or `flask.x` that say they come from a module `flask`."""
    found = set()
    for name, module in list(sys.modules.items()):
        if name == "flask" or name.startswith("flask."):
            classes = [value for value in vars(module).values() if isinstance(value, type)]
            found.update(
                f"{name}: {cls.__qualname__}" for cls in classes if cls.__module__.partition(".")[0] == "flask"
            )
    return sorted(found)


if __name__ == "__main__":
    main(*sys.argv[1:])
