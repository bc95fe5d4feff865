"""A Flask app with annotations of every usual sort answers on Demijohn what it answers on Flask, to the byte."""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

import flask
import pytest
from openapi_spec_validator import validate

import demijohn
from demijohn.testing.doors import door
from tests.api.twice import load

__all__ = ["door"]


@dataclasses.dataclass
class Row:
    name: str


#: A path, or a path and what is sent: the method, then keywords of the test client.
REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "/url/right/7/2.5/a/b": ("GET", {}),
    "/url/wrong/7/x": ("GET", {}),
    "/url/model/a/b/c": ("GET", {}),
    "/url/optional/7": ("GET", {}),
    "/url/optional?page=3": ("GET", {}),
    "/url/default": ("GET", {"query_string": {"page": "9", "flag": "true"}}),
    "/url/default/4": ("GET", {}),
    "/url/too-many/a/b": ("GET", {}),
    "/url/too-few/a": ("GET", {"query_string": {"b": "x"}}),
    "/default/model": ("GET", {"json": {"name": "sent"}}),
    "/default/settings": ("GET", {"query_string": {"name": "sent"}}),
    "/stars/7": ("GET", {"query_string": {"more": "1"}}),
    "/stars/models/7": ("GET", {"json": {"name": "sent"}}),
    "/stars/positional/7": ("GET", {}),
    "/keyword/7/x": ("GET", {}),
    "/wrapped/7?as=eve": ("GET", {}),
    "/wrapped/8?as=eve": ("POST", {"json": {"name": "sent"}}),
    "/wrapped/twice?name=x": ("GET", {}),
    "/wrapped/twice?title=x": ("GET", {}),
    "/unnamed/7": ("GET", {}),
    "/named/7": ("GET", {}),
    "/signed/7": ("GET", {}),
    "/object/7": ("GET", {}),
    "/validated/7?name=q": ("POST", {"json": {"name": "sent"}}),
    "/validated/8?name=q": ("POST", {"data": "no JSON"}),
    "/as-json": ("GET", {}),
    "/as-json/plain": ("GET", {}),
    "/preprocessed/7": ("GET", {"json": {"name": "sent"}}),
    "/old/de/": ("GET", {}),
    "/old/en/": ("PUT", {}),
    "/old/de/3": ("GET", {}),
    "/class/orders/7": ("GET", {}),
    "/class/orders/7?size=9": ("GET", {}),
    "/class/orders/8": ("POST", {"json": {"number": 9}}),
    "/class/orders/9": ("PUT", {}),
    "/class/orders/10": ("DELETE", {}),
    "/class/orders/11": ("HEAD", {}),
    "/class/guarded/7": ("GET", {}),
    "/class/unnamed/7": ("GET", {}),
    "/class/dispatching/7": ("GET", {}),
    "/class/method/7": ("GET", {}),
    "/class/single/7": ("POST", {"query_string": {"name": "x"}}),
    "/class/outside/7": ("GET", {}),
    "/call/partial/7": ("GET", {}),
    "/call/object/7": ("GET", {}),
    "/call/method/7": ("GET", {}),
    "/call/static/7": ("GET", {}),
    "/call/class/7": ("GET", {}),
    "/call/lambda/7": ("GET", {}),
    "/call/built-in/x": ("GET", {}),
    "/call/page/7": ("GET", {}),
    "/call/nothing/7": ("GET", {}),
    "/ghost/7": ("GET", {}),
    "/ghost/listed": ("GET", {}),
    "/ghost/broken": ("GET", {}),
    "/ghost/strange/7": ("GET", {}),
    "/result/text": ("GET", {}),
    "/result/bytes": ("GET", {}),
    "/result/tuple": ("GET", {}),
    "/result/tuple/headers": ("GET", {}),
    "/result/response": ("GET", {}),
    "/result/redirect": ("GET", {}),
    "/result/union": ("GET", {}),
    "/result/dict": ("GET", {}),
    "/result/list": ("GET", {}),
    "/result/row": ("GET", {}),
    "/result/row/lacking": ("GET", {}),
    "/result/rows/7": ("GET", {}),
    "/result/row/made": ("GET", {}),
    "/result/row/optional": ("GET", {}),
    "/result/row/wrong": ("GET", {}),
    "/result/items": ("GET", {}),
    "/result/items/wider": ("GET", {}),
    "/result/items/named": ("GET", {}),
    "/result/item/jsonify": ("GET", {}),
    "/result/form/dump": ("GET", {}),
    "/result/payload/response": ("GET", {}),
    "/result/return-value": ("GET", {}),
    "/result/reply": ("GET", {}),
    "/result/pieces": ("GET", {}),
    "/result/none": ("GET", {}),
    "/result/number": ("GET", {}),
    "/result/alias": ("GET", {}),
    "/result/async": ("GET", {}),
    "/result/async/injected?as=eve": ("GET", {}),
    "/nowhere": ("GET", {}),
}

