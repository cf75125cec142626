"""An anonymous reporter leaves no trace (P13): not in the database and its log, nor in ours, nor in what comes back."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from sqlalchemy import select, text
from structlog.testing import LogCapture
from werkzeug.test import TestResponse

from tests.evidence.samples import docx, pdf, picture, unpacked, xlsx
from tests.web.visitors import HOST, Site, opened
from tests.workflows.houses import house_of
from tracker import evidence
from tracker.access.accounts import audit
from tracker.db import Database, metadata
from tracker.evidence.models import files
from tracker.ledger.queries import entries
from tracker.ledger.vault import opened as unsealed
from tracker.settings import shipped
from tracker.workflows import receipts

REPORTS = 100
MAKERS = (lambda t: picture("JPEG", trace=t), lambda t: picture("PNG", trace=t), pdf, docx, xlsx)
ENDINGS = ("jpg", "png", "pdf", "docx", "xlsx")


@dataclass(frozen=True)
class Reporter:
    """Somebody who leaves a trace wherever one could stay."""

    number: int

    @property
    def traces(self) -> dict[str, str]:
        """What must be found nowhere, by where it was left."""
        n = self.number
        return {
            "address": f"203.0.113.{n}",
            "forwarded": f"198.51.100.{n}",
            "agent": f"Agentur{n:03}x",
            "referrer": f"intranet{n:03}x",
            "cookie": f"kekse{n:03}x",
            "language": f"xq-{n:03}x",
            "maker": f"Machart{n:03}x",
            "file": f"anlage{n:03}x",
        }

    @property
    def canaries(self) -> tuple[str, ...]:
        """What must be readable nowhere, but for who has the keys."""
        return f"Erzählung{self.number:03}x", f"Absender{self.number:03}x"

    def environ(self) -> dict[str, str]:
        """What the connection tells."""
        found = self.traces
        return {"REMOTE_ADDR": found["address"], "REMOTE_PORT": str(40_000 + self.number)}

    def headers(self) -> dict[str, str]:
        """What the browser and what is between tell."""
        found = self.traces
        return {
            "X-Forwarded-For": found["forwarded"],
            "Forwarded": f"for={found['forwarded']}",
            "X-Real-IP": found["forwarded"],
            "User-Agent": f"Mozilla/5.0 {found['agent']}",
            "Referer": f"https://{found['referrer']}.example/search?q=how+to+report",
            "Cookie": f"theirs={found['cookie']}; lang=en",
            "Accept-Language": f"{found['language']},en;q=0.5",
            "Sec-Fetch-Site": "same-origin",
        }


@pytest.fixture
def logged() -> Iterator[LogCapture]:
    kept, before = LogCapture(), structlog.get_config()["processors"]
    structlog.configure(processors=[kept])
    yield kept
    structlog.configure(processors=before)


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    house = house_of(database, "integrity")
    with opened(house, tmp_path / "home", config=shipped("config"), log_level="debug") as found:
        yield found


def send(
    site: Site, reporter: Reporter, method: str, path: str, data: Mapping[str, object] | None = None
) -> TestResponse:
    client = site.app.test_client(use_cookies=False)
    return client.open(
        path, method=method, base_url=HOST, data=data, headers=reporter.headers(), environ_base=reporter.environ()
    )


def send_large(site: Site, reporter: Reporter) -> TestResponse:
    """More than the channel takes. It is not read to its end, so that it need not be a form."""
    kind, client = "multipart/form-data; boundary=x", site.app.test_client(use_cookies=False)
    return client.post("/report", base_url=HOST, data=bytes(25 << 20), content_type=kind, headers=reporter.headers())


def hidden(answer: TestResponse, name: str) -> str:
    """The value of a hidden field of the page."""
    return answer.text.split(f'name="{name}" value="', 1)[1].split('"', 1)[0]


def shown_receipt(answer: TestResponse) -> str:
    groups = answer.text.split('class="report-receipt"', 1)[1].split("</p>", 1)[0].split("<span>")[1:]
    return "-".join(each.split("<", 1)[0] for each in groups)


def report(site: Site, reporter: Reporter) -> tuple[str, list[TestResponse]]:
    """A whole visit: the form, the report with a file, the receipt, and one more message with a file."""
    maker, ending = MAKERS[reporter.number % 5], ENDINGS[reporter.number % 5]

    def file() -> tuple[io.BytesIO, str]:
        return io.BytesIO(maker(reporter.traces["maker"])), f"{reporter.traces['file']}.{ending}"

    form = send(site, reporter, "GET", "/report?lang=en")
    narrative, identity = reporter.canaries
    fields = {"category": "fraud", "reporter_group": "staff", "narrative": narrative, "identity": identity}
    done = send(site, reporter, "POST", "/report", {"token": hidden(form, "token"), **fields, "files": file()})
    assert done.status_code == 201, done.text
    receipt = shown_receipt(done)
    found = send(site, reporter, "POST", "/report/receipt", {"receipt": receipt})
    assert found.status_code == 200
    more = {"receipt": receipt, "token": hidden(found, "token"), "message": narrative, "files": file()}
    written = send(site, reporter, "POST", "/report/message", more)
    assert written.status_code == 200
    wrong = send(site, reporter, "POST", "/report/receipt", {"receipt": reporter.traces["agent"]})
    assert wrong.status_code in {404, 429}  # the channel takes only so many wrong ones a minute
    missing = send(site, reporter, "GET", f"/report/{reporter.traces['agent']}")
    assert missing.status_code == 404
    return receipt, [form, done, found, written, wrong, missing]


def stored(database: Database) -> bytes:
    """All that the database holds: every row of every table, and on SQLite the very files."""
    rows = io.StringIO()
    with database.read() as session:
        names = metadata.tables if database.sqlite else [each.name for each in metadata.sorted_tables]
        for name in names:
            for row in session.execute(text(f"SELECT * FROM {name}")):
                rows.write(repr(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)))
    found = rows.getvalue().encode()
    if database.sqlite:
        file = Path(str(database.url.database))
        found += b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*"))
    return found


def test_a_hundred_reporters_leave_no_trace(
    site: Site,
    logged: LogCapture,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    reporters = [Reporter(number) for number in range(REPORTS)]
    with caplog.at_level(logging.INFO):
        visits = [report(site, reporter) for reporter in reporters]
    answers = [answer for _receipt, own in visits for answer in own]

    assert all(answer.headers.getlist("Set-Cookie") == [] for answer in answers)
    assert all(answer.headers["Cache-Control"] == "no-store" for answer in answers)
    assert [entry for entry in logged.entries if entry.get("event") == "request"] == []

    output = capfd.readouterr()
    said = "\n".join([str(logged.entries), caplog.text, output.out, output.err]).encode()
    kept = stored(site.house.database)
    homes = b"".join(each.read_bytes() for each in (tmp_path / "home").rglob("*") if each.is_file())
    for reporter, (receipt, _own) in zip(reporters, visits, strict=True):
        secret = (*reporter.traces.values(), *reporter.canaries, receipt, receipts.plain(receipt))
        for trace in secret:
            for place in (kept, said, homes):
                assert trace.encode() not in place, (trace, reporter)
    assert b"Mozilla" not in kept + said
    _check_dates(site)
    _check_files(site, reporters)


def _check_dates(site: Site) -> None:
    with site.house.database.read() as session:
        events = entries(session, limit=1_000)
        visits = session.execute(select(audit.c.at).where(audit.c.actor == "system:report-channel")).scalars().all()
    assert len(events) == 4 * REPORTS
    assert {(each.recorded_at, each.time, each.actor) for each in events} == {
        ("2021-02-01T00:00:00.000000Z", "2021-01-31T16:00:00.000000Z", "system:report-channel")
    }
    assert set(visits) == {"2021-01-31T16:00:00.000000Z"}


def _check_files(site: Site, reporters: list[Reporter]) -> None:
    """What was told and attached is there for who has the keys, the files without their makers."""
    house = site.house
    assert house.ledger.vault is not None
    with house.database.read() as session:
        seqs = session.scalars(select(files.c.seq).order_by(files.c.seq)).all()
        told = unsealed(session, house.ledger.vault, range(4 * REPORTS))
    assert len(seqs) == 2 * REPORTS
    whole = str(told)
    assert all(canary in whole for reporter in reporters for canary in reporter.canaries)
    for seq in seqs[:20]:
        clean = evidence.open_file(house.database, house.ledger, "person:test", seq, purpose="test")
        packed = unpacked(clean.content).values() if clean.content.startswith(b"PK") else ()
        assert b"Machart" not in b"".join([clean.content, *packed])


def test_what_is_refused_leaves_no_trace_either(site: Site, logged: LogCapture) -> None:
    reporter = Reporter(7)
    token = receipts.new_token()
    fields = {"category": "fraud", "reporter_group": "staff", "token": token}
    sent: list[tuple[int, dict[str, object]]] = [
        (422, {**fields, "narrative": ""}),
        (422, {**fields, "narrative": "x" * 10_001}),
        (422, {**fields, "narrative": "true", "category": "gossip"}),
        (422, {**fields, "narrative": "true", "files": (io.BytesIO(b"MZ\x00\x01"), "setup.exe")}),
        (422, {**fields, "narrative": "true", "files": [(io.BytesIO(b"a"), f"{n}.txt") for n in range(6)]}),
        (400, {**fields, "narrative": "true", "token": "made up"}),
    ]
    for status, data in sent:
        answer = send(site, reporter, "POST", "/report?lang=en", data)
        assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (status, []), data.keys()
    assert send_large(site, reporter).status_code == 413
    assert logged.entries == []
    with site.house.database.read() as session:
        assert entries(session) == []
