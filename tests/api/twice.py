"""Load a file that is written for Flask on Flask and on Demijohn."""

from __future__ import annotations
import __future__

import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import flask
import flask.json.provider
import flask.typing
import flask.views
import pytest

import demijohn
import demijohn.json.provider
import demijohn.typing
import demijohn.views

APPS = Path(__file__).parent / "apps"

#: What `flask` and its modules are on each side.
SIDES = {
    "flask": {
        "flask": flask,
        "flask.json.provider": flask.json.provider,
        "flask.typing": flask.typing,
        "flask.views": flask.views,
    },
    "demijohn": {
        "flask": demijohn,
        "flask.json.provider": demijohn.json.provider,
        "flask.typing": demijohn.typing,
        "flask.views": demijohn.views,
    },
}


@cache
def load(name: str, side: str, *, texts: bool) -> ModuleType:
    """Load a file of `apps`.

    Args:
        name: The file's name without its end.
        side: A key of `SIDES`.
        texts: Whether all its annotations are texts, as `from __future__ import annotations` makes them.

    Returns:
        The module, the same for each call.
    """
    path = APPS / f"{name}.py"
    flags = __future__.annotations.compiler_flag if texts else 0
    code = compile(path.read_text(encoding="utf-8"), str(path), "exec", flags=flags, dont_inherit=True)
    module = ModuleType(f"{name}_on_{side}_{'texts' if texts else 'objects'}")
    with pytest.MonkeyPatch.context() as patch:
        for alias, home in SIDES[side].items():
            patch.setitem(sys.modules, alias, home)
        sys.modules[module.__name__] = module  # dataclasses and pydantic look there for names
        exec(code, vars(module))
    return module
