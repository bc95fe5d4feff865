"""Read values as the types that a view asks for.

Models are msgspec's structs, dataclasses, TypedDicts, attrs classes and
pydantic models.  msgspec reads them all: those that it does not know by
itself through a struct that mirrors them (`mirror`).
"""

from __future__ import annotations

import functools
import re
from typing import Any

import msgspec
from msgspec import inspect

from .explain import Explainer
from .faults import ACCEPTED, Fault, Faulty
from .kinds import Kind, is_model, model_kind
from .malformed import load_anything
from .mirror import mirror_result, reflect
from .nodes import is_limited_decimal, list_all_parts
from .refusals import REFUSALS

__all__ = ["Kind", "Reader", "find_reader", "find_result_mirror", "is_model", "model_kind"]

#: The types for which msgspec takes texts that are no numbers, or other numbers.
LAX_NUMBERS = (inspect.DecimalType, inspect.FloatType, inspect.IntType, inspect.EnumType, inspect.LiteralType)

#: What JSON has to have in it for a decimal to be read that is no number at all.
#: `\\u00` is how it writes one of those letters otherwise.
NO_NUMBER = re.compile(rb"nan|inf|\\u00", re.IGNORECASE)

#: What texts have to have in them for that, or for an integer to be read where the text is not one.
#: Texts in lists stand in quotes here.
ODD_NUMBER = re.compile(
    r"nan|inf|(?:^|['\"])-?[0-9]+(?:\.[0-9]+(?:e[-+]?[0-9]+)?|e[-+]?[0-9]+)(?:$|['\"])", re.IGNORECASE
)


class Reader:
    """Read values of one type; made once, with `find_reader`.

    Args:
        type_: The type.
        lax: A text stands for what it says, as it has to in a query string.

    Raises:
        TypeError: There is no way to read such a type.
    """

    __slots__ = (
        "_always_walks", "_build", "_decoder", "_explainer", "_suspects", "intake", "lax", "mirror", "node", "type",
    )  # fmt: skip

    def __init__(self, type_: Any, *, lax: bool) -> None:
        self.type = type_
        self.lax = lax
        shape = reflect(type_)
        self.mirror = shape.outline
        self.intake = shape.intake
        self._build = shape.build
        self._decoder = msgspec.json.Decoder(shape.intake, strict=not lax)
        self.node = inspect.type_info(shape.intake)
        self._explainer = Explainer(self.node, strict=not lax)
        suspicious = LAX_NUMBERS if lax else (inspect.DecimalType,)
        nodes = list_all_parts(self.node)
        self._suspects = any(isinstance(part, suspicious) for part in nodes)
        self._always_walks = any(is_limited_decimal(part) for part in nodes)

    def read_json(self, data: bytes) -> Any:
        """Read a JSON body.

        Args:
            data: The body.

        Returns:
            A value of the type.

        Raises:
            Faulty: It is JSON, but not what the type asks for.
            MalformedJSON: It is not JSON.
        """
        try:
            value = self._decoder.decode(data)
            if self._build is not None:
                value = self._build(value)
        except REFUSALS as error:
            raw = load_anything(data)
            raise Faulty(self._find_faults(raw, "body") or [_doubt("body")]) from error
        if self._always_walks or (self._suspects and (self.lax or NO_NUMBER.search(data))):
            self._look_again(load_anything(data), "body")
        return value

    def read(self, value: Any, where: str) -> Any:
        """Read a value that is in pieces already, such as the texts of a query.

        Args:
            value: A JSON value, or a text, or a list of texts for a type that is an array.
            where: The place it came from, such as `query.page`.

        Returns:
            A value of the type.

        Raises:
            Faulty: It is not what the type asks for.
        """
        try:
            got = msgspec.convert(value, self.intake, strict=not self.lax, str_keys=True)
            if self._build is not None:
                got = self._build(got)
        except REFUSALS as error:
            raise Faulty(self._find_faults(value, where) or [_doubt(where)]) from error
        if self._always_walks or (self._suspects and _is_odd(value)):
            self._look_again(value, where)
        return got

    def _find_faults(self, value: Any, where: str) -> list[Fault]:
        return self._explainer.find_faults(value, where)

    def _look_again(self, value: Any, where: str) -> None:
        """Refuse what the fast reader takes for a number: msgspec knows no limits of a decimal."""
        faults = self._find_faults(value, where)
        if faults:
            raise Faulty(faults)


@functools.cache
def _find_cached_reader(type_: Any, lax: bool) -> Reader:
    return Reader(type_, lax=lax)


def find_reader(type_: Any, *, lax: bool) -> Reader:
    """Give the reader of a type, made when it is first asked for.

    Args:
        type_: The type.
        lax: A text stands for what it says.

    Returns:
        The reader.

    Raises:
        TypeError: There is no way to read such a type.
    """
    try:
        hash(type_)
    except TypeError:
        return Reader(type_, lax=lax)  # an annotation may hold anything
    return _find_cached_reader(type_, lax)


def find_result_mirror(type_: Any) -> Any:
    """Give the type whose JSON schema tells how a result looks.

    Args:
        type_: What a view returns.

    Returns:
        A type that msgspec takes; the mirror of the type's reader, unless a model is sent otherwise than it is
        read, as with computed fields and other aliases.

    Raises:
        TypeError: There is no way to tell.
    """
    return mirror_result(type_)


def _is_odd(value: Any) -> bool:
    text = value if isinstance(value, str) else repr(value)
    return ODD_NUMBER.search(text) is not None


def _doubt(where: str) -> Fault:
    return Fault(where, ACCEPTED)
