"""Keys for what is confidential: one per subject, wrapped by a key outside the database; and files as evidence."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_vault"
down_revision = "20261125_people"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "wrapping_key",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("made_at", sa.Text, nullable=False),
        sa.Column("retired_at", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_wrapping_key"),
    )
    op.create_table(
        "data_key",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("wrapped_under", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_data_key"),
    )
    op.create_index("uq_data_key_owner", "data_key", ["owner"], unique=True)
    op.create_index("ix_data_key_wrapped_under", "data_key", ["wrapped_under", "id"])
    op.add_column("event_vault", sa.Column("data_key", sa.BigInteger))
    op.create_index("ix_event_vault_data_key", "event_vault", ["data_key"])
    op.create_table(
        "evidence_file",
        sa.Column("seq", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("event", sa.BigInteger, nullable=False),
        sa.Column("data_key", sa.BigInteger, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_evidence_file"),
    )
    op.create_index("ix_evidence_file_event", "evidence_file", ["event"])
    op.create_index("ix_evidence_file_data_key", "evidence_file", ["data_key"])


def downgrade() -> None:
    op.drop_table("evidence_file")
    op.drop_index("ix_event_vault_data_key", "event_vault")
    op.drop_column("event_vault", "data_key")
    for table in ("data_key", "wrapping_key"):
        op.drop_table(table)
