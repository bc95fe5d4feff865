"""Run a test in a process of its own, in which the alias can be installed without touching any other test."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def in_alias(test):
    """Have a test run in a process of its own, where `demijohn.as_flask` is imported first."""

    @functools.wraps(test)
    def run_there():
        program = f"import demijohn.as_flask, {test.__module__} as tests; tests.{test.__name__}.__wrapped__()"
        finished = run_python(program)
        assert finished.returncode == 0, f"\n{finished.stdout}{finished.stderr}"

    return run_there


def run_python(program, *arguments, **variables):
    """Run a program, with every warning an error, and return how it ended."""
    command = [sys.executable, "-W", "error", "-c", program, *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FLASK_")}
    environment |= {"PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
