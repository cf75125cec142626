"""The pages of suppliers: the library, a scorecard with its rounds, and how far a half-yearly round is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from tests.house import House
from tests.web.visitors import Site, Visitor, opened
from tests.workflows.houses import only
from tracker.db import Database
from tracker.settings import shipped

KIND = "suppliers.supplier"
PLACE = {"region": "china", "category": "catering"}
SIX = ("quality", "delivery", "service", "cost", "innovation", "cooperation")
FIELD = re.compile(r'name="(id|expect)"[^>]*value="([^"]*)"')


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    with opened(House.build(database, only("suppliers")), tmp_path, config=shipped("config")) as found:
        yield found


def tell(site: Site, subject: str, fact: str, time: str = "2021-01-04T09:00:00Z", **data: object) -> None:
    site.house.record(site.house.event(f"{KIND}.{fact}", data, subject=subject, time=time))


def qualified(site: Site, subject: str, **others: str) -> None:
    tell(site, subject, "registered", **{**PLACE, **others})
    tell(site, subject, "qualified", "2021-01-05T09:00:00Z", **PLACE, important=True)


def evaluated(site: Site, subject: str, round: str, score: int, time: str = "2021-01-20T09:00:00Z") -> None:
    tell(site, subject, "evaluated", time, round=round, **dict.fromkeys(SIX, score))


def act(visitor: Visitor, subject: str, fact: str, **data: object) -> tuple[int, str]:
    """Fill in and send the form of an act on a supplier's page; status and text of the answer."""
    page = visitor.get(f"/subjects/{KIND}/{subject}?lang=en").text
    form = re.search(rf'id="act-suppliers-supplier-{fact}".*?</form>', page, re.DOTALL)
    hidden = dict(FIELD.findall(form[0])) if form else {}
    sent = hidden | {f"data_{name}": str(value) for name, value in data.items()}
    answer = visitor.post(f"/subjects/{KIND}/{subject}/{KIND}.{fact}", sent)
    return answer.status_code, unescape(answer.text)


def text(visitor: Visitor, path: str) -> str:
    """What a page says in English, without its tags."""
    answer = visitor.get(f"{path}{'&' if '?' in path else '?'}lang=en")
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_a_supplier_goes_through_a_failed_evaluation_to_exit(site: Site) -> None:
    qualified(site, "s1")
    alice = site.signed_in("alice", "recorder")
    assert act(alice, "s1", "evaluated", round="2020-h2", **dict.fromkeys(SIX, "55.5"))[0] == 303
    said = text(alice, "/suppliers/s1")
    assert "2020-h2 1 Feb 2021 55.5 55.5 55.5 55.5 55.5 55.5 55.5 Fail" in said
    assert "Running Finish the improvement 3 Apr 2021, 00:00" in said
    assert act(alice, "s1", "exited", reason="performance")[0] == 303
    assert "Exited" in text(alice, "/suppliers/s1")
    assert site.house.value("suppliers.exits", "2021") == 1
    assert site.house.values("suppliers.evaluations", "2021")['{"grade":"fail"}'] == 1


def test_no_one_evaluates_a_supplier_they_recommended(site: Site) -> None:
    bob = site.person("bob", "recorder")
    qualified(site, "s1", recommended_by=bob.id)
    visitor = site.signed_in("bob")
    assert "You recommended this supplier. Somebody else evaluates it." in text(visitor, f"/subjects/{KIND}/s1")
    assert "Recommended by Bob" in text(visitor, "/suppliers/s1")
    status, answer = act(visitor, "s1", "evaluated", round="2020-h2", **dict.fromkeys(SIX, 99))
    assert status == 403
    assert "Ask somebody else to evaluate it." in answer
    assert site.house.value("suppliers.evaluations", "2021") == 0


def test_a_scorecard_shows_rounds_certificates_and_what_failed(site: Site) -> None:
    qualified(site, "s1")
    reader = site.signed_in("reader", "assurer")
    assert "Not evaluated yet" in text(reader, "/suppliers/s1")
    evaluated(site, "s1", "2020-h1", 80, "2021-01-10T09:00:00Z")
    scores = dict(zip(SIX, (90, 90, 90, 90, 90, 59), strict=True))
    tell(site, "s1", "evaluated", "2021-01-20T09:00:00Z", round="2020-h2", **scores)
    tell(site, "s1", "certificate_recorded", standard="iso_9001", valid_until="2021-02-20")
    tell(site, "s1", "certificate_recorded", standard="iso_14000", valid_until="2021-01-20")
    tell(site, "s1", "commitment_signed")
    answer = reader.get("/suppliers/s1?lang=en").text
    assert answer.count("<svg") == 1
    assert '<strong class="mark mark-bad" title="below the minimum of 60">59</strong>' in answer
    said = text(reader, "/suppliers/s1")
    assert "2020-h2 20 Jan 2021 90 90 90 90 90 59 84.8 Good" in said
    assert "ISO 9001 20 Feb 2021 Expires soon" in said
    assert "ISO 14000 20 Jan 2021 Expired" in said
    assert "Integrity commitment signed on 4 Jan 2021" in said
    assert reader.get("/suppliers/nobody").status_code == 404


