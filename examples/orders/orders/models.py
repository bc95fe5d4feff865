"""What goes over the wire: the models of requests and answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Generic, TypedDict, TypeVar
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from demijohn import Problem, Secret

T = TypeVar("T")

LARGEST_NUMBER = 2**31 - 1

Number = Annotated[int, Meta(ge=1, le=LARGEST_NUMBER)]
Cents = Annotated[int, Meta(ge=0, le=10_000_000, description="An amount in hundredths.")]
Name = Annotated[str, Meta(min_length=1, max_length=80)]
Text = Annotated[str, Meta(max_length=2000)]
Email = Annotated[str, Meta(pattern=r"^[a-z0-9.+-]{1,40}@[a-z0-9-]{1,30}\.[a-z]{2,10}$", examples=["ada@example.org"])]
Login = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{1,29}$", examples=["ada"])]
Password = Annotated[Secret[str], Meta(min_length=8, max_length=100)]
Sku = Annotated[str, Meta(pattern="^[A-Z0-9]{2,8}-[0-9]{1,6}$", examples=["TEA-100"])]
Tag = Annotated[str, Meta(pattern="^[a-z]{2,20}$")]
CountryCode = Annotated[str, Meta(pattern="^[A-Z]{2}$", examples=["SE"])]
Quantity = Annotated[int, Meta(ge=1, le=100)]


# Pages


class Page(Struct):
    """Which part of a long list is wanted."""

    page: Annotated[int, Meta(ge=1, le=10_000, description="Counted from one.")] = 1
    size: Annotated[int, Meta(ge=1, le=100, description="How many on a page.")] = 20


class Paged(Struct, Generic[T]):
    """One page of a list."""

    items: list[T]
    page: int
    size: int
    total: int


# Accounts


class Scope(StrEnum):
    """What an account may do."""

    ORDERS = "orders"
    CATALOGUE = "catalogue"
    REPORTS = "reports"


class User(Struct):
    """Somebody who can log in."""

    id: int
    login: str
    scopes: list[Scope]


class Account(User):
    """A user with what nobody else is to see: views that say `-> User` leave it out."""

    password_hash: str


class Registration(Struct, forbid_unknown_fields=True):
    """Who wants to log in from now on."""

    login: Login
    password: Password


class NewPassword(Struct, forbid_unknown_fields=True):
    """A password in exchange for the old one."""

    old: Password
    new: Password


class Token(Struct):
    """What `Authorization: Bearer` wants to see (RFC 6750)."""

    access_token: str
    expires_in: int
    token_type: str = "bearer"


class NewKey(Struct, forbid_unknown_fields=True):
    """What a key is for."""

    label: Name


class Key(Struct):
    """A key for programs, without the key itself."""

    id: int
    label: str
    made: datetime


class ShownKey(Key):
    """A key that was just made; it is shown this once."""

    key: str


# Customers


@dataclass
class Address:
    """Where things are sent."""

    street: Name
    city: Name
    country: CountryCode


class NewCustomer(Struct, forbid_unknown_fields=True):
    """Somebody who may order."""

    name: Name
    email: Email
    address: Address


class Customer(Struct):
    """Somebody who ordered, or may."""

    id: int
    name: str
    email: str
    address: Address
    since: datetime


class CustomerChange(Struct, forbid_unknown_fields=True):
    """Fields that are left out stay as they are."""

    name: Name | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    address: Address | UnsetType = UNSET


# Products


class ProductSort(StrEnum):
    """By what products are sorted."""

    NAME = "name"
    CHEAPEST = "cheapest"
    DEAREST = "dearest"


class Currency(StrEnum):
    """In what a price may be shown."""

    EUR = "EUR"
    SEK = "SEK"
    USD = "USD"


class ProductFilter(Struct):
    """Which products are wanted."""

    search: Annotated[str, Meta(max_length=80, description="A part of the name.")] = ""
    tag: list[Tag] = field(default_factory=list[Tag])
    least: Cents | None = None
    most: Cents | None = None
    in_stock: bool = False
    sort: ProductSort = ProductSort.NAME


class ProductContent(Struct, forbid_unknown_fields=True):
    """All of a product but the number that it has for good."""

    name: Name
    price: Cents
    stock: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    description: Text = ""
    tags: set[Tag] = field(default_factory=set[Tag])
    weight: Decimal | None = None


class NewProduct(ProductContent, forbid_unknown_fields=True, kw_only=True):
    """A product for the catalogue."""

    sku: Sku


class Product(Struct):
    """A product of the catalogue."""

    sku: str
    name: str
    price: Cents
    stock: int
    description: str
    tags: list[str]
    weight: Decimal | None
    has_picture: bool


class ProductChange(Struct, forbid_unknown_fields=True):
    """Fields that are left out stay as they are."""

    name: Name | UnsetType = UNSET
    price: Cents | UnsetType = UNSET
    stock: Annotated[int, Meta(ge=0, le=1_000_000)] | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    tags: set[Tag] | UnsetType = UNSET
    weight: Decimal | UnsetType | None = UNSET


class Stored(Struct):
    """What became of one product of many."""

    sku: str
    status: int
    problem: Problem | None = None


class View(StrEnum):
    """From where a picture was taken."""

    FRONT = "front"
    BACK = "back"
    DETAIL = "detail"


class PictureInfo(Struct):
    """What is known of a product's picture."""

    sku: str
    content_type: str
    size: int
    view: View


