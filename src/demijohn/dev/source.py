"""Read the source lines around a place, and mark the columns of it.

The lines of Python code come from its file or its loader; those of a
template that is in no file come from the template's own loader.
"""

from __future__ import annotations

import linecache
import re
import types
from typing import Any, NamedTuple

import jinja2

LINES_AROUND = 5
MOST_LINES = 30
LONGEST_LINE = 400

_LINE_END = re.compile("\r\n|\r|\n")


class Place(NamedTuple):
    """Name lines and columns of a file; columns count bytes of UTF-8."""

    file: str
    line_number: int
    end_line_number: int = 0
    column: int = 0
    end_column: int = 0
    are_characters: bool = False


class Line(NamedTuple):
    """Hold one line of source, cut in three around what failed."""

    number: int
    before: str
    marked: str
    after: str
    is_current: bool


def read_excerpt(place: Place, frame: types.FrameType | None, error: BaseException) -> list[Line]:
    """Return the lines around a place, or none if they cannot be read.

    Args:
        place: Which file, lines and columns.
        frame: The frame that runs there, if any.
        error: What was raised; a template's syntax error knows the source.
    """
    source = _read_lines(place.file, frame, error)
    last = max(place.line_number, place.end_line_number)
    if not 1 <= place.line_number <= len(source):
        return []
    start = max(1, place.line_number - LINES_AROUND)
    end = min(len(source), last + LINES_AROUND, start + MOST_LINES - 1)
    texts = {number: source[number - 1].rstrip().expandtabs(1) for number in range(start, end + 1)}
    margin = min((len(text) - len(text.lstrip()) for text in texts.values() if text), default=0)
    return [_mark_line(number, text, margin, place) for number, text in texts.items()]


def _mark_line(number: int, text: str, margin: int, place: Place) -> Line:
    """Return a line without its margin, cut around the columns that failed."""
    last = max(place.line_number, place.end_line_number)
    is_current = place.line_number <= number <= last
    if not is_current or not place.end_column:
        return Line(number, _cut(text[margin:], LONGEST_LINE), "", "", is_current)
    start, end = len(text) - len(text.lstrip()), len(text)
    if number == place.line_number:
        start = _count_characters(text, place.column, place)
    if number == place.end_line_number:
        end = _count_characters(text, place.end_column, place)
    before, marked, after = text[margin:start], text[start:end], text[max(start, end) :]
    third = LONGEST_LINE // 3
    if len(before) > third:
        before = "…" + before[-third:]
    return Line(number, before, _cut(marked, third), _cut(after, LONGEST_LINE), is_current=True)


def _count_characters(text: str, column: int, place: Place) -> int:
    """Return the index in a text of a column that may count bytes."""
    return column if place.are_characters else len(text.encode()[:column].decode("utf-8", "ignore"))


def _read_lines(file: str, frame: types.FrameType | None, error: BaseException) -> list[str]:
    """Return all lines of a source, or none."""
    if frame is None or "__jinja_exception__" not in frame.f_globals:
        return _read_file(file, None if frame is None else frame.f_globals)
    written = getattr(error, "source", None)
    if isinstance(error, jinja2.TemplateSyntaxError) and isinstance(written, str) and _is_last(frame, error):
        return _LINE_END.split(written)
    return _read_file(file, None) or _read_template(frame, error)


def _read_file(file: str, names: dict[str, Any] | None) -> list[str]:
    """Return the lines of a file as it is now, or as its loader has it."""
    try:
        linecache.checkcache(file)
        return linecache.getlines(file, names)
    except Exception:
        # A loader of the application's may fail in any way, and so may a name that is no path.
        return []


def _read_template(frame: types.FrameType, error: BaseException) -> list[str]:
    """Return the lines of a template in no file, if it is known which it is.

    Jinja names such templates all alike, so only the first one after the
    call to render can be told: it is the one that was asked for.
    """
    template: jinja2.Template | None = None
    source: str | None = None
    entry = error.__traceback__
    while entry is not None and entry.tb_frame is not frame:
        names = entry.tb_frame.f_locals
        if "__jinja_exception__" in entry.tb_frame.f_globals:
            template = source = None
        elif isinstance(names.get("self"), jinja2.Template):
            template = names["self"]
        elif entry.tb_frame.f_code.co_name in {"render_template_string", "stream_template_string"}:
            source = names.get("source")
        entry = entry.tb_next
    if template is None:
        return []
    if template.name is None:
        return _LINE_END.split(source) if isinstance(source, str) else []
    try:
        loader = template.environment.loader
        return [] if loader is None else _LINE_END.split(loader.get_source(template.environment, template.name)[0])
    except Exception:
        # A loader is the application's, and may be what has failed.
        return []


def _is_last(frame: types.FrameType, error: BaseException) -> bool:
    """Say whether a frame is the one that raised."""
    entry = error.__traceback__
    while entry is not None and entry.tb_next is not None:
        entry = entry.tb_next
    return entry is not None and entry.tb_frame is frame


def _cut(text: str, limit: int) -> str:
    """Return a text, or its beginning."""
    return text if len(text) <= limit else text[:limit] + "…"
