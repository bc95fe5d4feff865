"""Write the rules of the URL map as the document has them.

`/orders/<int:number>` becomes `/orders/{number}`, and the converter becomes
the schema of the variable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug import routing
from werkzeug.routing import BaseConverter, Rule

from ..routing.pattern import converters_of, texts_of

#: The texts without a slash, as Werkzeug writes them: any, and those of a length.
_ANY_TEXT = "[^/]+"
_find_lengths = re.compile(r"\[\^/\]\{(\d+)(,?)(\d*)\}").fullmatch
#: What Python's regular expressions have and those of JSON Schema do not.
_PYTHON_ONLY = re.compile(r"\(\?[^:=!<]|\(\?<[^=!]|\\[AZ]")
_escape_braces = str.maketrans({"{": "%7B", "}": "%7D"})


def read_path(rule: Rule) -> tuple[str, Mapping[str, BaseConverter]]:
    """Return the path of a rule with its variables in braces.

    Args:
        rule: A rule of a map.

    Returns:
        The path, and the converter of each variable in it.
    """
    converters = converters_of(rule)
    if getattr(rule, "pattern", None) is not None:
        texts = [text.translate(_escape_braces) for text in texts_of(rule.rule)]
        names = [f"{{{name}}}" for name in converters]
        return "".join(part for pair in zip(texts, [*names, ""], strict=True) for part in pair), converters
    # The first bar is between the host and the path.
    pieces = iter(rule._trace)
    for piece in pieces:
        if piece == (False, "|"):
            break
    path = "".join(f"{{{text}}}" if is_variable else text.translate(_escape_braces) for is_variable, text in pieces)
    return path, {name: converter for name, converter in converters.items() if f"{{{name}}}" in path}


def build_converter_schema(converter: BaseConverter) -> dict[str, Any]:
    """Return the schema of what a variable of a URL may be.

    Args:
        converter: The converter of the variable.
    """
    for kind, build in _BUILDERS:
        if isinstance(converter, kind):
            return build(converter)
    regex = converter.regex
    if regex == _ANY_TEXT or _PYTHON_ONLY.search(regex):
        return {"type": "string"}
    return {"type": "string", "pattern": f"^(?:{regex})$"}


def may_mismatch(converter: BaseConverter) -> bool:
    """Say whether there are texts that a variable cannot be."""
    # A text of any kind is no match with a slash in it, also where that is quoted.
    return not isinstance(converter, routing.PathConverter)


def _build_number(name: str) -> Callable[[Any], dict[str, Any]]:
    def build(converter: Any) -> dict[str, Any]:
        least = converter.min if converter.min is not None or converter.signed else 0
        limits = {"minimum": least, "maximum": converter.max}
        return {"type": name, **{key: value for key, value in limits.items() if value is not None}}

    return build


def _build_text(converter: Any) -> dict[str, Any]:
    lengths = _find_lengths(converter.regex)
    if lengths is None:
        return {"type": "string", "pattern": f"^(?:{converter.regex})$"}
    least, comma, most = lengths.groups()
    limits = {"minLength": least, "maxLength": most if comma else least}
    return {"type": "string", **{key: int(value) for key, value in limits.items() if value}}


def _build_choice(converter: Any) -> dict[str, Any]:
    return {"type": "string", "enum": sorted(converter.items)}


_BUILDERS: tuple[tuple[type[BaseConverter], Callable[[Any], dict[str, Any]]], ...] = (
    (routing.IntegerConverter, _build_number("integer")),
    (routing.FloatConverter, _build_number("number")),
    (routing.UUIDConverter, lambda converter: {"type": "string", "format": "uuid"}),
    (routing.AnyConverter, _build_choice),
    (routing.PathConverter, lambda converter: {"type": "string"}),
    (routing.UnicodeConverter, _build_text),
)
