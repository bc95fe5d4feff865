"""Containers that are those of Python, and notice every write."""

import copy
import pickle
from collections import defaultdict

import pytest

from demijohn import Flask
from demijohn.pipeline.registry import HOOK_LISTS, HOOK_TABLES, TABLES, HookList, HookTable, Registry, WatchedDict

LIST_WRITES = {
    "append": lambda items: items.append(4),
    "clear": lambda items: items.clear(),
    "extend": lambda items: items.extend([4]),
    "insert": lambda items: items.insert(0, 4),
    "pop": lambda items: items.pop(),
    "remove": lambda items: items.remove(2),
    "reverse": lambda items: items.reverse(),
    "sort": lambda items: items.sort(key=lambda item: -item),
    "set an item": lambda items: items.__setitem__(0, 4),
    "set a slice": lambda items: items.__setitem__(slice(1), [4, 5]),
    "delete an item": lambda items: items.__delitem__(0),
    "delete a slice": lambda items: items.__delitem__(slice(2)),
    "add in place": lambda items: items.__iadd__([4]),
    "multiply in place": lambda items: items.__imul__(2),
}
DICT_WRITES = {
    "clear": lambda table: table.clear(),
    "pop": lambda table: table.pop("a"),
    "pop with a default": lambda table: table.pop("a", None),
    "popitem": lambda table: table.popitem(),
    "set an item": lambda table: table.__setitem__("a", [4]),
    "set a new item": lambda table: table.__setitem__("z", [4]),
    "delete an item": lambda table: table.__delitem__("a"),
    "update by a mapping": lambda table: table.update({"a": [4], "z": [5]}),
    "update by pairs": lambda table: table.update([("z", [5])]),
    "update by words": lambda table: table.update(z=[5]),
    "setdefault": lambda table: table.setdefault("z", [4]),
    "or in place": lambda table: table.__ior__({"z": [4]}),
}


@pytest.fixture
def reports():
    """Return a list that grows with each report."""
    return []


@pytest.mark.parametrize("write", LIST_WRITES)
def test_every_write_to_a_list_is_noticed(reports, write):
    """A writing method does what a list's does, and reports."""
    plain, watched = [1, 2, 3], HookList(lambda: reports.append(True), [1, 2, 3])
    expected, actual = LIST_WRITES[write](plain), LIST_WRITES[write](watched)
    assert (plain, expected) == (watched, actual)
    assert reports


def test_every_way_to_write_to_a_list_is_known():
    """No method of a list that changes it is left out here."""
    names = {"append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"}
    reading = {"copy", "count", "index"}
    assert names | reading == {name for name in dir(list) if not name.startswith("_")}


@pytest.mark.parametrize("write", DICT_WRITES)
@pytest.mark.parametrize("kind", [WatchedDict, HookTable])
def test_every_write_to_a_dictionary_is_noticed(reports, kind, write):
    """A writing method does what a dictionary's does, and reports."""
    plain, watched = {"a": [1], "b": [2]}, kind(lambda: reports.append(True), {"a": [1], "b": [2]})
    reports.clear()
    expected, actual = DICT_WRITES[write](plain), DICT_WRITES[write](watched)
    assert (plain, expected) == (watched, actual)
    assert reports


def test_every_way_to_write_to_a_dictionary_is_known():
    """No method of a dictionary that changes it is left out here."""
    names = {"clear", "pop", "popitem", "setdefault", "update"}
    reading = {"copy", "fromkeys", "get", "items", "keys", "values"}
    assert names | reading == {name for name in dir(dict) if not name.startswith("_")}


@pytest.mark.parametrize("kind", [WatchedDict, HookTable])
def test_reading_is_not_noticed(reports, kind):
    """Reading what is there reports nothing, nor does `setdefault` of a key that is there."""
    table = kind(lambda: reports.append(True), {"a": [1]})
    reports.clear()
    assert ([1], None, [1], True, 1) == (
        table["a"],
        table.get("b"),
        table.setdefault("a", []),
        "a" in table,
        len(table),
    )
    assert (["a"], [[1]]) == (list(table), list(table.values()))
    assert [] == reports


