"""Describe Flask's public names as data: what is there, of which kind, called with which parameters.

    python describe.py record               real Flask's names, as tests/data/flask_names.json holds them
    python describe.py alias < names.json   the same names as the alias gives them

Left out are names that no user holds on to: the standard library's, and type variables.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import typing
from types import ModuleType
from typing import Any

MODULES = (
    "flask",
    "flask.app",
    "flask.blueprints",
    "flask.cli",
    "flask.config",
    "flask.ctx",
    "flask.debughelpers",
    "flask.globals",
    "flask.helpers",
    "flask.json",
    "flask.json.provider",
    "flask.json.tag",
    "flask.logging",
    "flask.sansio",
    "flask.sansio.app",
    "flask.sansio.blueprints",
    "flask.sansio.scaffold",
    "flask.sessions",
    "flask.signals",
    "flask.templating",
    "flask.testing",
    "flask.typing",
    "flask.views",
    "flask.wrappers",
)

PRIVATE = frozenset({
    "_AppCtxGlobals", "_app_option", "_called_with_wrong_args", "_copy_environ", "_cv_app", "_cv_request",
    "_debug_option", "_default", "_default_template_ctx_processor", "_dump_loader_info", "_endpoint_from_view_func",
    "_env_file_callback", "_env_file_option", "_find_error_handler", "_get_source_explained", "_get_source_fast",
    "_lazy_sha1", "_method_route", "_path_is_ancestor", "_render", "_request_from_builder_args", "_set_app",
    "_set_debug", "_stream", "_validate_key",
})  # fmt: skip
"""Private names that published extensions, or Flask's own tests, hold on to."""

Entry = dict[str, Any]
Names = dict[str, dict[str, Entry]]


def describe_all() -> Names:
    """Describe every public name of every module of Flask."""
    modules = [importlib.import_module(name) for name in MODULES]
    return {module.__name__: {name: describe(value) for name, value in _list_public(module)} for module in modules}


def describe_recorded(recorded: Names) -> Names:
    """Describe the names of a record as this process has them; a name that is missing is left out."""
    found: Names = {}
    modules = {name: importlib.import_module(name) for name in recorded}
    for module_name, entries in recorded.items():
        module = modules[module_name]
        present = {name: entry for name, entry in entries.items() if hasattr(module, name)}
        found[module_name] = {name: describe(getattr(module, name), entry) for name, entry in present.items()}
    return found


def describe(value: Any, recorded: Entry | None = None) -> Entry:
    """Describe one object; with a record, of a class's members only those that the record has."""
    if isinstance(value, ModuleType):
        return {"kind": "module"}
    if inspect.isroutine(value):
        return {"kind": "function", "parameters": _write_parameters(value)}
    if not inspect.isclass(value):
        return {"kind": "value", "type": type(value).__name__}
    names = _list_members(value) if recorded is None else recorded.get("members", ())
    if not names:
        return {"kind": "class"}
    statics = {name: inspect.getattr_static(value, name) for name in names if hasattr(value, name)}
    members = {name: _describe_member(static) for name, static in statics.items()}
    return {"kind": "class", "parameters": _write_parameters(value), "members": members}


class _Marker:
    """Stand for a default that is no plain value."""

    def __repr__(self) -> str:
        return "<marker>"


def _describe_member(static: Any) -> Entry:
    if isinstance(static, staticmethod | classmethod):
        return {"kind": type(static).__name__, "parameters": _write_parameters(static.__func__)}
    if inspect.isfunction(static):
        return {"kind": "method", "parameters": _write_parameters(static)}
    return {"kind": "attribute", "value": repr(static)} if _is_plain(static) else {"kind": "attribute"}


def _write_parameters(value: Any) -> str | None:
    """Write the signature without annotations."""
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return None
    parameters = []
    for parameter in signature.parameters.values():
        default = parameter.default if _is_plain(parameter.default) else _Marker()
        default = parameter.empty if parameter.default is parameter.empty else default
        parameters.append(parameter.replace(annotation=parameter.empty, default=default))
    # Parameters that go by name alone have no order to keep; sorting is stable for all others.
    parameters.sort(key=lambda parameter: (parameter.kind, parameter.name if parameter.kind == 3 else ""))
    return str(signature.replace(parameters=parameters, return_annotation=signature.empty))


def _list_public(module: ModuleType) -> list[tuple[str, Any]]:
    is_typing = module.__name__ == "flask.typing"
    entries = [(name, value) for name, value in sorted(vars(module).items()) if _is_name_promised(name)]
    return [(name, value) for name, value in entries if (_is_alias(value) if is_typing else _is_value_promised(value))]


def _list_members(value: type) -> list[str]:
    """List the members that Flask's own classes define, inherited ones too."""
    own = [base for base in value.__mro__ if base.__module__.partition(".")[0] == "flask"]
    return sorted({name for base in own for name in vars(base) if _is_name_promised(name)})


def _is_name_promised(name: str) -> bool:
    return not name.startswith("_") or name in PRIVATE


def _is_value_promised(value: Any) -> bool:
    """Tell Flask's and its dependencies' objects from the standard library's; plain values are Flask's."""
    if isinstance(value, ModuleType):
        home = value.__name__
    elif inspect.isclass(value) or inspect.isroutine(value):
        home = value.__module__
    elif isinstance(value, dict | list | frozenset):
        return True
    else:
        home = (
            "flask" if type(value).__module__ in {"contextvars", "_contextvars", "logging"} else type(value).__module__
        )
    return home != "flask.typing" and home.partition(".")[0] not in sys.stdlib_module_names


def _is_alias(value: Any) -> bool:
    return type(value).__module__ == "typing" and (isinstance(value, typing.TypeVar) or hasattr(value, "__args__"))


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str | bytes)


if __name__ == "__main__":
    if sys.argv[1:] == ["alias"]:
        importlib.import_module("demijohn.as_flask")
        names = describe_recorded(json.load(sys.stdin))
    else:
        names = describe_all()
    json.dump(names, sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
