"""Name the models of a document, each by a name of its own.

A model is called as its class is, as long as no other is; then modules go
before the names of all that share one, so that none depends on the order in
which they were found.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_origin

#: What may stand in the name of a component (OpenAPI 3.1, section 4.8.7.1).
_spoil = re.compile(r"[^A-Za-z0-9._-]+")


def find_title(model: Any) -> str:
    """Return what a model is called by itself, such as `Page[Item]`."""
    arguments = get_args(model)
    if not arguments:
        return getattr(model, "__name__", None) or repr(model)
    return f"{find_title(model.__origin__)}[{', '.join(map(find_title, arguments))}]"


def choose_names(models: Sequence[Any]) -> dict[Any, str]:
    """Return a name for each model.

    Args:
        models: Classes, and generic ones with their arguments.
    """
    classes = dict.fromkeys(get_origin(model) or model for model in models)
    groups: defaultdict[str, list[Any]] = defaultdict(list)
    for model in classes:
        groups[_find_name(model)].append(model)
    names: dict[Any, str] = {}
    for sharing in groups.values():
        names.update(_tell_apart(sharing))
    taken: set[str] = set()
    return {model: make_unique(_compose_name(model, names), taken) for model in models}


def make_unique(name: str, taken: set[str]) -> str:
    """Return a name that is not taken, and take it.

    Args:
        name: The name, which gets a number behind it if it must.
        taken: The names that are taken.
    """
    unique, number = name, 1
    while unique in taken:
        number += 1
        unique = f"{name}_{number}"
    taken.add(unique)
    return unique


def _tell_apart(models: Sequence[Any]) -> dict[Any, str]:
    """Name models with as many modules before each name as tell them apart."""
    if len(models) == 1:
        return {models[0]: _find_name(models[0])}
    most = max(len(_list_modules(model)) for model in models)
    counts = {number: len({_find_name(model, number) for model in models}) for number in range(most + 1)}
    parts = min(counts, key=lambda number: (-counts[number], number))
    return {model: _find_name(model, parts) for model in models}


def _find_name(model: Any, parts: int = 0) -> str:
    """Return a class's name behind some parts of where it is from."""
    name = _spoil.sub("_", find_title(model)).strip("_")
    return ".".join([*_list_modules(model)[-parts:], name] if parts else [name])


def _compose_name(model: Any, names: Mapping[Any, str]) -> str:
    """Return the name of a class, with those of its arguments behind it."""
    parts = (get_origin(model), *get_args(model)) if get_args(model) else (model,)
    return "_".join(names.get(part) or _find_name(part) for part in parts)


def _list_modules(model: Any) -> list[str]:
    """Return the modules, and the classes and functions, that a class is in."""
    inside = getattr(model, "__qualname__", "").replace(".<locals>", "").split(".")[:-1]
    return [*getattr(model, "__module__", "").split("."), *inside]
