"""Time what a first import costs, beside an interpreter that imports nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from .process import ROOT, build_environment

STATEMENTS = {
    "demijohn": "import demijohn",
    "flask": "import flask",
    "falcon": "import falcon",
    "bottle": "import bottle",
    "django": "import django.core.wsgi, django.http, django.urls",
    "quart": "import quart",
    "starlette": "import starlette.applications, starlette.routing, starlette.responses",
    "fastapi": "import fastapi",
    "litestar": "import litestar",
    "blacksheep": "import blacksheep",
    "falcon_asgi": "import falcon.asgi",
    "emmett": "import emmett",
}
"""What an app of each framework imports at least."""

_COUNT = """
import sys
before = set(sys.modules)
{statement}
modules = len(set(sys.modules) - before)
with open("/proc/self/statm") as file:
    pages = int(file.read().split()[1])
import json, resource
print(json.dumps(dict(modules=modules, rss=pages * resource.getpagesize())))
"""


def count_steps(rounds: int) -> int:
    """Say how often `measure` will tell that it has come further."""
    return rounds


def measure(peers: list[str], rounds: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Time imports.

    Args:
        peers: Whose imports; those without one are left out.
        rounds: How often each; the least time counts.
        tell: Called before every round with what is going on.

    Returns:
        By peer: `ms`, the milliseconds above an empty interpreter, `modules`
        and `rss`, the bytes of resident memory after the import.
    """
    statements = {name: STATEMENTS[name] for name in peers if name in STATEMENTS}
    counted = {name: json.loads(_run(_COUNT.format(statement=text))[1]) for name, text in statements.items()}
    least = dict.fromkeys(["", *statements], float("inf"))
    for number in range(rounds):
        tell(f"imports: round {number + 1} of {rounds}")
        for name in least:
            least[name] = min(least[name], _run(statements.get(name, "pass"))[0])
    return {
        name: {"ms": round((least[name] - least[""]) * 1000, 2), **counted[name], "statement": statements[name]}
        for name in statements
    } | {"empty": {"ms": round(least[""] * 1000, 2)}}


def _run(program: str) -> tuple[float, str]:
    """Run a program in a fresh interpreter; give its seconds and what it printed."""
    begin = perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=build_environment(), capture_output=True, text=True, check=True
    )
    return perf_counter() - begin, done.stdout
