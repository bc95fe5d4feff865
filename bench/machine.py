"""Describe where figures come from: the machine, the interpreter, the versions."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from .process import ROOT

_PACKAGES = (
    "demijohn", "flask", "werkzeug", "jinja2", "itsdangerous", "asgiref", "falcon", "bottle", "django", "quart",
    "starlette", "fastapi", "pydantic", "litestar", "blacksheep", "emmett", "granian", "gunicorn", "waitress",
    "uvicorn", "uvloop", "httptools", "websockets",
)  # fmt: skip


def describe() -> dict[str, Any]:
    """Give the machine, the interpreter and the versions of packages."""
    return {
        "processor": _find_processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "commit": _find_commit(),
        "versions": {name: version for name in _PACKAGES if (version := _find_version(name))},
    }


def stamp() -> dict[str, Any]:
    """Give the moment, and how busy the machine is at it."""
    now = dt.datetime.now(tz=dt.UTC)
    return {"date": now.strftime("%Y-%m-%d %H:%M UTC"), "load": round(os.getloadavg()[0], 2)}


def _find_processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _find_commit() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _find_version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
