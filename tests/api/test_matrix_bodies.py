"""One change to a good document gives the same faults, where the change is, for each of the five kinds of models."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from demijohn import Body, Flask
from demijohn.testing.doors import DOORS, Door
from tests.api.five_kinds import FAMILIES, GOOD_ORDER, KINDS

GOOD: dict[str, Any] = {
    "order": GOOD_ORDER | {"note": "é", "raw": "YWI=", "weight": 1.5, "is_gift": True, "number": "x"},
    "item": {"sku": "ABC", "price": "1.50", "count": 3},
    "tree": {"name": "a", "children": [{"name": "é", "children": []}, {"name": "", "children": [{"name": "b"}]}]},
    "page": {"items": [1, 2, 3], "next": 4},
}

#: What is put in the place of each part of a document.
ODD = [None, "é", "", -1, 1.5, True, 2**70, [], ["x", None], {}, {"a": {"b": []}}, "9" * 200]

DEEP = 10_000
JSON = "application/json"

#: A body and its type -> the status, and for malformed JSON the line and column.
RUBBISH: dict[str, tuple[bytes, str | None, int, tuple[int, int] | None]] = {
    "nothing": (b"", JSON, 422, None),
    "blank": (b"  \n", JSON, 400, (2, 1)),
    "cut off": (b'{"sku": "A', JSON, 400, (1, 11)),
    "two values": (b"{} {}", JSON, 400, (1, 4)),
    "single quotes": (b"{'sku': 1}", JSON, 400, (1, 2)),
    "third line": (b'{\n"sku": "AB",\n"price": ?}', JSON, 400, (3, 10)),
    "after other alphabets": ('{"sku": "漢字", ?}'.encode(), JSON, 400, (1, 15)),
    "not UTF-8": (b'{"sku": "\xff"}', JSON, 400, (1, 10)),
    "UTF-16": ('{"sku": "AB"}'.encode("utf-16"), JSON, 400, (1, 1)),
    "byte order mark": (b'\xef\xbb\xbf{"sku": "AB"}', JSON, 400, (1, 1)),
    "half of a pair": (rb'{"sku": "\ud800", "price": 1}', JSON, 400, None),
    "NaN": (b'{"sku": "AB", "price": NaN}', JSON, 400, (1, 24)),
    "infinity": (b'{"sku": "AB", "price": -Infinity}', JSON, 400, (1, 25)),
    "deep arrays": (b"[" * DEEP + b"]" * DEEP, JSON, 400, None),
    "deep objects": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, JSON, 400, None),
    "deep in a field": (b'{"sku": ' + b"[" * DEEP + b"]" * DEEP + b"}", JSON, 400, None),
    "long integer": (b'{"sku": "AB", "price": 1, "count": ' + b"9" * 10_000 + b"}", JSON, 422, None),
    "large exponent": (b'{"sku": "AB", "price": 1e999999999, "count": 1e999}', JSON, 422, None),
    "control character": (b'{"sku": "A\x00B", "price": 1}', JSON, 400, (1, 11)),
    "the same name twice": (b'{"sku": "CD", "price": 1, "sku": "AB"}', JSON, 200, None),
    "the same name, once wrong": (b'{"sku": 3, "price": 1, "sku": "AB"}', JSON, 422, None),
    "the same name, then wrong": (b'{"sku": "AB", "price": 1, "sku": 3}', JSON, 422, None),
    "suffix": (b'{"sku": "AB", "price": 1}', "application/vnd.shop+json; charset=utf-8", 200, None),
    "charset": (b'{"sku": "AB", "price": 1}', "Application/JSON;charset=UTF-8", 200, None),
    "form": (b"sku=AB&price=1", "application/x-www-form-urlencoded", 415, None),
    "text": (b'{"sku": "AB", "price": 1}', "text/plain", 415, None),
    "no type": (b'{"sku": "AB", "price": 1}', None, 415, None),
    "no type at all": (b'{"sku": "AB", "price": 1}', "", 415, None),
    "nonsense": (b'{"sku": "AB", "price": 1}', ";;=\xff".encode("latin-1").decode("latin-1"), 415, None),
}


@cache
def make_app() -> Flask:
    """Return an app with a view for each family and kind."""
    app = Flask("bodies")
    app.config["PROPAGATE_EXCEPTIONS"] = True
    for family, models in FAMILIES.items():
        for kind, model in models.items():

            def view(body: Any) -> str:
                return "taken"

            view.__annotations__ = {"body": Body[model], "return": str}
            app.add_url_rule(f"/{family}/{kind}", f"{family} {kind}", view, methods=["POST"])
    return app


@pytest.fixture(scope="module", params=list(DOORS))
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Give a client of the app through each door in turn."""
    with Door(request.param) as opened:
        yield opened.client(make_app())


