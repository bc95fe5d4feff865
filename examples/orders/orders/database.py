"""A SQLite database, a session for each request, and rows as models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from sqlalchemy import Connection, Select, create_engine, event, func, select
from sqlalchemy.orm import Session, sessionmaker

from demijohn import Depends, Flask, current_app, request
from orders.models import Page, Paged
from orders.tables import Base

T = TypeVar("T")


class Database:
    """Where the rows are: `reading()` and `writing()` begin a session."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url, pool_size=10, max_overflow=-1)
        event.listen(self.engine, "connect", _prepare)
        event.listen(self.engine, "begin", _begin)
        self.reading = sessionmaker(self.engine, expire_on_commit=False)
        self.writing = sessionmaker(self.engine.execution_options(writes=True), expire_on_commit=False)

    def create_tables(self) -> None:
        Base.metadata.create_all(self.engine)


def init_app(app: Flask) -> None:
    """Give `app` its database."""
    app.extensions["database"] = Database(app.config["DATABASE"])


def find_database() -> Database:
    """Return the database of the current application."""
    database: Database = current_app.extensions["database"]
    return database


def open_session() -> Iterator[Session]:
    """Give a session, and close it when the response is sent.

    What is to stay the view commits by itself: a client that has the answer
    may ask again before the clean-up runs.
    """
    database = find_database()
    begin = database.reading if request.method in {"GET", "HEAD"} else database.writing
    with begin() as session:
        yield session


OpenSession = Annotated[Session, Depends(open_session)]


def as_model(model: type[T], row: object) -> T:
    """Return what of a row belongs into a model."""
    return msgspec.convert(row, model, strict=False, from_attributes=True)


def as_page(session: Session, rows: Select[Any], model: type[T], page: Page) -> Paged[T]:
    """Return one page of what is selected."""
    total = session.scalar(select(func.count()).select_from(rows.order_by(None).subquery())) or 0
    part: Sequence[object] = session.scalars(rows.limit(page.size).offset((page.page - 1) * page.size)).all()
    return Paged([as_model(model, row) for row in part], page.page, page.size, total)


def _prepare(connection: Any, record: object) -> None:
    # Without this the driver begins transactions by itself, and only at the first change.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA busy_timeout = 10000")


def _begin(connection: Connection) -> None:
    # Who reads first and writes later fails at once if another one wrote in between; who says so first waits.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
