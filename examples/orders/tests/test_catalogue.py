"""Products, their prices and their pictures."""

from __future__ import annotations

from io import BytesIO

import pytest

from demijohn.testing import FlaskClient

PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)
JAM = {"name": "Jam", "price": 300, "tags": ["sweet", "red"], "weight": "0.450"}


def test_list_is_open(anybody: FlaskClient) -> None:
    """Whoever asks may see the catalogue, sorted by name."""
    page = anybody.get("/products").get_json()
    assert [product["sku"] for product in page["items"]] == ["CUP-1", "POT-1", "TEA-200", "TEA-100"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=dearest&size=1", ["POT-1"]),
        ("tag=tea&sort=cheapest", ["TEA-200", "TEA-100"]),
        ("tag=tea&tag=green", ["TEA-100"]),
        ("least=1000&most=2000", ["CUP-1"]),
        ("search=TEA&in_stock=true&sort=cheapest", ["TEA-200", "TEA-100"]),
        ("search=%25", []),
    ],
)
def test_filters(anybody: FlaskClient, query: str, expected: list[str]) -> None:
    """Two models come from one query: the page and the filter."""
    items = anybody.get(f"/products?{query}").get_json()["items"]
    assert [product["sku"] for product in items] == expected


def test_bad_filters(anybody: FlaskClient) -> None:
    """All faults of both models come at once."""
    answer = anybody.get("/products?size=0&sort=best&tag=tea&tag=TEA")
    assert {fault["where"] for fault in answer.get_json()["errors"]} == {"query.size", "query.sort", "query.tag[1]"}


def test_put_and_patch(client: FlaskClient) -> None:
    """A product is made, replaced and changed in part."""
    made = client.put("/products/JAM-1", json=JAM)
    assert made.status_code == 201
    assert made.get_json() == {
        "sku": "JAM-1",
        "stock": 0,
        "description": "",
        "has_picture": False,
        **JAM,
        "tags": ["red", "sweet"],
    }
    assert client.put("/products/JAM-1", json=JAM).status_code == 200
    assert client.patch("/products/JAM-1", json={"weight": None, "stock": 5}).get_json() == {
        **made.get_json(),
        "weight": None,
        "stock": 5,
    }


def test_post(client: FlaskClient) -> None:
    """A number is given once."""
    body = {"sku": "JAM-1", **JAM}
    assert [client.post("/products", json=body).status_code for _ in range(2)] == [201, 409]


def test_delete(client: FlaskClient) -> None:
    """What is deleted is not there any more."""
    assert [client.delete("/products/CUP-1").status_code for _ in range(2)] == [204, 404]


def test_import(client: FlaskClient) -> None:
    """Each product of many has its own fate."""
    answer = client.post("/product-imports", json=[{"sku": "JAM-1", **JAM}, {"sku": "CUP-1", **JAM}])
    assert answer.status_code == 207
    assert [(stored["sku"], stored["status"]) for stored in answer.get_json()] == [("JAM-1", 201), ("CUP-1", 409)]
    assert answer.get_json()[1]["problem"]["title"] == "Conflict"


def test_import_tells_where(client: FlaskClient) -> None:
    """A fault deep in the list has its place."""
    answer = client.post("/product-imports", json=[{"sku": "JAM-1", **JAM}, {"sku": "JAM-2", **JAM, "price": -1}])
    assert [fault["where"] for fault in answer.get_json()["errors"]] == ["body[1].price"]


def test_price_in_the_currency_of_the_cookie(anybody: FlaskClient) -> None:
    """The chosen currency is remembered."""
    assert anybody.get("/products/CUP-1/price").get_json()["amount"] == "12.00"
    assert anybody.put("/settings", json={"currency": "SEK"}).get_json() == {"currency": "SEK"}
    expected = {"sku": "CUP-1", "quantity": 2, "amount": "276.00", "currency": "SEK"}
    assert anybody.get("/products/CUP-1/price?quantity=2").get_json() == expected


def test_picture(client: FlaskClient) -> None:
    """A picture is kept, sent, and thrown away."""
    form = {"picture": (BytesIO(PNG), "cup.png", "image/png"), "view": "back"}
    answer = client.put("/pictures/CUP-1", data=form)
    assert answer.get_json() == {"sku": "CUP-1", "content_type": "image/png", "size": len(PNG), "view": "back"}
    shown = client.get("/pictures/CUP-1")
    assert (shown.data, shown.mimetype, shown.headers["X-Content-Type-Options"]) == (PNG, "image/png", "nosniff")
    assert client.delete("/pictures/CUP-1").status_code == 204
    assert client.get("/pictures/CUP-1").status_code == 404


@pytest.mark.parametrize(("size", "content_type"), [(58, "image/svg+xml"), (256 * 1024 + 1, "image/png")])
def test_bad_pictures(client: FlaskClient, size: int, content_type: str) -> None:
    """What is no picture, or too big, is a fault of the field."""
    form = {"picture": (BytesIO(bytes(size)), "cup", content_type)}
    answer = client.put("/pictures/CUP-1", data=form)
    assert (answer.status_code, answer.get_json()["errors"][0]["where"]) == (422, "file.picture")


@pytest.mark.parametrize("form", [{}, {"picture": "text"}])
def test_picture_is_missing(client: FlaskClient, form: dict[str, str]) -> None:
    """A text is no file."""
    answer = client.put("/pictures/CUP-1", data=form, content_type="multipart/form-data")
    assert (answer.status_code, answer.get_json()["errors"][0]["where"]) == (422, "file.picture")
