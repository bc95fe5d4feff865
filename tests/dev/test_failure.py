"""An exception becomes data: its chain, its frames, and what repeats in them."""

import json
import sys

import jinja2
import pytest

from demijohn.dev import failure
from demijohn.dev.failure import Fold, FrameView, Gap, describe_failure


def catch(function, *arguments):
    """Return what a function raises."""
    try:
        function(*arguments)
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def list_kinds(described):
    """Return the names of a chain, the newest exception first."""
    return [(one.kind, one.relation if one.earlier else "") for one in described.walk()]


def fail_plainly():
    """Fail with a local variable."""
    word = "local"
    raise ValueError(f"no {word}")


def fail_from_cause():
    """Fail because something else did."""
    try:
        fail_plainly()
    except ValueError as error:
        raise KeyError("k") from error


def fail_in_context(suppress):
    """Fail while something else is handled."""
    try:
        fail_plainly()
    except ValueError:
        if suppress:
            raise KeyError("k") from None
        raise KeyError("k")  # noqa: B904 - the context is what is tested


def test_frame_has_lines_columns_and_variables():
    """A frame shows its lines, the columns that failed, and its variables."""
    frame = list(describe_failure(catch(fail_plainly)).list_frames())[-1]
    (current,) = [line for line in frame.lines if line.is_current]
    assert ("", 'raise ValueError(f"no {word}")', "") == (current.before.strip(), current.marked, current.after)
    assert [("word", "str", "'local'")] == frame.variables
    assert ("fail_plainly", True) == (frame.function, frame.is_application)


def test_cause_and_context_are_told_apart():
    """A chain says how each exception led to the next; `from None` ends it."""
    assert [("KeyError", failure.CAUSE), ("ValueError", "")] == list_kinds(describe_failure(catch(fail_from_cause)))
    assert [("KeyError", failure.CONTEXT), ("ValueError", "")] == list_kinds(
        describe_failure(catch(fail_in_context, False))
    )
    assert [("KeyError", "")] == list_kinds(describe_failure(catch(fail_in_context, True)))


def test_chain_that_bites_its_tail_ends():
    """A circle of causes is walked once."""
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert ["a", "b"] == [one.message for one in describe_failure(first).walk()]


def test_long_chain_is_cut():
    """Of an endless chain the newest exceptions are shown."""
    error = ValueError("0")
    for number in range(1, 100):
        following = ValueError(str(number))
        following.__cause__ = error
        error = following
    described = list(describe_failure(error).walk())
    assert ("99", failure.MOST_ERRORS) == (described[0].message, len(described))


def test_groups_hold_their_members():
    """An exception group shows its members, and counts what it does not show."""
    shared = ValueError("shared")
    group = ExceptionGroup("outer", [shared, ExceptionGroup("inner", [shared, TypeError("t")])])
    described = describe_failure(group)
    assert ["outer (2 sub-exceptions)", "shared", "inner (2 sub-exceptions)", "t"] == [
        one.message for one in described.walk()
    ]
    assert 1 == described.members[1].hidden_members


def test_notes_are_shown_whatever_they_are():
    """Notes are shown, and so is what is no list of texts."""
    error = ValueError("a")
    error.add_note("one")
    assert ["one"] == describe_failure(error).notes
    error.__notes__ = 5
    assert ["5"] == describe_failure(error).notes


def test_unwilling_exceptions_are_shown():
    """An exception whose `str` fails, hangs or is huge is shown all the same."""

    class UnwillingError(Exception):
        def __str__(self):
            raise RuntimeError

    class EndlessError(Exception):
        def __str__(self):
            while True:
                self.args = ()
            return ""

    assert "(its str fails with RuntimeError)" == describe_failure(UnwillingError()).message
    assert "(not shown: its str takes too long)" == describe_failure(EndlessError()).message
    assert len(describe_failure(ValueError("x" * 10**6)).message) < 20_100


def test_invisible_characters_of_a_message_are_escaped():
    """A message cannot steer a terminal, nor turn the direction of reading."""
    assert r"\x1b[2J\u202e\udc80" == describe_failure(ValueError("\x1b[2J\u202e\udc80")).message


def test_recursion_is_folded():
    """A recursion shows its first and last round, and how many lie between."""

    def recurse(depth):
        if depth:
            recurse(depth - 1)
        raise ValueError

    parts = describe_failure(catch(recurse, 500)).parts
    assert ["catch", "recurse", "again", "recurse", "recurse"] == [
        "again" if isinstance(part, Gap) else part.function.rpartition(".")[2] for part in parts
    ]
    assert "This frame again, 498 times more" in [part.text for part in parts if isinstance(part, Gap)]


def test_recursion_over_two_functions_is_folded():
    """A cycle of several functions is found as well."""

    def even(number):
        return odd(number - 1)

    def odd(number):
        return even(number - 1)

    described = describe_failure(catch(even, 1))
    assert "RecursionError" == described.kind
    gap = next(part for part in described.parts if isinstance(part, Gap))
    assert gap.text.startswith("These 2 frames again, ")
    assert len(described.parts) < 10