def walk(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path to each part of a document."""
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from walk(part, (*path, key))


def change(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a document with another value in one place; none where it is `DELETED`."""
    if not path:
        return value
    changed = copy.deepcopy(document)
    spot = changed
    for key in path[:-1]:
        spot = spot[key]
    if value is DELETED:
        del spot[path[-1]]
    else:
        spot[path[-1]] = value
    return changed


def tell(path: tuple[Any, ...]) -> str:
    """Write a path as a fault does."""
    return "body" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)


def ask(app: Flask, family: str, kind: str, document: Any) -> Any:
    """Return the faults of a document; an empty list where it is taken."""
    response = app.test_client().post(f"/{family}/{kind}", data=json.dumps(document), content_type=JSON)
    assert response.status_code in {200, 422}, response.text
    return response.json["errors"] if response.status_code == 422 else []


DELETED = object()
PATHS = [(family, path) for family, document in GOOD.items() for path in walk(document)]
each_path = pytest.mark.parametrize(("family", "path"), PATHS, ids=[f"{family} {tell(path)}" for family, path in PATHS])


@each_path
def test_one_change_has_the_same_faults_for_every_kind(family, path):
    """What is wrong in one place is told in the same words for each kind of model, and nothing is told of the rest."""
    values = ODD if not path or isinstance(path[-1], int) else [*ODD, DELETED]
    documents = [change(GOOD[family], path, value) for value in values]
    expected = [ask(make_app(), family, "struct", document) for document in documents]
    places = {fault["where"] for faults in expected for fault in faults}
    assert {place for place in places if not place.startswith(tell(path))} == set()
    for kind in KINDS[1:]:
        assert [ask(make_app(), family, kind, document) for document in documents] == expected


@pytest.mark.parametrize("family", GOOD)
@pytest.mark.parametrize("kind", KINDS)
def test_all_faults_are_told_at_once(family, kind):
    """Several wrong parts have together the faults that each of them has by itself."""
    leaves = [path for path in walk(GOOD[family]) if not isinstance(change_of(GOOD[family], path), dict | list)]
    document, expected = GOOD[family], []
    for path in leaves:
        document = change(document, path, {"odd": 1})
        expected += ask(make_app(), family, kind, change(GOOD[family], path, {"odd": 1}))
    found = ask(make_app(), family, kind, document)
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert [fault["where"] for fault in found] == list(dict.fromkeys(tell(path) for path in leaves))


def change_of(document: Any, path: tuple[Any, ...]) -> Any:
    """Return the part of a document at a path."""
    for key in path:
        document = document[key]
    return document


@pytest.mark.parametrize("name", RUBBISH)
@pytest.mark.parametrize("kind", KINDS)
def test_rubbish_is_refused(client, kind, name):
    """What is no JSON, or no JSON that the types take, is the client's fault and never the server's."""
    body, content_type, status, place = RUBBISH[name]
    headers = {} if content_type is None else {"Content-Type": content_type}
    response = client.post(f"/item/{kind}", data=body, headers=headers)
    assert response.status_code == status, response.text
    assert status == 200 or response.content_type == "application/problem+json"
    assert place is None or (response.json["line"], response.json["column"]) == place
    assert status == 200 or len(json.dumps(response.json)) < 2_000
