"""Every public name of Flask resolves through the alias, to the same kind of object with the same parameters."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data import describe

DATA = Path(describe.__file__).parent
RECORD = DATA / "flask_names.json"
ONE_VARIABLE = "one ContextVar holds both contexts, and this shows one of them with the same three methods"
NOT_PROMISED: dict[str, str] = {
    f"flask.{module}.{name}": ONE_VARIABLE
    for module in ("app", "ctx", "globals", "helpers", "templating")
    for name in ("_cv_app", "_cv_request")
}
"""Recorded name -> why the alias does otherwise; a row that is no longer needed is an error."""


@pytest.fixture(scope="module")
def names() -> describe.Names:
    """Describe the recorded names in a process where the alias is installed."""
    program = [sys.executable, str(DATA / "describe.py"), "alias"]
    run = subprocess.run(program, input=RECORD.read_text(encoding="utf-8"), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_record_is_that_of_the_installed_flask():
    """The record says what the installed Flask says, so that it cannot go stale."""
    program = [sys.executable, str(DATA / "describe.py"), "record"]
    run = subprocess.run(program, capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == json.loads(RECORD.read_text(encoding="utf-8"))


def test_every_name_resolves_alike(names):
    """No recorded name is missing or of another kind, and no parameter differs."""
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    found = find_differences(recorded, names)
    unexpected = [f"{name}: {text}" for name, text in found if name not in NOT_PROMISED]
    needless = sorted(set(NOT_PROMISED) - {name for name, _ in found})
    offenders = unexpected + [f"{name}: is as in Flask, drop its row" for name in needless]
    assert not offenders, "\n".join(["", *offenders])


def test_a_difference_is_found():
    """A missing name, another kind, another parameter and a missing member are told apart."""
    left = {"m": {"a": {"kind": "module"}, "c": {"kind": "class", "members": {"x": {"kind": "method"}}}}}
    right = {"m": {"c": {"kind": "function", "members": {}}}}
    assert find_differences(left, right) == [
        ("m.a", "is missing"),
        ("m.c", "kind is function, Flask's is class"),
        ("m.c.x", "is missing"),
    ]


def find_differences(recorded, found, prefix=""):
    """List what differs, as pairs of dotted name and description."""
    differences = []
    for name, entry in recorded.items():
        dotted = f"{prefix}{name}"
        if name not in found:
            differences.append((dotted, "is missing"))
            continue
        inner = entry if "kind" not in entry else entry.get("members", {})
        other = found[name] if "kind" not in entry else found[name].get("members", {})
        keys = [key for key in ("kind", "type", "parameters", "value") if key in entry]
        differences += [
            (dotted, f"{key} is {found[name].get(key)}, Flask's is {entry[key]}")
            for key in keys
            if found[name].get(key) != entry[key] and not (key == "type" and dotted.startswith("flask.typing."))
        ]
        differences += find_differences(inner, other, f"{dotted}.")
    return differences
