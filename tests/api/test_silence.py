"""What is sent, signed or shown never reaches a log, whatever becomes of it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.api.conftest import Api
from tests.api.hooks import Hook
from tests.cli.conftest import PROJECT, environment
from tests.house import DATA
from tracker.access import tokens
from tracker.access.signatures import HMAC, secret_text, sign
from tracker.app import create_app

CANARY, TYPE = "canary-5b1f", "application/cloudevents+json"
KNOWN = {
    "specversion": "1.0",
    "id": CANARY,
    "source": "/desk",
    "type": "desk.case.reported",
    "time": "2020-05-04T12:00:00+08:00",
    "subject": CANARY,
    "data": {"channel": "phone", "narrative": CANARY},
}
SENT: list[tuple[object, int]] = [
    (KNOWN, 201),
    (KNOWN, 200),
    (KNOWN | {"time": "2020-05-04T13:00:00+08:00"}, 409),
    (KNOWN | {"id": "another", "data": {"channel": CANARY, CANARY: CANARY}}, 422),
    (KNOWN | {"id": "another", "source": f"/{CANARY}"}, 403),
    (b'{"' + CANARY.encode(), 400),
]
LINES = json.dumps(KNOWN | {"id": "a-line"}) + f'\n{{"{CANARY}\n' + json.dumps(KNOWN | {"subject": f"x{CANARY}"})


def provoke() -> None:
    """Serve as the environment says, and send all of it: signed, and line by line with a token."""
    secret, shown = (bytes.fromhex(sys.argv[1]), sys.argv[2])
    client = create_app().test_client()
    answers: list[Any] = []
    for value, _status in SENT:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        stamp = int(datetime.now(UTC).timestamp())
        headers = {
            "webhook-id": CANARY,
            "webhook-timestamp": str(stamp),
            "webhook-signature": sign(secret, HMAC, CANARY, stamp, body),
        }
        answers.append(client.post("/api/v1/webhooks/desk", data=body, content_type=TYPE, headers=headers))
    answers.append(client.post("/api/v1/webhooks/desk", data=b"{}", headers=headers | {"webhook-id": f"x{CANARY}"}))
    for bearer in (shown, f"x{shown}"):
        token = {"Authorization": f"Bearer {bearer}"}
        answers.append(client.post("/api/v1/events", data=LINES, content_type="application/x-ndjson", headers=token))
    print(json.dumps([answer.status_code for answer in answers]))


def test_nothing_of_what_is_sent_or_signed_or_shown_reaches_a_log(api: Api, tmp_path: Path) -> None:
    hook, scopes, now = Hook.add(api), frozenset({"record", "backfill"}), datetime.now(UTC)
    with api.house.database.write() as session:
        shown = tokens.add(session, "lines", scopes, source=None, days=1, by="person:alice", at=now)
    settings = {
        "TRACKER_DATABASE_URL": api.house.database.url.render_as_string(hide_password=False),
        "TRACKER_CONFIG": str(DATA / "small"),
        "TRACKER_LOG_LEVEL": "debug",
        "TRACKER_HOME": str(tmp_path),
    }
    ended = subprocess.run(
        [sys.executable, "-c", "from tests.api.test_silence import provoke; provoke()", hook.secret.hex(), shown],
        cwd=PROJECT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    expected = [*(status for _, status in SENT), 401, 200, 401]
    assert json.loads(ended.stdout) == expected
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [each["status"] for each in lines if each["event"] == "request"] == expected
    secrets = (CANARY, CANARY.encode().hex(), hook.secret.hex(), secret_text(hook.secret), shown, "v1,")
    assert [each for each in secrets if each in ended.stderr] == []
    assert hook.count() == (6, 1, 1, 1, 3)
