"""Each checker finds what it is there for, so that a check that passes means something."""

from __future__ import annotations

import textwrap

import pytest

from tests.shape import floors, sizes, words
from tests.shape.calls import count_calls, find_over_budget
from tests.shape.source import Module, load_modules

FLOORS = {"demijohn.low": 0, "demijohn.middle": 1, "demijohn.high": 2, "demijohn": 3}


def make_module(text: str, name: str = "demijohn.middle", *, is_package: bool = False) -> Module:
    """Make a module of the package out of a text."""
    return Module(name, textwrap.dedent(text), is_package)


LOW, MIDDLE, HIGH = (make_module("", f"demijohn.{name}") for name in ("low", "middle", "high"))


@pytest.mark.parametrize(
    "text",
    [
        "import demijohn.high",
        "from demijohn import high",
        "from demijohn.high import thing",
        "from . import high",
        "from .high import thing",
        "if TYPE_CHECKING:\n    from demijohn.high import thing",
        "def load():\n    from demijohn.high import thing",
        "class Thing:\n    import demijohn.high",
    ],
)
def test_upward_import_is_found(text):
    """An import of a higher floor is found however it is written."""
    found = floors.find_upward_imports([LOW, make_module(text), HIGH], FLOORS, {})
    assert [place.split(": ")[1] for place in found] == ["floor 1 imports demijohn.high on floor 2"]


def test_downward_and_foreign_imports_are_fine():
    """Imports of lower floors and of other packages are no offence."""
    module = make_module("import os\nimport demijohn.low\nfrom demijohn import low\nfrom .low import thing")
    assert floors.find_upward_imports([LOW, module, HIGH], FLOORS, {}) == []


def test_relative_import_in_a_package_is_resolved():
    """A package's own `from . import name` starts at the package itself."""
    package = make_module("from . import inner\nfrom ..high import thing", "demijohn.middle", is_package=True)
    inner = make_module("", "demijohn.middle.inner")
    assert [found.target for found in floors.list_imports([package, inner, HIGH])] == [
        "demijohn.middle.inner",
        "demijohn.high",
    ]


def test_listed_late_import_may_go_upwards():
    """A late import that the table lists is excused, and only that one."""
    module = make_module("def load():\n    import demijohn.high")
    table = {("demijohn.middle", "demijohn.high"): "because"}
    assert floors.find_upward_imports([module, HIGH], FLOORS, table) == []
    assert floors.find_late_imports([module, HIGH], table) == []


def test_late_import_without_row_and_row_without_import_are_found():
    """A late import must have its row, and a row its late import."""
    module = make_module("def load():\n    import ssl")
    found = floors.find_late_imports([module], {("demijohn.middle", "json"): "because"})
    assert found == [
        "demijohn.middle:2: imports ssl late",
        "demijohn.middle: does not import json late, drop the row",
    ]


def test_file_without_floor_and_floor_without_file_are_found():
    """The table and the folder name the same files; the row of the root covers the root alone."""
    stranger = make_module("", "demijohn.stranger")
    found = floors.find_missing_floors([LOW, stranger], {"demijohn.low": 0, "demijohn.gone": 1, "demijohn": 3})
    assert found == [
        "demijohn.stranger: has no floor in the table",
        "demijohn.gone: is in the table but not in the package",
        "demijohn: is in the table but not in the package",
    ]


def test_circle_is_found_once():
    """Three modules that import each other in a circle are one finding, type-checking imports included."""
    ring = [
        make_module("import demijohn.b", "demijohn.a"),
        make_module("from . import c", "demijohn.b"),
        make_module("if TYPE_CHECKING:\n    from demijohn.a import thing", "demijohn.c"),
        make_module("import demijohn.a", "demijohn.d"),
    ]
    assert floors.find_circles(ring) == ["demijohn.a -> demijohn.b -> demijohn.c -> demijohn.a"]


@pytest.mark.parametrize(
    "text",
    [
        "from demijohn.globals import request\nrequest.path",
        "from .globals import request as current\ncurrent.path",
        "from . import globals\nglobals.request.path",
    ],
)
def test_proxy_use_is_found(text):
    """Code that reads a proxy is found under each name that the proxy may have."""
    assert len(floors.find_proxy_uses([make_module(text)], frozenset({"request"}))) == 1


