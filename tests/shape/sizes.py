"""How big things are: files, functions, branches, parameters."""

from __future__ import annotations

import ast

from tests.shape.source import Function, FunctionNode, Module, walk_own

_BRANCHES = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.match_case)


def find_long_files(modules: list[Module], limit: int) -> list[str]:
    """Find files with more lines than the limit."""
    sizes = {module.name: len(module.text.splitlines()) for module in modules}
    return [f"{name}: {size} lines" for name, size in sizes.items() if size > limit]


def find_long_functions(modules: list[Module], limit: int) -> list[str]:
    """Find functions with more lines than the limit, docstring and decorators left out."""
    return _find_over(modules, limit, count_lines, "lines")


def find_branchy_functions(modules: list[Module], limit: int) -> list[str]:
    """Find functions with a cyclomatic complexity (McCabe) above the limit."""
    return _find_over(modules, limit, count_branches, "branches")


def find_wide_functions(modules: list[Module], limit: int) -> list[str]:
    """Find functions with more parameters than the limit, `self` and `cls` left out."""
    return _find_over(modules, limit, count_parameters, "parameters")


def count_lines(function: Function) -> int:
    """Count the lines of a function from its `def` on, without its docstring."""
    node = function.node
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def count_branches(function: Function) -> int:
    """Count one for the function and one for each place where its way parts; nested functions count for themselves."""
    return 1 + sum(isinstance(node, _BRANCHES) for node in walk_own(function.node))


def count_parameters(function: Function) -> int:
    """Count the parameters that a caller sees."""
    arguments = function.node.args
    names = [item.arg for item in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]
    names += [item.arg for item in (arguments.vararg, arguments.kwarg) if item]
    is_method = bool(function.parents) and isinstance(function.parents[-1], ast.ClassDef)
    return len(names) - (is_method and names[:1] in (["self"], ["cls"]))


def find_repeated_nested_names(modules: list[Module]) -> list[str]:
    """Find two nested functions of one file that have the same name."""
    offenders = []
    for module in modules:
        nested = [function.node for function in module.functions if function.is_nested]
        seen: dict[str, FunctionNode] = {}
        for node in nested:
            first = seen.setdefault(node.name, node)
            if first is not node:
                offenders.append(
                    f"{module.name}:{node.lineno}: nested {node.name}() is there already at line {first.lineno}"
                )
    return offenders


def _find_over(modules, limit, count, unit) -> list[str]:
    offenders = []
    for module in modules:
        for function in module.functions:
            size = count(function)
            if size > limit:
                offenders.append(f"{module.name}:{function.node.lineno}: {function.name} has {size} {unit}")
    return offenders
