"""The running tallies, and what lets them fall back under a correction or void."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_tallies"
down_revision = "20261122_ledger"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite turns a sum that overflows into a float without a word; the checks make it an error.
    whole = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "tally",
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("cell", sa.Text, nullable=False),
        sa.Column("part", sa.SmallInteger, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("metric", "period", "cell", "part", name="pk_tally"),
        *([sa.CheckConstraint("typeof(value) = 'integer'", name=op.f("ck_tally_whole"))] if whole else []),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tally_member",
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("cell", sa.Text, nullable=False),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("uses", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("metric", "period", "cell", "member", name="pk_tally_member"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tally_reading",
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("series", sa.Text, nullable=False),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("time", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.Column("cells", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("metric", "series", "month", "time", "seq", name="pk_tally_reading"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tally_newest",
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("series", sa.Text, nullable=False),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("time", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.Column("cells", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("metric", "series", "month", name="pk_tally_newest"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tally_definition",
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("metric", name="pk_tally_definition"),
    )


def downgrade() -> None:
    for table in ("tally_definition", "tally_newest", "tally_reading", "tally_member", "tally"):
        op.drop_table(table)
