"""The reporting channel's pages: in both languages, without a cookie, with receipts that are shown once."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.evidence.samples import picture
from tests.web.visitors import HOST, Site, opened
from tests.workflows.casehouse import CaseHouse
from tests.workflows.houses import house_of
from tracker.access.limits import Limiter
from tracker.cases import queries
from tracker.db import Database
from tracker.evidence.models import files as files_table
from tracker.ledger.models import events
from tracker.settings import shipped
from tracker.web.reporting import Limits
from tracker.workflows import receipts
from tracker.workflows.models import receipts as receipts_table
from tracker.workflows.sight import CASE

FORM = {"category": "bribery", "reporter_group": "supplier", "narrative": "A gift was asked for."}
GROUPS = re.compile(r'<p class="report-receipt".*?</p>', re.DOTALL)


@dataclass
class Channel:
    """The pages, and a reporter's browser, which would keep cookies if it were given any."""

    site: Site
    cases: CaseHouse

    def __post_init__(self) -> None:
        self.client = self.site.app.test_client()

    def get(self, path: str = "/report", **headers: str) -> TestResponse:
        """Open a page, in English unless the path says otherwise."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.client.get(path, base_url=HOST, headers={"Accept-Language": "en", **named})

    def post(self, path: str, data: dict[str, Any], **headers: str) -> TestResponse:
        """Send a form."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.client.post(path, base_url=HOST, data=data, headers={"Accept-Language": "en", **named})

    def token(self, path: str = "/report") -> str:
        """The hidden token of a new form."""
        found = re.search(r'name="token" value="([^"]{43})"', self.get(path).text)
        assert found is not None
        return found[1]

    def report(self, **data: Any) -> TestResponse:
        """Hand in a report from a new form."""
        return self.post("/report", {"token": self.token(), **FORM, **data})

    def receipt(self, answer: TestResponse) -> str:
        """The receipt that a page shows."""
        found = GROUPS.search(answer.text)
        assert found is not None
        return "-".join(re.findall(r"<span>([0-9A-Z]{4})</span>", found[0]))

    def counts(self) -> tuple[int, int, int]:
        """How many events, receipts and files there are."""
        with self.cases.house.database.read() as session:
            tables = (events, receipts_table, files_table)
            found = [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]
        return found[0], found[1], found[2]


@pytest.fixture
def channel(database: Database, tmp_path: Path) -> Iterator[Channel]:
    house = house_of(database, "integrity")
    with opened(house, tmp_path, config=shipped("config")) as site:
        yield Channel(site, CaseHouse(house, site.service.keys))


def test_a_concern_is_raised_and_a_receipt_is_shown_once(channel: Channel) -> None:
    answer = channel.report()
    assert answer.status_code == 201
    receipt = channel.receipt(answer)
    assert receipts.well_formed(receipt)
    assert receipt not in channel.get("/report/receipt").text
    assert channel.counts() == (1, 1, 0)


@pytest.mark.parametrize(
    ("asked", "accepted", "words"),
    [
        ("", "en", "What happened?"),
        ("", "zh-HK,zh;q=0.9", "事情經過"),
        ("", "zh-TW", "事情經過"),
        ("?lang=en", "zh-Hant", "What happened?"),
        ("?lang=zh-Hant", "en", "事情經過"),
    ],
)
def test_the_form_speaks_the_language_that_is_asked_for_without_a_cookie(
    channel: Channel, asked: str, accepted: str, words: str
) -> None:
    answer = channel.get(f"/report{asked}", Accept_Language=accepted)
    assert words in answer.text
    assert "Set-Cookie" not in answer.headers
    if asked:  # and the page's form and its link carry it on
        assert f'action="/report{asked}"' in answer.text
        assert f'href="/report/receipt{asked}"' in answer.text


def test_the_language_stays_through_the_whole_visit(channel: Channel) -> None:
    answer = channel.post("/report?lang=zh-Hant", {"token": channel.token(), **FORM})
    assert "這是你的回執" in answer.text
    found = channel.post("/report/receipt?lang=zh-Hant", {"receipt": channel.receipt(answer)})
    assert "舉報已送達，等待處理" in found.text


