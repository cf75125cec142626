"""Logs tell what happened, never what an event said: not even where an error is not foreseen."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.api.conftest import token
from tests.cli.conftest import PROJECT, environment
from tests.house import DATA, House
from tracker.access.keys import Keys
from tracker.app import create_app
from tracker.clock import now
from tracker.ledger.events import Recorded
from tracker.ledger.record import Ledger
from tracker.signals import events_recorded

NARRATIVE, SUBJECT, PLACE = "canary-narrative", "canary-subject", "canary-place"


def repeats_a_row(ledger: Ledger, *, session: Session, events: Sequence[Recorded]) -> Mapping[int, int]:
    """A receiver at fault: it breaks a constraint in a statement that carries what the event says."""
    del ledger
    row = {"seq": events[0].seq, "field": "/narrative", "salt": SUBJECT.encode(), "value": NARRATIVE.encode()}
    session.execute(text("INSERT INTO event_vault (seq, field, salt, value) VALUES (:seq, :field, :salt, :value)"), row)
    return {}


def divides_by_zero(ledger: Ledger, *, session: Session, events: Sequence[Recorded]) -> Mapping[int, int]:
    """A receiver at fault, outside the database."""
    del ledger, session
    return {events[0].seq: events[0].seq // 0}


def an_event(channel: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "canary-id",
        "source": "/test",
        "type": "desk.case.reported",
        "time": "2020-05-04T12:00:00+08:00",
        "subject": SUBJECT,
        "data": {"channel": channel, "narrative": NARRATIVE, "places": [PLACE]},
    }


def provoke() -> None:
    """Run the service as its environment says, with requests that are refused and receivers that fail."""
    client = create_app().test_client()
    shown = sys.argv[1]
    token = {"Authorization": f"Bearer {shown}"}
    answers = [
        client.post("/api/v1/events", json=an_event(channel=NARRATIVE), headers=token),
        client.post("/api/v1/events", json=an_event("phone"), headers={"Authorization": f"Bearer {shown[1:]}"}),
        client.get("/nothing"),
    ]
    for receiver in (repeats_a_row, divides_by_zero):
        with events_recorded.connected_to(receiver):
            answers.append(client.post("/api/v1/events", json=an_event("phone"), headers=token))
    print(json.dumps([(answer.status_code, answer.get_json(silent=True)) for answer in answers]))


def test_an_unforeseen_error_is_logged_without_what_the_event_says(house: House, tmp_path: Path) -> None:
    url = house.database.url.render_as_string(hide_password=False)
    settings = {"TRACKER_DATABASE_URL": url, "TRACKER_CONFIG": str(DATA / "small"), "TRACKER_LOG_LEVEL": "debug"}
    environ = environment(**settings, TRACKER_HOME=str(tmp_path))
    Keys.of(tmp_path).make()
    house.clock.instant = now()  # the process has the machine's own clock
    shown = token(house, "caller", "record", "backfill")
    start = [sys.executable, "-c", "from tests.test_logs import provoke; provoke()", shown]
    ended = subprocess.run(start, cwd=PROJECT, env=environ, capture_output=True, text=True, check=True, timeout=60)

    ours = {
        "type": "urn:governance-tracker:problem:error",
        "title": "Something went wrong",
        "status": 500,
        "detail": "This is our fault. Nothing was stored.",
    }
    answers = json.loads(ended.stdout)
    assert [status for status, _ in answers] == [422, 401, 404, 500, 500]
    assert [document for _, document in answers[3:]] == [ours, ours]

    entries = [json.loads(line) for line in ended.stderr.splitlines()]
    requests = [each for each in entries if each["event"] == "request"]
    assert [(each["method"], each["path"], each["status"]) for each in requests] == [
        ("POST", "/api/v1/events", 422),
        ("POST", "/api/v1/events", 401),
        ("GET", "/nothing", 404),
        ("POST", "/api/v1/events", 500),
        ("POST", "/api/v1/events", 500),
    ]
    entries = [each for each in entries if each not in requests]
    assert [(each["event"], each["level"], each["error"], each["path"]) for each in entries] == [
        ("unforeseen", "error", "IntegrityError", "/api/v1/events"),
        ("unforeseen", "error", "ZeroDivisionError", "/api/v1/events"),
    ]
    assert all(each["error"] in each["exception"] for each in entries)
    for secret in (NARRATIVE, SUBJECT, PLACE, shown[1:]):
        assert secret not in ended.stderr
        assert secret.encode().hex() not in ended.stderr

    with house.database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM event")) == 0


def test_a_log_is_one_json_object_per_line_and_starts_at_its_level(tmp_path: Path) -> None:
    code = (
        "import structlog; from tracker.logs import configure; configure('warning'); log = structlog.get_logger('t');"
        "log.info('quiet'); log.warning('loud', path='/a\\r\\n/b')"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    [line] = ended.stderr.splitlines()
    entry = json.loads(line)
    assert (ended.stdout, entry["event"], entry["level"], entry["path"]) == ("", "loud", "warning", "/a\r\n/b")
    assert entry["timestamp"].endswith("Z")
