"""``tracker quarantine``, as commands, on deliveries that were really refused."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from tests.cli.conftest import Desk, a_case
from tests.cli.test_sources import INSTANT
from tracker import wiring
from tracker.access.tokens import Token
from tracker.errors import Invalid, Malformed
from tracker.intake.content import Content
from tracker.intake.modes import ONE
from tracker.intake.senders import bearing
from tracker.service import open_service
from tracker.settings import read_settings

wiring.connect()
CI = bearing(Token("ci", frozenset({"record"}), None, "2999"), None)
OLD = "lies more than 7 days back; handing in what is older takes the right to backfill"


def refuse(desk: Desk, *bodies: object) -> None:
    """Hand in what will be refused, as the API does."""
    service = open_service(read_settings(desk.settings))
    try:
        epoch = service.registry.current().epoch
        for body in bodies:
            sent = Content(ONE, (), body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode())
            with pytest.raises((Invalid, Malformed)):
                service.reception.hand_in(service.reception.parcel(CI, sent.name, sent, epoch))
    finally:
        service.close()


def listed(desk: Desk, *arguments: str) -> Sequence[dict[str, Any]]:
    found: Sequence[dict[str, Any]] = json.loads(desk.done("quarantine", "list", "--json", *arguments))["quarantine"]
    return found


def plain(text: str) -> str:
    return re.sub("sha256:[0-9a-f]{64}", "NAME", INSTANT.sub("T", text))


def test_with_nothing_to_decide_the_list_says_so(desk: Desk) -> None:
    assert desk.done("quarantine", "list") == "Nothing waits for a decision.\n"
    assert listed(desk, "--all") == []


def test_a_refused_delivery_is_listed_and_shown(desk: Desk) -> None:
    refuse(desk, a_case(1, "pigeon", data={"channel": "pigeon"}))
    assert plain(desk.done("quarantine", "list")) == (
        "1: NAME from token:ci, first T, last T, attempts 1, bytes 155, mistakes 2\n"
    )
    shown = plain(desk.done("quarantine", "show", "1"))
    assert shown == (
        "1: NAME from token:ci, first T, last T, attempts 1, bytes 155, mistakes 2\n"
        "    2 mistakes; nothing was stored.\n"
        "    /data/channel: 'pigeon' is not allowed. Allowed are mail and phone.\n"
        f"    /time: {OLD}\n"
        "\n"
        "application/cloudevents+json\n"
        '{"specversion": "1.0", "id": "case-1", "source": "/desk", "type": "desk.case.reported", '
        '"time": "2020-05-04T12:00:00+08:00", "data": {"channel": "pigeon"}}\n'
    )


def test_a_script_gets_it_as_json(desk: Desk) -> None:
    refuse(desk, a_case(1))
    [line] = listed(desk)
    assert line == {
        "id": 1,
        "sender": "token:ci",
        "delivery": line["delivery"],
        "first_at": line["first_at"],
        "last_at": line["first_at"],
        "attempts": 1,
        "size": len(json.dumps(a_case(1))),
        "mistakes": 1,
        "settled": None,
        "reason": None,
        "settled_by": None,
        "settled_at": None,
    }
    assert json.loads(desk.done("quarantine", "show", "1", "--json")) == line | {
        "detail": "1 mistake; nothing was stored.",
        "mistakes": [{"pointer": "/time", "message": OLD}],
        "content_type": "application/cloudevents+json",
        "body": json.dumps(a_case(1)),
    }


def test_what_was_sent_cannot_give_orders_to_the_terminal(desk: Desk) -> None:
    refuse(desk, b'{"id": "\x1b]0;owned\x07\x9b2J\r"}', b"\xff\xfe")
    shown = desk.done("quarantine", "show", "1") + desk.done("quarantine", "show", "2")
    assert "owned" in shown
    assert not set(shown) & set("\x1b\x07\x9b\r")


def test_an_old_event_is_recorded_when_somebody_vouches_for_it(desk: Desk) -> None:
    refuse(desk, a_case(1))
    assert desk.done("quarantine", "retry", "1") == "case-1: recorded as seq 0\n"
    assert desk.stored() == 1
    assert desk.sql("SELECT actor FROM event") == [("person:command-line",)]
    assert desk.done("quarantine", "list") == "Nothing waits for a decision.\n"
    assert plain(desk.done("quarantine", "list", "--all")) == (
        "1: NAME from token:ci, first T, last T, attempts 1, bytes 154, mistakes 1\n"
        "    recorded by person:command-line at T\n"
    )
    assert "Delivery 1 was recorded at" in desk.refused("quarantine", "retry", "1")


def test_what_is_still_wrong_is_told_again_and_recorded_once_the_catalogue_allows_it(desk: Desk) -> None:
    refuse(desk, a_case(1, "pigeon"))
    ended = desk.run("quarantine", "retry", "1")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err == (
        "The input has mistakes: 1 mistake; nothing was stored.\n"
        "  /data/channel: 'pigeon' is not allowed. Allowed are mail and phone.\n"
    )
    config = desk.config()
    file = config / "domains" / "desk.yaml"
    mail = "mail: {zh-Hant: 郵件, en: Mail}"
    file.write_text(file.read_text("utf-8").replace(mail, f"{mail}, pigeon: {{zh-Hant: 信鴿, en: Pigeon}}"), "utf-8")
    desk.done("catalogue", "activate")
    assert desk.done("quarantine", "retry", "1") == "case-1: recorded as seq 0\n"


def test_to_discard_takes_a_reason_and_lets_go_of_the_content(desk: Desk) -> None:
    refuse(desk, a_case(1))
    assert "Missing option '--reason'" in desk.refused("quarantine", "discard", "1")
    assert "reason: is required" in desk.refused("quarantine", "discard", "1", "--reason", "  ")
    assert desk.done("quarantine", "discard", "1", "--reason", "a test") == "Delivery 1 is discarded.\n"
    assert desk.sql("SELECT sealed FROM quarantine") == [(None,)]
    assert desk.refused("quarantine", "show", "1").startswith(
        "This contradicts what is on record: Delivery 1 was discarded at "
    )
    assert plain(desk.done("quarantine", "list", "--all")).endswith(
        "    discarded by person:command-line at T: a test\n"
    )


@pytest.mark.parametrize("command", [("show",), ("retry",), ("discard", "--reason", "none")])
@pytest.mark.parametrize("id", ["1", "99999999999999999999"])
def test_a_number_that_is_none_is_refused(command: tuple[str, ...], id: str, desk: Desk) -> None:
    assert desk.refused("quarantine", *command, id) == (
        f"There is no such thing: There is no delivery {id} in quarantine. `tracker quarantine list` shows them.\n"
    )


def test_what_has_aged_is_gone_from_the_list_and_the_database(desk: Desk) -> None:
    refuse(desk, a_case(1), a_case(2))
    desk.sql("UPDATE quarantine SET first_at = '2020-01-01T00:00:00.000000Z' WHERE id = 1")
    assert [each["id"] for each in listed(desk, "--all")] == [2]
    assert desk.sql("SELECT id FROM quarantine") == [(2,)]


def test_without_its_key_a_delivery_is_listed_but_not_shown(desk: Desk) -> None:
    refuse(desk, a_case(1))
    (desk.path / "home" / "keys" / "quarantine").unlink()
    assert len(listed(desk)) == 1
    assert "TRACKER_QUARANTINE_KEY_FILE" in desk.refused("quarantine", "show", "1")
