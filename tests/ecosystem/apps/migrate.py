"""A cellar whose tables grow with Flask-Migrate: up, down and back, inside one process and by command."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, jsonify, request
from flask_migrate import Migrate, downgrade, upgrade
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.typing import ResponseReturnValue

    from apps import Step


def create_app(folder: str, version: int = 1) -> Flask:
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{folder}/cellar.sqlite"

    class Base(DeclarativeBase):
        pass

    db = SQLAlchemy(app, model_class=Base)
    Migrate(app, db, directory=f"{folder}/migrations", render_as_batch=True)
    bottle = define_models(db, version)

    @app.route("/bottles", methods=["GET", "POST"])
    def bottles() -> ResponseReturnValue:
        if request.method == "POST":
            db.session.add(bottle(**request.get_json()))
            db.session.commit()
        columns = [column.key for column in bottle.__table__.columns]
        found = db.session.scalars(db.select(bottle).order_by(bottle.id))
        return jsonify([{name: getattr(item, name) for name in columns} for item in found])

    return app


def define_models(db: SQLAlchemy, version: int) -> type:
    class Bottle(db.Model):
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(String(40))
        if version == 1:
            size: Mapped[int | None]
        else:
            vintage: Mapped[int | None] = mapped_column(index=True)
            cellar_id: Mapped[int | None] = mapped_column(ForeignKey("cellar.id", name="fk_cellar"))

    if version == 2:

        class Cellar(db.Model):
            id: Mapped[int] = mapped_column(primary_key=True)
            place: Mapped[str] = mapped_column(unique=True)

    return Bottle


def describe_tables(folder: str) -> list[str]:
    connection = sqlite3.connect(f"{folder}/cellar.sqlite")
    try:
        return [row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL ORDER BY name")]
    finally:
        connection.close()


def drive(app: Flask, folder: str) -> Iterator[Step]:
    later = create_app(folder, version=2)
    yield from drive_first_version(app, folder)
    yield from drive_second_version(later, folder)
    yield from drive_functions(later, folder)
    yield from drive_command(folder)


def drive_first_version(app: Flask, folder: str) -> Iterator[Step]:
    runner = app.test_cli_runner()
    yield "help", runner.invoke(args=["db", "--help"])
    yield "upgrade before init", runner.invoke(args=["db", "upgrade"]).exit_code
    yield "init", runner.invoke(args=["db", "init"])
    yield "files", sorted(str(path.relative_to(folder)) for path in Path(folder, "migrations").rglob("*.*"))
    yield "init again", runner.invoke(args=["db", "init"])
    yield "migrate", runner.invoke(args=["db", "migrate", "-m", "first bottles", "--rev-id", "aaa"])
    yield "script", Path(folder, "migrations/versions/aaa_first_bottles.py").read_text()
    yield "current before", runner.invoke(args=["db", "current"])
    yield "upgrade", runner.invoke(args=["db", "upgrade"])
    yield "tables", describe_tables(folder)
    yield "migrate without changes", runner.invoke(args=["db", "migrate", "--rev-id", "none"])
    client = app.test_client()
    yield "create", client.post("/bottles", json={"name": "Chianti", "size": 75})


def drive_second_version(app: Flask, folder: str) -> Iterator[Step]:
    runner, client = app.test_cli_runner(), app.test_client()
    yield "query before the upgrade", client.get("/bottles")
    yield "check finds changes", runner.invoke(args=["db", "check"]).exit_code
    yield "migrate again", runner.invoke(args=["db", "migrate", "-m", "vintage & cellar", "--rev-id", "bbb"])
    yield "second script", Path(folder, "migrations/versions/bbb_vintage_cellar.py").read_text()
    yield "upgrade as SQL", runner.invoke(args=["db", "upgrade", "--sql", "aaa"])
    yield "upgrade again", runner.invoke(args=["db", "upgrade"])
    yield "rows survive", client.get("/bottles")
    yield "create with a vintage", client.post("/bottles", json={"name": "Barolo", "vintage": 2016})
    for command in ("current", "history", "heads", "branches"):
        yield command, runner.invoke(args=["db", command])
    yield "show", runner.invoke(args=["db", "show", "bbb"])
    yield "downgrade", runner.invoke(args=["db", "downgrade"])
    yield "tables after downgrade", describe_tables(folder)
    yield "query after the downgrade", client.get("/bottles")


def drive_functions(app: Flask, folder: str) -> Iterator[Step]:
    with app.app_context():
        upgrade()
        yield "tables after upgrade()", describe_tables(folder)
        downgrade(revision="base")
        yield "tables after downgrade() to base", describe_tables(folder)
    runner = app.test_cli_runner()
    yield "stamp", runner.invoke(args=["db", "stamp", "aaa"])
    yield "current after stamp", runner.invoke(args=["db", "current"])
    yield "stamp base", runner.invoke(args=["db", "stamp", "base"])
    yield "unknown revision", runner.invoke(args=["db", "upgrade", "zzz"])


def run_command(folder: str, *arguments: str) -> dict[str, object]:
    """Run the command that belongs to the side under test, as a user does in a shell."""
    command = Path(sys.executable).with_name(os.environ["ECOSYSTEM_COMMAND"])
    app = f"apps.migrate:create_app('{folder}', version=2)"
    finished = subprocess.run(
        [command, "--app", app, "db", *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    return {"code": finished.returncode, "out": finished.stdout, "err": finished.stderr.splitlines()}


def drive_command(folder: str) -> Iterator[Step]:
    yield "command: upgrade", run_command(folder, "upgrade")
    yield "command: current", run_command(folder, "current", "--verbose")
    yield "command: downgrade", run_command(folder, "downgrade", "aaa")
    yield "command: tables", describe_tables(folder)
    yield "command: history", run_command(folder, "history", "--indicate-current")
    yield "command: no such", run_command(folder, "sideways")["code"]
