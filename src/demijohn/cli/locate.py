"""Find and import the application that a command line names.

A name has up to three parts, `folder/module:attribute`: where to import
from, what to import, and which application or factory in it is meant.
What is left out is looked for under the customary names.  What a command
does with the application is in `script`; options are in `options`.
"""

from __future__ import annotations

import ast
import inspect
import os
import sys
import traceback
import typing as t
from pathlib import Path
from types import ModuleType

import click

from demijohn.app import Flask

#: Attributes that hold an application by custom, in order of preference.
APP_NAMES = ("app", "application")

#: Attributes that hold an application factory by custom.
FACTORY_NAMES = ("create_app", "make_app")

FOREIGN_HINT = (
    " It does hold an application of the installed Flask package, which was imported before Demijohn"
    " stood in for it: run it with the 'demijohn' command, or import 'demijohn.as_flask' before anything"
    " that imports 'flask'."
)


class NoAppException(click.UsageError):
    """Tell that no application could be found or loaded."""


def find_best_app(module: ModuleType) -> Flask:
    """Return the application that a module most likely offers.

    An application called `app` or `application` comes first, then the only
    application there is, then what `create_app` or `make_app` returns.

    Args:
        module: The imported module to look through.

    Raises:
        NoAppException: There is none, there are several, or the factory
            wants arguments.
    """
    for name in APP_NAMES:
        candidate = getattr(module, name, None)
        if isinstance(candidate, Flask):
            return candidate
    found = {name: value for name, value in module.__dict__.items() if isinstance(value, Flask)}
    if len(found) > 1:
        raise NoAppException(
            f"Module {module.__name__!r} holds {len(found)} applications ({', '.join(found)}), and none of them"
            f" is called 'app' or 'application'. Choose one, as in '{module.__name__}:{next(iter(found))}'."
        )
    if found:
        return next(iter(found.values()))
    for name in FACTORY_NAMES:
        factory = getattr(module, name, None)
        if inspect.isfunction(factory):
            candidate = _call_factory(
                factory,
                f"Factory {name!r} in module {module.__name__!r} cannot be called without arguments."
                f" Give them, as in '{module.__name__}:{name}(...)'.",
            )
            if isinstance(candidate, Flask):
                return candidate
    raise NoAppException(
        f"Module {module.__name__!r} holds no Flask application and no factory called 'create_app' or 'make_app'"
        f" that returns one. Say which attribute is meant, as in '{module.__name__}:name'."
        + _hint_at_foreign(*module.__dict__.values())
    )


def find_app_by_string(module: ModuleType, app_name: str) -> Flask:
    """Return the application that an expression names in a module.

    Args:
        module: The imported module.
        app_name: An attribute's name, or a call of a factory with literal
            arguments such as `create_app("dev", debug=True)`.

    Raises:
        NoAppException: The expression is not of that form, the attribute
            does not exist, or it does not give an application.
    """
    name, arguments, keywords = _parse_reference(app_name)
    try:
        target = getattr(module, name)
    except AttributeError as error:
        raise NoAppException(
            f"Module {module.__name__!r} has no attribute {name!r}. Check the part after the colon of the"
            " application's name."
        ) from error
    app = target
    # Only a plain function is taken for a factory; an application is a
    # callable as well, and calling it here would be a request.
    if inspect.isfunction(target):
        app = _call_factory(
            target,
            f"Factory {app_name!r} in module {module.__name__!r} does not accept these arguments."
            " Compare them with its signature.",
            *arguments,
            **keywords,
        )
    if isinstance(app, Flask):
        return app
    raise NoAppException(
        f"'{module.__name__}:{app_name}' is not a Flask application but of type {type(app).__name__!r}."
        " Name an application, or a factory that returns one." + _hint_at_foreign(app)
    )