def test_long_traceback_without_a_cycle_is_cut():
    """Of very many different frames the first and the last ones are shown."""
    names = {}
    source = "def f0():\n    raise ValueError\n" + "".join(f"def f{n}():\n    f{n - 1}()\n" for n in range(1, 200))
    exec(source, names)
    described = describe_failure(catch(names["f199"]))
    shown = list(described.list_frames())
    assert ("f0", failure.MOST_FRAMES) == (shown[-1].function, len(shown))
    assert ["141 frames are left out"] == [part.text for part in described.parts if isinstance(part, Gap)]


def test_frames_of_libraries_are_folded():
    """Frames of libraries stand together, the application's stay open."""
    parts = describe_failure(catch(json.loads, "{")).parts
    assert [FrameView, Fold] == [type(part) for part in parts]
    assert "3 frames in json" == parts[1].text
    assert not any(frame.is_application for frame in parts[1].frames)


def test_traceback_of_libraries_alone_shows_its_end():
    """If no frame is the application's, the last one is open."""
    error = catch(json.loads, "{")
    error.__traceback__ = error.__traceback__.tb_next
    assert [Fold, FrameView] == [type(part) for part in describe_failure(error).parts]


def test_exception_without_a_traceback_is_shown():
    """What was never raised has no frames."""
    described = describe_failure(ValueError("a"))
    assert ([], None) == (described.parts, described.raising_frame)


def test_syntax_error_shows_the_place_it_is_about():
    """The code that could not be compiled is shown like a frame."""
    file = "made-up.py"
    described = describe_failure(catch(compile, "a = 1\nb = = 2\n", file, "exec"))
    assert (file, 2) == (described.parts[-1].file, described.parts[-1].line_number)


def test_frames_share_what_was_seen_of_their_variables():
    """A frame that stands in two exceptions of a chain is looked at once."""
    described = describe_failure(catch(fail_from_cause))
    first, second = described.raising_frame, next(described.earlier.list_frames())
    assert first.frame is second.frame
    assert first.variables is second.variables


TEMPLATES = {"page.html": "<p>\n{{ 1 / zero }}", "broken.html": "one\n{% if %}"}


@pytest.fixture
def environment():
    """Return an environment whose templates are in no file."""
    return jinja2.Environment(loader=jinja2.DictLoader(TEMPLATES))


def test_template_frames_show_lines_of_the_template(environment):
    """A frame of a template shows the template, and the values that were given to it."""
    error = catch(lambda: environment.get_template("page.html").render(zero=0))
    frame = describe_failure(error).parts[-1]
    assert [("<p>", False), ("{{ 1 / zero }}", True)] == [
        (line.before + line.marked, line.is_current) for line in frame.lines
    ]
    assert [("zero", "int", "0")] == frame.variables


def test_template_in_a_file_shows_its_lines(tmp_path):
    """A template's file is read."""
    (tmp_path / "a.html").write_text("x\n{{ 1 / 0 }}")
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(tmp_path))
    frame = describe_failure(catch(lambda: environment.get_template("a.html").render())).parts[-1]
    assert (str(tmp_path / "a.html"), ["x", "{{ 1 / 0 }}"]) == (frame.file, [line.before for line in frame.lines])


def test_template_that_does_not_parse_shows_its_lines(environment):
    """A mistake in a template's syntax is shown in the template."""
    frame = describe_failure(catch(environment.get_template, "broken.html")).parts[-1]
    assert ["{% if %}"] == [line.before for line in frame.lines if line.is_current]


def test_template_from_a_string_shows_its_lines(lib):
    """What `render_template_string` was given is shown."""
    with lib.Flask("made").app_context():
        error = catch(lib.render_template_string, "a\n{{ 1 / 0 }}")
    frame = describe_failure(error).parts[-1]
    assert ["a", "{{ 1 / 0 }}"] == [line.before for line in frame.lines]


def test_variables_beyond_a_number_are_counted():
    """Of very many variables the first are shown."""
    names = {}
    exec("def many():\n" + "".join(f"    v{n} = {n}\n" for n in range(50)) + "    raise ValueError\n", names)
    frame = describe_failure(catch(names["many"])).parts[-1]
    assert (failure.MOST_LOCALS, 10) == (len(frame.variables), frame.hidden_variables)


def test_frames_of_modules_that_are_frozen_are_folded():
    """The import system's own frames are no application's."""
    error = catch(__import__, "no_such_module_anywhere")
    assert "no_such_module_anywhere" in describe_failure(error).message
    assert not failure._is_application("<frozen importlib._bootstrap>")
    assert failure._is_application("<string>")
    assert not failure._is_application(sys.modules["json"].__file__)
