"""Do a shop's business by the client that openapi-python-client made of the document; it lies beside on the path."""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
from importlib import import_module
from io import BytesIO
from typing import Any

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(64)


class Caller:
    """Call operations by their names, and count them."""

    def __init__(self, url: str, token: str, key: str) -> None:
        library = import_module("client")
        headers = {"X-API-Key": key}
        self.client = library.AuthenticatedClient(url, token, headers=headers, raise_on_unexpected_status=True)
        self.models = import_module("client.models")
        self.calls = 0

    def call(self, operation: str, expected: int, *arguments: Any, **named: Any) -> Any:
        """Call an operation, and return what the client made of the answer."""
        answer = self._find(operation).sync_detailed(*arguments, client=self.client, **named)
        assert answer.status_code == expected, f"{operation}: {answer}"
        self.calls += 1
        return answer.parsed

    async def call_on_loop(self, operation: str, *arguments: Any, **named: Any) -> Any:
        """Call an operation by the client's async half."""
        self.calls += 1
        return await self._find(operation).asyncio(*arguments, client=self.client, **named)

    def _find(self, operation: str) -> Any:
        tag, _, name = operation.partition(".")
        return import_module(f"client.api.{tag}.{tag}_{name}")


def use_accounts(caller: Caller) -> None:
    """Register, log in, be refused, make a key and delete it."""
    models = caller.models
    account = models.Registration(login="grace", password="a long password")
    assert caller.call("accounts.register", 201, body=account).scopes == [models.Scope.ORDERS]
    assert caller.call("accounts.register", 409, body=account).detail == "The login grace is taken."
    form = models.AccountsLoginBody(login="grace", password="a long password")
    assert caller.call("accounts.login", 200, body=form).token_type == "bearer"
    fault = caller.call("accounts.register", 422, body=models.Registration(login="G", password="x")).errors[0]
    assert fault.where == "body.login"
    assert caller.call("accounts.show_me", 200).login == "ada"
    made = caller.call("accounts.make_key", 201, body=models.NewKey(label="till"))
    assert [key.label for key in caller.call("accounts.list_keys", 200)] == ["seed", "till"]
    caller.call("accounts.delete_key", 204, made.id)


def use_products(caller: Caller) -> None:
    """Make products, change one, filter them, and hang a picture on one."""
    models = caller.models
    content = models.ProductContent(name="Jam", price=300, stock=9, tags=["sweet"], weight="0.450")
    assert caller.call("products.product_put", 201, "JAM-1", body=content).tags == ["sweet"]
    changed = caller.call("products.product_patch", 200, "JAM-1", body=models.ProductChange(price=320, weight=None))
    assert (changed.price, changed.weight, changed.stock) == (320, None, 9)
    cheapest = models.ProductSort.CHEAPEST
    page = caller.call("products.products_get", 200, size=2, tag=["sweet"], sort=cheapest, in_stock=True)
    assert ([product.sku for product in page.items], page.total) == (["JAM-1"], 1)
    many = [models.NewProduct(sku=sku, name="Bread", price=450) for sku in ("BREAD-1", "JAM-1")]
    stored = caller.call("products.import_products", 207, body=many)
    assert [each.status for each in stored] == [201, 409]
    price = caller.call("products.show_price", 200, "JAM-1", quantity=2, currency=models.Currency.SEK)
    assert price.amount == "73.60"
    file = import_module("client.types").File(BytesIO(PICTURE), "jam.png", "image/png")
    form = models.PicturesKeepPictureBody(picture=file, view=models.View.DETAIL)
    assert caller.call("pictures.keep_picture", 200, "JAM-1", body=form).size == len(PICTURE)
    caller.call("pictures.show_picture", 200, "JAM-1")
    assert caller.call("products.product_get", 404, "JAM-2").title == "Not Found"


def use_orders(caller: Caller) -> None:
    """Keep a customer, place an order, let it go on, and look at the reports."""
    models = caller.models
    address = models.Address(street="2 Quay", city="Malmö", country="SE")
    customer = models.NewCustomer(name="Linus", email="linus@example.org", address=address)
    linus = caller.call("customers.create_customer", 201, body=customer)
    assert caller.call("customers.change_customer", 200, linus.id, body=models.CustomerChange(name="L")).name == "L"
    card = models.Card(number="4111111111111111", holder="Linus", method="card")
    wanted = models.NewOrder(customer=linus.id, items=[models.Item(sku="JAM-1", quantity=2)], payment=card)
    wanted.deliver_on = dt.date(2030, 1, 31)
    order = caller.call("orders.place_order", 201, body=wanted, idempotency_key="order-0001")
    assert (order.total, order.deliver_on, order.deliver_to.city) == (640, wanted.deliver_on, "Malmö")
    assert caller.call("orders.place_order", 200, body=wanted, idempotency_key="order-0001") == order
    paid = models.StatusChange(status=models.Status.PAID)
    assert caller.call("orders.move_order", 200, order.id, body=paid).status is models.Status.PAID
    assert caller.call("orders.move_order", 409, order.id, body=paid).status == 409
    page = caller.call("orders.list_orders", 200, status=[models.Status.PAID], since=dt.date(2020, 1, 1))
    assert page.items[0].id == order.id
    quotes = asyncio.run(caller.call_on_loop("orders.list_quotes", order.id))
    assert [quote.carrier for quote in quotes] == ["Snail", "Stork"]
    caller.call("orders.follow", 200, last_event_id=0)
    assert caller.call("reports.show_stock", 200)["JAM-1"] == 7
    assert caller.call("reports.show_sales", 200, by=models.Period.MONTH)[0].revenue == "6.40"
    caller.call("reports.export_orders", 200)


def main(url: str, token: str, key: str) -> None:
    """Call the server, and say how often."""
    caller = Caller(url, token, key)
    with caller.client:
        use_accounts(caller)
        use_products(caller)
        use_orders(caller)
    sys.stdout.write(f"the generated client: {caller.calls} calls, as expected\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
