"""What a process remembers serves as long as nothing changed, and is never older than what it answers for."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event

from tests.access.conftest import Office
from tracker.access.registry import Registry
from tracker.errors import NotReady


def statements(office: Office, registry: Registry) -> int:
    """How many statements a look at the present takes."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        seen.append(statement)

    engine = office.house.database.engine
    event.listen(engine, "before_cursor_execute", note)
    registry.current()
    event.remove(engine, "before_cursor_execute", note)
    return sum("access_change" in each or "FROM source" in each or "FROM token" in each for each in seen)


def test_while_nothing_changes_only_the_epoch_is_read(office: Office) -> None:
    office.add()
    office.token()
    registry = office.process()
    assert statements(office, registry) == 4
    assert statements(office, registry) == 1
    office.add("erp", "/erp")
    assert statements(office, registry) == 5
    assert statements(office, registry) == 1


def test_what_is_remembered_is_not_looked_at_again(office: Office) -> None:
    office.add()
    registry = office.process()
    before = registry.remembered
    office.retire()
    assert registry.remembered is before
    assert set(before.sources) == {"moderation"}
    assert registry.current().sources == {}
    assert registry.remembered.epoch > before.epoch


def test_a_new_source_is_known_at_once(office: Office) -> None:
    registry = office.process()
    assert registry.current().sources == {}
    made = office.add()
    assert office.live(registry) == [made.key.content]
    assert office.live(registry, "nobody") == []


def test_a_key_file_that_is_gone_refuses_only_what_was_not_read_yet(office: Office) -> None:
    office.add()
    registry = office.process()
    registry.current()
    office.keys.secrets.path.unlink()
    office.rotate()
    assert len(office.live(registry)) == 2
    with pytest.raises(NotReady, match="cannot be read: No such file or directory"):
        office.process().current()


def test_many_threads_never_see_less_than_was_committed_before_they_asked(office: Office) -> None:
    registry, going = office.process(), threading.Event()
    stale: list[tuple[int, int]] = []
    committed = [registry.current().epoch]

    def look() -> None:
        while not going.is_set():
            least = committed[-1]
            found = registry.current().epoch
            if found < least:
                stale.append((found, least))

    with ThreadPoolExecutor(4) as threads:
        looking = [threads.submit(look) for _ in range(4)]
        for number in range(12):
            office.token(f"token-{number}")
            with office.house.database.read() as session:
                committed.append(session.connection().exec_driver_sql("SELECT max(id) FROM access_change").scalar_one())
        going.set()
        for each in looking:
            each.result(timeout=30)
    assert stale == []
    assert registry.current().epoch == committed[-1]
