"""Read what docstrings tell a document: texts, parameters, the result.

Sections are read in Google's style, in NumPy's, and as Sphinx's fields.
Those about parameters, results and errors go where the document has a place
for them; all other text is the description.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

#: What the heading of a section says of the lines below it.
_SECTIONS = {
    "args": "arguments",
    "arguments": "arguments",
    "parameters": "arguments",
    "params": "arguments",
    "keyword args": "arguments",
    "keyword arguments": "arguments",
    "other parameters": "arguments",
    "returns": "result",
    "return": "result",
    "yields": "result",
    "raises": "left out",
    "raise": "left out",
}
#: What a field of Sphinx's says of the text behind it.
_FIELDS = {
    **dict.fromkeys(("param", "parameter", "arg", "argument", "key", "keyword"), "arguments"),
    **dict.fromkeys(("return", "returns"), "result"),
    **dict.fromkeys(("raise", "raises", "type", "rtype", "except", "exception"), "left out"),
}
_find_field = re.compile(r":(\w+)(?:\s+([^:]*))?:\s*(.*)").fullmatch
_find_argument = re.compile(r"\*{0,2}(\w+)\s*(?:\([^)]*\))?:\s*(.*)").fullmatch
_find_numpy_argument = re.compile(r"\*{0,2}(\w+)(?:\s*:.*)?").fullmatch
#: Where other packages begin to describe a view in YAML.
_YAML = "---"
_FUNCTIONS = FunctionType, BuiltinFunctionType, MethodType


@dataclass(frozen=True, slots=True)
class Docstring:
    """Hold the parts of a docstring; what is not there is empty."""

    #: The first paragraph, on one line and without a full stop.
    summary: str = ""
    #: What stands below it.
    description: str = ""
    #: The text for each parameter.
    arguments: Mapping[str, str] = field(default_factory=dict)
    #: The text for the result.
    result: str = ""


def read_docstring(function: Callable[..., Any]) -> Docstring:
    """Return the parts of a function's docstring.

    Args:
        function: The function, or whatever is called in its place; what
            its class says about all of its kind does not count.
    """
    return parse_docstring(_find_text(function))


def parse_docstring(text: str | None) -> Docstring:
    r"""Return the parts of a text that is indented as docstrings are.

    Args:
        text: The docstring, or None.

    Returns:
        Its parts.

    Example:
        >>> parse_docstring("Find an order.\n\nArgs:\n    number: Which one.").arguments
        {'number': 'Which one.'}
    """
    if not text or not text.strip():
        return Docstring()
    parts: dict[str, list[str]] = {"description": [], "arguments": [], "result": [], "left out": []}
    arguments: dict[str, list[str]] = {}
    lines = inspect.cleandoc(text).splitlines()
    lines = lines[: lines.index(_YAML)] if _YAML in lines[1:] else lines
    for part, name, line in _sort_lines(lines):
        (arguments.setdefault(name, []) if name else parts[part]).append(line)
    summary, _, description = "\n".join(parts["description"]).strip().partition("\n\n")
    return Docstring(
        " ".join(summary.split()).removesuffix("."),
        description.strip(),
        {name: _join(lines) for name, lines in arguments.items() if _join(lines)},
        _join(parts["result"]),
    )


def _find_text(function: Any) -> str | None:
    if isinstance(function, functools.partial):
        return _find_text(function.func)
    if isinstance(function, (*_FUNCTIONS, type)):
        return function.__doc__
    return getattr(type(function).__call__, "__doc__", None) if callable(function) else None


def _sort_lines(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield each line that says something, with its part and the parameter."""
    part, name, is_numpy = "description", "", False
    for position, line in enumerate(lines):
        heading = line.rstrip(":").lower() if position else ""
        is_underlined = position + 1 < len(lines) and _is_rule(lines[position + 1])
        if heading and (is_underlined or (heading in _SECTIONS and line.endswith(":"))):
            part, name, is_numpy = _SECTIONS.get(heading, "description"), "", is_underlined
            if part == "description":
                yield part, name, line
            continue
        if (found := _find_field(line)) and found[1] in _FIELDS:
            part, is_numpy = _FIELDS[found[1]], False
            name = (found[2] or "").split()[-1] if part == "arguments" and found[2] else ""
            yield part, name, found[3]
            continue
        if is_numpy and part != "description" and (_is_rule(line) or (part == "result" and line[:1].strip())):
            continue
        if part != "description" and line and not line[0].isspace() and not is_numpy:
            part, name = "description", ""
        if part == "arguments" and (entry := _read_entry(line, lines, is_numpy=is_numpy)):
            name, line = entry  # noqa: PLW2901 - the rest of the line is the parameter's
        if part != "arguments" or name:
            yield part, name, line


def _is_rule(line: str) -> bool:
    return len(line) > 2 and not line.strip("-")


def _read_entry(line: str, lines: list[str], *, is_numpy: bool) -> tuple[str, str] | None:
    """Return the parameter that a line begins to tell of, and the text in it."""
    if is_numpy:
        found = _find_numpy_argument(line)
        return (found[1], "") if found else None
    # A line that is indented more goes on with what was told before.
    if len(line) - len(line.lstrip()) > _find_indent(lines):
        return None
    found = _find_argument(line.strip())
    return (found[1], found[2]) if found else None


def _find_indent(lines: list[str]) -> int:
    return min((len(line) - len(line.lstrip()) for line in lines if line[:1].isspace() and line.strip()), default=0)


def _join(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())