def test_no_cookie_is_set_or_read_even_where_somebody_is_signed_in(channel: Channel) -> None:
    visitor = channel.site.signed_in("alice")
    before = visitor.cookie()
    answer = visitor.get("/report?lang=en")
    assert answer.status_code == 200
    assert "Alice" not in answer.text
    assert "Set-Cookie" not in answer.headers
    assert visitor.cookie() == before


def test_what_is_missing_is_said_and_what_was_typed_is_kept(channel: Channel) -> None:
    token = channel.token()
    answer = channel.post("/report", {"token": token, "narrative": "A <b>gift</b> & more", "identity": "x" * 501})
    assert answer.status_code == 422
    assert answer.text.count("Please choose one.") == 2
    assert "This is longer than 500 characters." in answer.text
    assert "A &lt;b&gt;gift&lt;/b&gt; &amp; more" in answer.text
    assert f'name="token" value="{token}"' in answer.text
    assert channel.counts() == (0, 0, 0)


def test_what_cannot_be_stored_is_left_out_of_what_was_typed(channel: Channel) -> None:
    answer = channel.report(narrative="one\r\ntwo\x00\x07\x85three")
    assert answer.status_code == 201
    channel.cases.grant(_case(channel))
    assert channel.cases.read("alice", 0)[0]["/narrative"] == "one\ntwothree"


def _case(channel: Channel) -> str:
    with channel.cases.house.database.read() as session:
        (found,) = queries.standings(session, CASE)
    return found.subject


def test_a_form_sent_twice_is_one_report_with_the_same_receipt(channel: Channel) -> None:
    token = channel.token()
    answers = [
        channel.post("/report", {"token": token, **FORM, "files": (io.BytesIO(picture("PNG")), "a.png")})
        for _ in range(2)
    ]
    assert channel.receipt(answers[0]) == channel.receipt(answers[1])
    assert channel.counts() == (2, 1, 1)


def test_a_form_sent_again_with_other_words_is_told_so(channel: Channel) -> None:
    token = channel.token()
    channel.post("/report", {"token": token, **FORM})
    answer = channel.post("/report", {"token": token, **FORM, "narrative": "Two gifts."})
    assert answer.status_code == 409
    assert "This form was handed in already" in answer.text
    assert channel.counts() == (1, 1, 0)


def test_the_talk_goes_to_and_fro(channel: Channel) -> None:
    receipt = channel.receipt(channel.report())
    subject = _case(channel)
    channel.cases.grant(subject)
    channel.cases.act("alice", subject, "acknowledged", message="Thank you.\nWho asked?")
    found = channel.post("/report/receipt", {"receipt": receipt.lower().replace("-", " ")})
    assert "Thank you.\nWho asked?" in unescape(found.text)
    assert "Alice" not in found.text
    assert "A gift was asked for." not in found.text
    token = re.search(r'name="token" value="([^"]+)"', found.text)
    assert token is not None
    message = {"receipt": receipt, "token": token[1], "message": "The one at the gate."}
    for _ in range(2):  # a double click is one message
        told = channel.post("/report/message", {**message, "files": (io.BytesIO(b"a list"), "a.txt")})
        assert told.status_code == 200
        assert "Your message has arrived." in told.text
        assert "The one at the gate." not in told.text
    assert channel.cases.types(subject) == [
        "reported",
        "acknowledged",
        "message_received",
        "tracker.evidence.attached",
    ]


def test_a_message_without_words_is_not_sent(channel: Channel) -> None:
    receipt = channel.receipt(channel.report())
    answer = channel.post("/report/message", {"receipt": receipt, "token": receipts.new_token(), "message": " "})
    assert answer.status_code == 422
    assert "Please write something here." in answer.text
    assert channel.counts()[0] == 1


def test_a_slip_is_told_from_a_receipt_that_nobody_has(channel: Channel) -> None:
    receipt = channel.receipt(channel.report())
    slip = ("1" if receipt[0] != "1" else "2") + receipt[1:]
    other = receipts.receipt_for(receipts.new_token())
    for path in ("/report/receipt", "/report/message"):
        assert "A character is missing or wrong." in channel.post(path, {"receipt": slip}).text
        answer = channel.post(path, {"receipt": other})
        assert answer.status_code == 404
        assert "No report belongs to this receipt." in answer.text


