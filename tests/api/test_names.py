"""How models of one name are told apart in a document."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec
import pytest

from demijohn.api.names import choose_names, find_title, make_unique

T = TypeVar("T")


def make(name, module):
    """Return a model of a module."""
    return msgspec.defstruct(name, [("value", int)], module=module)


class Page(msgspec.Struct, Generic[T]):
    """A generic model."""

    items: list[T]


@pytest.mark.parametrize(
    ("modules", "expected"),
    [
        (["shop.models"], ["Item"]),
        (["shop.models", "bank.models"], ["shop.models.Item", "bank.models.Item"]),
        (["shop.models", "shop.tables"], ["models.Item", "tables.Item"]),
        (["models", "shop.models"], ["models.Item", "shop.models.Item"]),
        (["a", "a"], ["Item", "Item_2"]),
        (["a", "a", "b"], ["a.Item", "a.Item_2", "b.Item"]),
    ],
)
def test_models_of_one_name(modules, expected):
    """Models of one name get the modules that tell them apart, and numbers where none do."""
    assert list(choose_names([make("Item", module) for module in modules]).values()) == expected


def test_order_does_not_matter():
    """A model has the same name, whichever was found first."""
    models = [make("Item", "a.b"), make("Item", "c.b"), make("Other", "a.b")]
    assert choose_names(models) == choose_names(models[::-1])


def test_local_classes():
    """Classes inside functions are told apart by these."""

    def first():
        class Local(msgspec.Struct): ...

        return Local

    def second():
        class Local(msgspec.Struct): ...

        return Local

    assert list(choose_names([first(), second()]).values()) == ["first.Local", "second.Local"]


def test_generic_models():
    """A generic model is called by its class and its arguments, and takes over their names."""
    one, two = make("Item", "a"), make("Item", "b")
    models = [Page[int], Page[one], Page[two], Page[list[int]], one, two]
    expected = ["Page_int", "Page_a.Item", "Page_b.Item", "Page_list_int", "a.Item", "b.Item"]
    assert list(choose_names(models).values()) == expected


def test_titles():
    """A title is what people call a model."""
    assert find_title(Page[list[int]]) == "Page[list[int]]"
    assert find_title(Page) == "Page"


def test_numbers_keep_names_apart():
    """A name that is taken gets a number."""
    taken = {"a", "a_2"}
    assert [make_unique("a", taken), make_unique("b", taken), make_unique("a", taken)] == ["a_3", "b", "a_4"]
