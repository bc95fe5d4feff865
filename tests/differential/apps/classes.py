"""Class-based views."""

from __future__ import annotations

import importlib
from typing import Any

from tests.differential.trail import mark

PATHS = (
    "/item/", "/item/k", "/item/k/", "/plain-view", "/listed-view", "/one-object", "/inherited", "/empty-view",
    "/decorated-view",
    "/async-item",
)  # fmt: skip


def add(app: Any, flask: Any) -> None:
    """Register the class-based views."""
    views = importlib.import_module(f"{flask.__name__}.views")
    add_method_views(app, flask, views)
    add_plain_views(app, views)


def add_method_views(app: Any, flask: Any, views: Any) -> None:
    """Register views with a method for each HTTP method."""

    class Item(views.MethodView):
        init_every_request = False

        def get(self, key: str | None = None) -> Any:
            return {"key": key, "method": flask.request.method}

        def post(self, key: str | None = None) -> Any:
            return f"posted {key}", 201

        def delete(self, key: str) -> Any:
            return "", 204

        def purge(self, key: str) -> str:
            return "helper, no method"

    class Special(Item):
        def head(self) -> Any:
            return "", {"X-Head": "own"}

        def put(self) -> str:
            return "put"

        async def patch(self) -> str:
            return "patched"

    class Empty(views.MethodView):
        pass

    item = Item.as_view("item_view")
    app.add_url_rule("/item/", view_func=item, defaults={"key": None}, methods=["GET", "POST"])
    app.add_url_rule("/item/<key>", view_func=item)
    app.add_url_rule("/inherited", view_func=Special.as_view("inherited"))
    app.add_url_rule("/async-item", view_func=Special.as_view("async_item"), methods=["PATCH"])
    app.add_url_rule("/empty-view", view_func=Empty.as_view("empty_view"))


def add_plain_views(app: Any, views: Any) -> None:
    """Register views that dispatch for themselves."""

    def marked(function: Any) -> Any:
        def inner(**values: Any) -> Any:
            mark("decorator")
            return function(**values)

        return inner

    class Plain(views.View):
        def __init__(self, greeting: str = "none") -> None:
            self.greeting = greeting
            self.calls = 0

        def dispatch_request(self) -> Any:
            self.calls += 1
            return {"greeting": self.greeting, "calls": min(self.calls, 2)}

    class Listed(Plain):
        methods = ["POST", "PUT"]  # noqa: RUF012 -- as Flask's users write it
        provide_automatic_options = False

    class Decorated(Plain):
        decorators = [marked, marked]  # noqa: RUF012 -- as Flask's users write it

    class OneObject(Plain):
        init_every_request = False

    app.add_url_rule("/plain-view", view_func=Plain.as_view("plain_view", "hello"))
    app.add_url_rule("/listed-view", view_func=Listed.as_view("listed_view", greeting="listed"))
    app.add_url_rule("/decorated-view", view_func=Decorated.as_view("decorated_view"))
    app.add_url_rule("/one-object", view_func=OneObject.as_view("one_object"))