def test_guessing_ends_in_a_friendly_answer_and_never_keeps_a_receipt_out(channel: Channel) -> None:
    receipt = channel.receipt(channel.report())
    channel.site.app.extensions["tracker.reporting"] = Limits(wrong=Limiter("20/day"))
    answers = [
        channel.post("/report/receipt", {"receipt": receipts.receipt_for(f"guess {number}")}) for number in range(40)
    ]
    assert [answer.status_code for answer in answers] == [404] * 20 + [429] * 20
    assert "please try again in a minute" in answers[-1].text
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert channel.post("/report/receipt", {"receipt": receipt}).status_code == 200


def test_more_reports_than_the_channel_takes_are_told_to_wait(channel: Channel) -> None:
    channel.site.app.extensions["tracker.reporting"] = Limits(written=Limiter("2/day"))
    assert [channel.report().status_code for _ in range(3)] == [201, 201, 429]
    assert channel.counts()[1] == 2


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_post_from_another_site_is_refused(channel: Channel, site: str) -> None:
    answer = channel.post("/report", {"token": receipts.new_token(), **FORM}, Sec_Fetch_Site=site)
    assert answer.status_code == 403
    assert channel.counts() == (0, 0, 0)


def test_a_token_that_was_not_made_here_is_refused(channel: Channel) -> None:
    for token in ("", "x" * 42, "x" * 42 + "!"):
        assert channel.post("/report", {"token": token, **FORM}).status_code == 400
    assert channel.counts() == (0, 0, 0)


def test_files_of_twenty_megabytes_are_taken_and_more_is_told(channel: Channel) -> None:
    half = b"line of a long list\n" * (9 << 20 // 20)
    large = half[: 9 << 20]
    files = [(io.BytesIO(large), "a.txt"), (io.BytesIO(large), "b.txt")]
    body, kind = multipart({"token": channel.token(), **FORM}, [(name, file.getvalue()) for file, name in files])
    answer = channel.client.post("/report", base_url=HOST, data=body, content_type=kind)
    assert answer.status_code == 201
    assert channel.counts() == (3, 1, 2)
    body, kind = multipart({"token": channel.token(), **FORM}, [("a.txt", bytes(25 << 20))])
    answer = channel.client.post("/report?lang=en", base_url=HOST, data=body, content_type=kind)
    assert answer.status_code == 413
    assert "10 MB each, 20 MB together" in answer.text
    assert channel.counts() == (3, 1, 2)


def multipart(fields: dict[str, str], files: list[tuple[str, bytes]]) -> tuple[bytes, str]:
    """A body made in memory: the test client would spool it to disk."""
    parts = [f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode() for n, v in fields.items()]
    for name, content in files:
        head = f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        parts.append(head.encode() + b"Content-Type: text/plain\r\n\r\n" + content + b"\r\n")
    return b"".join([*parts, b"--x--\r\n"]), "multipart/form-data; boundary=x"


def test_large_forms_are_read_a_few_at_a_time(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.web.uploads._LARGE_AT_ONCE", Busy())
    body, kind = multipart({"token": channel.token(), **FORM}, [("a.txt", b"a" * (2 << 20))])
    answer = channel.client.post("/report?lang=en", base_url=HOST, data=body, content_type=kind)
    assert answer.status_code == 503
    assert "Nothing was stored" in answer.text
    assert channel.report().status_code == 201, "small ones still get in"


class Busy:
    """All turns are taken."""

    def acquire(self, *, blocking: bool) -> bool:
        """None is left."""
        return False


def test_a_long_url_or_a_receipt_in_it_finds_nothing(channel: Channel) -> None:
    receipt = channel.receipt(channel.report())
    assert channel.get(f"/report/{receipt}").status_code == 404
    assert channel.get(f"/report/receipt?receipt={receipt}").status_code == 200
    assert "Your report of" not in channel.get(f"/report/receipt?receipt={receipt}").text
