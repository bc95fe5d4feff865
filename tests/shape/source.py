"""The package's source as the checks see it: one `Module` for a file, with its text and its tree."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGE = "demijohn"
ROOT = Path(__file__).resolve().parents[2]

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Function:
    """A function of a module, with the classes and functions around it."""

    node: FunctionNode
    parents: tuple[ast.AST, ...]

    @property
    def name(self) -> str:
        """Give the name with those of the classes and functions around it."""
        around = [getattr(parent, "name", "") for parent in self.parents]
        return ".".join([*filter(None, around), self.node.name])

    @property
    def is_nested(self) -> bool:
        """Tell whether the function stands inside another function."""
        return any(isinstance(parent, FunctionNode) for parent in self.parents)

    @property
    def is_public(self) -> bool:
        """Tell whether users may call it: no leading underscore, here or around."""
        return not self.is_nested and not any(part.startswith("_") for part in self.name.split("."))


@dataclass(frozen=True)
class Module:
    """One file of the package."""

    name: str
    text: str
    is_package: bool = False

    @cached_property
    def tree(self) -> ast.Module:
        """Parse the text once."""
        return ast.parse(self.text)

    @cached_property
    def functions(self) -> list[Function]:
        """List every function and method, nested ones too, in order."""
        return list(_walk_functions(self.tree, ()))

    @cached_property
    def comments(self) -> list[tuple[int, str]]:
        """List the comments as pairs of line number and text."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]


def load_modules(package: Path = ROOT / "src" / PACKAGE) -> list[Module]:
    """Read every file of the package."""
    modules = []
    for path in sorted(package.rglob("*.py")):
        parts = [package.name, *path.relative_to(package).with_suffix("").parts]
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        modules.append(Module(name, path.read_text(encoding="utf-8"), is_package))
    return modules


def walk_own(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a function's own code, without the functions and classes inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, FunctionNode | ast.ClassDef | ast.Lambda):
            yield child
            yield from walk_own(child)


def _walk_functions(node: ast.AST, parents: tuple[ast.AST, ...]) -> Iterator[Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FunctionNode):
            yield Function(child, parents)
        named = isinstance(child, FunctionNode | ast.ClassDef)
        yield from _walk_functions(child, (*parents, child) if named else parents)
