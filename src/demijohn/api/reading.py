"""Hold what the ways to read a parameter have in common."""

from __future__ import annotations

import functools
import operator
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Final, Union, get_args, get_origin

from .faults import Fault
from .signature import Parameter

#: Reads a parameter: is given the request, the values of the URL and a list for faults.
Read = Callable[[Any, Mapping[str, Any], list[Fault]], Any]


class Absent:
    """Stand for a value that did not come."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()


def add_faults(faults: list[Fault], found: Iterable[Fault], parameter: Parameter) -> None:
    """Add what was found, without the values of a secret parameter.

    Args:
        faults: The list to add to.
        found: What is wrong with the parameter.
        parameter: The parameter.
    """
    # SECURITY: an answer may be logged, and a password typed into the wrong field with it.
    faults += [Fault(fault.where, fault.expected) for fault in found] if parameter.param.secret else found


def drop_none(type_: Any) -> Any:
    """Return a type without its None, which no text and no file can be.

    Args:
        type_: Such as `int | None`.
    """
    if get_origin(type_) is Annotated:
        inner, *metadata = get_args(type_)
        narrow = drop_none(inner)
        return type_ if narrow is inner else Annotated[(narrow, *metadata)]
    if get_origin(type_) not in (Union, types.UnionType):
        return type_
    members = [member for member in get_args(type_) if member is not type(None)]
    return functools.reduce(operator.or_, members) if members else type_
