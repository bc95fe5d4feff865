"""Published extensions answer on Demijohn what they answer on Flask: the same status, headers and body.

Each app of `apps` runs in fresh processes, one on Flask and one for each door of Demijohn through the alias, in the
environment that `scripts/environments` makes from `requirements.txt`. `record.py` keeps time and entropy still, so the
answers are compared as they are; the only exceptions are the table `NORMALISATIONS` and `restore_names`.
"""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import tomllib
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
FACTS = tomllib.loads((HERE / "facts.toml").read_text(encoding="utf-8"))

# Header -> what is done to its value, and why the two sides may differ there.
NORMALISATIONS = {
    "Allow": (lambda value: ", ".join(sorted(value.split(", "))), "the methods come in the order of a set"),
}


def find_interpreter() -> str:
    """Return the interpreter of the environment that has the extensions, or fail with what to do."""
    default = HERE.parents[1] / ".venvs/ecosystem/bin/python"
    interpreter = os.environ.get("DEMIJOHN_ECOSYSTEM_PYTHON", str(default))
    if not Path(interpreter).is_file():
        pytest.fail(
            f"The interpreter {interpreter!r} does not exist, so the extensions cannot run. Make it with"
            " scripts/environments, or name another one in the variable DEMIJOHN_ECOSYSTEM_PYTHON.",
            pytrace=False,
        )
    return interpreter


#: What an app runs on: Flask, and Demijohn called by WSGI, by ASGI and by RSGI.
SIDES = ("flask", "demijohn", "asgi", "rsgi")
OURS = SIDES[1:]


