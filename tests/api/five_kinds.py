"""The same models, written in each of the five kinds."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Generic, Literal, NotRequired, TypedDict, TypeVar
from uuid import UUID

import attrs
import msgspec
import pydantic
from msgspec import Meta

T = TypeVar("T")


class Color(Enum):
    """What a text may be."""

    RED = "red"
    BLUE = "blue"


class StructItem(msgspec.Struct):
    sku: Annotated[str, Meta(min_length=2, max_length=8, pattern="^[A-Z]+$")]
    price: Decimal
    count: Annotated[int, Meta(ge=1, lt=100)] = 1


@dataclasses.dataclass
class DataclassItem:
    sku: Annotated[str, Meta(min_length=2, max_length=8, pattern="^[A-Z]+$")]
    price: Decimal
    count: Annotated[int, Meta(ge=1, lt=100)] = 1


class TypedDictItem(TypedDict):
    sku: Annotated[str, Meta(min_length=2, max_length=8, pattern="^[A-Z]+$")]
    price: Decimal
    count: NotRequired[Annotated[int, Meta(ge=1, lt=100)]]


@attrs.define
class AttrsItem:
    sku: Annotated[str, Meta(min_length=2, max_length=8, pattern="^[A-Z]+$")]
    price: Decimal
    count: Annotated[int, Meta(ge=1, lt=100)] = 1


class PydanticItem(pydantic.BaseModel):
    sku: str = pydantic.Field(min_length=2, max_length=8, pattern="^[A-Z]+$")
    price: Decimal
    count: int = pydantic.Field(1, ge=1, lt=100)


class StructOrder(msgspec.Struct):
    """An order."""

    id: UUID
    items: Annotated[list[StructItem], Meta(max_length=3)]
    placed: datetime
    day: date
    at: time
    takes: timedelta
    color: Color
    kind: Literal["a", "b"]
    by_name: dict[str, StructItem]
    tags: set[str]
    pair: tuple[int, str]
    note: str | None = None
    raw: bytes = b""
    weight: float = 0.5
    is_gift: bool = False
    number: int | str = 0


@dataclasses.dataclass
class DataclassOrder:
    """An order."""

    id: UUID
    items: Annotated[list[DataclassItem], Meta(max_length=3)]
    placed: datetime
    day: date
    at: time
    takes: timedelta
    color: Color
    kind: Literal["a", "b"]
    by_name: dict[str, DataclassItem]
    tags: set[str]
    pair: tuple[int, str]
    note: str | None = None
    raw: bytes = b""
    weight: float = 0.5
    is_gift: bool = False
    number: int | str = 0


class TypedDictOrder(TypedDict):
    """An order."""

    id: UUID
    items: Annotated[list[TypedDictItem], Meta(max_length=3)]
    placed: datetime
    day: date
    at: time
    takes: timedelta
    color: Color
    kind: Literal["a", "b"]
    by_name: dict[str, TypedDictItem]
    tags: set[str]
    pair: tuple[int, str]
    note: NotRequired[str | None]
    raw: NotRequired[bytes]
    weight: NotRequired[float]
    is_gift: NotRequired[bool]
    number: NotRequired[int | str]


@attrs.define
class AttrsOrder:
    """An order."""

    id: UUID
    items: Annotated[list[AttrsItem], Meta(max_length=3)]
    placed: datetime
    day: date
    at: time
    takes: timedelta
    color: Color
    kind: Literal["a", "b"]
    by_name: dict[str, AttrsItem]
    tags: set[str]
    pair: tuple[int, str]
    note: str | None = None
    raw: bytes = b""
    weight: float = 0.5
    is_gift: bool = False
    number: int | str = 0


class PydanticOrder(pydantic.BaseModel):
    """An order."""

    id: UUID
    items: list[PydanticItem] = pydantic.Field(max_length=3)
    placed: datetime
    day: date
    at: time
    takes: timedelta
    color: Color
    kind: Literal["a", "b"]
    by_name: dict[str, PydanticItem]
    tags: set[str]
    pair: tuple[int, str]
    note: str | None = None
    raw: bytes = b""
    weight: float = 0.5
    is_gift: bool = False
    number: int | str = 0


class StructPage(msgspec.Struct, Generic[T]):
    items: list[T]
    next: T | None = None


@dataclasses.dataclass
class DataclassPage(Generic[T]):
    items: list[T]
    next: T | None = None


class TypedDictPage(TypedDict, Generic[T]):
    items: list[T]
    next: NotRequired[T | None]


@attrs.define
class AttrsPage(Generic[T]):
    items: list[T]
    next: T | None = None


class PydanticPage(pydantic.BaseModel, Generic[T]):
    items: list[T]
    next: T | None = None


class StructTree(msgspec.Struct):
    name: str
    children: list[StructTree] = []


@dataclasses.dataclass
class DataclassTree:
    name: str
    children: list[DataclassTree] = dataclasses.field(default_factory=list)


class TypedDictTree(TypedDict):
    name: str
    children: NotRequired[list[TypedDictTree]]


@attrs.define
class AttrsTree:
    name: str
    children: list[AttrsTree] = attrs.Factory(list)


class PydanticTree(pydantic.BaseModel):
    name: str
    children: list[PydanticTree] = []


KINDS = ("struct", "dataclass", "typeddict", "attrs", "pydantic")

ORDERS = dict(zip(KINDS, (StructOrder, DataclassOrder, TypedDictOrder, AttrsOrder, PydanticOrder), strict=True))
ITEMS = dict(zip(KINDS, (StructItem, DataclassItem, TypedDictItem, AttrsItem, PydanticItem), strict=True))
PAGES = dict(zip(KINDS, (StructPage, DataclassPage, TypedDictPage, AttrsPage, PydanticPage), strict=True))
TREES = dict(zip(KINDS, (StructTree, DataclassTree, TypedDictTree, AttrsTree, PydanticTree), strict=True))
NUMBER_PAGES = {kind: page[int] for kind, page in PAGES.items()}

FAMILIES = {"order": ORDERS, "item": ITEMS, "tree": TREES, "page": NUMBER_PAGES}

GOOD_ORDER = {
    "id": "123e4567-e89b-12d3-a456-426614174000",
    "items": [{"sku": "ABC", "price": "1.50"}, {"sku": "XY", "price": 2, "count": 99}],
    "placed": "2026-01-31T12:30:00Z",
    "day": "2026-01-31",
    "at": "12:30:00",
    "takes": "PT1H",
    "color": "red",
    "kind": "a",
    "by_name": {"x": {"sku": "QQ", "price": "0.1"}},
    "tags": ["x", "y"],
    "pair": [1, "z"],
}