def test_handing_a_proxy_on_is_no_use():
    """A module may take a proxy over for its users, and put it into what templates and shells see."""
    text = "from demijohn.globals import request as request\nnames = {'request': request}\nupdate(request=request)"
    assert floors.find_proxy_uses([make_module(text)], frozenset({"request"})) == []


def test_parameter_with_the_name_of_a_proxy_is_no_use():
    """A function's own parameter or variable may have the name of a proxy."""
    text = "from .globals import request\ndef f(request):\n    return request.path\ndef g():\n    return request.path"
    found = floors.find_proxy_uses([make_module(text)], frozenset({"request"}))
    assert found == ["demijohn.middle:5: uses the proxy request"]


def test_long_file_and_function_are_found():
    """Lines are counted with the signature, without decorators and docstring."""
    module = make_module('''
        @decorator
        def short():
            """Say something.

            And more.
            """
            return 1
    ''')
    assert [sizes.count_lines(function) for function in module.functions] == [2]
    assert sizes.find_long_functions([module], 1) == ["demijohn.middle:3: short has 2 lines"]
    assert sizes.find_long_files([module], 7) == ["demijohn.middle: 8 lines"]


def test_branches_are_counted():
    """Each place where the way parts counts one; a nested function's count for itself."""
    module = make_module("""
        def outer(x):
            if x: pass
            elif x: pass
            for _ in x: pass
            while x: pass
            try: pass
            except OSError: pass
            match x:
                case 1: pass
            y = 1 if x else 2
            def inner():
                if x: pass
    """)
    assert [sizes.count_branches(function) for function in module.functions] == [8, 2]
    assert sizes.find_branchy_functions([module], 7) == ["demijohn.middle:2: outer has 8 branches"]


def test_parameters_are_counted():
    """Parameters of every kind count, but not the object that a method belongs to."""
    module = make_module("class Thing:\n    def put(self, a, /, b, *c, d, **e): pass\ndef put(self): pass")
    assert [sizes.count_parameters(function) for function in module.functions] == [5, 1]
    assert sizes.find_wide_functions([module], 4) == ["demijohn.middle:2: Thing.put has 5 parameters"]


def test_repeated_nested_name_is_found():
    """The second nested function with the same name is an offence."""
    module = make_module("def a():\n    def inner(): pass\ndef b():\n    def inner(): pass")
    assert sizes.find_repeated_nested_names([module]) == [
        "demijohn.middle:4: nested inner() is there already at line 2"
    ]


def test_missing_docstrings_are_found():
    """Modules, classes, functions, methods and properties need one; private, nested and overloaded things do not."""
    module = make_module("""
        class Thing:
            def method(self): pass
            @property
            def name(self): pass
            @name.setter
            def name(self, value): pass
            def _private(self): pass
        @overload
        def function(): pass
        def function():
            def nested(): pass
        class _Hidden:
            def method(self): pass
    """)
    gaps = {place.split(": ")[1].split()[0] for place in words.find_docstring_gaps([module], 72)}
    assert gaps == {"the", "Thing", "Thing.method", "Thing.name", "function"}


def test_long_first_line_is_found():
    """The first line of a docstring has a limit."""
    module = make_module('"""Fine."""\ndef function():\n    """' + "x" * 73 + '"""')
    assert words.find_docstring_gaps([module], 72) == [
        "demijohn.middle:2: function: the first line is longer than 72 characters"
    ]
    assert words.find_docstring_gaps([module], 73) == []


def test_unnamed_error_is_found():
    """An error that a public function raises and its Raises section does not name is found."""
    module = make_module('''
        def function():
            """Do it.

            Raises:
                ValueError: When it is bad.
                errors.Gone, KeyError: When it is not there.

            Returns:
                TypeError: Never.
            """
            raise ValueError("bad")
            raise errors.Gone
            raise KeyError from None
            raise TypeError
            raise error
            raise
    ''')
    assert words.find_raises_gaps([module]) == [
        "demijohn.middle:15: function raises TypeError, which its Raises does not name"
    ]


