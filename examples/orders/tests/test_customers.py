"""Customers."""

from __future__ import annotations

import pytest
from conftest import ADDRESS

from demijohn.testing import FlaskClient

LINUS = {"name": "Linus", "email": "linus@example.org", "address": ADDRESS}


def test_create(client: FlaskClient) -> None:
    """A customer is kept and found again."""
    answer = client.post("/customers", json=LINUS)
    made = answer.get_json()
    assert (answer.status_code, {**made, **LINUS}) == (201, made)
    assert client.get(f"/customers/{made['id']}").get_json() == made


def test_create_tells_every_fault(client: FlaskClient) -> None:
    """What is wrong is told field by field, also within the address."""
    body = {"name": "", "address": {"street": "x", "city": 3, "country": "Sweden"}}
    answer = client.post("/customers", json=body)
    assert answer.status_code == 422
    places = {fault["where"] for fault in answer.get_json()["errors"]}
    assert places == {"body.name", "body.email", "body.address.city", "body.address.country"}


def test_malformed_json(client: FlaskClient) -> None:
    """What is no JSON is told with its place."""
    answer = client.post("/customers", data='{\n  "name": oops}', content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert "line 2" in answer.get_json()["detail"]


def test_wrong_content_type(client: FlaskClient) -> None:
    """A form is no JSON."""
    assert client.post("/customers", data={"name": "Linus"}).status_code == 415


def test_pages(client: FlaskClient) -> None:
    """A list comes page by page, and can be searched."""
    for number in range(3):
        client.post("/customers", json={**LINUS, "name": f"Li {number}", "email": f"li{number}@example.org"})
    page = client.get("/customers?search=li&size=2&page=2").get_json()
    assert ([customer["name"] for customer in page.pop("items")], page) == (
        ["Li 2"],
        {"page": 2, "size": 2, "total": 3},
    )


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=", "size=101", "page=1&page=2", "page=1.5"])
def test_bad_pages(client: FlaskClient, query: str) -> None:
    """A page that cannot be is a fault with its place."""
    answer = client.get(f"/customers?{query}")
    assert (answer.status_code, len(answer.get_json()["errors"])) == (422, 1)
    assert answer.get_json()["errors"][0]["where"] == f"query.{query.partition('=')[0]}"


def test_patch_changes_what_is_given(client: FlaskClient) -> None:
    """Fields that are left out stay."""
    before = client.get("/customers/1").get_json()
    answer = client.patch("/customers/1", json={"name": "Grace Hopper"})
    assert answer.get_json() == {**before, "name": "Grace Hopper"}
    assert client.patch("/customers/1", json={}).get_json() == answer.get_json()
    assert client.patch("/customers/1", json={"name": None}).status_code == 422


def test_address_is_taken(client: FlaskClient) -> None:
    """Two customers cannot have one e-mail address."""
    assert client.post("/customers", json={**LINUS, "email": "grace@example.org"}).status_code == 409


def test_delete(client: FlaskClient) -> None:
    """A customer who never ordered can be forgotten."""
    assert client.delete("/customers/1").status_code == 204
    answer = client.get("/customers/1")
    assert (answer.status_code, answer.get_json()["detail"]) == (404, "There is no customer 1.")


@pytest.mark.parametrize("number", ["0", "2147483648", "9" * 30])
def test_numbers_that_cannot_be(client: FlaskClient, number: str) -> None:
    """A number that no row can have is a fault, and no crash of the database."""
    assert client.get(f"/customers/{number}").status_code == 422


def test_orders_of_a_customer(client: FlaskClient) -> None:
    """A customer's orders are a page as well."""
    order = {"customer": 1, "items": [{"sku": "CUP-1"}], "payment": {"method": "invoice"}}
    made = client.post("/orders", json=order).get_json()
    assert client.get("/customers/1/orders").get_json()["items"] == [made]
    assert client.delete("/customers/1").status_code == 409
