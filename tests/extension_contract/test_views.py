"""What `as_view()` returns, taken apart; and views that subclass everything they may."""

from __future__ import annotations

from typing import ClassVar

import pytest

from demijohn import Flask, request
from demijohn.views import MethodView, View, http_method_funcs
from tests.extension_contract.application import build_app, fetch


class Greeting(View):
    """Say two words."""

    def __init__(self, greeting, person="nobody"):
        self.text = f"{greeting} {person}"

    def dispatch_request(self, **values):
        """Say them."""
        return f"{self.text} {values}"


def read_cells(view):
    """Take a function apart as Flask-Injector does."""
    return dict(zip(view.__code__.co_freevars, view.__closure__, strict=True))


def test_a_view_is_a_closure_over_the_arguments_of_the_class():
    """`__code__.co_freevars` and `__closure__` give `class_args` and `class_kwargs`, and every cell is filled."""
    view = Greeting.as_view("greeting", "hello", person="ann")
    values = {name: cell.cell_contents for name, cell in read_cells(view).items()}
    assert (("hello",), {"person": "ann"}) == (values["class_args"], values["class_kwargs"])
    assert (Greeting, "greeting") == (view.view_class, view.__name__)


def test_the_cells_of_a_view_may_be_rewritten(prepare):
    """What an injector puts into the cells is what the class is called with, for the next request."""
    view = Greeting.as_view("greeting", "hello")
    app = build_app()
    app.add_url_rule("/greet", view_func=view)
    assert b"hello nobody {}" == fetch(prepare(app), "/greet").data
    cells = read_cells(view)
    cells["class_args"].cell_contents = ("bye",)
    cells["class_kwargs"].cell_contents = {"person": "ann"}
    assert b"bye ann {}" == fetch(app, "/greet").data


def test_the_class_of_a_view_may_be_replaced(prepare):
    """`view_class` of the function is what the next request makes an instance of."""
    view = Greeting.as_view("greeting", "hello")
    app = build_app()
    app.add_url_rule("/greet", view_func=view)
    fetch(prepare(app), "/greet")
    view.view_class = type("Louder", (Greeting,), {"dispatch_request": lambda self: self.text.upper()})
    assert b"HELLO NOBODY" == fetch(app, "/greet").data


def test_a_view_may_be_made_again_from_what_it_shows():
    """An extension makes the view anew from class, name and arguments, and puts it in the place of the old one."""
    app = build_app()
    app.add_url_rule("/greet", view_func=Greeting.as_view("greeting", "hello"))
    old = app.view_functions["greeting"]
    values = {name: cell.cell_contents for name, cell in read_cells(old).items()}
    new = old.view_class.as_view(
        old.__name__, *values["class_args"], **{**values["class_kwargs"], "person": "injected"}
    )
    app.view_functions["greeting"] = new
    assert b"hello injected {}" == fetch(app, "/greet").data


def mark(word):
    """Return a decorator that puts a word before the answer."""
    return lambda view: lambda **values: f"{word} {view(**values)}"


@pytest.mark.parametrize("base", [View, MethodView])
def test_settings_of_a_subclass_hold_for_its_rules(prepare, base):
    """`methods`, `decorators`, `init_every_request` and `provide_automatic_options` of the class are followed."""

    class Configured(base):
        """Have a value for each setting."""

        methods: ClassVar = ["GET", "PUT", "OPTIONS"]
        decorators: ClassVar = [mark("inner"), mark("outer")]
        init_every_request = False
        provide_automatic_options = False
        made = 0

        def __init__(self):
            type(self).made += 1

        def dispatch_request(self, **values):
            return f"{request.method} {type(self).made}"

    app = build_app()
    app.add_url_rule("/configured", view_func=Configured.as_view("configured"))
    prepare(app)
    answers = [fetch(app, "/configured", method).text for method in ("GET", "PUT", "OPTIONS")]
    assert ["outer inner GET 1", "outer inner PUT 1", "outer inner OPTIONS 1"] == answers
    assert 405 == fetch(app, "/configured", "POST").status_code


def test_an_overridden_dispatch_request_of_a_method_view_is_called(prepare):
    """A subclass may do something around the methods, as Flask-RESTful's `Resource` does."""

    class Resource(MethodView):
        """Wrap what the methods return."""

        def dispatch_request(self, *args, **values):
            return {"method": request.method, "data": super().dispatch_request(*args, **values)}

    class Item(Resource):
        """Answer."""

        def get(self, number):
            return number + 1

        def delete(self, number):
            return None

    app = build_app()
    app.add_url_rule("/items/<int:number>", view_func=Item.as_view("item"))
    prepare(app)
    assert {"method": "GET", "data": 8} == fetch(app, "/items/7").json
    assert {"method": "DELETE", "data": None} == fetch(app, "/items/7", "DELETE").json
    assert {"GET", "DELETE"} == Item.methods


def test_methods_of_a_class_may_be_replaced_after_requests(monkeypatch):
    """A method of the view's class that is replaced answers the next request."""

    class Item(MethodView):
        """Answer."""

        def get(self):
            return "old"

    app = Flask("views")
    app.add_url_rule("/item", view_func=Item.as_view("item"))
    assert b"old" == fetch(app, "/item").data
    monkeypatch.setattr(Item, "get", lambda self: "new")
    assert b"new" == fetch(app, "/item").data


def test_the_names_of_the_methods_are_known():
    """`http_method_funcs` is a frozenset of the eight names in lower case, which Flask-RESTful walks over."""
    assert {"get", "post", "head", "options", "delete", "put", "trace", "patch"} == http_method_funcs
    assert isinstance(http_method_funcs, frozenset)