def run_record(side: str, name: str, folder: Path) -> dict[str, Any]:
    """Return what `record.py` says about one app on one side, run in a fresh process and folder."""
    folder.mkdir()
    variables = {key: value for key, value in os.environ.items() if not key.startswith("FLASK_")}
    finished = subprocess.run(
        [find_interpreter(), str(HERE / "record.py"), side, name, str(folder)],
        env=variables | {"PYTHONHASHSEED": "0"},
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if finished.returncode:
        pytest.fail(f"The app {name!r} did not run to its end on {side}:\n{finished.stderr}", pytrace=False)
    return json.loads(finished.stdout)


def render(step: list[Any]) -> str:
    """Return a step as text: status, headers, an empty line, body."""
    _label, status, headers, body = step
    lines = [str(status)]
    for name, value in headers:
        change, _reason = NORMALISATIONS.get(name, (str, ""))
        lines.append(f"{name}: {change(value)}")
    return "\n".join([*lines, "", body])


def restore_names(transcript: list[list[Any]], written: list[list[Any]]) -> None:
    """Write the names of headers as another transcript has them: ASGI knows them in lower case alone."""
    names = {name.lower(): name for _label, _status, headers, _body in written for name, _value in headers}
    for step in transcript:
        step[2] = sorted([names.get(name, name), value] for name, value in step[2])


def find_differences(expected: list[list[Any]], actual: list[list[Any]]) -> list[str]:
    """Return a readable difference for every step that is not the same."""
    differences = []
    for ours, theirs in zip_longest(actual, expected, fillvalue=["no such step", "", [], ""]):
        texts = [[f"step {step[0]}", *render(step).splitlines()] for step in (theirs, ours)]
        found = list(difflib.unified_diff(*texts, "flask", "demijohn", n=1, lineterm=""))
        if found:
            differences.append("\n".join([f"=== {theirs[0]}", *found[:60]]))
    return differences


def find_broken_facts(facts: dict[str, list[str]], transcript: list[list[Any]]) -> list[str]:
    """Return every fact that the transcript does not show."""
    texts = {step[0]: render(step) for step in transcript}
    broken = []
    for label, (start, *fragments) in facts.items():
        text = texts.get(label, "no such step")
        if not text.startswith(start):
            broken.append(f"{label}: begins with {text.splitlines()[0]!r}, not with {start!r}")
        for fragment in fragments:
            if (fragment.removeprefix("!") in text) == fragment.startswith("!"):
                broken.append(f"{label}: {fragment!r}")
    return broken


@pytest.fixture(scope="module", params=sorted(FACTS))
def records(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The records of one extension on all sides, made in one and the same folder, one after the other."""
    home = tmp_path_factory.mktemp(request.param)
    found = {"name": request.param}
    for side in SIDES:
        found[side] = run_record(side, request.param, home / "app")
        (home / "app").rename(home / side)
    for side in ("asgi", "rsgi"):
        restore_names(found[side]["transcript"], found["flask"]["transcript"])
    return found


@pytest.mark.parametrize("side", OURS)
def test_same_answers(records, side):
    """Status, headers and body of every step are those of Flask."""
    differences = find_differences(records["flask"]["transcript"], records[side]["transcript"])
    assert not differences, "\n\n".join(differences)


@pytest.mark.parametrize("side", ["asgi", "rsgi"])
def test_requests_went_through_the_door(records, side):
    """No request took the way of WSGI, but one whose contexts the client keeps."""
    ways = records[side]["ways"]
    assert {side} <= ways.keys() or records["name"] == "migrate"
    assert ways.get("kept", 0) == (1 if records["name"] == "sqlalchemy" else 0)


@pytest.mark.parametrize("side", SIDES)
def test_facts_hold(records, side):
    """The app did its work, so that two equal failures are not taken for agreement."""
    assert [] == find_broken_facts(FACTS[records["name"]], records[side]["transcript"])


def test_labels_are_unique(records):
    """Each step has a name of its own, so that a fact speaks of one step."""
    labels = [step[0] for step in records["flask"]["transcript"]]
    assert sorted(set(labels)) == sorted(labels)


@pytest.mark.parametrize("side", OURS)
def test_only_demijohn_is_loaded(records, side):
    """No module of the installed Flask is loaded, and every class in `flask` modules comes from elsewhere."""
    record = records[side]
    assert ("demijohn", [], []) == (record["home"], record["strangers"], record["strange_classes"])


def test_flask_run_is_flask(records):
    """The side to compare with is Flask itself, and the search for its modules finds them."""
    record = records["flask"]
    assert record["home"] == "flask"
    assert "flask.app" in record["strangers"]
    assert "flask: Flask" in record["strange_classes"]


def test_version(records):
    """The package metadata names the release of Flask that all sides stand for."""
    assert {"3.1.3"} == {records[side]["version"] for side in SIDES}


SAMPLE = [["home", "200 OK", [["Allow", "GET, HEAD"], ["X-A", "1"]], "one\ntwo"]]


@pytest.mark.parametrize(
    "changed",
    [
        [],
        [["away", *SAMPLE[0][1:]]],
        [["home", "404 NOT FOUND", *SAMPLE[0][2:]]],
        [["home", "200 OK", [["Allow", "GET, HEAD"], ["X-A", "2"]], "one\ntwo"]],
        [["home", "200 OK", [["Allow", "GET"], ["X-A", "1"]], "one\ntwo"]],
        [[*SAMPLE[0][:3], "one\nTWO"]],
        [*SAMPLE, ["more", "200 OK", [], ""]],
    ],
    ids=["no step", "label", "status", "header", "methods", "body", "one step more"],
)
def test_differences_are_found(changed):
    """A transcript that differs in anything but the order of methods gives one difference."""
    assert 1 == len(find_differences(SAMPLE, changed))


def test_order_of_methods_is_no_difference():
    """The same methods in another order are the same answer."""
    changed = [["home", "200 OK", [["Allow", "HEAD, GET"], ["X-A", "1"]], "one\ntwo"]]
    assert [] == find_differences(SAMPLE, changed)


def test_only_the_case_of_names_is_restored():
    """Names in lower case become those that the other side wrote; values, and names that it has not, stay."""
    lower = [["home", "200 OK", [["allow", "get"], ["x-b", "2"]], ""]]
    restore_names(lower, SAMPLE)
    assert [["Allow", "get"], ["x-b", "2"]] == lower[0][2]


@pytest.mark.parametrize(
    ("facts", "broken"),
    [
        ({"home": ["200 OK", "X-A: 1", "two", "!three"]}, 0),
        ({"home": ["404"]}, 1),
        ({"home": ["200", "three", "!two"]}, 2),
        ({"nowhere": ["200"]}, 1),
    ],
)
def test_broken_facts_are_found(facts, broken):
    """A fact that the transcript does not show is named."""
    assert broken == len(find_broken_facts(facts, SAMPLE))


def test_missing_interpreter(monkeypatch):
    """Without the environment of the extensions the test fails, and says what to do."""
    monkeypatch.setenv("DEMIJOHN_ECOSYSTEM_PYTHON", "/nowhere/python")
    with pytest.raises(pytest.fail.Exception, match=r"'/nowhere/python' does not exist.*scripts/environments"):
        find_interpreter()