def test_the_library_is_filtered_and_taken_away(site: Site) -> None:
    for subject, score in (("s1", 95), ("s2", 50)):
        qualified(site, subject)
        evaluated(site, subject, "2020-h2", score)
    tell(site, "s3", "registered", region="overseas", category="gifts")
    tell(site, "s2", "improvement_opened", "2021-01-21T09:00:00Z", due="2021-01-31")
    tell(site, "s1", "certificate_recorded", standard="iso_9001", valid_until="2022-03-01")
    reader = site.signed_in("reader", "internal_auditor")
    assert "3 in all" in text(reader, "/suppliers")
    for query, expected in (
        ("grade=excellent", ["s1"]),
        ("region=overseas", ["s3"]),
        ("show=late", ["s2"]),
        ("state=improving", ["s2"]),
        ("sort=grade", ["s1", "s2", "s3"]),
        ("sort=-subject", ["s3", "s2", "s1"]),
        ("q=S3", ["s3"]),
        ("show=expired", []),
    ):
        lines = reader.get(f"/suppliers?format=csv&lang=en&{query}").text.splitlines()
        assert [line.split(",")[0] for line in lines[1:]] == expected, query
    line = reader.get("/suppliers?format=csv&lang=en&q=s1").text.splitlines()[1]
    assert line == 's1,Active,"China (with Hong Kong, Macao and Taiwan)",Catering,Excellent,95.0,2020-h2,2022-03-01,'


def test_a_round_shows_who_is_still_to_be_evaluated(site: Site) -> None:
    for subject in ("s1", "s2", "s3"):
        qualified(site, subject)
    evaluated(site, "s1", "2020-h2", 95)
    evaluated(site, "s2", "2020-h2", 70)
    reader = site.signed_in("reader", "recorder")
    said = text(reader, "/suppliers/rounds/2020-h2")
    assert "Evaluated 2 of 3" in said
    assert "Still to be evaluated 1 s3" in said
    assert "s1 Excellent s2 Pass" in said
    assert reader.get("/suppliers/rounds").headers["Location"] == "/suppliers/rounds/2021-h1"
    assert "2020-h1 2020-h2 2021-h1 Evaluated" in said
    assert "Evaluated 0 of 3" in text(reader, "/suppliers/rounds/2021-h1")
    assert reader.get("/suppliers/rounds/2020-h9").status_code == 404


def test_without_suppliers_the_pages_say_so(site: Site) -> None:
    reader = site.signed_in("reader", "recorder")
    assert "No supplier is registered" in text(reader, "/suppliers")
    assert "No supplier is to be evaluated" in text(reader, "/suppliers/rounds/2021-h1")


def test_an_organisation_without_suppliers_has_an_empty_library(house: House, tmp_path: Path) -> None:
    with opened(house, tmp_path) as plain:
        reader = plain.signed_in("reader", "recorder")
        assert "No supplier is registered" in text(reader, "/suppliers")
        assert [reader.get(path).status_code for path in ("/suppliers/s1", "/suppliers/rounds")] == [404, 404]


def send(visitor: Visitor, path: str, **data: object) -> tuple[int, str]:
    """Fill in and send the form of a page."""
    hidden = dict(FIELD.findall(visitor.get(f"{path}?lang=en").text))
    answer = visitor.post(path, hidden | {f"data_{name}": str(value) for name, value in data.items()})
    return answer.status_code, " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_a_supplier_is_registered_with_who_recommends_it(site: Site) -> None:
    bob = site.person("bob", "recorder")
    alice = site.signed_in("alice", "recorder")
    assert f'<option value="{bob.id}">Bob</option>' in alice.get("/suppliers/register?lang=en").text
    assert send(alice, "/suppliers/register", region="china")[0] == 422
    status, _said = send(alice, "/suppliers/register", **PLACE, recommended_by="p-nobody", poor_area="no")
    assert status == 422
    assert send(alice, "/suppliers/register", **PLACE, recommended_by=bob.id)[0] == 303
    assert "1 in all" in text(alice, "/suppliers")
    assert site.signed_in("reader", "assurer").get("/suppliers/register").status_code == 403


def test_an_evaluation_offers_its_rounds_and_is_refused_kindly(site: Site) -> None:
    qualified(site, "s1")
    alice = site.signed_in("alice", "recorder")
    page = alice.get("/suppliers/evaluate/s1?round=2020-h2&lang=en").text
    assert '<option selected value="2020-h2">' in page
    assert "2020-h1" in page
    assert "data_grade" not in page
    scores = dict.fromkeys(SIX, "91.5")
    status, said = send(alice, "/suppliers/evaluate/s1", round="2020-h2", **(scores | {"cost": "101"}))
    assert (status, "At most 100." in said) == (422, True)
    assert send(alice, "/suppliers/evaluate/s1", round="2020-h2", **scores)[0] == 303
    assert "2020-h2 1 Feb 2021 91.5" in text(alice, "/suppliers/s1")
    status, said = send(alice, "/suppliers/evaluate/s1", round="2020-h2", **scores)
    assert (status, "in this round already" in said) == (409, True)
    assert alice.get("/suppliers/evaluate/nobody").status_code == 404
