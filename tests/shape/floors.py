"""Who imports whom: floors, circles, late imports, and the proxies that nothing inside the package uses."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.shape.source import PACKAGE, FunctionNode, Module


@dataclass(frozen=True)
class Import:
    """One import: `target` is the module that it needs, `names` what it takes from it."""

    module: str
    target: str
    names: tuple[tuple[str, str], ...]
    line: int
    is_late: bool


def list_imports(modules: list[Module]) -> list[Import]:
    """List every import of the modules, resolved to a module of the package where it is one."""
    known = {module.name for module in modules}
    return [found for module in modules for found in _walk_imports(module, module.tree, known, is_late=False)]


def find_missing_floors(modules: list[Module], floors: Mapping[str, int]) -> list[str]:
    """Find files that no row of the table covers, and rows without a file."""
    covering = {module.name: _find_row(module.name, floors) for module in modules}
    homeless = [f"{name}: has no floor in the table" for name, row in covering.items() if row is None]
    empty = [f"{row}: is in the table but not in the package" for row in floors if row not in covering.values()]
    return homeless + empty


def find_upward_imports(
    modules: list[Module], floors: Mapping[str, int], late: Mapping[tuple[str, str], str]
) -> list[str]:
    """Find imports of a higher floor, except late ones that the table excuses."""
    offenders = []
    for found in list_imports(modules):
        if not _is_inside(found.target) or (found.is_late and (found.module, found.target) in late):
            continue
        own, other = _find_floor(found.module, floors), _find_floor(found.target, floors)
        if other > own:
            offenders.append(f"{found.module}:{found.line}: floor {own} imports {found.target} on floor {other}")
    return offenders


def find_circles(modules: list[Module]) -> list[str]:
    """Find circles of imports that run when the modules are loaded, or for type checkers."""
    graph: dict[str, set[str]] = {module.name: set() for module in modules}
    for found in list_imports(modules):
        if not found.is_late and found.target in graph and found.target != found.module:
            graph[found.module].add(found.target)
    circles = set()
    for start in graph:
        path = _find_path(graph, start, start)
        if path:
            turn = path.index(min(path))
            circles.add(" -> ".join([*path[turn:], *path[:turn], path[turn]]))
    return sorted(circles)


def find_late_imports(modules: list[Module], allowed: Mapping[tuple[str, str], str]) -> list[str]:
    """Find imports inside functions that the table does not list, and rows of the table without an import."""
    late = {(found.module, found.target): found.line for found in list_imports(modules) if found.is_late}
    offenders = [
        f"{name}:{line}: imports {target} late"
        for (name, target), line in late.items()
        if (name, target) not in allowed
    ]
    return offenders + [
        f"{name}: does not import {target} late, drop the row" for name, target in allowed if (name, target) not in late
    ]


def find_proxy_uses(modules: list[Module], proxies: frozenset[str]) -> list[str]:
    """Find code inside the package that reads a proxy; taking the name over to hand it out is no use."""
    home = f"{PACKAGE}.globals"
    offenders = []
    for module in modules:
        if module.name == home:
            continue
        taken, rooms = set(), set()
        for found in list_imports([module, Module(home, "")]):
            if found.target == home:
                taken |= {local for name, local in found.names if name in proxies}
                rooms |= {local for name, local in found.names if name in {"globals", home}}
        offenders += [
            f"{module.name}:{line}: uses the proxy {name}" for line, name in _find_reads(module, taken, rooms, proxies)
        ]
    return offenders


def _find_reads(module: Module, taken: set[str], rooms: set[str], proxies: frozenset[str]) -> Iterator[tuple[int, str]]:
    hidden = {id(node) for function in module.functions for node in _list_hidden(function.node)}
    hidden |= {id(value) for node in ast.walk(module.tree) for value in _list_handed_out(node)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in taken:
            if id(node) not in hidden:
                yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and node.attr in proxies and getattr(node.value, "id", "") in rooms:
            yield node.lineno, node.attr


def _list_hidden(function: FunctionNode) -> Iterator[ast.Name]:
    """List the names in a function that mean its own parameters and variables."""
    arguments = function.args
    own = {item.arg for item in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]}
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    own |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
    yield from (node for node in names if node.id in own)


def _list_handed_out(node: ast.AST) -> list[ast.expr]:
    """List what a dictionary or a keyword argument hands out as it is, such as the globals of templates."""
    if isinstance(node, ast.Dict):
        return node.values
    return [node.value] if isinstance(node, ast.keyword) else []


def _walk_imports(module: Module, node: ast.AST, known: set[str], *, is_late: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                names = ((alias.name, alias.asname or alias.name),)
                yield Import(module.name, alias.name, names, child.lineno, is_late)
        elif isinstance(child, ast.ImportFrom):
            yield from _split_import_from(module, child, known, is_late=is_late)
        else:
            yield from _walk_imports(module, child, known, is_late=is_late or isinstance(child, FunctionNode))


def _split_import_from(module: Module, node: ast.ImportFrom, known: set[str], *, is_late: bool) -> Iterator[Import]:
    """Tell `from package import module` and `from module import name` apart: each gives the module that it needs."""
    base = _resolve_base(module, node)
    plain = []
    for alias in node.names:
        pair = (alias.name, alias.asname or alias.name)
        if f"{base}.{alias.name}" in known:
            yield Import(module.name, f"{base}.{alias.name}", (pair,), node.lineno, is_late)
        else:
            plain.append(pair)
    if plain:
        yield Import(module.name, base, tuple(plain), node.lineno, is_late)


def _resolve_base(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module.name.split(".") if module.is_package else module.name.split(".")[:-1]
    package = package[: len(package) - node.level + 1]
    return ".".join([*package, *filter(None, [node.module])])


def _is_inside(name: str) -> bool:
    return name == PACKAGE or name.startswith(f"{PACKAGE}.")


def _find_row(name: str, floors: Mapping[str, int]) -> str | None:
    """Find the row that covers a module: its own, or that of a folder around it, but never the root's."""
    row = name
    while row not in floors and row.count(".") > 1:
        row = row.rpartition(".")[0]
    return row if row in floors else None


def _find_floor(name: str, floors: Mapping[str, int]) -> int:
    row = _find_row(name, floors)
    return floors[row] if row else -1


def _find_path(graph: Mapping[str, set[str]], start: str, goal: str) -> list[str]:
    """Find the shortest way from a module's imports back to it: the modules on the way, or an empty list."""
    ways, seen = [[start]], {start}
    for way in ways:
        for target in sorted(graph[way[-1]]):
            if target == goal:
                return way
            if target not in seen:
                seen.add(target)
                ways.append([*way, target])
    return []
