"""Read a rule's text into the parts that a path is compared with.

Here lives the reading of the shapes that nearly every rule has. A rule of another
shape is left to Werkzeug's own compiler, whose parts are turned into the same form,
so that both kinds stand in one tree. Nothing here looks at a path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from werkzeug.routing import BaseConverter, Rule, parse_converter_args


class Dynamic(NamedTuple):
    """Say what one dynamic part of a rule accepts, and how early it is tried.

    Two rules share a place in the tree exactly when these four values are equal.
    """

    weight: tuple[Any, ...]
    content: str
    final: bool
    suffixed: bool


Part = str | Dynamic


class Pattern(NamedTuple):
    """Hold the parts of one rule, the domain first, and its converters."""

    parts: tuple[Part, ...]
    converters: dict[str, BaseConverter]


MakeConverter = Callable[[str, str, tuple[Any, ...], Mapping[str, Any]], BaseConverter]

_VARIABLE = re.compile(r"<(?:([A-Za-z_][A-Za-z0-9_]*)(?:\(([^()<>\n]*)\))?:)?([A-Za-z_][A-Za-z0-9_]*)>")
# Names with which Werkzeug's compiler fails: it shall be the one to say so.
_RESERVED = frozenset({"None", "True", "False", "__debug__"})


def read_static(domain: str, rule: str) -> Pattern | None:
    """Read a rule without variables.

    Args:
        domain: The subdomain or host that the rule is bound to, without variables.
        rule: The rule's text, beginning with a slash.

    Returns:
        The pattern, or None when the text has a shape that is left to Werkzeug.
    """
    if "//" in rule or not _is_encodable(rule):
        return None
    return Pattern((domain, *rule.split("/")), {})


def read(domain: str, rule: str, make_converter: MakeConverter) -> Pattern | None:
    """Read a rule with variables.

    Args:
        domain: The subdomain or host that the rule is bound to, without variables.
        rule: The rule's text, beginning with a slash.
        make_converter: Called with the variable's name, the converter's name and the
            arguments of the converter; what it raises is let through.

    Returns:
        The pattern, or None when the text has a shape that is left to Werkzeug.
    """
    pieces = _VARIABLE.split(rule)
    texts = pieces[::4]
    names = pieces[3::4]
    if "//" in rule or any("<" in text for text in texts) or not _is_encodable(rule):
        return None
    if len(set(names)) < len(names) or not _RESERVED.isdisjoint(names):
        return None
    converters: dict[str, BaseConverter] = {}
    for kind, arguments, name in zip(pieces[1::4], pieces[2::4], names, strict=True):
        args, kwargs = parse_converter_args(arguments) if arguments else ((), {})
        converters[name] = make_converter(name, kind or "default", args, kwargs)
    return Pattern((domain, *_arrange(texts, list(converters.values()))), converters)


def texts_of(rule: str) -> list[str]:
    """Give the texts around the variables of a rule that was read here."""
    return _VARIABLE.split(rule)[::4]


def parts_of(rule: Rule) -> Iterable[Part]:
    """Give the parts of any bound rule, read here or compiled by Werkzeug."""
    pattern: Pattern | None = getattr(rule, "pattern", None)
    if pattern is not None:
        return pattern.parts
    return [part.content if part.static else convert_part(part) for part in rule._parts]


def converters_of(rule: Rule) -> Mapping[str, BaseConverter]:
    """Give the converters of any bound rule, in the order of its variables."""
    pattern: Pattern | None = getattr(rule, "pattern", None)
    return rule._converters if pattern is None else pattern.converters


def convert_part(part: Any) -> Dynamic:
    """Turn a dynamic part that Werkzeug compiled into the form used here."""
    static_count, static_weights, argument_count, argument_weights = part.weight
    weight = (static_count, tuple(static_weights), argument_count, tuple(argument_weights))
    return Dynamic(weight, part.content, part.final, part.suffixed)


def _arrange(texts: list[str], converters: list[BaseConverter]) -> list[Part]:
    """Cut texts and converters, which alternate, into the parts between slashes."""
    parts: list[Part] = []
    part = _OpenPart()
    for position, text in enumerate(texts):
        chunks = text.split("/")
        for index, chunk in enumerate(chunks):
            if index and part.final:
                if position == len(converters) and index == len(chunks) - 1 and not chunk:
                    return [*parts, part.close(suffixed=True), ""]
                part.content += "/"
            elif index:
                parts.append(part.close())
                part = _OpenPart()
            if chunk:
                part.add_text(chunk)
        if position < len(converters):
            part.add_converter(converters[position])
    return [*parts, part.close()]


class _OpenPart:
    """Gather the texts and converters of the part that is being read."""

    __slots__ = ("argument_weights", "content", "final", "static_weights", "text")

    def __init__(self) -> None:
        self.text = ""
        self.content = ""
        self.final = False
        self.static_weights: list[tuple[int, int]] = []
        self.argument_weights: list[int] = []

    def add_text(self, text: str) -> None:
        self.text += text
        self.content += re.escape(text)
        self.static_weights.append((len(self.static_weights), -len(text)))

    def add_converter(self, converter: BaseConverter) -> None:
        # Werkzeug's group names, so that rules compiled there share places with these.
        self.content += f"(?P<__werkzeug_{len(self.argument_weights)}>{converter.regex})"
        self.argument_weights.append(converter.weight)
        # A converter that may eat slashes takes the whole rest of the path.
        self.final = self.final or not converter.part_isolating

    def close(self, suffixed: bool = False) -> Part:
        if not self.argument_weights:
            return self.text
        return _make_dynamic(
            self.content, tuple(self.static_weights), tuple(self.argument_weights), self.final, suffixed
        )


@lru_cache(maxsize=1024)
def _make_dynamic(
    content: str, static_weights: tuple[Any, ...], argument_weights: tuple[Any, ...], final: bool, suffixed: bool
) -> Dynamic:
    weight = (-len(static_weights), static_weights, -len(argument_weights), argument_weights)
    ending = r"(?<!/)(/?)\Z" if suffixed else r"\Z"
    return Dynamic(weight, content + ending, final, suffixed)


def _is_encodable(text: str) -> bool:
    """Tell whether the text can be quoted; a lone surrogate cannot."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
