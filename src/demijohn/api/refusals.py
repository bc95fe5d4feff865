"""Ask a model's own code, such as a validator, whether it takes a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_origin

import msgspec
from msgspec import inspect

from .faults import ACCEPTED, TOO_DEEP, Fault, join_where

#: What a reader or a model's own code raises for a value it does not take.
#: Anything else is a mistake in that code, which is not the client's.
REFUSALS = (ValueError, TypeError, AssertionError, ArithmeticError, RecursionError)

#: The attribute of a struct that stands for another model: makes that model from it.
BUILD = "__demijohn_build__"

#: Beside that in a type's extras: the type that it takes values of.
ASKED = "__demijohn_asked__"

#: Beside those: the type that most values of it have, for a model whose own code may take others.
USUAL = "__demijohn_usual__"


class Refusal(ValueError):  # noqa: N818 - it is an answer, and not always an error
    """What a model's own code said against a value.

    Args:
        parts: Places in the model, as names and indexes, and the words for each.
    """

    def __init__(self, parts: list[tuple[tuple[str | int, ...], str]]) -> None:
        super().__init__("; ".join(words for _, words in parts))
        self.parts = parts


def find_own_faults(node: Any, value: Any, where: str, *, strict: bool) -> list[Fault]:
    """Ask a model's own code about a value that has the model's type.

    Args:
        node: The model, as `msgspec.inspect` tells it.
        value: The value, whose parts are fine.
        where: The place it came from.
        strict: Texts stand for nothing but texts.

    Returns:
        What the code said against it, in its own words; no value, since the words are about all of it.
    """
    build, model = _find_build(node)
    if build is None and (model is None or not has_own_code(model)):
        return []
    try:
        made = msgspec.convert(value, model, strict=strict, str_keys=True)
        if build is not None:
            build(made)
    except Refusal as error:
        return [Fault(_join_all(where, place), words) for place, words in error.parts]
    except REFUSALS as error:
        return [Fault(where, tell_refusal(error))]
    return []


def has_own_code(model: Any) -> bool:
    """Tell whether a model has code of its own that may refuse a value.

    Args:
        model: A struct, dataclass or attrs class.

    Returns:
        Whether there is anything but types to ask.
    """
    model = get_origin(model) or model
    if hasattr(model, BUILD) or hasattr(model, "__post_init__"):
        return True
    attributes = getattr(model, "__attrs_attrs__", ())
    return hasattr(model, "__attrs_post_init__") or any(attribute.validator for attribute in attributes)


def tell_refusal(error: BaseException) -> str:
    """Give the words of what a model's own code raised.

    Args:
        error: What it raised, or msgspec's error around it.

    Returns:
        Its own words, or that it does not accept the value.
    """
    if isinstance(error, RecursionError):
        return TOO_DEEP
    cause = error.__cause__ if isinstance(error, msgspec.ValidationError) and error.__cause__ else error
    words = cause.args[0] if cause.args else ""
    return words if isinstance(words, str) and words else ACCEPTED


def _find_build(node: Any) -> tuple[Callable[[Any], Any] | None, Any]:
    """Find the way back from what msgspec reads, and what it reads."""
    if isinstance(node, inspect.Metadata):
        extra = node.extra or {}
        return extra.get(BUILD), extra.get(ASKED)
    model = None if isinstance(node, inspect.TypedDictType) else getattr(node, "cls", None)
    return getattr(get_origin(model) or model, BUILD, None), model


def _join_all(where: str, place: tuple[str | int, ...]) -> str:
    for part in place:
        where = join_where(where, part)
    return where
