"""Typed views of Demijohn, and the same views that parse by hand; the models are for all frameworks with msgspec."""

from __future__ import annotations

import msgspec


class Address(msgspec.Struct):
    """Where a person lives."""

    city: str
    zip: str


class Person(msgspec.Struct):
    """What is sent."""

    name: str
    age: int
    tags: list[str]
    address: Address


class Receipt(msgspec.Struct):
    """What is answered."""

    name: str
    age: int
    cities: list[str]


def write_receipt(person: Person) -> Receipt:
    """Make the answer."""
    return Receipt(person.name, person.age, [person.address.city])


def build(*, is_async: bool):
    """Build the app whose view is typed."""
    import demijohn

    app = demijohn.Flask(__name__)

    def create(person: Person) -> Receipt:
        return write_receipt(person)

    async def create_on_loop(person: Person) -> Receipt:
        return write_receipt(person)

    app.add_url_rule("/", "create", create_on_loop if is_async else create, methods=["POST"])
    return app


def build_by_hand(*, is_async: bool):
    """Build the app whose view does the same by itself."""
    import demijohn

    app, request = demijohn.Flask(__name__), demijohn.request
    decode, encode = msgspec.json.Decoder(Person).decode, msgspec.json.Encoder().encode

    def answer():
        receipt = write_receipt(decode(request.get_data()))
        return demijohn.Response(encode(receipt), mimetype="application/json")

    async def answer_on_loop():
        return answer()

    app.add_url_rule("/", "create", answer_on_loop if is_async else answer, methods=["POST"])
    return app
