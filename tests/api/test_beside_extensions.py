"""Extensions that bind and describe requests in their own way go on to do so in an app that has typed views too."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.ecosystem.test_ecosystem import find_differences, find_interpreter, run_record

HERE = Path(__file__).parent

#: An extension -> steps in which it tells of all views of the app, and so of the typed ones.
EXTENSIONS: dict[str, frozenset[str]] = {
    "apiflask": frozenset({"document", "spec"}),
    "openapi3": frozenset(),
    "pydantic_views": frozenset(),
    "restful": frozenset({"rules"}),
    "restx": frozenset(),
    "smorest": frozenset(),
}

#: Extensions that answer every HTTP error of the app by a handler of their own.
OWN_ERRORS = frozenset({"apiflask", "smorest"})

#: A step -> the status, and what is in the answer.
STEPS = {
    "typed": ("200 OK", ['{"shop":7,"item":"é","dry_run":true}']),
    "typed dependency": ("200 OK", ['"agent":"Werkzeug"']),
    "typed method": ("200 OK", ['[{"shop":0,"item":"x","dry_run":true},{"shop":1,']),
}
FAULTS = {
    "typed wrong": ("422 ", ["query.dry_run", "body.count", "body.password", "body.item"]),
    "typed malformed": ("400 BAD REQUEST", ['"line":1', '"column":2']),
    "typed form": ("415 UNSUPPORTED MEDIA TYPE", ["application/json"]),
}


def run(side: str, name: str, folder: Path) -> dict[str, Any]:
    """Return the record of an app with typed views in it."""
    folder.mkdir()
    finished = subprocess.run(
        [find_interpreter(), str(HERE / "beside.py"), side, name, str(folder)],
        env={key: value for key, value in os.environ.items() if not key.startswith("FLASK_")} | {"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


@pytest.fixture(scope="module", params=EXTENSIONS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[Any], list[Any]]:
    """Give an extension's name, and what its app answers on Flask and beside typed views on Demijohn."""
    name = request.param
    home = tmp_path_factory.mktemp(name)
    theirs = run_record("flask", name, home / "app")["transcript"]
    (home / "app").rename(home / "flask")
    return name, theirs, run("demijohn", name, home / "app")["transcript"]


def test_extensions_answer_as_on_flask(case):
    """Typed views in the same app change nothing of what the extension answers."""
    name, theirs, ours = case
    expected = [step for step in theirs if step[0] not in EXTENSIONS[name]]
    actual = [step for step in ours if step[0] not in EXTENSIONS[name] and not is_of_typed_view(step)]
    assert not find_differences(expected, actual)


def test_typed_views_answer_beside_them(case):
    """Typed views bind, depend and send in the app of an extension, and none of their fields leaks."""
    steps = {step[0]: step for step in case[2]}
    for label, (status, fragments) in STEPS.items():
        _, found, headers, body = steps[label]
        assert (found, [part for part in fragments if part not in body]) == (status, [])
        assert ("Content-Type", "application/json") in {tuple(pair) for pair in headers}
        assert "never told" not in body


def test_faults_are_told_beside_them(case):
    """What a client did wrong is a problem, unless the extension answers every error of the app in its own words."""
    name, _, ours = case
    steps = {step[0]: step for step in ours}
    for label, (status, fragments) in FAULTS.items():
        _, found, headers, body = steps[label]
        assert found.startswith(status)
        is_problem = any(value == "application/problem+json" for _, value in headers)
        assert is_problem is (name not in OWN_ERRORS)
        assert not is_problem or [part for part in fragments if part not in body] == []


def is_of_typed_view(step: list[Any]) -> bool:
    """Tell whether a step is none of the extension's."""
    return step[0] in STEPS or step[0] in FAULTS
