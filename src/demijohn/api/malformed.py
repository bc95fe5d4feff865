"""Read JSON again that the fast reader has refused (RFC 8259).

It is malformed somewhere, or has numbers in a spelling that the fast reader
does not take; or it is fine, and the explainer needs its value.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from decimal import Decimal
from typing import Any

import msgspec

from .faults import Huge, MalformedJSON

#: What msgspec says of the place: an offset into the bytes.
BYTE_OFFSET = re.compile(r"^(?:JSON is malformed: )?(?P<reason>.*) \(byte (?P<offset>\d+)\)$", re.DOTALL)

LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")

#: What a number may look like that is an integer with a fraction or an exponent.
SPELLED_OTHERWISE = re.compile(rb"[0-9](?:\.0|[eE]|\.[0-9]+[eE])")

#: Every integer up to here is a float of its own.
MOST_EXACT = 2**53

#: A longer integer is not read: Python itself refuses to (CVE-2020-10735).
MOST_DIGITS = 4300


def load_anything(data: bytes) -> Any:
    """Read JSON whatever its shape.

    Args:
        data: The text, as UTF-8.

    Returns:
        Its value; a number that is out of range comes as a `Huge`.

    Raises:
        MalformedJSON: It is not JSON, or nested too deeply to be read.
    """
    try:
        return msgspec.json.decode(data)
    except msgspec.ValidationError:
        return _load_with_huge_numbers(data)
    except msgspec.DecodeError as error:
        raise _locate(data, str(error)) from None
    except UnicodeDecodeError:
        raise _locate_undecodable(data) from None
    except RecursionError:
        raise MalformedJSON(*_find_position(data, len(data)), "the value is nested too deeply") from None


def respell_integers(data: bytes) -> bytes | None:
    """Spell integers as such: 97.0 is one for JSON Schema.

    msgspec does not take it for one.

    Args:
        data: The text.

    Returns:
        The text with those numbers as integers, all others to the digit; None where there are none.
    """
    if not SPELLED_OTHERWISE.search(data):
        return None
    try:
        return _ENCODER.encode(_DECODER.decode(data))
    except (ValueError, OverflowError, RecursionError):
        return None  # it is malformed, or has numbers that are too great for any type


def _respell(digits: str) -> int | Decimal:
    number = float(digits)
    return int(number) if number.is_integer() and abs(number) < MOST_EXACT else Decimal(digits)


_DECODER = msgspec.json.Decoder(float_hook=_respell)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def _load_with_huge_numbers(data: bytes) -> Any:
    try:
        return json.loads(data, parse_float=_parse_float, parse_int=_parse_integer, parse_constant=_refuse)
    except RecursionError:
        raise MalformedJSON(*_find_position(data, len(data)), "the value is nested too deeply") from None
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError):
            raise MalformedJSON(error.lineno, error.colno, "the value is malformed") from None
        if isinstance(error, UnicodeDecodeError):
            raise _locate_undecodable(data) from None
        raise MalformedJSON(*_find_position(data, data.find(str(error).encode())), "invalid character") from None


def _refuse(constant: str) -> Any:
    raise ValueError(constant)  # NaN and the infinities are Python's, not JSON's


def _parse_float(digits: str) -> float | Huge:
    number = float(digits)
    return number if math.isfinite(number) else Huge(digits)


def _parse_integer(digits: str) -> int | Huge:
    return int(digits) if len(digits) < MOST_DIGITS else Huge(digits)


def _locate(data: bytes, message: str) -> MalformedJSON:
    """Turn the fast reader's words into a place and a reason."""
    found = BYTE_OFFSET.match(message)
    second = _ask_slow_reader(data)
    if found:
        place = _find_position(data, int(found["offset"]))
        # msgspec sometimes tells where it stopped, which is after the first wrong character.
        return MalformedJSON(*min(place, second or place), found["reason"])
    surrogate = LONE_SURROGATE.search(data)
    if surrogate and second is None:
        return MalformedJSON(*_find_position(data, surrogate.start()), "half of a surrogate pair")
    return MalformedJSON(*_find_position(data, len(data)), "the text ends too early")


def _ask_slow_reader(data: bytes) -> tuple[int, int] | None:
    """Find the place with Python's own reader; None where it finds nothing wrong."""
    with contextlib.suppress(ValueError, RecursionError):  # what it says of a number too long is no place
        try:
            json.loads(data.decode("utf-8", "replace"))
        except json.JSONDecodeError as error:
            return error.lineno, error.colno
    return None


def _locate_undecodable(data: bytes) -> MalformedJSON:
    """Find the first byte that is no UTF-8; msgspec counts from the start of the text in which it is."""
    before = data.decode("utf-8", "surrogateescape")
    start = next((index for index, each in enumerate(before) if "\udc80" <= each <= "\udcff"), len(before))
    return MalformedJSON(*_find_position(data, len(before[:start].encode())), "the text is not UTF-8")


def _find_position(data: bytes, offset: int) -> tuple[int, int]:
    before = data[:offset]
    start = before.rfind(b"\n") + 1
    return before.count(b"\n") + 1, len(before[start:].decode("utf-8", "replace")) + 1
