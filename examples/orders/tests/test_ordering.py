"""Orders: placing them, letting them go on, following them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from conftest import ADDRESS

from demijohn.testing import FlaskClient

ORDER = {
    "customer": 1,
    "items": [{"sku": "TEA-100", "quantity": 2}, {"sku": "CUP-1"}],
    "payment": {"method": "card", "number": "4111111111111111", "holder": "Grace"},
}


def test_place(client: FlaskClient) -> None:
    """An order has its lines, its total, and nothing of the card."""
    answer = client.post("/orders", json=ORDER)
    order = answer.get_json()
    assert (answer.status_code, order["total"], order["status"]) == (201, 2100, "placed")
    assert order["lines"][1] == {"sku": "CUP-1", "name": "A cup", "quantity": 1, "price": 1200}
    assert "4111" not in answer.text
    assert client.get(f"/orders/{order['id']}").get_json() == order


def test_place_takes_from_the_stock(client: FlaskClient) -> None:
    """What is not there cannot be ordered."""
    wanted = {**ORDER, "items": [{"sku": "POT-1", "quantity": 4}]}
    answers = [client.post("/orders", json=wanted) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 409]
    assert answers[1].get_json()["detail"] == "There are not 4 of POT-1."


def test_same_key_places_one_order(client: FlaskClient) -> None:
    """A request that is sent again finds the order that it placed."""
    headers = {"Idempotency-Key": "order-0001"}
    first, again = (client.post("/orders", json=ORDER, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code, again.get_json()) == (201, 200, first.get_json())
    other = client.post("/orders", json={**ORDER, "note": "x"}, headers=headers)
    assert (other.status_code, client.get("/orders").get_json()["total"]) == (409, 1)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"items": []}, "body.items"),
        ({"items": [{"sku": "TEA-100"}, {"sku": "tea", "quantity": 1}]}, "body.items[1].sku"),
        ({"items": [{"sku": "TEA-100\n"}]}, "body.items[0].sku"),
        ({"payment": {"method": "cash"}}, "body.payment.method"),
        ({"payment": {"method": "card", "number": "123", "holder": "G"}}, "body.payment.number"),
        ({"deliver_on": "tomorrow"}, "body.deliver_on"),
        ({"deliver_to": {**ADDRESS, "country": 3}}, "body.deliver_to.country"),
        ({"customer": 2**70}, "body.customer"),
        ({"surprise": 1}, "body.surprise"),
    ],
)
def test_bad_orders(client: FlaskClient, change: dict[str, Any], place: str) -> None:
    """A fault says where it is, however deep."""
    answer = client.post("/orders", json={**ORDER, **change})
    assert (answer.status_code, [fault["where"] for fault in answer.get_json()["errors"]]) == (422, [place])


def test_faults_of_header_and_body_come_together(client: FlaskClient) -> None:
    """One answer tells what is wrong everywhere."""
    answer = client.post("/orders", json={**ORDER, "customer": 0}, headers={"Idempotency-Key": "short"})
    assert {fault["where"] for fault in answer.get_json()["errors"]} == {"header.idempotency-key", "body.customer"}


def test_card_number_is_told_nobody(client: FlaskClient) -> None:
    """A secret value is in no error, though its place is."""
    payment = {"method": "card", "number": "4111-1111", "holder": ""}
    answer = client.post("/orders", json={**ORDER, "payment": payment})
    assert (answer.status_code, "4111" in answer.text) == (422, False)


def test_status(client: FlaskClient) -> None:
    """An order goes on step by step, and never back."""
    order = client.post("/orders", json=ORDER).get_json()["id"]
    steps = [("sent", 409), ("paid", 200), ("sent", 200), ("cancelled", 409), ("lost", 422)]
    answers = [client.post(f"/orders/{order}/status", json={"status": status}) for status, _ in steps]
    assert [answer.status_code for answer in answers] == [expected for _, expected in steps]


def test_change_and_delete(client: FlaskClient) -> None:
    """An order can be changed until it is over, and forgotten when it was cancelled."""
    path = f"/orders/{client.post('/orders', json=ORDER).get_json()['id']}"
    changed = client.patch(path, json={"note": "Ring twice", "deliver_to": ADDRESS, "deliver_on": "2030-01-31"})
    assert (changed.get_json()["deliver_to"], changed.get_json()["deliver_on"]) == (ADDRESS, "2030-01-31")
    assert client.delete(path).status_code == 409
    client.post(f"{path}/status", json={"status": "cancelled"})
    assert client.patch(path, json={"note": ""}).status_code == 409
    assert [client.delete(path).status_code for _ in range(2)] == [204, 404]


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("status=placed&status=paid", 1),
        ("status=sent", 0),
        ("customer=1&newest_first=false", 1),
        ("since=2020-01-01&until=2020-12-31", 0),
        ("until=9999-12-31&since=0001-01-01", 1),
    ],
)
def test_filters(client: FlaskClient, query: str, total: int) -> None:
    """Orders are found by status, customer and day."""
    client.post("/orders", json=ORDER)
    assert client.get(f"/orders?{query}").get_json()["total"] == total


def test_quotes(client: FlaskClient) -> None:
    """An async view asks all carriers, and gives the cheapest first."""
    order = client.post("/orders", json=ORDER).get_json()["id"]
    quotes = client.get(f"/orders/{order}/quotes").get_json()
    assert [quote["carrier"] for quote in quotes] == ["Snail", "Stork"]


def test_events(client: FlaskClient) -> None:
    """Whoever follows sees each step, and comes back with the last one seen."""
    order = client.post("/orders", json=ORDER).get_json()["id"]
    client.post(f"/orders/{order}/status", json={"status": "paid"})
    stream = client.get("/orders/events")
    assert (stream.mimetype, stream.text.count("event: status")) == ("text/event-stream", 2)
    assert re.search(r'"at": ?"\d{4}-\d\d-\d\dT[\d:]{8}Z"', stream.text) is not None
    later = client.get("/orders/events", headers={"Last-Event-ID": "1"}).text
    assert (later.count("event: status"), '"paid"' in later) == (1, True)


def test_unknown_order(client: FlaskClient) -> None:
    """An order that is not there is a problem; an address that is none as well."""
    missing = client.get("/orders/00000000-0000-0000-0000-000000000000")
    assert (missing.status_code, missing.mimetype) == (404, "application/problem+json")
    assert client.get("/orders/nonsense").get_json()["title"] == "Not Found"
