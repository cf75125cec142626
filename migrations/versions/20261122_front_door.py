"""Sources and tokens with the trail of their changes, counters of what came in, and the quarantine."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_front_door"
down_revision = "20261122_snapshots"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _access()
    _intake()


def _access() -> None:
    op.create_table(
        "source",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("uri", sa.Text, nullable=False),
        sa.Column("types", sa.Text, nullable=False),
        sa.Column("late_days", sa.Integer, nullable=False),
        sa.Column("backfill", sa.Boolean, nullable=False),
        sa.Column("test", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("retired_at", sa.Text),
        sa.PrimaryKeyConstraint("name", name="pk_source"),
    )
    live = sa.text("retired_at IS NULL")
    op.create_index("uq_source_uri", "source", ["uri"], unique=True, sqlite_where=live, postgresql_where=live)
    op.create_table(
        "source_key",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text),
        sa.Column("used_at", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_source_key"),
    )
    op.create_index("ix_source_key_source", "source_key", ["source"])
    op.create_table(
        "token",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.Column("revoked_at", sa.Text),
        sa.Column("used_at", sa.Text),
        sa.PrimaryKeyConstraint("name", name="pk_token"),
    )
    op.create_index("uq_token_digest", "token", ["digest"], unique=True)
    op.create_table(
        "access_change",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_access_change"),
    )


def _intake() -> None:
    op.create_table(
        "intake_count",
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("received", "recorded", "duplicate", "conflict", "rejected")
        ),
        sa.PrimaryKeyConstraint("sender", "type", name="pk_intake_count"),
        sa.CheckConstraint("received = recorded + duplicate + conflict + rejected", name="ck_intake_count_sum"),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("delivery", sa.Text, nullable=False),
        sa.Column("first_at", sa.Text, nullable=False),
        sa.Column("last_at", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("mistakes", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("settled", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("settled_by", sa.Text),
        sa.Column("settled_at", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
    )
    op.create_index("uq_quarantine_sender_delivery", "quarantine", ["sender", "delivery"], unique=True)
    op.create_index("ix_quarantine_first_at", "quarantine", ["first_at"])


def downgrade() -> None:
    for table in ("quarantine", "intake_count", "access_change", "token", "source_key", "source"):
        op.drop_table(table)
