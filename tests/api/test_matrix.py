"""Each sort of values in each place of a request, through every door: good, wrong, empty, huge, absent, repeated."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from demijohn.testing.doors import DOORS, Door
from tests.api.matrix import PLACES, Place, Sort, build_app, cut, send, show


def go_through_doors(places: list[Place]) -> Any:
    """Run a test for places through every door; which kind of model it is, no door can know, so that one is enough."""
    cases = [(name, place) for name in DOORS for place in places if name == "wsgi" or place.kind in {None, "struct"}]
    names = [f"{name}-{place}" for name, place in cases]
    return pytest.mark.parametrize(("client", "place"), cases, ids=names, indirect=["client"], scope="module")


each_place = go_through_doors(PLACES)


@pytest.fixture(scope="module")
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Give a client of one app that has all views, through a door."""
    with Door(request.param) as opened:
        yield opened.client(make_app(), use_cookies=False)


make_app = cache(build_app)


def read(response: Any) -> Any:
    """Return the text of a good answer, and the faults of the other."""
    if response.status_code != 422:
        return response.status_code, response.text
    assert response.content_type == "application/problem+json"
    keys = ("where", "expected", "got")
    return [tuple(fault.get(key, "absent") for key in keys) for fault in response.json["errors"]]


def texts_of(place: Place, wire: Any) -> tuple[Any, ...]:
    """Return the texts of a case, which is one by itself or several."""
    return wire if isinstance(wire, tuple) else (wire,)


def good_of(place: Place, sort: Sort) -> list[tuple[tuple[Any, ...], Any]]:
    """List what is sent, and the value that the view is to be given."""
    if place.source == "body":
        return [((wire,), value) for wire, value in sort.good_json]
    found = [(texts_of(place, wire), value) for wire, value in sort.good]
    if place.source == "header":  # see the test of headers
        found = [(texts, value) for texts, value in found if "".join(texts).isascii()]
    if place.source == "cookie":  # of two cookies of one name, the first counts
        found = [(texts, value) for texts, value in found if len(texts) == 1]
    return [(texts, value) for texts, value in found if place.source != "path" or texts != ("",)]


def wrong_of(place: Place, sort: Sort) -> list[tuple[tuple[Any, ...], Any]]:
    """List what is sent, and the faults that are to be told."""
    if place.source == "body":
        words = sort.words_of_json or sort.words
        return [((wire,), [(place.where, words, cut(wire))]) for wire in sort.wrong_json]
    sent = [texts_of(place, wire) for wire in sort.wrong]
    if place.source == "cookie":
        sent = [texts for texts in sent if len(texts) == 1]
    if place.source == "path" or (place.source == "header" and sort.items):  # nothing, and no item
        sent = [texts for texts in sent if texts != ("",)]
    if place.source == "header":
        sent = [texts for texts in sent if "".join(texts).isascii()]
    return [(texts, tell_last(place, sort, texts)) for texts in sent]


def tell_last(place: Place, sort: Sort, texts: tuple[str, ...]) -> list[tuple[str, str, Any]]:
    """Return the fault of the last of some texts."""
    where = f"{place.where}[{len(texts) - 1}]" if sort.items else place.where
    return [(where, sort.items or sort.words, cut(texts[-1]))]


def repeat(place: Place, sort: Sort) -> tuple[tuple[str, ...], Any]:
    """Return one good text twice, and what is answered."""
    text, value = next((texts[0], value) for texts, value in good_of(place, sort) if texts[0])
    if place.source == "cookie":
        return (text, text), (200, show(value))
    if sort.items:
        return (text, text), (200, show(type(value)([*value, *value])))
    if place.source == "header":  # one header with a comma
        joined = f"{text}, {text}"
        is_text = sort.type in {str, int | str}
        return (text, text), (200, show(joined)) if is_text else [(place.where, sort.words, joined)]
    return (text, text), [(place.where, "one value", [text, text])]


@each_place
def test_good_values_arrive(client, place):
    """What is fine for a type arrives as a value of the type: short and long, empty, and in any alphabet."""
    good = {name: good_of(place, sort) for name, sort in place.sorts.items()}
    expected = {name: [(200, show(value)) for _, value in cases] for name, cases in good.items()}
    assert {name: [read(send(client, place, name, *sent)) for sent, _ in good[name]] for name in good} == expected


@each_place
def test_wrong_values_are_told(client, place):
    """What is none of the type is answered by its place, what was expected and what came, and by nothing else."""
    wrong = {name: wrong_of(place, sort) for name, sort in place.sorts.items()}
    expected = {name: [faults for _, faults in cases] for name, cases in wrong.items()}
    assert {name: [read(send(client, place, name, *sent)) for sent, _ in wrong[name]] for name in wrong} == expected


@go_through_doors([place for place in PLACES if place.source != "path"])
def test_what_did_not_come_is_required(client, place):
    """A value without a default is required, of whatever type."""
    expected = [(place.where, "required", "absent")]
    assert {name: read(send(client, place, name)) for name in place.sorts} == dict.fromkeys(place.sorts, expected)


@go_through_doors([place for place in PLACES if place.has_default and not place.kind])
def test_what_did_not_come_has_its_default(client, place):
    """A value that did not come is the default of the function, of whatever type."""
    answers = {name: read(send(client, place, name, path="/default")) for name in place.sorts}
    assert answers == dict.fromkeys(place.sorts, (200, "the default"))


@each_place
def test_what_nobody_asked_for_is_ignored(client, place):
    """A name that the view does not know changes nothing, nor does the same name in other letters or elsewhere."""
    good = {name: good_of(place, sort)[-1] for name, sort in place.sorts.items()}
    expected = {name: (200, show(value)) for name, (_, value) in good.items()}
    assert {name: read(send(client, place, name, *good[name][0], extra=True)) for name in good} == expected


@go_through_doors([place for place in PLACES if place.source not in {"path", "body"}])
def test_repeated_values(client, place):
    """Of a value that came twice nobody knows which was meant: a fault, but for a list, and for a cookie the first."""
    twice = {name: repeat(place, sort) for name, sort in place.sorts.items()}
    expected = {name: answer for name, (_, answer) in twice.items()}
    assert {name: read(send(client, place, name, *sent)) for name, (sent, _) in twice.items()} == expected


#: A door -> what becomes of a header's bytes beyond ASCII: characters of Latin-1, and Granian's RSGI loses them.
BEYOND_ASCII = {
    "wsgi": ((200, show("Ã©")), [("header.value", "an integer", "Ã©")]),
    "asgi": ((200, show("Ã©")), [("header.value", "an integer", "Ã©")]),
    "rsgi": ([("header.value", "required", "absent")], [("header.value", "required", "absent")]),
}


@go_through_doors([place for place in PLACES if place.source == "header"])
def test_headers_beyond_ascii(request, client, place):
    """Bytes of a header that are no ASCII never fail, whatever the server makes of them."""
    answers = tuple(read(send(client, place, name, "é")) for name in ("str", "int"))
    assert answers == BEYOND_ASCII[request.node.callspec.params["client"]]
