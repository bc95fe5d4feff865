"""What pip installs: the wheel's files, what it brings along, and the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CORE = {"blinker", "click", "itsdangerous", "jinja2", "markupsafe", "werkzeug"}
ALLOWED = CORE | {"msgspec", "granian", "colorama"}


@dataclass
class Installation:
    """An environment in which the wheel is installed and nothing else."""

    wheel: Path
    folder: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment outside the repository."""
        program = self.folder / "bin" / command[0]
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FLASK"))}
        return subprocess.run(
            [program, *command[1:]], cwd=self.folder, env=clean, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def installation(tmp_path_factory) -> Installation:
    """Build the wheel and install it into an empty environment."""
    folder = tmp_path_factory.mktemp("packaging")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(build, check=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False)
    subprocess.run([*pip, "--python", str(folder / "venv"), "install", str(wheel)], check=True)
    return Installation(wheel, folder / "venv")


def test_wheel_holds_the_package_and_nothing_else(installation):
    """The wheel has the package, its py.typed, the licence and the metadata."""
    names = zipfile.ZipFile(installation.wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"demijohn"}
    assert "demijohn/py.typed" in names
    assert [name for name in names if name.endswith("/LICENSE")] != []
    assert [name for name in names if "__pycache__" in name] == []


def test_wheel_holds_every_source_file(installation):
    """No file of the package is left out of the wheel."""
    sources = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src").rglob("*.py")}
    assert sources - set(zipfile.ZipFile(installation.wheel).namelist()) == set()


def test_only_listed_packages_come_along(installation):
    """Installing Demijohn installs its core dependencies, and no other package than docs/dependencies.md lists."""
    pip = [sys.executable, "-m", "pip", "--python", str(installation.folder), "list", "--format", "json"]
    listed = json.loads(subprocess.run(pip, capture_output=True, text=True, check=True).stdout)
    names = {entry["name"].lower() for entry in listed} - {"demijohn", "pip", "setuptools"}
    assert names >= CORE
    assert names - ALLOWED == set()


def test_every_dependency_is_explained():
    """docs/dependencies.md has a line on every dependency that pyproject.toml names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [item for group in project["optional-dependencies"].values() for item in group]
    names = [item.split(">")[0].split("~")[0].split("=")[0] for item in [*project["dependencies"], *extras]]
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    assert [name for name in names if f"**{name}**" not in page] == []


@pytest.mark.parametrize("name", ["demijohn", "demijohn.as_flask", "demijohn.cli", "demijohn.testing"])
def test_import_in_an_empty_environment(installation, name):
    """The package can be imported where nothing but its dependencies is installed, with every warning an error."""
    run = installation.run("python", "-W", "error", "-c", f"import {name}")
    assert (run.returncode, run.stderr) == (0, "")


def test_alias_serves_flask_where_flask_is_not_installed(installation):
    """`from flask import Flask` gives Demijohn's class once the alias is there."""
    program = "import demijohn.as_flask, demijohn, flask; print(flask.Flask is demijohn.Flask)"
    run = installation.run("python", "-c", program)
    assert (run.stdout.strip(), run.stderr) == ("True", "")


def test_command_tells_its_version(installation):
    """`demijohn --version` names Demijohn's version and that of Flask's API."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    run = installation.run("demijohn", "--version")
    assert run.returncode == 0, run.stderr
    assert version in run.stdout
    assert "3.1.3" in run.stdout
