"""What is written beside the code: docstrings, their `Raises`, comments, ignores."""

from __future__ import annotations

import ast
import re

from tests.shape.source import Function, FunctionNode, Module, walk_own

_IGNORE = re.compile(r"#\s*(?:type|pyright):\s*ignore")
_GOOD_IGNORE = re.compile(r"#\s*(?:type|pyright):\s*ignore\[[\w\-, ]+\]\s+#\s*\S+")
_BANNER = re.compile(r"#\s*[-=*#~]{4,}")
_UNDONE = re.compile(r"\b(TODO|FIXME|XXX)\b")
_SECTION = re.compile(r"^(\w[\w ]*):\s*$")
_NO_DOCSTRING_NEEDED = {"overload", "setter", "deleter"}


def find_docstring_gaps(modules: list[Module], limit: int) -> list[str]:
    """Find public things without a docstring, or with a first line that is too long."""
    offenders = []
    for module in modules:
        for name, line, docstring in _list_docstrings(module):
            if docstring is None:
                offenders.append(f"{module.name}:{line}: {name} has no docstring")
            elif len(docstring.splitlines()[0] if docstring else "") > limit:
                offenders.append(f"{module.name}:{line}: {name}: the first line is longer than {limit} characters")
            elif not docstring.strip():
                offenders.append(f"{module.name}:{line}: {name} has an empty docstring")
    return offenders


def find_raises_gaps(modules: list[Module]) -> list[str]:
    """Find public functions that raise an error which their `Raises:` section does not name."""
    offenders = []
    for module in modules:
        for function in module.functions:
            if not (function.is_public or function.name.endswith(".__init__")) or function.is_nested:
                continue
            told = _read_raises(function)
            for node in walk_own(function.node):
                error = _name_error(node)
                if error and error not in told:
                    offenders.append(
                        f"{module.name}:{node.lineno}: {function.name} raises {error}, which its Raises does not name"
                    )
    return offenders


def find_bad_ignores(modules: list[Module], per_thousand: float) -> list[str]:
    """Find type ignores without code or reason, and tell when there are too many of them."""
    lines = sum(len(module.text.splitlines()) for module in modules)
    ignores = [(module, line, text) for module in modules for line, text in module.comments if _IGNORE.search(text)]
    offenders = [
        f"{module.name}:{line}: {text}: needs a code and a reason"
        for module, line, text in ignores
        if not _GOOD_IGNORE.search(text)
    ]
    if len(ignores) * 1000 > per_thousand * lines:
        offenders.append(f"{len(ignores)} type ignores in {lines} lines are more than {per_thousand} per thousand")
    return offenders


def find_bad_comments(modules: list[Module]) -> list[str]:
    """Find banners, things left to do, and PERF or SECURITY comments without their figure or attack."""
    offenders = []
    for module in modules:
        for line, text in module.comments:
            if _BANNER.match(text):
                offenders.append(f"{module.name}:{line}: a banner: {text}")
            if _UNDONE.search(text):
                offenders.append(f"{module.name}:{line}: something left to do: {text}")
            if "PERF:" in text and not re.search(r"\d", _join_comment(module, line)):
                offenders.append(f"{module.name}:{line}: PERF without a number: {text}")
            if "SECURITY:" in text and len(_join_comment(module, line).split()) < 6:
                offenders.append(f"{module.name}:{line}: SECURITY without the attack: {text}")
    return offenders


def find_bad_names(modules: list[Module]) -> list[str]:
    """Find caught exceptions that are not called `error`, and asserts (which -O takes out)."""
    offenders = []
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler) and node.name not in {None, "error"}:
                offenders.append(f"{module.name}:{node.lineno}: the caught exception is called {node.name}")
            if isinstance(node, ast.Assert):
                offenders.append(f"{module.name}:{node.lineno}: an assert is no check")
    return offenders


def find_different_twins(modules: list[Module]) -> list[str]:
    """Find pairs `name` and `name_async` that differ in more than `async` and `await`."""
    offenders = []
    for module in modules:
        functions = {function.name: function.node for function in module.functions}
        for name, node in functions.items():
            twin = functions.get(f"{name}_async")
            if twin is not None and _dump_as_sync(node) != _dump_as_sync(twin):
                offenders.append(f"{module.name}:{twin.lineno}: {name}_async is not the twin of {name}")
    return offenders


def _list_docstrings(module: Module) -> list[tuple[str, int, str | None]]:
    found = [("the module", 1, ast.get_docstring(module.tree))]
    for function in module.functions:
        decorators = {ast.unparse(decorator).split(".")[-1] for decorator in function.node.decorator_list}
        if function.is_public and not decorators & _NO_DOCSTRING_NEEDED:
            found.append((function.name, function.node.lineno, ast.get_docstring(function.node)))
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            found.append((node.name, node.lineno, ast.get_docstring(node)))
    return found


def _read_raises(function: Function) -> set[str]:
    """Read the names in the `Raises:` section; an `__init__` may leave it to its class."""
    sources: list[ast.AST] = [function.node]
    if function.node.name == "__init__" and function.parents:
        sources.append(function.parents[-1])
    told = set()
    for source in sources:
        section = ""
        for line in (ast.get_docstring(source) or "").splitlines():
            heading = _SECTION.match(line)
            section = heading[1] if heading else section
            entry = re.match(r"\s+([\w., ]+):", line)
            if section == "Raises" and not heading and entry:
                told |= {name.strip().split(".")[-1] for name in entry[1].split(",")}
    return told


def _name_error(node: ast.AST) -> str | None:
    """Name the class that a raise statement names itself; `raise` and `raise error` name none."""
    if not isinstance(node, ast.Raise) or node.exc is None:
        return None
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    name = raised.attr if isinstance(raised, ast.Attribute) else getattr(raised, "id", "")
    return name if name[:1].isupper() else None


def _join_comment(module: Module, line: int) -> str:
    """Join a comment with the comment lines right below it."""
    by_line = dict(module.comments)
    text = []
    while line in by_line:
        text.append(by_line[line])
        line += 1
    return " ".join(text)


class _Synchronous(ast.NodeTransformer):
    """Take `async` and `await` out of a tree."""

    def visit_Await(self, node: ast.Await) -> ast.AST:
        return self.visit(node.value)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self.visit(ast.FunctionDef(**{name: getattr(node, name, None) for name in ast.FunctionDef._fields}))

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        return self.visit(ast.For(**{name: getattr(node, name, None) for name in ast.For._fields}))

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        return self.visit(ast.With(**{name: getattr(node, name, None) for name in ast.With._fields}))

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        node.is_async = 0
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(node.id.removesuffix("_async"), node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return ast.Attribute(self.visit(node.value), node.attr.removesuffix("_async"), node.ctx)


def _dump_as_sync(node: FunctionNode) -> str:
    """Write down what a function does: no name, docstring, annotations of the result, `async` or `await`."""
    copy = ast.parse(ast.unparse(node)).body[0]
    plain = _Synchronous().visit(copy)
    has_docstring = ast.get_docstring(plain) is not None
    return ast.dump(plain.args) + "".join(ast.dump(part) for part in plain.body[has_docstring:])