class Price(Struct):
    """What some pieces of a product cost."""

    sku: str
    quantity: int
    amount: Decimal
    currency: Currency


# Orders


class Status(StrEnum):
    """How far an order is."""

    PLACED = "placed"
    PAID = "paid"
    SENT = "sent"
    CANCELLED = "cancelled"


class Item(Struct, forbid_unknown_fields=True):
    """So many of a product."""

    sku: Sku
    quantity: Quantity = 1


class Card(Struct, tag_field="method", tag="card", forbid_unknown_fields=True):
    """Paid by card."""

    number: Annotated[Secret[str], Meta(pattern="^[0-9]{12,19}$")]
    holder: Name


class Invoice(Struct, tag_field="method", tag="invoice", forbid_unknown_fields=True):
    """Paid later."""

    days: Annotated[int, Meta(ge=7, le=90)] = 30
    reference: Annotated[str, Meta(max_length=40)] = ""


class NewOrder(Struct, forbid_unknown_fields=True):
    """What a customer wants."""

    customer: Number
    items: Annotated[list[Item], Meta(min_length=1, max_length=50)]
    payment: Card | Invoice
    deliver_to: Address | None = None
    deliver_on: date | None = None
    note: Text = ""


class Line(Struct):
    """A product of an order, at the price of that day."""

    sku: str
    name: str
    quantity: int
    price: Cents


class Order(Struct):
    """What a customer ordered."""

    id: UUID
    customer: int
    status: Status
    placed: datetime
    lines: list[Line]
    total: int
    deliver_to: Address
    deliver_on: date | None
    note: str


class OrderFilter(Struct):
    """Which orders are wanted."""

    status: list[Status] = field(default_factory=list[Status])
    customer: Number | None = None
    since: date | None = None
    until: date | None = None
    newest_first: bool = True


class OrderChange(Struct, forbid_unknown_fields=True):
    """Fields that are left out stay as they are."""

    deliver_to: Address | UnsetType = UNSET
    deliver_on: date | UnsetType | None = UNSET
    note: Text | UnsetType = UNSET


class StatusChange(Struct, forbid_unknown_fields=True):
    """How far an order is now."""

    status: Status


class StatusEvent(Struct):
    """Says that an order went on."""

    number: int
    order: UUID
    status: Status
    at: datetime


class Quote(TypedDict):
    """What a carrier would want for bringing an order."""

    carrier: str
    price: Cents
    days: int


# Reports


class Period(StrEnum):
    """By what sales are summed up."""

    DAY = "day"
    MONTH = "month"


class Sales(TypedDict):
    """The sales of a day or a month."""

    period: str
    orders: int
    revenue: Decimal


class Settings(Struct):
    """What a visitor chose."""

    currency: Currency