def test_init_may_leave_its_errors_to_its_class():
    """An error of `__init__` is named there or in the docstring of the class."""
    docstring = '"""Be.\n\n    Raises:\n        ValueError: When bad.\n    """'
    text = f"class Thing:\n    {docstring}\n    def __init__(self):\n        raise {{}}"
    assert words.find_raises_gaps([make_module(text.format("ValueError"))]) == []
    assert len(words.find_raises_gaps([make_module(text.format("TypeError"))])) == 1


@pytest.mark.parametrize(
    "comment", ["# type: ignore", "# type: ignore[misc]", "# pyright: ignore", "# pyright: ignore[reportCall]"]
)
def test_ignore_without_code_or_reason_is_found(comment):
    """A type ignore needs a code and a reason on its line."""
    assert len(words.find_bad_ignores([make_module(f"x = 1  {comment}")], 10_000)) == 1


def test_too_many_ignores_are_found():
    """Explained ignores are fine until there are too many of them."""
    module = make_module("x = 1  # type: ignore[misc]  # the stub is wrong\n" * 2 + "\n" * 98)
    assert words.find_bad_ignores([module], 20) == []
    assert words.find_bad_ignores([module], 19) == ["2 type ignores in 100 lines are more than 19 per thousand"]


@pytest.mark.parametrize("comment", ["# -----", "# TODO later", "# FIXME", "# PERF: faster", "# SECURITY: bad"])
def test_bad_comment_is_found(comment):
    """Banners, things left to do, and claims without figure or attack are found."""
    assert len(words.find_bad_comments([make_module(f"{comment}\nx = 1")])) == 1


def test_claim_may_continue_on_the_next_line():
    """The figure of a PERF comment may stand on the second line of the comment."""
    assert (
        words.find_bad_comments([make_module("# PERF: one look-up instead of a scan,\n# 40 ns instead of 900.")]) == []
    )


def test_bad_names_are_found():
    """A caught exception with another name, and an assert, are found."""
    module = make_module("try: pass\nexcept OSError as e: pass\ntry: pass\nexcept OSError as error: pass\nassert True")
    assert sorted(words.find_bad_names([module])) == [
        "demijohn.middle:2: the caught exception is called e",
        "demijohn.middle:5: an assert is no check",
    ]


def test_different_twin_is_found():
    """A twin may differ in async, await and the names of other twins, and in nothing else."""
    text = '''
        def run(x):
            """Run."""
            with x: return [step(y) for y in x]
        async def run_async(x):
            """Run on the loop."""
            async with x: return [await step_async(y) async for y in x]
    '''
    assert words.find_different_twins([make_module(text)]) == []
    other = make_module(text.replace("await step_async(y)", "await step_async(x)"))
    assert words.find_different_twins([other]) == ["demijohn.middle:5: run_async is not the twin of run"]


def test_calls_are_counted(tmp_path):
    """Frames of the given folder are counted before and after the view, the others are not."""
    (tmp_path / "sample.py").write_text(
        "def app(environ, start_response):\n    return run(environ['view'])\n"
        "def run(view):\n    prepare()\n    result = view()\n    finish()\n    finish()\n    return [result]\n"
        "def prepare(): pass\ndef finish(): pass\n",
        encoding="utf-8",
    )
    namespace: dict = {}
    exec(compile((tmp_path / "sample.py").read_text(), str(tmp_path / "sample.py"), "exec"), namespace)

    def view():
        return b"x"

    counts = count_calls(namespace["app"], {"view": view}, view, str(tmp_path))
    assert counts == {"depth at the view": 2, "calls in": 3, "calls out": 2, "files": 1}
    assert find_over_budget(counts, {"calls in": 2, "calls out": 2}) == ["calls in: 3, the budget is 2"]


def test_view_that_never_runs_is_over_budget():
    """A request that does not reach the view cannot pass for a cheap one."""
    counts = count_calls(lambda environ, start_response: [], {}, make_module, "/nowhere")
    assert find_over_budget(counts, {"calls in": 2}) == ["the view was never called"]


def test_the_package_is_found():
    """The checks look at the real package: its root and more than one floor of it."""
    names = {module.name for module in load_modules()}
    assert {"demijohn", "demijohn.typing", "demijohn._current", "demijohn.app"} <= names
