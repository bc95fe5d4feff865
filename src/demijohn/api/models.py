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
from .malformed import load_anything, respell_integers
from .mirror import mirror_result, reflect
from .nodes import find_ending, is_limited_decimal, list_all_parts
from .refusals import REFUSALS

__all__ = ["Kind", "Reader", "find_reader", "find_result_mirror", "is_model", "model_kind"]

#: What a text has to have in it for msgspec to read a decimal or a float that is no number.
NO_NUMBERS = ("nan", "inf")

#: A text that msgspec takes for an integer, and no one else does: 1.0 and 1e3.  Texts in lists stand in quotes here.
ODD_INTEGER = re.compile(r"(?:^|['\"])-?[0-9]+(?:\.[0-9]+(?:e[-+]?[0-9]+)?|e[-+]?[0-9]+)(?:$|['\"])", re.IGNORECASE)

#: The types whose values are integers, or may be.
INTEGERS = (inspect.IntType, inspect.EnumType, inspect.LiteralType)


class Reader:
    """Read values of one type; made once, with `find_reader`.

    Args:
        type_: The type.
        lax: A text stands for what it says, as it has to in a query string.

    Raises:
        TypeError: There is no way to read such a type.
    """

    __slots__ = (
        "_always_walks", "_build", "_decoder", "_explainer", "_has_endings", "_has_floats", "_has_integers",
        "_has_null", "_may_be_odd", "intake", "lax", "mirror", "node", "type",
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
        nodes = list_all_parts(self.node)
        floats = (inspect.DecimalType, inspect.FloatType) if lax else inspect.DecimalType
        self._has_floats = any(isinstance(part, floats) for part in nodes)
        self._has_integers = lax and any(isinstance(part, INTEGERS) for part in nodes)
        self._has_null = lax and any(isinstance(part, inspect.NoneType) for part in nodes)
        self._has_endings = any(find_ending(part) is not None for part in nodes)
        self._may_be_odd = self._has_floats or self._has_integers or self._has_null or self._has_endings
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
            value = self._decode(data)
        except REFUSALS as error:
            data, value = self._try_again(data, error)
        if self._always_walks or self.lax or (self._may_be_odd and self._is_odd_json(data)):
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
        if self._always_walks or (self._may_be_odd and self._is_odd(value)):
            self._look_again(value, where)
        return got

    def _decode(self, data: bytes) -> Any:
        value = self._decoder.decode(data)
        return value if self._build is None else self._build(value)

    def _try_again(self, data: bytes, error: Exception) -> tuple[bytes, Any]:
        """Read integers that are spelled as 97.0, or tell what is wrong."""
        respelled = respell_integers(data)
        if respelled is not None:
            try:
                return respelled, self._decode(respelled)
            except REFUSALS:
                data = respelled
        raise Faulty(self._find_faults(load_anything(data), "body") or [_doubt("body")]) from error

    def _is_odd(self, value: Any) -> bool:
        """Tell whether texts may be read as what they do not stand for: other numbers, and null."""
        text = (value if isinstance(value, str) else repr(value)).lower()
        if self._has_floats and any(part in text for part in NO_NUMBERS):
            return True
        if self._has_null and "null" in text:
            return True
        if self._has_endings and (text.endswith("\n") or "\\n'" in text or '\\n"' in text):
            return True
        return self._has_integers and ("." in text or "e" in text) and ODD_INTEGER.search(text) is not None

    def _is_odd_json(self, data: bytes) -> bool:
        """Tell whether a body may hold texts that are no numbers, or that end in a line end."""
        # PERF: these searches take 0.9 us for 340 bytes, a pattern that ignores case 3.5 us.
        data = data.lower()
        if b"\\" in data and b"\\u00" in data:  # JSON may write a character by its code
            return True
        if self._has_floats and (b"nan" in data or b"inf" in data):
            return True
        return self._has_endings and b'\\n"' in data

    def _find_faults(self, value: Any, where: str) -> list[Fault]:
        return self._explainer.find_faults(value, where)

    def _look_again(self, value: Any, where: str) -> None:
        """Refuse what the fast reader takes for a number: msgspec knows no limits of a decimal."""
        faults = self._find_faults(value, where)
        if faults:
            raise Faulty(faults)


@functools.lru_cache(maxsize=4096)  # a class that is made in a function would stay for ever
def _find_cached_reader(type_: Any, lax: bool, written: str) -> Reader:
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
    # `int | str` equals `str | int`, and each is told as it is written.
    return _find_cached_reader(type_, lax, repr(type_))


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


def _doubt(where: str) -> Fault:
    return Fault(where, ACCEPTED)
