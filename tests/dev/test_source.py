"""Source lines around a place: which of them, what is marked, and what cannot be read."""

import pytest

from demijohn.dev.source import LONGEST_LINE, Place, read_excerpt


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a source, and gives its path."""

    def write_source(text):
        path = tmp_path / "source.py"
        path.write_text(text, "utf-8")
        return str(path)

    return write_source


def read(file, *numbers, **options):
    """Return the lines around a place."""
    return read_excerpt(Place(file, *numbers, **options), None, ValueError())


def test_lines_around_are_shown_without_their_margin(write):
    """Five lines before and after are shown, moved to the left as far as all of them can be."""
    lines = read(write("".join(f"        {n}\n" for n in range(1, 30))), 10)
    assert list(range(5, 16)) == [line.number for line in lines]
    assert ["10"] == [line.before + line.marked + line.after for line in lines if line.is_current]


def test_columns_count_bytes(write):
    """Columns of Python's count bytes of UTF-8, and are shown as characters."""
    (line,) = read(write('    x = "é" + call()\n'), 1, 1, 15, 21)
    assert ('x = "é" + ', "call()", "") == line[1:4]


def test_several_lines_are_marked(write):
    """An expression over several lines is marked from its first column to its last, without indentation."""
    lines = read(write("a = f(\n    1,\n) + 2\n"), 1, 3, 4, 1)
    assert [("a = ", "f(", ""), ("    ", "1,", ""), ("", ")", " + 2")] == [line[1:4] for line in lines]


def test_long_lines_are_cut_around_the_mark(write):
    """A line of a minified file shows what failed."""
    (line,) = read(write("x" * 5000 + "MARK" + "y" * 5000), 1, 1, 5000, 5004)
    assert "MARK" == line.marked
    assert len(line.before + line.after) < 2 * LONGEST_LINE


def test_expression_over_many_lines_is_cut(write):
    """A statement of a thousand lines shows its beginning."""
    assert 30 == len(read(write("1,\n" * 1000), 1, 1000, 0, 1))


@pytest.mark.parametrize(("file", "number"), [("<string>", 1), ("/no/such/file.py", 1), ("a\0b", 1), (__file__, 10**6)])
def test_what_cannot_be_read_has_no_lines(file, number):
    """A source that is not there, or no longer as it was, is not shown."""
    assert [] == read(file, number)


def test_changed_file_is_read_anew(write):
    """What is shown is the file as it is now."""
    first = read(write("old\n"), 1)
    second = read(write("newer\n"), 1)
    assert ["old", "newer"] == [first[0].before, second[0].before]
