"""The quarantine in the browser: what is wrong and the envelopes, never what events say; decided once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.api.conftest import token
from tests.house import House
from tests.web.visitors import HOST, Site, Visitor, opened
from tracker.intake.quarantine import held

CANARY = "a narrative that nobody reads here"


@pytest.fixture
def site(house: House, tmp_path: Path) -> Iterator[Site]:
    with opened(house, tmp_path) as found:
        yield found


@pytest.fixture
def alice(site: Site) -> Visitor:
    return site.signed_in("alice", "administrator")


def send(site: Site, sender: str, channel: str = "phone", time: str = "2020-05-04T12:00:00+08:00") -> int:
    """Hand in an event that is too old, or has a channel that there is not; its number in quarantine."""
    data = {"channel": channel, "narrative": CANARY}
    body = json.dumps(site.house.event("desk.case.reported", data, subject=f"case-{sender}", time=time))
    headers = {"Authorization": f"Bearer {token(site.house, sender, 'record')}"}
    client, kind = site.app.test_client(), "application/cloudevents+json"
    answer = client.post("/api/v1/events", data=body, content_type=kind, headers=headers, base_url=HOST)
    assert answer.status_code == 422
    with site.house.database.read() as session:
        return held(session, everything=True)[-1].id


def settled(site: Site) -> list[str | None]:
    with site.house.database.read() as session:
        return [each.settled for each in held(session, everything=True)]


def trail(site: Site) -> list[tuple[str, str]]:
    return [
        (action, target) for _actor, action, target, _detail in site.folk.trail() if action.startswith("quarantine.")
    ]


def test_a_delivery_shows_its_mistakes_and_envelope_and_nothing_of_what_it_says(site: Site, alice: Visitor) -> None:
    id = send(site, "post", channel="pigeon")
    text = alice.get(f"/quarantine/{id}?lang=en").text
    for shown in ("/data/channel", "desk.case.reported", "case-post", "2020-05-04T12:00:00+08:00"):
        assert shown in text
    assert CANARY not in text + alice.get("/quarantine").text


def test_opening_a_delivery_is_on_record(site: Site, alice: Visitor) -> None:
    id = send(site, "post")
    alice.get("/quarantine")
    assert trail(site) == []
    alice.get(f"/quarantine/{id}")
    assert trail(site) == [("quarantine.opened", f"quarantine:{id}")]


def test_an_old_event_is_recorded_when_somebody_vouches_for_it(site: Site, alice: Visitor) -> None:
    id = send(site, "post")
    assert alice.post(f"/quarantine/{id}/retry").status_code == 303
    assert site.house.value("desk.cases", "2020") == 1
    assert settled(site) == ["recorded"]
    assert alice.post(f"/quarantine/{id}/retry").status_code == 409
    text = alice.get(f"/quarantine/{id}?lang=en").text
    assert "Alice" in text
    assert "Record it now" not in text
    assert trail(site)[-1] == ("quarantine.recorded", f"quarantine:{id}")


def test_what_is_still_wrong_stays_and_says_why(site: Site, alice: Visitor) -> None:
    id = send(site, "post", channel="pigeon")
    answer = alice.post(f"/quarantine/{id}/retry?lang=en")
    assert (answer.status_code, "Still not right" in answer.text, settled(site)) == (422, True, [None])


def test_discarding_takes_a_reason_and_lets_go_of_what_was_sent(site: Site, alice: Visitor) -> None:
    id = send(site, "post")
    for reason in ("", "  ", "x" * 2001):
        assert alice.post(f"/quarantine/{id}/discard", {"reason": reason}).status_code == 422
    assert settled(site) == [None]
    assert alice.post(f"/quarantine/{id}/discard", {"reason": "Sent twice."}).status_code == 303
    text = alice.get(f"/quarantine/{id}").text
    assert "Sent twice." in text
    assert alice.post(f"/quarantine/{id}/discard", {"reason": "Again."}).status_code == 409


def test_of_two_who_decide_at_once_one_wins(site: Site, alice: Visitor) -> None:
    id, bob = send(site, "post"), site.signed_in("bob", "administrator")
    tokens = [alice.token(), bob.token()]

    def retry() -> int:
        return alice.bare_post(f"/quarantine/{id}/retry", {"csrf_token": tokens[0]}).status_code

    def discard() -> int:
        data = {"csrf_token": tokens[1], "reason": "Not ours."}
        return bob.bare_post(f"/quarantine/{id}/discard", data).status_code

    with ThreadPoolExecutor(2) as both:
        outcomes = [both.submit(each) for each in (retry, discard)]
    assert sorted(each.result() for each in outcomes) == [303, 409]
    recorded = site.house.value("desk.cases", "2020") == 1
    assert settled(site) == ["recorded" if recorded else "discarded"]


def test_deliveries_are_listed_waiting_first_and_filtered(site: Site, alice: Visitor) -> None:
    _first, _second, third = (send(site, name) for name in ("a", "b", "c"))
    alice.post(f"/quarantine/{third}/discard", {"reason": "Not ours."})

    def senders(query: str = "") -> list[str]:
        rows = alice.get(f"/quarantine?format=csv{query}").text.splitlines()[1:]
        return [row.split(",")[1] for row in rows]

    assert senders() == ["token:b", "token:a", "token:c"]
    assert senders("&state=waiting") == ["token:b", "token:a"]
    assert senders("&state=discarded") == ["token:c"]
    assert senders("&state=&sender=token:a") == ["token:a"]


def test_a_delivery_that_is_not_there_is_not_found(alice: Visitor) -> None:
    for path in ("/quarantine/7", "/quarantine/99999999999999999999"):
        assert alice.get(path).status_code == 404
    assert alice.post("/quarantine/7/retry").status_code == 404
    assert alice.post("/quarantine/7/discard", {"reason": "x"}).status_code == 404