def prepare_import(path: str) -> str:
    """Make a file importable and return the name to import it by.

    The folder that holds the outermost package (or the file itself) is put
    first on `sys.path`.

    Args:
        path: A file, a folder, or a dotted name, with or without `.py`.
    """
    location = Path(os.path.realpath(path))
    if location.suffix == ".py":
        location = location.with_suffix("")
    if location.name == "__init__":
        location = location.parent
    parts = [location.name]
    folder = location.parent
    for folder in location.parents:
        if not (folder / "__init__.py").exists():
            break
        parts.append(folder.name)
    if sys.path[0] != str(folder):
        sys.path.insert(0, str(folder))
    return ".".join(reversed(parts))


@t.overload
def locate_app(module_name: str, app_name: str | None, raise_if_not_found: t.Literal[True] = True) -> Flask: ...


@t.overload
def locate_app(module_name: str, app_name: str | None, raise_if_not_found: bool = ...) -> Flask | None: ...


def locate_app(module_name: str, app_name: str | None, raise_if_not_found: bool = True) -> Flask | None:
    """Import a module and return the application in it.

    Args:
        module_name: The dotted name to import.
        app_name: What to take from the module; None for the best guess.
        raise_if_not_found: Whether a module that does not exist is an
            error, or answered with None.

    Raises:
        NoAppException: The module does not exist, an import inside it
            failed, or it holds no application.
    """
    try:
        __import__(module_name)
    except ImportError as error:
        # The import statement's own frame is the only one in the traceback
        # when the module itself is what is missing.
        if error.__traceback__ is not None and error.__traceback__.tb_next is not None:
            raise NoAppException(
                f"Module {module_name!r} exists, but an import inside it failed:\n\n{traceback.format_exc()}"
            ) from None
        if raise_if_not_found:
            raise NoAppException(
                f"Could not import {module_name!r}: {error}. Check its spelling, and that it lies in the folder"
                f" {sys.path[0]!r} or elsewhere on Python's path."
            ) from None
        return None
    module = sys.modules[module_name]
    return find_best_app(module) if app_name is None else find_app_by_string(module, app_name)


def _call_factory(factory: t.Callable[..., t.Any], complaint: str, *arguments: t.Any, **keywords: t.Any) -> t.Any:
    try:
        return factory(*arguments, **keywords)
    except TypeError as error:
        if not _called_with_wrong_args(factory):
            raise
        raise NoAppException(complaint) from error


def _called_with_wrong_args(f: t.Callable[..., Flask]) -> bool:
    """Tell whether the error being handled arose in calling, not in, `f`."""
    frames = traceback.walk_tb(sys.exc_info()[2])
    code = getattr(f, "__code__", None)
    return all(frame.f_code is not code for frame, _ in frames)


def _parse_reference(text: str) -> tuple[str, list[t.Any], dict[str, t.Any]]:
    """Split `name` or `name(literal, key=literal)` into its parts."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        node = None
    if isinstance(node, ast.Name):
        return node.id, [], {}
    if not isinstance(node, ast.Call):
        raise NoAppException(
            f"{text!r} is neither an attribute's name nor a call. Write 'module:name' or 'module:factory(arguments)'."
        )
    if not isinstance(node.func, ast.Name):
        raise NoAppException(
            f"The factory in {text!r} has to be a plain name, without dots. Import it into the module."
        )
    try:
        arguments = [ast.literal_eval(argument) for argument in node.args]
        keywords = {_get_keyword(item): ast.literal_eval(item.value) for item in node.keywords}
    except ValueError:
        raise NoAppException(
            f"The arguments in {text!r} have to be literals, such as strings in quotes, numbers, lists or True."
        ) from None
    return node.func.id, arguments, keywords


def _get_keyword(item: ast.keyword) -> str:
    if item.arg is None:
        raise ValueError("'**' has no literal value")
    return item.arg


def _hint_at_foreign(*values: object) -> str:
    """Return an explanation if an application of the real Flask is there."""
    classes = (base for value in values for base in type(value).__mro__)
    has_foreign = any((base.__module__, base.__name__) == ("flask.app", "Flask") for base in classes)
    return FOREIGN_HINT if has_foreign else ""
