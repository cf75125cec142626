"""The same create endpoint in FastAPI and the SQLAlchemy ORM, as their documentation builds one.

It parses, validates the eight fields, inserts one row with a unique (source, id) and commits it as durably.
It verifies no signature, keeps no digest and counts nothing.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import UniqueConstraint, create_engine, event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from tests.benchmarks.servers import PEER_THREADS

URL = os.environ["BENCH_DATABASE_URL"]

Identifier = Annotated[str, Field(min_length=1, max_length=200)]
Place = Annotated[str, Field(min_length=1, max_length=200)]


class Money(BaseModel):
    """An amount and its currency."""

    model_config = ConfigDict(extra="forbid")
    amount: Annotated[Decimal, Field(max_digits=18, decimal_places=2)]
    currency: Literal["CNY"]


class Training(BaseModel):
    """The eight fields."""

    model_config = ConfigDict(extra="forbid")
    mode: Literal["online", "offline"]
    level: Literal["basic", "advanced"] | None = None
    attendees: Annotated[int, Field(ge=0)]
    hours: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=2)]
    cost: Money | None = None
    title: Annotated[str, Field(max_length=200)] | None = None
    place: Place | None = None
    external: bool | None = None


class Event(BaseModel):
    """A CloudEvent."""

    model_config = ConfigDict(extra="forbid")
    specversion: Literal["1.0"]
    id: Identifier
    source: Identifier
    type: Literal["bench.training.held"]
    time: datetime
    entity: Literal["north", "south"] | None = None
    subject: Identifier | None = None
    data: Training


class Base(DeclarativeBase):
    """The tables of this peer."""


class Stored(Base):
    """One row per event."""

    __tablename__ = "peer_fastapi"
    __table_args__ = (UniqueConstraint("source", "id"),)

    seq: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    id: Mapped[str]
    type: Mapped[str]
    time: Mapped[datetime]
    entity: Mapped[str | None]
    subject: Mapped[str | None]
    body: Mapped[str]


engine = create_engine(URL, pool_size=PEER_THREADS, max_overflow=0)


@event.listens_for(engine, "connect")
def prepare(connection: Any, _record: Any) -> None:
    """As durable as the tracker: PostgreSQL is so as it comes, SQLite by setting."""
    if isinstance(connection, sqlite3.Connection):
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")


sessions = sessionmaker(engine, expire_on_commit=False)  # or the answer would cost a query
app = FastAPI()


def session() -> Iterator[Session]:
    """One session per request."""
    with sessions() as opened:
        yield opened


@app.post("/events", status_code=201)
def create(sent: Event, session: Annotated[Session, Depends(session)]) -> dict[str, Any]:
    """Store one event."""
    body = sent.data.model_dump_json()
    stored = Stored(
        source=sent.source, id=sent.id, type=sent.type, time=sent.time, entity=sent.entity, subject=sent.subject,
        body=body,
    )  # fmt: skip
    session.add(stored)
    try:
        session.commit()
    except IntegrityError:
        raise HTTPException(409, "This event is stored already.") from None
    return {"seq": stored.seq, "id": sent.id}


if __name__ == "__main__":
    Base.metadata.create_all(engine)
