"""What workflows keep beside the ledger: who may see a case, receipts of reports, and the violations of an account."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_workflows"
down_revision = "20261125_cases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_grant",
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("granted_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("subject", "person", name="pk_case_grant"),
    )
    op.create_index("ix_case_grant_person", "case_grant", ["person"])
    op.create_table(
        "case_named",
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("mark", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("subject", "mark", name="pk_case_named"),
    )
    op.create_table(
        "report_receipt",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_report_receipt"),
    )
    op.create_index("uq_report_receipt_subject", "report_receipt", ["subject"], unique=True)
    op.create_table(
        "key_handover",
        sa.Column("proposal", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("until", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("proposal", name="pk_key_handover"),
    )
    op.create_index("ix_key_handover_until", "key_handover", ["until"])
    op.create_table(
        "account_violation",
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("found_seq", sa.BigInteger, nullable=False),
        sa.Column("penalised", sa.Text),
        sa.Column("penalty", sa.Text),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("overturned", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_account_violation"),
    )
    op.create_index("ix_account_violation_account", "account_violation", ["account", "found_seq"])
    op.create_table(
        "supplier_profile",
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("region", sa.Text),
        sa.Column("category", sa.Text),
        sa.Column("important", sa.Boolean, nullable=False),
        sa.Column("recommended_by", sa.Text),
        sa.Column("round", sa.Text),
        sa.Column("grade", sa.Text),
        sa.PrimaryKeyConstraint("subject", name="pk_supplier_profile"),
    )


def downgrade() -> None:
    for table in (
        "supplier_profile",
        "account_violation",
        "key_handover",
        "report_receipt",
        "case_named",
        "case_grant",
    ):
        op.drop_table(table)