#: An app of `senders`, and a path of it.
SENT = [
    *(("Sending", path) for path in ("/item", "/form")),
    *((name, path) for name in ("Sending", "Writing", "Giving") for path in ("/items/7", "/forms", "/payloads")),
    ("Giving", "/given/7"),
    ("Blueprint", "/members/7/"),
]

#: What neither answers with less than a 500: Flask cannot call such a view, or cannot send what it returns.
REFUSED = frozenset({
    "/url/too-many/a/b", "/url/too-few/a", "/stars/positional/7", "/result/none", "/result/number",
})  # fmt: skip


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL + 1)


#: A view that Flask alone could never have answered by -> what is sent, what Flask answers and what Demijohn does.
#:
#: They are the price of typed views, and the whole of it: a parameter without a default that is no variable of the
#: URL makes Flask fail with a `TypeError` for every request, unless a decorator, a class or a hook gives it (all of
#: them are in the apps above); and a model that is returned by itself is no response to Flask.  Only a dict that is
#: returned where the annotation names another class, which no type checker takes, is sent by Flask in full.
DIFFERENCES: dict[str, tuple[dict[str, Any], int, int]] = {
    "/body": ({"json": {"name": "x"}}, 500, 200),
    "/body?wrong": ({"json": {"name": 3}}, 500, 422),
    "/body?missing": ({}, 500, 422),
    "/result": ({}, 500, 200),
    "/result/tuple": ({}, 500, 201),
    "/result/dict": ({}, 200, 200),
}


def add_impossible_views(lib: Any) -> Any:
    """Return an app with the views of `DIFFERENCES`."""
    app = lib.Flask("impossible")

    @app.route("/body")
    def body(row: Row) -> str:
        return row.name

    @app.route("/result")
    def result() -> Row:
        return Row("x")

    @app.route("/result/dict")
    def untrue() -> Row:
        return {"name": "x", "more": 1}

    @app.route("/result/tuple")
    def pair() -> tuple[Row, int]:
        return Row("x"), 201

    return app


def ask(client: Any, path: str, method: str, **options: Any) -> tuple[int, list[tuple[str, str]], bytes]:
    answer = client.open(path, method=method, **options)
    # The methods of `Allow` come in the order of a set.
    headers = sorted((name.lower(), ", ".join(sorted(value.split(", ")))) for name, value in answer.headers)
    return answer.status_code, headers, answer.data


@pytest.mark.parametrize("texts", [False, True], ids=["objects", "texts"])
@pytest.mark.parametrize("path", REQUESTS)
def test_annotations_change_nothing(door, path, texts):
    """A view that marks nothing is given and answers what it is given and answers on Flask."""
    method, options = REQUESTS[path]
    expected = ask(load("annotated", "flask", texts=texts).app.test_client(), path, method, **options)
    assert ask(door.client(load("annotated", "demijohn", texts=texts).app), path, method, **options) == expected
    assert (expected[0] == 500) == (path in REFUSED)


@pytest.mark.parametrize("texts", [False, True], ids=["objects", "texts"])
@pytest.mark.parametrize(("name", "path"), SENT)
def test_own_ways_are_kept(door, name, path, texts):
    """An app that sends models or calls views in its own way goes on to do so."""
    expected = ask(load("senders", "flask", texts=texts).apps[name].test_client(), path, "GET")
    assert ask(door.client(load("senders", "demijohn", texts=texts).apps[name]), path, "GET") == expected
    assert expected[0] == 200


def test_views_are_not_replaced():
    """What is registered stays the function that it was, to be called by the app's own code."""
    module = load("annotated", "demijohn", texts=True)
    assert module.app.test_client().get("/result/row").status_code == 200
    assert module.app.view_functions["row"] is module.row


@pytest.mark.parametrize("path", DIFFERENCES)
def test_differences_are_views_that_flask_cannot_call(door, path):
    """A model that nobody gives is the body, and a model by itself a result: Flask fails with both."""
    options, theirs, ours = DIFFERENCES[path]
    expected = ask(add_impossible_views(flask).test_client(), path, "GET", **options)
    found = ask(door.client(add_impossible_views(demijohn)), path, "GET", **options)
    assert (expected[0], found[0]) == (theirs, ours)
    assert (b"more" in expected[2], b"more" in found[2]) == (path == "/result/dict", False)


@pytest.mark.parametrize("texts", [False, True], ids=["objects", "texts"])
def test_plain_views_have_a_document(texts):
    """Every view is described, whatever its annotations say, and the document is valid."""
    app = load("annotated", "demijohn", texts=texts).app
    document = app.openapi()
    validate(document)
    assert sum(map(len, document["paths"].values())) >= len(app.view_functions) - 1
