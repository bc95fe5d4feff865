"""Flask apps that send models, or call views, in a way of their own; written for Flask alone."""

import dataclasses
import datetime as dt
import inspect
from typing import Any

import msgspec
import pydantic
from flask import Blueprint, Flask, g, jsonify, request
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue

WHEN = dt.datetime(2026, 1, 31, 12, 30)  # Flask takes it without a zone


@dataclasses.dataclass
class Item:
    name: str
    at: dt.datetime = WHEN


class Form(pydantic.BaseModel):
    name: str
    at: dt.datetime = WHEN


class Payload(msgspec.Struct):
    name: str
    at: dt.datetime = WHEN


class Sending(Flask):
    """Make responses of models."""

    def make_response(self, rv: Any) -> Any:
        if isinstance(rv, pydantic.BaseModel):
            rv = {"form": rv.model_dump()}
        if dataclasses.is_dataclass(rv):
            rv = jsonify(item=rv)
        return super().make_response(rv)


class Provider(DefaultJSONProvider):
    """Write models and dates in a way of its own."""

    @staticmethod
    def default(o: Any) -> Any:
        if isinstance(o, pydantic.BaseModel):
            return o.model_dump()
        if isinstance(o, msgspec.Struct):
            return {"struct": msgspec.to_builtins(o)}
        return o.isoformat(" ") if isinstance(o, dt.datetime) else DefaultJSONProvider.default(o)


class Writing(Flask):
    """Write JSON by that."""

    json_provider_class = Provider


class Giving(Flask):
    """Give views what their annotations name, as injectors do."""

    def dispatch_request(self) -> ResponseReturnValue:
        view = self.view_functions[request.url_rule.endpoint]
        wanted = {name for name in inspect.signature(view).parameters if name not in request.view_args}
        return self.ensure_sync(view)(**dict.fromkeys(wanted, Item("given", None)), **request.view_args)


def fill(app: Flask) -> Flask:
    """Add the same views to each."""

    @app.get("/item")
    def item() -> Item:
        return Item("x") if isinstance(app, Sending) else {"name": "x", "at": WHEN, "more": 1}

    @app.get("/form")
    def form() -> Form:
        return Form(name="x") if isinstance(app, Sending) else {"name": "x", "at": WHEN, "more": 1}

    @app.get("/items/<int:number>")
    def items(number: int) -> list[Item]:
        return [Item("x"), {"number": number}]

    @app.get("/forms")
    def forms() -> list[Form]:
        return [Form(name="x")] if isinstance(app, Writing) else [{"name": "x", "more": 1}]

    @app.get("/payloads")
    def payloads() -> dict[str, Payload]:
        return {"b": Payload("x"), "a": Payload("y")} if isinstance(app, Writing) else {"name": "x", "more": 1}

    if isinstance(app, Giving):

        @app.get("/given/<int:number>")
        def given(item: Item, number: int, other: Item) -> dict[str, Any]:
            return {"item": item, "number": number, "other": other}

    return app


def load_member(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Put a model where the URL had its number."""
    if values and "number" in values:
        values["item"] = Item(f"number {values.pop('number')}", None)


members = Blueprint("members", __name__, url_prefix="/members/<int:number>")
members.url_value_preprocessor(load_member)


@members.before_request
def load_other() -> None:
    request.view_args["other"] = g.other = Item("other", None)


@members.get("/")
def member(item: Item, other: Item) -> dict[str, Any]:
    return {"item": item, "is other": other is g.other}


apps = {kind.__name__: fill(kind("apps")) for kind in (Sending, Writing, Giving)}
apps["Blueprint"] = Flask("apps")
apps["Blueprint"].register_blueprint(members)
