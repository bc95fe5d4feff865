"""The example API passes its own tests, and type checkers find nothing in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[2]
ORDERS = ROOT / "examples" / "orders"


def run_program(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program in the folder of the example."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORDERS_", "PYTEST_", "FLASK_"))}
    return subprocess.run(command, cwd=ORDERS, env=kept | variables, capture_output=True, text=True, check=False)


def test_orders_through_all_doors(tmp_path):
    """Every test of the example passes, through each of the three doors."""
    report = tmp_path / "report.xml"
    options = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}", f"--basetemp={tmp_path / 'temporary'}"]
    run = run_program(sys.executable, "-m", "pytest", *options)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-6000:]
    cases = [case for case in ET.parse(report).iter("testcase") if not case.findall("*")]
    through = {door: sum(f"[{door}" in str(case.get("name")) for case in cases) for door in ("wsgi", "asgi", "rsgi")}
    assert through["wsgi"] > 60
    assert (through["asgi"], through["rsgi"]) == (through["wsgi"], through["wsgi"])


def test_mypy_accepts_orders(tmp_path):
    """`mypy --strict` has nothing to say about the example, which ignores nothing."""
    options = ["--strict", "--explicit-package-bases", "--cache-dir", str(tmp_path), "--python-version", "3.11"]
    run = run_program(sys.executable, "-m", "mypy", *options, "orders", MYPYPATH=f"{ROOT / 'src'}{os.pathsep}{ORDERS}")
    assert run.returncode == 0, run.stdout
    assert [path for path in ORDERS.rglob("*.py") if "type: ignore" in path.read_text("utf-8")] == []


def test_pyright_accepts_orders(tmp_path):
    """Pyright in its strict mode has nothing to say about the example either."""
    project = tmp_path / "pyrightconfig.json"
    settings = {
        "include": [str(ORDERS / "orders")],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "extraPaths": [str(ROOT / "src"), str(ORDERS)],
    }
    project.write_text(json.dumps(settings), "utf-8")
    python = ["--pythonpath", sys.executable]
    run = run_program(sys.executable, "-m", "basedpyright", "--project", str(project), *python)
    assert run.returncode == 0, run.stdout
