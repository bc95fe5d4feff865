"""The pages keep their word: examples run, links lead somewhere, the README stays short."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
EXAMPLE_RUNNER = "import demijohn.as_flask, sys; exec(compile(sys.stdin.read(), 'page', 'exec'), {'__name__': 'page'})"
DOCTEST_RUNNER = (
    "import demijohn.as_flask, doctest, importlib, sys;"
    "result = doctest.testmod(importlib.import_module(sys.argv[1]));"
    "sys.exit(result.failed or not result.attempted)"
)


def find_examples(text: str, language: str) -> list[str]:
    """Find the blocks of a page in one language."""
    return [textwrap.dedent(block) for _, name, block in FENCE.findall(text) if name == language]


def run_python(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run Python with every warning an error."""
    command = [sys.executable, "-W", "error", *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def name_page(path: Path) -> str:
    """Name a file in the test's id."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize(
    "page", [page for page in PAGES if find_examples(page.read_text("utf-8"), "python")], ids=name_page
)
def test_examples_of_a_page_run(page):
    """The Python examples of a page run one after the other, as one program, under the alias."""
    program = "\n".join(find_examples(page.read_text("utf-8"), "python"))
    run = run_python("-c", EXAMPLE_RUNNER, text=program)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("source", [path for path in SOURCES if ">>> " in path.read_text("utf-8")], ids=name_page)
def test_examples_of_docstrings_run(source):
    """The examples in the docstrings of a module give what they say."""
    name = ".".join(source.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")
    run = run_python("-c", DOCTEST_RUNNER, name)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_links_lead_somewhere(page):
    """Every link of a page to another file of the repository finds it."""
    links = [link for link in LINK.findall(page.read_text("utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_fences_name_their_language(page):
    """Every block of a page says what it is, so that no Python example escapes its test."""
    assert [block for _, name, block in FENCE.findall(page.read_text("utf-8")) if not name] == []


def test_index_links_every_page():
    """docs/index.md leads to every other page."""
    links = set(LINK.findall((ROOT / "docs" / "index.md").read_text("utf-8")))
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - links == {"index.md"}


def test_readme_is_short_and_begins_with_code():
    """The README has at most a hundred lines and shows code by line 15."""
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert len(lines) <= 100
    assert [number for number, line in enumerate(lines[:15], 1) if line.startswith("```")] != []


def test_contributing_is_one_page():
    """CONTRIBUTING.md stays one page."""
    assert len((ROOT / "CONTRIBUTING.md").read_text("utf-8").splitlines()) <= 80


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_scripts_that_are_named_exist(page):
    """Every scripts/... that a page names is there and can be run."""
    names = set(re.findall(r"\bscripts/[\w-]+", page.read_text("utf-8")))
    assert [name for name in names if not (ROOT / name).stat().st_mode & 0o100] == []


def test_finder_of_examples_finds_them():
    """A block is found by its language, and only by that."""
    text = "text\n```python\na = 1\n```\n\n```sh\nls\n```\n* in a list:\n\n  ```python\n  b = 2\n  ```\n"
    assert find_examples(text, "python") == ["a = 1\n", "b = 2\n"]
    assert LINK.findall("see [this](docs/a.md#part) and [that](b.md)") == ["docs/a.md", "b.md"]
