"""The two packages that are compared, and the apps built on each of them.

`THEIRS` is real Flask.
`OURS` is Demijohn, or whatever package the variable `DEMIJOHN_DIFFERENTIAL_OURS` names: with `flask`
both sides are Flask, which checks this harness (a request that cannot be repeated shows as a difference).
"""

from __future__ import annotations

import importlib
import os
from functools import cache
from typing import Any

from tests.differential.apps import build
from tests.differential.apps.hosts import HOST_VARIANTS, build_hosts, build_trusted
from tests.differential.variants import VARIANTS

THEIRS: Any = importlib.import_module("flask")
OURS: Any = importlib.import_module(os.environ.get("DEMIJOHN_DIFFERENTIAL_OURS", "demijohn"))

BUILDERS = {"main": build, "hosts": build_hosts, "trusted": build_trusted}


@cache
def pair(kind: str = "main", variant: str = "plain") -> tuple[Any, Any]:
    """Build one app on each side.

    Args:
        kind: A name in `BUILDERS`.
        variant: A name in `VARIANTS`, or in `HOST_VARIANTS` for the app of hosts.

    Returns:
        The app on Flask and the app on Demijohn.
    """
    options = HOST_VARIANTS[variant] if kind == "hosts" else VARIANTS[variant]
    return BUILDERS[kind](THEIRS, **options), BUILDERS[kind](OURS, **options)
