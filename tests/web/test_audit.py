"""The audit trail in the browser: who did what, filtered and paged; silent about cases that are not for its reader."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from tests.house import House
from tests.web.visitors import Site, Visitor, opened
from tracker.access import audit
from tracker.workflows.models import named
from tracker.workflows.sight import marks_of


@pytest.fixture
def site(house: House, tmp_path: Path) -> Iterator[Site]:
    with opened(house, tmp_path) as found:
        yield found


def write(
    site: Site, actor: str, action: str, target: str, detail: str | None = None, at: datetime | None = None
) -> None:
    with site.house.database.write() as session:
        audit.write(session, at or site.house.clock(), actor, action, target, detail)


def rows(visitor: Visitor, query: str = "") -> list[str]:
    return visitor.get(f"/audit?format=csv&lang=en{query}").text.splitlines()[1:]


def name_in_case(site: Site, name: str) -> None:
    with site.house.database.write() as session:
        for mark in marks_of(site.service.keys, "case-1", [name]):
            session.execute(insert(named).values(subject="case-1", mark=mark))


def test_entries_say_who_and_what_by_their_names(site: Site) -> None:
    alice = site.signed_in("alice", "administrator")
    carol, start = site.person("carol", "recorder"), "2021-02-01T04:00:00.000000Z"
    write(site, "person:token-ci", "source.added", "desk")
    write(site, site.folk.now("alice").actor, "proposal.made", "proposal:7", f"person.roles {carol.actor}")
    own = site.folk.now("alice").actor
    assert rows(alice) == [
        f"{start},Alice ({own}),proposal.made,Proposal 7,Roles of a person Carol",
        f"{start},Token ci (person:token-ci),source.added,desk,",
        f"{start},Command line (person:command-line),person.added,Carol,Recorder",
        f"{start},Command line (person:command-line),person.added,Alice,Administrator",
    ]
    assert "proposed" in alice.get("/audit?lang=en").text


def test_the_trail_is_filtered_by_who_what_about_whom_and_day(site: Site) -> None:
    alice, carol = site.signed_in("alice", "administrator"), site.person("carol", "recorder")
    midnight = datetime(2021, 1, 9, 16, tzinfo=UTC)  # in Shanghai the 10th begins
    for minute, action in ((-1, "person.signed_in"), (0, "source.added"), (1, "source.retired")):
        write(
            site, carol.actor, action, "desk", at=midnight.replace(minute=minute % 60, hour=16 if minute >= 0 else 15)
        )

    def found(query: str) -> list[str]:
        return [row.split(",")[2] for row in rows(alice, query)]

    assert found(f"&actor={carol.actor}") == ["source.retired", "source.added", "person.signed_in"]
    assert found("&actor=&action=source.") == ["source.retired", "source.added"]
    assert found("&action=&target=carol") == ["person.added"]
    assert found("&target=desk&day=2021-01-10") == ["source.retired", "source.added"]
    assert found("&target=&day=2021-01-09") == ["person.signed_in"]
    for odd in ("2021-02-30", "9999-12-31", "x", "0001-01-01"):
        assert found(f"&day={odd}") == []


def test_every_page_of_the_trail_follows_the_one_before(site: Site) -> None:
    alice = site.signed_in("alice", "administrator")
    for number in range(120):
        write(site, "person:command-line", "token.added", f"t-{number}")
    assert [row.split(",")[3] for row in rows(alice, "&action=token.")] == [f"t-{n}" for n in reversed(range(120))]
    first = alice.get("/audit?action=token.&lang=en").text
    assert ("t-119" in first, "t-70<" in first, "t-69<" in first) == (True, True, False)
    [after] = {part.split('"')[0] for part in first.split('href="') if "page=" in part.split('"')[0]}
    second = alice.get(after.replace("&amp;", "&")).text
    assert ("t-70<" in second, "t-69<" in second, "t-20<" in second) == (False, True, True)


CASE_ENTRIES = (
    ("confidential.read", "integrity/case-1", "seq 0: triage"),
    ("case.access_granted", "integrity.case/case-1", "p-x"),
    ("proposal.made", "proposal:9", "case.access integrity.case/case-1/p-x"),
)


def test_who_may_not_know_of_cases_sees_that_something_confidential_was_done_and_no_more(site: Site) -> None:
    alice, auditor = site.signed_in("alice", "administrator"), site.signed_in("gus", "internal_auditor")
    for entry in CASE_ENTRIES:
        write(site, "person:p-officer", *entry)
    masked = [row.partition("Z,")[2] for row in rows(alice)][:3]
    assert masked == [
        "p-officer (person:p-officer),proposal.made,confidential,",
        "p-officer (person:p-officer),case.access_granted,confidential,",
        "p-officer (person:p-officer),confidential.read,confidential,",
    ]
    assert "case-1" not in alice.get("/audit").text
    for _action, target, _detail in CASE_ENTRIES[:2]:
        there, nothing = (alice.get(f"/audit?target={each}").text for each in (target, target.replace("-1", "-9")))
        assert there.replace("case-1", "case-9") == nothing
    assert rows(alice, "&target=integrity/case-1") == rows(alice, "&target=integrity/case-2") == []
    assert sum("case-1" in row for row in rows(auditor)) == 3
    assert len(rows(auditor, "&target=integrity/case-1")) == 1


def test_an_auditor_who_is_named_in_a_case_finds_not_even_a_gap(site: Site) -> None:
    gus, ida = site.signed_in("gus", "internal_auditor"), site.signed_in("ida", "internal_auditor")
    for entry in CASE_ENTRIES:
        write(site, "person:p-officer", *entry)
    write(site, "person:p-officer", "confidential.read", "integrity/case-2", "seq 1: triage")
    name_in_case(site, "Gus")
    assert [row.partition("Z,")[2] for row in rows(gus)][:2] == [
        "p-officer (person:p-officer),confidential.read,integrity/case-2,seq 1: triage",
        "Command line (person:command-line),person.added,Ida,Internal auditor",
    ]
    assert sum("case-1" in row for row in rows(ida)) == 3


def test_only_who_reads_the_trail_opens_it(site: Site) -> None:
    for role in ("recorder", "case_officer", "approver", "assurer"):
        assert site.signed_in(f"a-{role.replace('_', '-')}", role).get("/audit").status_code == 403
