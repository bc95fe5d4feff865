"""Know attrs classes: their validators and their converters.

msgspec takes attrs classes, but leaves converters out, and does not say
which field a validator refused.
"""

from __future__ import annotations

from typing import Any, get_origin

from .kinds import Plan, list_fields
from .limits import LENGTH_LIMITS, fold
from .refusals import REFUSALS, Refusal, tell_refusal

#: How attrs tells a comparison -> the limit.
COMPARISONS = {">=": "ge", ">": "gt", "<=": "le", "<": "lt"}


def plan(type_: Any) -> Plan:
    """Plan how an attrs class is mirrored.

    Args:
        type_: The class, generic with its arguments or not.

    Returns:
        Its fields, and what makes an instance.
    """
    class_: Any = get_origin(type_) or type_

    def construct(made: dict[str, Any]) -> Any:
        try:
            return class_(**made)
        except REFUSALS as error:
            raise Refusal(_find_parts(class_, made) or [((), tell_refusal(error))]) from error

    validators = {each.name: each.validator for each in class_.__attrs_attrs__}
    fields = [
        field._replace(type=fold(field.type, _read_limits(validators[field.name]))) for field in list_fields(type_)
    ]
    return Plan(fields, construct, doc=class_.__dict__.get("__doc__"))


def _read_limits(validator: Any) -> dict[str, Any]:
    """Read the limits in attrs' own validators, known by what they hold, so that the document tells them."""
    limits: dict[str, Any] = {}
    for each in getattr(validator, "_validators", ()):
        limits |= _read_limits(each)
    if hasattr(validator, "bound") and hasattr(validator, "compare_op"):
        limits[COMPARISONS.get(validator.compare_op, "")] = validator.bound
    limits |= {name: getattr(validator, name) for name in LENGTH_LIMITS if hasattr(validator, name)}
    return limits


def _find_parts(class_: Any, made: dict[str, Any]) -> list[tuple[tuple[str | int, ...], str]]:
    """Ask each field's converter and validator by itself."""
    parts: list[tuple[tuple[str | int, ...], str]] = []
    instance = class_.__new__(class_)
    given = [attribute for attribute in class_.__attrs_attrs__ if attribute.init and attribute.alias in made]
    for attribute in given:
        try:
            value = _convert(attribute.converter, made[attribute.alias])
            object.__setattr__(instance, attribute.name, value)
            if attribute.validator is not None:
                attribute.validator(instance, attribute, value)
        except REFUSALS as error:
            parts.append(((attribute.name,), tell_refusal(error)))
        except AttributeError:
            continue  # it looks at a field that is not there yet
    return parts


def _convert(converter: Any, value: Any) -> Any:
    # One that takes the instance or the field too cannot be asked alone.
    if converter is None or getattr(converter, "takes_self", False) or getattr(converter, "takes_field", False):
        return value
    return converter.converter(value) if hasattr(converter, "takes_self") else converter(value)