def test_a_write_that_fails_changes_and_reports_nothing(reports):
    """An error is the container's own."""
    with pytest.raises(ValueError, match="not in list"):
        HookList(lambda: reports.append(True)).remove(1)
    with pytest.raises(KeyError):
        del WatchedDict(lambda: reports.append(True))["a"]
    assert [] == reports


def test_a_table_makes_the_lists_that_are_asked_for(reports):
    """It is a `defaultdict(list)`: an absent key gets an empty list, which is watched."""
    table = HookTable(lambda: reports.append(True))
    functions = table[None]
    assert (True, [], []) == (isinstance(table, defaultdict), functions, reports)
    functions.append(1)
    assert (True, {None: [1]}) == (bool(reports), table)


@pytest.mark.parametrize("write", ["set", "setdefault", "update", "construct"])
def test_a_list_that_is_put_in_is_watched(reports, write):
    """However a list gets into a table, later writes to what is in it are noticed."""
    table = HookTable(lambda: reports.append(True), {"a": [1]} if write == "construct" else ())
    if write == "set":
        table["a"] = [1]
    elif write == "setdefault":
        table.setdefault("a", [1])
    elif write == "update":
        table.update(a=[1])
    reports.clear()
    table["a"].append(2)
    assert ([1, 2], 1) == (table["a"], len(reports))


def test_setdefault_returns_what_is_watched(reports):
    """The list that `setdefault` returns is the one in the table, though another was given."""
    table = HookTable(lambda: reports.append(True))
    table.setdefault(None, []).append(1)
    assert {None: [1]} == table


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda items: pickle.loads(pickle.dumps(items))])
def test_copies_are_plain(reports, copied):
    """A copied or pickled container is a list or dictionary that reports nothing."""
    functions = copied(HookList(lambda: reports.append(True), [1]))
    table = copied(WatchedDict(lambda: reports.append(True), {"a": 1}))
    assert (list, [1], dict, {"a": 1}) == (type(functions), functions, type(table), table)


def test_a_hook_table_can_be_copied(reports):
    """A copy of a table of lists has its content."""
    table = HookTable(lambda: reports.append(True), {"a": [1]})
    for copied in (copy.copy(table), copy.deepcopy(table), table.copy(), pickle.loads(pickle.dumps(table))):
        assert {"a": [1]} == copied


def test_a_write_makes_the_plan_stale():
    """The plan is dropped by any write, and by nothing else."""
    registry = Registry()
    registry.plan = plan = object()
    functions = registry.watch("teardown_appcontext_funcs", [1])
    assert registry.plan is plan
    functions.append(2)
    assert None is registry.plan


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        *((name, {None: [1]}, HookTable) for name in sorted(HOOK_TABLES)),
        *((name, [1], HookList) for name in sorted(HOOK_LISTS)),
        *((name, {"a": 1}, WatchedDict) for name in sorted(TABLES)),
        ("extensions", {"a": 1}, dict),
        ("name", "made", str),
    ],
)
def test_what_is_watched_goes_by_the_attribute(name, value, kind):
    """Each attribute has its container; what is no table stays as it is."""
    watched = Registry().watch(name, value)
    assert (kind, value) == (type(watched), watched)
    assert (kind in {dict, str}) is (watched is value)


@pytest.mark.parametrize("name", sorted(HOOK_TABLES | HOOK_LISTS | TABLES))
def test_the_tables_of_an_application_are_watched(name):
    """They are from the start, and when the whole table is replaced."""
    app = Flask("made")
    for _ in range(2):
        app._registry.plan = object()
        table = getattr(app, name)
        if name in HOOK_LISTS:
            table.append(print)
        elif name in TABLES:
            table["x"] = print
        else:
            table["x"].append(print)
        assert None is app._registry.plan
        setattr(app, name, [] if name in HOOK_LISTS else {})
