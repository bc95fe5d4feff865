"""Record what an app of an extension answers with typed views in the same app.

    python beside.py {demijohn|asgi|rsgi} <name> <folder>

It is `record.py` of `tests/ecosystem`, with typed views added to the app that it makes, and steps for them at the end.
"""

# ruff: noqa: I001 - what is imported first decides what the others find

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "ecosystem"))

import record  # it keeps time and entropy still, before anything else keeps a reference to them

import dataclasses
import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import demijohn.as_flask  # noqa: F401 - the extensions find it as `flask`
from demijohn import Blueprint, Depends, Header, Query, Secret
from demijohn.views import MethodView

if TYPE_CHECKING:
    from demijohn import Flask

typed = Blueprint("typed_views", __name__, url_prefix="/typed-views")


@dataclasses.dataclass
class Order:
    item: str
    count: int = 1
    password: Secret[str] = ""


@dataclasses.dataclass
class Receipt:
    shop: int
    item: str
    dry_run: bool


@dataclasses.dataclass
class Row(Receipt):
    secret: str = "never told"


def find_agent(user_agent: Header[str] = "none") -> Iterator[str]:
    """Yield the name of the client's program."""
    yield user_agent.partition("/")[0]


@typed.post("/orders/<int:shop>")
def create(shop: int, order: Order, dry_run: Query[bool] = False) -> Receipt:
    """Return more than is to be sent."""
    return Row(shop, order.item, dry_run)


@typed.get("/agent")
def show_agent(agent: Annotated[str, Depends(find_agent)]) -> dict[str, str]:
    """Show what a dependency found."""
    return {"agent": agent}


class Receipts(MethodView):
    def get(self, size: Query[int]) -> list[Receipt]:
        return [Row(number, "x", True) for number in range(size)]


typed.add_url_rule("/receipts", view_func=Receipts.as_view("receipts"))


def add_to(name: str) -> None:
    """Let an app's module make its app with the typed views, and visit them at the end."""
    module: Any = importlib.import_module(f"apps.{name}")
    create_app, drive = module.create_app, module.drive

    def create_with_typed_views(folder: str) -> Flask:
        app: Flask = create_app(folder)
        app.register_blueprint(typed)
        return app

    def drive_to_the_end(app: Flask, folder: str) -> Iterator[Any]:
        yield from drive(app, folder)
        client = app.test_client()
        url = "/typed-views/orders/7"
        yield "typed", client.post(f"{url}?dry_run=true", json={"item": "é"})
        yield "typed wrong", client.post(f"{url}?dry_run=perhaps", json={"count": "x", "password": 3})
        yield "typed malformed", client.post(url, data="{", content_type="application/json")
        yield "typed form", client.post(url, data={"item": "x"})
        yield "typed dependency", client.get("/typed-views/agent")
        yield "typed method", client.get("/typed-views/receipts?size=2")

    module.create_app, module.drive = create_with_typed_views, drive_to_the_end


if __name__ == "__main__":
    add_to(sys.argv[2])
    record.main(*sys.argv[1:])
