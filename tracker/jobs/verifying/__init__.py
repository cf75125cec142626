"""Verification of a live database: everything on record against digests, signatures and counts of its own.

Nothing is taken from the tallies or the stored tree that is not computed anew from the events. What a database alone
cannot show (its end cut off, all of it rewritten or set back) shows by checkpoints kept outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from tracker.access.datakeys import DataKeys
from tracker.db import Database
from tracker.errors import UnknownPeriod
from tracker.jobs.verifying.amendments import check_amendments
from tracker.jobs.verifying.counting import check_late, check_stated, check_tallies
from tracker.jobs.verifying.findings import Finding, Findings
from tracker.jobs.verifying.guards import check_guards
from tracker.jobs.verifying.log import LogReport, Progress, verify_log
from tracker.jobs.verifying.secrets import check_vault
from tracker.jobs.verifying.signed import LogKey, Outside, check_checkpoints, check_outside
from tracker.jobs.verifying.years import Stated, check_catalogues, check_drafts, check_snapshots
from tracker.ledger.heads import read_head

__all__ = ["Finding", "Findings", "LogKey", "LogReport", "Outside", "Report", "verify", "verify_log"]

_UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, UnknownPeriod, ValueError)
"""What reading raises where a text is no JSON, a number none, or a row not there."""

Stage = Callable[[str], AbstractContextManager[Progress]]
"""Given what is done next, what is told how far it is."""


@dataclass
class Report:
    """What a verification came to: of a log of so many events, with this root (hex). Notices say what could not be
    looked at, or should be known beside."""

    size: int = 0
    root: str = ""
    findings: Findings = field(default_factory=Findings)
    notices: list[str] = field(default_factory=list)

    def take(self, what: str, found: Iterable[Finding | Stated | str]) -> list[Stated]:
        """Put findings and notices where they belong; the documents among them are returned. That ``what`` is looked
        at cannot be read is a finding, too: who tampers need not leave what can be."""
        documents: list[Stated] = []
        try:
            for each in found:
                self._put(each, documents)
        except _UNREADABLE as error:
            self.findings.add(what, "all", f"they cannot be checked, since something is not what it was: {error!r}.")
        return documents

    def _put(self, each: Finding | Stated | str, documents: list[Stated]) -> None:
        if isinstance(each, str):
            self.notices.append(each)
        elif isinstance(each, Finding):
            self.findings.extend([each])
        else:
            documents.append(each)

    def as_document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "size": self.size,
            "root": self.root,
            "holds": not self.findings,
            "findings": [each.as_document() for each in self.findings],
            "count": self.findings.count,
            "first_bad_seq": self.findings.first_seq,
            "notices": self.notices,
        }


def verify(
    database: Database, datakeys: DataKeys, key: LogKey, *, outside: Sequence[Outside] = (), stage: Stage
) -> Report:
    """Check a whole database; every step sees one state of it, and others may record meanwhile.

    :raise NotReady: the database does not answer, or its file is damaged.
    """
    report = Report()
    with stage("Reading the log") as progress:
        log = verify_log(database, progress)
    report.size, report.root = log.size, log.root.hex()
    report.findings.merge(log.findings)
    with database.read() as session:
        report.take("guards", check_guards(session))
        report.take("amendments", check_amendments(session))
        report.take("checkpoints", check_checkpoints(session, log.tree, key))
    report.take("checkpoints kept outside", check_outside(outside, log.tree, key))
    with database.read() as session:
        report.take("confidential values", check_vault(session, datakeys))
    with database.read() as session, stage("Counting the figures") as progress:
        _check_figures(session, log, key, report, progress)
    return report


def _check_figures(session: Session, log: LogReport, key: LogKey, report: Report, progress: Progress) -> None:
    known, wrong = check_catalogues(session)
    report.take("catalogues", wrong)
    stated = report.take("drafts", check_drafts(session, log.tree, known))
    stated += report.take("frozen years", check_snapshots(session, log.tree, known, key.public))
    report.take("figures", check_stated(session, stated, known, progress))
    head = read_head(session)
    if head.catalogue in known:
        catalogue = known[head.catalogue]
        report.take("tallies", check_tallies(session, catalogue))
        report.take("late events", check_late(session, catalogue, head))
    elif head.catalogue is not None:
        report.findings.add("catalogue", head.catalogue[:12], "it is in force, but is not on record as it was.")
    progress(1, 1)
