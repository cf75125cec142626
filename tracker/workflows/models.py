"""The tables of workflows: access to cases, receipts of reports, each account's violations, and legal holds."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text

from tracker.access.models import Number
from tracker.db import metadata

grants = Table(
    "case_grant",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("granted_at", Text, nullable=False),
    Index("ix_case_grant_person", "person"),
)
"""Which officers may open which integrity case."""

named = Table(
    "case_named",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("mark", LargeBinary, primary_key=True),
)
"""Who is named in a case and must not see it: a keyed digest of case and person, so that nobody is named here."""

receipts = Table(
    "report_receipt",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("subject", Text, nullable=False),
    Index("uq_report_receipt_subject", "subject", unique=True),
)
"""The SHA-256 of each reporter's receipt."""

handovers = Table(
    "key_handover",
    metadata,
    Column("proposal", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("until", Text, nullable=False),
    Index("ix_key_handover_until", "until"),
)
"""New secrets and tokens that wait, sealed, for the one who proposed them; a row goes as it is picked up."""

account_violations = Table(
    "account_violation",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("found_seq", BigInteger, nullable=False),
    Column("penalised", Text),
    Column("penalty", Text),
    Column("points", Integer, nullable=False),
    Column("overturned", Boolean, nullable=False),
    Index("ix_account_violation_account", "account", "found_seq"),
)
"""The violations of each account, with the newest penalty, when it was given, its points, and whether it was
overturned: derived from the ledger."""

supplier_profiles = Table(
    "supplier_profile",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("region", Text),
    Column("category", Text),
    Column("important", Boolean, nullable=False),
    Column("recommended_by", Text),
    Column("round", Text),
    Column("grade", Text),
)
"""What suppliers are looked for by: where they are, what they offer, and their newest evaluation. Derived as well."""

holds = Table(
    "legal_hold",
    metadata,
    Column("id", Number, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("placed_at", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("released_at", Text),
    Column("released_by", Text),
    Index("ix_legal_hold_owner", "owner"),
)
"""What must not be erased, whatever else asks for it: ``owner`` as data keys name it (``integrity/case-2020-07``)."""
