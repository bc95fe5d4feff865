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

        Those are the homes, and the module that defines the old object or,
        when a patch is undone, the new one.
        """
        if name.startswith("__") or isinstance(value, AliasModule):
            return []
        holders = [sys.modules[home] for home in HOMES[self.__name__]]
        for held in (self.__dict__.get(name), value):
            origin = sys.modules.get(getattr(held, "__module__", None) or "")
            if (
                origin is not None
                and origin not in holders
                and origin.__name__.startswith("demijohn.")
                and name in vars(origin)
            ):
                holders.append(origin)
        return holders


class AliasFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Find Flask's modules, and the metadata of its distribution."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of an alias module, or None for any other name.

        Raises:
            ModuleNotFoundError: Flask 3.1.3 has no module of that name.
        """
        if fullname in HOMES:
            is_package = fullname in _PACKAGES
            return importlib.machinery.ModuleSpec(fullname, self, is_package=is_package)
        if fullname.startswith("flask."):
            raise ModuleNotFoundError(
                f"No module named {fullname!r}: Demijohn stands in for Flask {FLASK_VERSION},"
                " which has none of that name.",
                name=fullname,
            )
        return None

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
    if isinstance(loaded, AliasModule):
        return
    if loaded is not None:
        raise RuntimeError(
            f"The real flask was imported before demijohn.as_flask, by {_find_importer(loaded)}."
            " Objects of both would meet in one process. Import demijohn.as_flask first, or"
            " start the application by the `demijohn` command, which does."
        )
    sys.meta_path.insert(0, AliasFinder())
    importlib.import_module("flask")


def _find_importer(flask: ModuleType) -> str:
    """Return the name of the first module that holds something of Flask's."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in {"flask", "demijohn"} or not isinstance(module, ModuleType):
            continue
        for value in list(vars(module).values()):
            origin = getattr(value, "__module__", None)
            if value is flask or (isinstance(origin, str) and origin.startswith("flask.")):
                return f"the module {name!r}"
    return "a module that is gone again"


def _load(target: str) -> Any:
    """Return what "module" or "module:name" stands for."""
    module, _, name = target.partition(":")
    loaded = importlib.import_module(module)
    return getattr(loaded, name) if name else loaded


install()
