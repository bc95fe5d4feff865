"""The rows of the database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, TypeDecorator, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


def now() -> datetime:
    """Return the moment, in UTC and in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC: SQLite forgets the time zone, and clients need it."""

    impl = DateTime
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: Moment, dict[str, Any]: JSON, list[str]: JSON}  # noqa: RUF012  # SQLAlchemy's own


class AccountRow(Base):
    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    scopes: Mapped[list[str]]


class KeyRow(Base):
    __tablename__ = "api_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(AccountRow.id), index=True)
    digest: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str]
    made: Mapped[datetime] = mapped_column(default=now)


class CustomerRow(Base):
    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    address: Mapped[dict[str, Any]]
    since: Mapped[datetime] = mapped_column(default=now)


class ProductRow(Base):
    __tablename__ = "product"

    sku: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    price: Mapped[int]
    stock: Mapped[int]
    description: Mapped[str]
    tag_text: Mapped[str] = mapped_column(default="")
    weight: Mapped[str | None]
    picture_type: Mapped[str | None]
    picture_view: Mapped[str | None]
    picture: Mapped[bytes | None] = mapped_column(deferred=True)

    @property
    def tags(self) -> list[str]:
        return self.tag_text.split()

    @tags.setter
    def tags(self, tags: list[str]) -> None:
        # With spaces around each, a whole tag can be looked for.
        self.tag_text = f" {' '.join(tags)} "

    @property
    def has_picture(self) -> bool:
        return self.picture_type is not None


class OrderRow(Base):
    __tablename__ = "customer_order"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    customer: Mapped[int] = mapped_column(ForeignKey(CustomerRow.id), index=True)
    status: Mapped[str] = mapped_column(index=True)
    placed: Mapped[datetime] = mapped_column(default=now, index=True)
    payment: Mapped[dict[str, Any]]
    deliver_to: Mapped[dict[str, Any]]
    deliver_on: Mapped[date | None]
    note: Mapped[str]
    lines: Mapped[list[LineRow]] = relationship(lazy="selectin", cascade="all, delete-orphan")

    @property
    def total(self) -> int:
        return sum(line.price * line.quantity for line in self.lines)


class LineRow(Base):
    __tablename__ = "line"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey(OrderRow.id), index=True)
    sku: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    quantity: Mapped[int]
    price: Mapped[int]


class EventRow(Base):
    __tablename__ = "event"

    number: Mapped[int] = mapped_column(primary_key=True)
    order: Mapped[UUID]
    status: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class ReplayRow(Base):
    """What was answered to a request that may be sent again."""

    __tablename__ = "replay"
    __table_args__ = (UniqueConstraint("account_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(AccountRow.id))
    key: Mapped[str]
    fingerprint: Mapped[str]
    order_id: Mapped[UUID]
