"""Stand in for `flask`: import this, and every `import flask` is Demijohn.

Each module of Flask gets an alias module with its name.  It holds the
objects of its home in Demijohn, so that reading costs what it costs in any
module; what is written to it (by `mock.patch`, `monkeypatch` or an
extension) is written to the home as well, where the package itself reads.

Raises at import:
    RuntimeError: The real Flask was imported before.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.metadata
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ._alias_names import HOMES, NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: The release of Flask whose API this is.
FLASK_VERSION = "3.1.3"

#: Begins the search path of the packages, which is no folder.
_NOWHERE = "demijohn.as_flask:"

#: Modules that are loaded when they are asked for: a server needs none of them.
_TOOLS = frozenset({"flask.cli", "flask.debughelpers", "flask.testing", "flask.views"})

_PACKAGES = frozenset(name.rpartition(".")[0] for name in HOMES)


class AliasModule(ModuleType):
    """Be one of Flask's modules, made of Demijohn's objects."""

    def __getattr__(self, name: str) -> Any:
        """Load a submodule or a third-party name when it is first read.

        Raises:
            AttributeError: Flask's module has no such name either.
        """
        full_name = f"{self.__name__}.{name}"
        if full_name in HOMES:
            return importlib.import_module(full_name)
        target = NAMES.get(self.__name__, {}).get(name)
        if target is not None:
            value = self.__dict__[name] = _load(target)
            return value
        for home in map(importlib.import_module, HOMES.get(self.__name__, ())):
            if name in getattr(home, "__all__", ()):
                # What is imported late there is so here too.
                value = self.__dict__[name] = getattr(home, name)
                return value
        if full_name == "flask.__version__":
            warnings.warn(
                "flask.__version__ goes away in Flask 3.2: use importlib.metadata.version('flask').",
                DeprecationWarning,
                stacklevel=2,
            )
            return FLASK_VERSION
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        for module in self._find_holders(name, value):
            setattr(module, name, value)
        ModuleType.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        for module in self._find_holders(name, None):
            if name in vars(module):
                delattr(module, name)
        ModuleType.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *NAMES.get(self.__name__, ())})

    def _find_holders(self, name: str, value: Any) -> list[ModuleType]:
        """Return the modules of Demijohn that read the named object.

        Those are the homes and, for a home that is a package, the module in
        it that defines the old object or, when a patch is undone, the new one.
        """
        if name.startswith("__") or f"{self.__name__}.{name}" in HOMES:
            return []
        holders = [sys.modules[home] for home in HOMES[self.__name__]]
        inner = tuple(f"{holder.__name__}." for holder in holders if holder.__name__ != "demijohn")
        for held in (self.__dict__.get(name), value):
            origin = sys.modules.get(getattr(held, "__module__", None) or "")
            if (
                origin is not None
                and origin not in holders
                and origin.__name__.startswith(inner)
                and name in vars(origin)
            ):
                holders.append(origin)
        return holders


class AliasFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Find Flask's modules, and the metadata of its distribution.

    Args:
        package: The package whose modules `iter_modules` lists.
    """

    def __init__(self, package: str = "") -> None:
        self._package = package

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of an alias module, or None for any other name."""
        if fullname not in HOMES:
            return None
        spec = importlib.machinery.ModuleSpec(fullname, self, is_package=fullname in _PACKAGES)
        if spec.submodule_search_locations is not None:
            # No folder: the real modules are never found below it, and `pkgutil` asks `_list_modules`.
            spec.submodule_search_locations.append(f"{_NOWHERE}{fullname}")
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> AliasModule:
        """Return an empty alias module."""
        return AliasModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Fill an alias module from its homes."""
        for home_name in HOMES[module.__name__]:
            home = importlib.import_module(home_name)
            names = {
                name: value
                for name, value in vars(home).items()
                if not name.startswith("__")
                and not (isinstance(value, ModuleType) and value.__name__.startswith("demijohn"))
            }
            module.__dict__.update(names, __doc__=home.__doc__, __file__=home.__file__)

    def iter_modules(self, prefix: str = "") -> Iterable[tuple[str, bool]]:
        """Yield name and kind of each module of the package, for `pkgutil`."""
        for full_name in HOMES:
            parent, _, name = full_name.rpartition(".")
            if parent == self._package:
                yield prefix + name, full_name in _PACKAGES

    def find_distributions(
        self, context: importlib.metadata.DistributionFinder.Context | None = None
    ) -> Iterable[importlib.metadata.Distribution]:
        """Yield the metadata of Flask when its distribution is asked for."""
        if context is not None and context.name is not None and context.name.lower() == "flask":
            yield AliasDistribution()


class AliasDistribution(importlib.metadata.Distribution):
    """Tell the version of Flask to whoever asks for it."""

    def read_text(self, filename: str) -> str | None:
        """Return the text of a metadata file, or None where there is none."""
        if filename == "METADATA":
            return f"Metadata-Version: 2.1\nName: Flask\nVersion: {FLASK_VERSION}\n"
        return None

    def locate_file(self, path: Any) -> Any:
        """Return the path of a file of the distribution."""
        return Path(__file__).parent / path


def install() -> None:
    """Put the alias in the place of Flask, once.

    Raises:
        RuntimeError: The real Flask was imported before.
    """
    loaded = sys.modules.get("flask")
    # By name, since reloading this module makes another class.
    if type(loaded).__name__ == AliasModule.__name__:
        return
    if loaded is not None:
        raise RuntimeError(
            f"The real flask was imported before demijohn.as_flask, by {_find_importer(loaded)}."
            " Objects of both would meet in one process. Import demijohn.as_flask first, or"
            " start the application by the `demijohn` command, which does."
        )
    sys.meta_path.insert(0, AliasFinder())
    sys.path_hooks.append(_list_modules)  # type: ignore[arg-type]  # `pkgutil` asks no more of it
    for name in HOMES:
        if name not in _TOOLS:
            importlib.import_module(name)


def _list_modules(entry: str) -> AliasFinder:
    """Return what lists the modules of one of the packages."""
    if not entry.startswith(_NOWHERE):
        raise ImportError(f"{entry!r} is no package of the alias.")
    return AliasFinder(entry.removeprefix(_NOWHERE))


def _find_importer(flask: ModuleType) -> str:
    """Return the name of the first module that holds something of Flask's."""
    modules = [(name, module) for name, module in list(sys.modules.items()) if hasattr(module, "__dict__")]
    own = [module for name, module in modules if name.partition(".")[0] == "flask"]
    # By identity, since asking a proxy of Flask's for anything may raise.
    theirs = {id(value) for module in own for value in vars(module).values() if _is_flasks(value)} | set(map(id, own))
    for name, module in modules:
        if name.partition(".")[0] not in {"flask", "demijohn", "werkzeug"} and not theirs.isdisjoint(
            map(id, vars(module).values())
        ):
            return f"the module {name!r}"
    return "a module that is gone again"


def _is_flasks(value: Any) -> bool:
    """Say whether Flask made an object: its own classes and functions, and its proxies."""
    return type(value).__name__ == "LocalProxy" or str(getattr(value, "__module__", "")).startswith("flask.")


def _load(target: str) -> Any:
    """Return what "module" or "module:name" stands for."""
    module, _, name = target.partition(":")
    loaded = importlib.import_module(module)
    return getattr(loaded, name) if name else loaded


install()
