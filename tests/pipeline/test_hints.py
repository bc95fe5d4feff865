"""Which views sealing looks at more closely."""

from __future__ import annotations

import functools
from functools import partial, wraps
from typing import Annotated, Any

import pytest

from demijohn import Depends, Query
from demijohn.pipeline.hints import may_be_typed
from demijohn.views import MethodView, View


def _plain(number: int, name: str = "x") -> str: ...


def _bare(number, *rest, **named): ...


def _marked(number: Query[int]) -> str: ...


def _settled(number: Annotated[int, ["no mark"]]): ...


def _depending(user=Depends(_plain)): ...


def _depending_by_name(*, user=Depends(_plain)): ...


@wraps(_depending)
def _wrapping(*args, **kwargs): ...


@wraps(_bare)
def _wrapping_bare(*args, **kwargs): ...


class Callable:
    def __call__(self, number: Query[int]): ...


class PlainCallable:
    def __call__(self, number): ...


class Rows(MethodView):
    def get(self, number: int) -> dict[str, Any]: ...


class PlainRows(MethodView):
    def get(self, number: int) -> dict: ...


class Page(View):
    def dispatch_request(self, number: Query[int]): ...


def _unhashable(number: {}): ...


_unhashable.__annotations__["number"] = {}


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (_plain, False),
        (_bare, False),
        (_marked, True),
        (_settled, True),
        (_unhashable, True),
        (_depending, True),
        (_depending_by_name, True),
        (_wrapping, True),
        (_wrapping_bare, False),
        (partial(_marked, 1), True),
        (partial(_bare, 1), False),
        (functools.partial(partial(_depending)), True),
        (Callable(), True),
        (PlainCallable(), False),
        (Rows.as_view("rows"), True),
        (PlainRows.as_view("rows"), False),
        (Page.as_view("page"), True),
        (len, False),
    ],
)
def test_views_that_may_be_typed(view, expected):
    """A view is looked at more closely where an annotation or a default could mean something."""
    assert expected == may_be_typed(view)
