"""The house is held by tests: each lists every place that breaks a rule. The rules are in tests/shape/tables.py."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest
from blinker import Signal
from werkzeug.test import create_environ

import demijohn
from demijohn import signals
from tests.shape import floors, sizes, tables, words
from tests.shape.calls import count_calls, find_over_budget
from tests.shape.source import Module, load_modules


@pytest.fixture(scope="module")
def modules() -> list[Module]:
    """Give every file of the package."""
    return load_modules()


def test_every_file_has_a_floor(modules):
    """Each file lives on a floor, and each row of the table has a file."""
    report(floors.find_missing_floors(modules, tables.FLOORS))


def test_no_import_goes_upwards(modules):
    """A file imports only from its own floor and those below, for type checkers too."""
    report(floors.find_upward_imports(modules, tables.FLOORS, tables.LATE_IMPORTS))


def test_no_circles(modules):
    """Files on the same floor import each other without a circle."""
    report(floors.find_circles(modules))


def test_late_imports_are_listed(modules):
    """An import inside a function is in the table with its reason."""
    report(floors.find_late_imports(modules, tables.LATE_IMPORTS))
    report([f"{row}: has no reason" for row, reason in tables.LATE_IMPORTS.items() if not reason.strip()])


def test_nothing_inside_uses_the_proxies(modules):
    """The package itself reads the context from demijohn._current, never through a proxy."""
    report(floors.find_proxy_uses(modules, tables.PROXIES))


def test_files_are_short(modules):
    """No file is longer than the limit."""
    report(sizes.find_long_files(modules, tables.FILE_LINES))


def test_functions_are_short(modules):
    """No function is longer than the limit, and nearly all fit a screen."""
    report(sizes.find_long_functions(modules, tables.FUNCTION_LINES))
    longer = sizes.find_long_functions(modules, tables.GOOD_FUNCTION_LINES)
    count = sum(len(module.functions) for module in modules)
    report(longer if len(longer) * 100 / count > tables.LONGER_FUNCTIONS_PERCENT else [])


def test_functions_have_few_branches(modules):
    """No function is more complex (McCabe) than the limit."""
    report(sizes.find_branchy_functions(modules, tables.BRANCHES))


def test_functions_have_few_parameters(modules):
    """No function takes more parameters than the limit."""
    report(sizes.find_wide_functions(modules, tables.PARAMETERS))


def test_nested_functions_have_names_of_their_own(modules):
    """Two nested functions of a file never have the same name."""
    report(sizes.find_repeated_nested_names(modules))


def test_public_things_have_docstrings(modules):
    """Every public module, class, function and method says in one short line what the caller gets."""
    report(words.find_docstring_gaps(modules, tables.SUMMARY_CHARACTERS))


def test_docstrings_name_the_errors(modules):
    """The Raises section of a public function names every error that it raises."""
    report(words.find_raises_gaps(modules))


def test_type_ignores_are_few_and_explained(modules):
    """A type ignore has a code and a reason, and there are at most three in a thousand lines."""
    report(words.find_bad_ignores(modules, tables.IGNORES_PER_THOUSAND_LINES))


def test_comments_are_in_order(modules):
    """No banner, nothing left to do, no PERF without a number, no SECURITY without the attack."""
    report(words.find_bad_comments(modules))


def test_names_are_in_order(modules):
    """A caught exception is called error, and no check is an assert."""
    report(words.find_bad_names(modules))


def test_async_twins_are_equal(modules):
    """A function that is written twice is the same tree once async and await are taken out."""
    report(words.find_different_twins(modules))


def test_all_is_sorted_and_real():
    """`demijohn.__all__` is sorted and lists exactly the public names that are there."""
    for name in demijohn.__all__:
        getattr(demijohn, name)  # some are imported when they are first asked for
    there = [name for name, value in vars(demijohn).items() if _is_public(name, value)]
    assert sorted(demijohn.__all__) == list(demijohn.__all__)
    assert sorted(there) == list(demijohn.__all__)


def test_all_has_the_names_of_flask():
    """`demijohn.__all__` has the public names of flask, and no other that the table does not list."""
    recorded = json.loads((Path(__file__).parent / "data" / "flask_names.json").read_text(encoding="utf-8"))
    names = {name for name, entry in recorded["flask"].items() if entry["kind"] != "module"} | {"json"}
    assert set(demijohn.__all__) - tables.EXTRA_NAMES == names


@pytest.fixture
def _no_receivers():
    """Take the receivers of other tests' applications away from the signals, for a while."""
    kept = [
        (signal.receivers, dict(signal.receivers)) for signal in vars(signals).values() if isinstance(signal, Signal)
    ]
    for receivers, _ in kept:
        receivers.clear()
    yield
    for receivers, saved in kept:
        receivers.update(saved)


@pytest.mark.usefixtures("_no_receivers")
def test_a_plain_json_view_keeps_to_its_budget():
    """A warm request for a JSON view stays within the calls, depth and files that it may cost."""
    app = demijohn.Flask("budget")

    @app.get("/")
    def view():
        return {"message": "hello"}

    folder = str(Path(demijohn.__file__).parent)
    for _ in range(3):
        count_calls(app, create_environ("/"), view, folder)
    counts = count_calls(app, create_environ("/"), view, folder)
    report(find_over_budget(counts, tables.CALL_BUDGET))


def report(offenders: list[str]) -> None:
    """Fail with every offender, where a comparison of lists would leave most of them out."""
    assert not offenders, "\n".join(["", *offenders])


def _is_public(name: str, value: object) -> bool:
    """Tell public names from private ones, from submodules, and from what `from __future__` leaves behind."""
    own_module = isinstance(value, ModuleType) and name != "json"
    return not name.startswith("_") and not own_module and name != "annotations"
