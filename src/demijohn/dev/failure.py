"""Turn an exception into plain data that a page can show.

Here live the chain of exceptions, its frames, their source lines and the
folding of what repeats.  Nothing here knows HTML.
"""

from __future__ import annotations

import os
import site
import sysconfig
import time
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any, NamedTuple

import jinja2
from jinja2.defaults import DEFAULT_NAMESPACE

from .peek import Variable, clean_text, peek_variables, run_within
from .source import Line, Place, read_excerpt

MOST_ERRORS = 30
"""Exceptions of one chain, members of groups included."""

MOST_FRAMES = 60
"""Frames of the first exception; of more, the first third and the last are kept."""

FEWEST_FRAMES = 6
"""Frames of the last exceptions of a long chain."""

MOST_LOCALS = 40
LONGEST_MESSAGE = 20_000
LONGEST_CYCLE = 12
SECONDS_PER_FRAME = 0.4
SECONDS_PER_PAGE = 3.0

CAUSE = "It was raised from this exception:"
CONTEXT = "It was raised while this exception was being handled:"

_TEMPLATE_GLOBALS = frozenset({*DEFAULT_NAMESPACE, "url_for", "get_flashed_messages"})
_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def _find_libraries() -> tuple[str, ...]:
    """Return the folders whose code is not the application's."""
    places = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    places.update(site.getsitepackages())
    if site.ENABLE_USER_SITE:
        places.add(site.getusersitepackages())
    return tuple(os.path.normcase(os.path.join(place, "")) for place in {*places, _HERE})


_LIBRARIES = _find_libraries()


class Step(NamedTuple):
    """Hold one entry of a traceback, before anything is read about it."""

    frame: types.FrameType
    line_number: int
    instruction: int


@dataclass(frozen=True, slots=True)
class FrameView:
    """Hold what is shown of a frame."""

    file: str
    short_file: str
    line_number: int
    function: str
    package: str
    is_application: bool
    lines: list[Line]
    variables: list[Variable]
    hidden_variables: int = 0
    frame: types.FrameType | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """Say which frames are left out."""

    text: str


@dataclass(frozen=True, slots=True)
class Fold:
    """Hold frames of libraries that stand together, shown on demand."""

    text: str
    frames: list[FrameView]


@dataclass(slots=True)
class Failure:
    """Hold one exception: what it is, where it came from, what it holds.

    `earlier` are the exceptions that led to it, each one with the sentence
    that says how; `members` are those of an exception group.
    """

    kind: str
    module: str
    message: str
    notes: list[str]
    parts: list[FrameView | Gap | Fold]
    earlier: Failure | None = None
    relation: str = ""
    members: list[Failure] = field(default_factory=list)
    hidden_members: int = 0

    def list_frames(self) -> Iterator[FrameView]:
        """Yield the frames that are shown, of this exception alone."""
        for part in self.parts:
            if isinstance(part, Fold):
                yield from part.frames
            elif isinstance(part, FrameView):
                yield part

    def walk(self) -> Iterator[Failure]:
        """Yield this exception and all that hang on it."""
        yield self
        for other in (*self.members, *([self.earlier] if self.earlier else [])):
            yield from other.walk()

    @property
    def raising_frame(self) -> FrameView | None:
        """Return the application's last frame, or else the last one."""
        frames = list(self.list_frames())
        return next((frame for frame in reversed(frames) if frame.is_application), frames[-1] if frames else None)


def describe_failure(error: BaseException) -> Failure:
    """Return an exception and its chain as data, in three seconds at most.

    Args:
        error: What was raised.
    """
    return _Describer().describe(error)


def describe_kind(error: BaseException) -> tuple[str, str]:
    """Return an exception's module, empty for a built-in one, and its name."""
    kind = type(error)
    module = str(kind.__module__)
    return ("" if module in {"builtins", "__main__"} else module), str(kind.__qualname__)


def describe_text(value: Any) -> str:
    """Return the `str` of a value that may be unwilling, cut if it is long."""
    found: list[str] = []

    def look() -> None:
        try:
            found.append(str(value))
        except Exception as error:
            found.append(f"(its str fails with {type(error).__name__})")

    if not run_within(SECONDS_PER_FRAME, look):
        return "(not shown: its str takes too long)"
    text = found[0]
    if len(text) > LONGEST_MESSAGE:
        text = f"{text[:LONGEST_MESSAGE]}… ({len(text)} characters in all)"
    return clean_text(text)


