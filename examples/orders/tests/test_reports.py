"""Reports, and what belongs to the application as a whole."""

from __future__ import annotations

from datetime import UTC, datetime

from conftest import ADDRESS

from demijohn import Flask
from demijohn.testing import FlaskClient

ORDER = {"customer": 1, "items": [{"sku": "CUP-1", "quantity": 3}], "payment": {"method": "invoice"}}


def test_sales(client: FlaskClient, program: FlaskClient) -> None:
    """Sales are summed up by day or month."""
    client.post("/orders", json={**ORDER, "deliver_to": ADDRESS})
    month = f"{datetime.now(UTC):%Y-%m}"
    sales = program.get("/reports/sales?by=month&since=2020-01-01&status=placed&status=paid").get_json()
    assert sales == [{"period": month, "orders": 1, "revenue": "36.00"}]
    assert program.get("/reports/sales?status=sent").get_json() == []


def test_stock(client: FlaskClient, program: FlaskClient) -> None:
    """What was ordered is not there any more."""
    client.post("/orders", json=ORDER)
    assert program.get("/reports/stock").get_json() == {"CUP-1": 37, "POT-1": 7, "TEA-100": 200, "TEA-200": 150}


def test_table(client: FlaskClient, program: FlaskClient) -> None:
    """A plain Flask view streams a table, for the same key."""
    order = client.post("/orders", json=ORDER).get_json()["id"]
    answer = program.get("/reports/orders.csv")
    assert (answer.mimetype, len(answer.text.splitlines())) == ("text/csv", 2)
    assert answer.text.splitlines()[1].startswith(order)


def test_key_is_needed(client: FlaskClient) -> None:
    """A token is no key."""
    assert [client.get(f"/reports/{name}").status_code for name in ("sales", "stock", "orders.csv")] == [401] * 3


def test_health_and_home(anybody: FlaskClient) -> None:
    """Plain Flask views are beside the typed ones, and errors are problems for all."""
    assert anybody.get("/health").get_json() == {"status": "ok"}
    assert anybody.get("/").location == "/docs"
    assert anybody.get("/nothing").mimetype == "application/problem+json"
    assert set(anybody.post("/health").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_document(app: Flask, anybody: FlaskClient) -> None:
    """The document has every operation but the hidden one, and no hash of a password."""
    document = anybody.get("/openapi.json").get_json()
    methods = {"get", "put", "post", "delete", "patch"}
    operations = [operation for path in document["paths"].values() for operation in methods & set(path)]
    assert len(operations) >= 35
    assert "/" not in document["paths"]
    assert "password_hash" not in anybody.get("/openapi.json").text
    assert set(document["webhooks"]) == {"order-status"}
    assert anybody.get("/docs").mimetype == "text/html"
