"""Values of a broken program are shown: short, soon, without secrets, and never by an exception."""

import os
import threading
from dataclasses import dataclass

import pytest
from werkzeug.datastructures import Headers, MultiDict

from demijohn.dev import peek


class Unwilling:
    def __repr__(self):
        raise RuntimeError("no")


class Endless:
    def __repr__(self):
        while True:
            pass


@dataclass
class User:
    name: str
    password: str


class Names(dict):
    pass


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, "1"),
        ("a'b", '"a\'b"'),
        (b"\0", r"b'\x00'"),
        ((1,), "(1,)"),
        ([], "[]"),
        (set(), "set()"),
        (frozenset({1}), "frozenset({1})"),
        ({"a": [1, (2, {3})]}, "{'a': [1, (2, {3})]}"),
        (Names(a=1), "Names{'a': 1}"),
        (MultiDict([("a", 1)]), "MultiDict{'a': 1}"),
        (2**8000, "(an int of 8001 bits)"),
        (Unwilling(), "(its repr fails with RuntimeError)"),
        ([Unwilling(), 1], "[(its repr fails with RuntimeError), 1]"),
        ([[[[[1]]]]], "[[[[[…]]]]]"),
    ],
)
def test_values_are_shown(value, expected):
    """A value is shown as its repr, cut and guarded at every depth."""
    assert expected == peek.peek(value)


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10**6,
        b"x" * 10**6,
        list(range(10**6)),
        {n: n for n in range(10**5)},
        [["x" * 400] * 50] * 50,
        Names(a="x" * 999),
    ],
)
def test_large_values_are_cut(value):
    """What is large is cut, and shows that it was."""
    shown = peek.peek(value)
    assert len(shown) <= peek.LONGEST_VALUE + 1
    assert "…" in shown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"password": "x", "user": "ada"}, "{'password': •••, 'user': 'ada'}"),
        ({"HTTP_COOKIE": "x"}, "{'HTTP_COOKIE': •••}"),
        ({"token": None, "secret": "", "key": True}, "{'token': None, 'secret': '', 'key': True}"),
        ([(b"cookie", b"x"), (b"host", b"h")], "[(b'cookie', •••), (b'host', b'h')]"),
        (Headers([("Authorization", "x"), ("Host", "h")]), "Headers{'Authorization': •••, 'Host': 'h'}"),
        (User("ada", 'it\'s "x"'), "User(name='ada', password=•••)"),
        ("postgres://ada:lovelace@db/x", "'postgres://ada:•••@db/x'"),
        ('{"api_key": "x"}', "'{\"api_key\": •••}'"),
    ],
)
def test_secrets_inside_of_values_are_masked(value, expected):
    """What stands beside a secret's name is masked, whatever holds it."""
    assert expected == peek.peek(value)


def test_the_environment_of_the_process_is_masked(monkeypatch):
    """A mapping that is no dict is looked into by name as well."""
    for name in os.environ:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SECRET_KEY", "x")
    assert "_Environ{'SECRET_KEY': •••}" == peek.peek(os.environ)


@pytest.mark.parametrize(
    "name", ["password", "db_password", "SECRET_KEY", "accessToken", "Set-Cookie", "key", "userpasswd"]
)
def test_secret_names_are_known(name):
    """Names are known in every way of writing."""
    assert peek.is_secret_name(name)


@pytest.mark.parametrize("name", ["user", "keyboard", "monkey", "spinner", "pass_count", ""])
def test_other_names_are_not_masked(name):
    """A name that only holds such a word's letters is shown."""
    assert not peek.is_secret_name(name)


def test_variables_of_a_secret_name_are_masked_unless_they_tell_nothing():
    """None, truths, functions and classes are shown whatever their names are."""
    shown = peek.peek_variables({"token": "x", "secret": None, "password": dict, "key": b""}, 1)
    assert ["••• (masked)", "None", "<class 'dict'>", "b''"] == [variable.value for variable in shown]


def test_endless_repr_is_given_up():
    """A repr that runs for ever hides its own value alone."""
    shown = peek.peek_variables({"a": 1, "b": Endless(), "c": 3}, 5)
    assert ["1", "(not shown: its repr takes too long)", "3"] == [variable.value for variable in shown]


def test_waiting_repr_is_left_behind():
    """A repr that waits inside of C is left, and what it gives later is not shown."""
    lock = threading.Lock()

    class Waiting:
        def __repr__(self):
            with lock:
                return "late"

    with lock:
        shown = peek.peek_variables({"a": Waiting(), "b": 2}, 5)
    assert ["(not shown: its repr takes too long)", "2"] == [variable.value for variable in shown]


def test_no_time_shows_names_alone():
    """When the time of the page is over, variables are named without a look."""
    shown = peek.peek_variables({"a": Endless()}, 0)
    assert [("a", "Endless", "(not looked at: no time was left)")] == shown


def test_proxies_are_looked_at_in_the_context_of_the_caller():
    """A repr sees the context variables of whoever looks."""
    import contextvars

    variable = contextvars.ContextVar("variable", default="none")
    variable.set("mine")

    class Reader:
        def __repr__(self):
            return variable.get()

    assert "mine" == peek.peek_variables({"a": Reader()}, 1)[0].value


def test_pairs_are_masked_by_name():
    """Headers and fields are masked by their names, and by what they hold."""
    pairs = [("Cookie", "a=b"), ("Host", "h"), ("token", ""), ("x", "http://u:p@h/")]
    assert [("Cookie", "•••"), ("Host", "h"), ("token", ""), ("x", "http://u:•••@h/")] == peek.mask_pairs(pairs)