class _Describer:
    """Count what one page may cost while a chain is walked."""

    def __init__(self) -> None:
        self.deadline = time.monotonic() + SECONDS_PER_PAGE
        self.seen: set[int] = set()
        self.frames = 0
        self.variables: dict[types.FrameType, tuple[list[Variable], int]] = {}

    def describe(self, error: BaseException) -> Failure:
        """Return one exception with all that hangs on it."""
        self.seen.add(id(error))
        module, kind = describe_kind(error)
        failure = Failure(kind, module, describe_text(error), _list_notes(error), self._list_parts(error))
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                if self._is_new(member):
                    failure.members.append(self.describe(member))
                else:
                    failure.hidden_members += 1
        earlier, failure.relation = error.__cause__, CAUSE
        if earlier is None and not error.__suppress_context__:
            earlier, failure.relation = error.__context__, CONTEXT
        if earlier is not None and self._is_new(earlier):
            failure.earlier = self.describe(earlier)
        return failure

    def _is_new(self, error: BaseException) -> bool:
        """Say whether an exception is shown: once, and while there is room."""
        return id(error) not in self.seen and len(self.seen) < MOST_ERRORS

    def _list_parts(self, error: BaseException) -> list[FrameView | Gap | Fold]:
        """Return an exception's frames, those of libraries folded."""
        limit = max(FEWEST_FRAMES, MOST_FRAMES - self.frames // 2)
        entries = [
            entry if isinstance(entry, Gap) else self._describe_step(entry, error)
            for entry in _leave_out_middle(list(_fold_cycles(_list_steps(error))), limit)
        ]
        written = _describe_written(error)
        if written is not None:
            entries.append(written)
        parts: list[FrameView | Gap | Fold] = []
        for is_library, group in groupby(entries, lambda entry: isinstance(entry, FrameView) and _is_folded(entry)):
            members = list(group)
            frames = [entry for entry in members if isinstance(entry, FrameView)]
            parts.extend([Fold(_name_fold(frames), frames)] if is_library else members)
        if len(parts) == 1 and isinstance(parts[0], Fold):
            # Nothing is the application's, so the end is what there is to see.
            frames = parts[0].frames
            parts = [*([Fold(_name_fold(frames[:-1]), frames[:-1])] if frames[1:] else []), frames[-1]]
        return parts

    def _describe_step(self, step: Step, error: BaseException) -> FrameView:
        """Return one frame with its lines and variables."""
        frame, code = step.frame, step.frame.f_code
        is_template = "__jinja_exception__" in frame.f_globals
        self.frames += 1
        if frame not in self.variables:
            # Exceptions that follow from each other share frames.
            self.variables[frame] = self._list_variables(frame, is_template)
        variables, hidden_variables = self.variables[frame]
        return FrameView(
            file=clean_text(code.co_filename),
            short_file=clean_text(_shorten_path(code.co_filename)),
            line_number=step.line_number,
            function=clean_text(code.co_name if is_template else code.co_qualname),
            package=str(frame.f_globals.get("__name__", "")).partition(".")[0],
            is_application=_is_application(code.co_filename),
            lines=read_excerpt(_find_place(step, is_template), frame, error),
            variables=variables,
            hidden_variables=hidden_variables,
            frame=frame,
            number=self.frames,
        )

    def _list_variables(self, frame: types.FrameType, is_template: bool) -> tuple[list[Variable], int]:
        """Return a frame's variables, and how many more it has."""
        shown = {
            name: value
            for name, value in frame.f_locals.items()
            if not (is_template and name in _TEMPLATE_GLOBALS) and not (name.startswith("__") and name.endswith("__"))
        }
        seconds = min(SECONDS_PER_FRAME, self.deadline - time.monotonic())
        variables = peek_variables(dict(islice(shown.items(), MOST_LOCALS)), seconds)
        return variables, max(0, len(shown) - MOST_LOCALS)


def _list_notes(error: BaseException) -> list[str]:
    """Return the notes of an exception; anything may stand in their place."""
    notes = getattr(error, "__notes__", None)
    if notes is None:
        return []
    return [describe_text(note) for note in notes[:MOST_ERRORS]] if isinstance(notes, list) else [describe_text(notes)]


def _list_steps(error: BaseException) -> list[Step]:
    """Return the entries of a traceback, the oldest call first."""
    steps = []
    entry = error.__traceback__
    while entry is not None:
        steps.append(Step(entry.tb_frame, entry.tb_lineno, entry.tb_lasti))
        entry = entry.tb_next
    return steps


def _fold_cycles(steps: list[Step]) -> Iterator[Step | Gap]:
    """Yield the entries, of a cycle of calls its first and last round."""
    keys = [(step.frame.f_code, step.line_number) for step in steps]
    start = 0
    while start < len(steps):
        length, rounds = _measure_cycle(keys, start)
        if rounds < 4:
            yield steps[start]
            start += 1
            continue
        end = start + length * rounds
        which = "This frame" if length == 1 else f"These {length} frames"
        yield from steps[start : start + length]
        yield Gap(f"{which} again, {rounds - 2} times more")
        yield from steps[end - length : end]
        start = end


def _measure_cycle(keys: list[tuple[types.CodeType, int]], start: int) -> tuple[int, int]:
    """Return the length of the cycle that begins here, and its rounds."""
    for length in range(1, LONGEST_CYCLE + 1):
        cycle = keys[start : start + length]
        rounds = 1
        while keys[start + length * rounds : start + length * (rounds + 1)] == cycle:
            rounds += 1
        if rounds >= 4:
            return length, rounds
    return 1, 1


def _leave_out_middle(entries: list[Step | Gap], limit: int) -> list[Step | Gap]:
    """Return the beginning and the end of what is too long."""
    left_out = len(entries) - limit
    if left_out <= 0:
        return entries
    third = limit // 3
    return [*entries[:third], Gap(f"{left_out} frames are left out"), *entries[third + left_out :]]


def _find_place(step: Step, is_template: bool) -> Place:
    """Return which lines and columns an entry is about (PEP 657)."""
    code = step.frame.f_code
    if is_template:
        return Place(code.co_filename, step.line_number)
    positions = next(islice(code.co_positions(), step.instruction // 2, None), (None, None, None, None))
    line, end_line, column, end_column = positions
    if line != step.line_number or end_line is None or column is None or end_column is None:
        return Place(code.co_filename, step.line_number)
    return Place(code.co_filename, step.line_number, end_line, column, end_column)


def _describe_written(error: BaseException) -> FrameView | None:
    """Return the place that a syntax error is about, as if it were a frame."""
    if not isinstance(error, SyntaxError) or type(error.lineno) is not int or isinstance(error, jinja2.TemplateError):
        return None
    file = str(error.filename or "<unknown>")
    # The offsets of a SyntaxError count from one, and in characters.
    column = max(0, (error.offset or 1) - 1)
    end_line = max(error.end_lineno or 0, error.lineno)
    end_column = max((error.end_offset or 0) - 1, column + 1 if end_line == error.lineno else 0)
    place = Place(file, error.lineno, end_line, column, end_column, are_characters=True)
    return FrameView(
        file=clean_text(file),
        short_file=clean_text(_shorten_path(file)),
        line_number=error.lineno,
        function="(not yet running)",
        package="",
        is_application=True,
        lines=read_excerpt(place, None, error),
        variables=[],
    )


def _is_application(file: str) -> bool:
    """Say whether code is the application's, and not a library's."""
    return not file.startswith("<frozen ") and not os.path.normcase(file).startswith(_LIBRARIES)


def _is_folded(frame: FrameView) -> bool:
    """Say whether a frame is shown on demand alone."""
    return not frame.is_application


def _name_fold(frames: Iterable[FrameView]) -> str:
    """Return what folded frames are."""
    frames = list(frames)
    packages = list(dict.fromkeys(frame.package for frame in frames if frame.package))
    count = "1 frame" if len(frames) == 1 else f"{len(frames)} frames"
    return f"{count} in {', '.join(packages[:4])}{', …' if packages[4:] else ''}" if packages else count


def _shorten_path(file: str) -> str:
    """Return a path from the working folder, or from where packages are."""
    for base in (os.getcwd(), *_LIBRARIES):
        folder = os.path.join(base, "")
        if file.startswith(folder):
            return file[len(folder) :]
    return file
