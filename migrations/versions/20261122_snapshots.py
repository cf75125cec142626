"""Frozen years, which nothing can change, and the events that came after them."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_snapshots"
down_revision = "20261122_tallies"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "snapshot",
        sa.Column("year", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("log_size", sa.BigInteger, nullable=False),
        sa.Column("catalogue", sa.Text, nullable=False),
        sa.Column("frozen_at", sa.Text, nullable=False),
        sa.Column("frozen_by", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("year", "revision", name="pk_snapshot"),
    )
    op.create_table(
        "late_event",
        sa.Column("year", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("year", "seq", name="pk_late_event"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_sqlite() -> None:
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER snapshot_no_{action.lower()} BEFORE {action} ON snapshot "
            "BEGIN SELECT RAISE(ABORT, 'snapshot is append-only'); END"
        )
    op.execute(
        "CREATE TRIGGER snapshot_no_replace BEFORE INSERT ON snapshot "
        "WHEN EXISTS (SELECT 1 FROM snapshot WHERE rowid = NEW.rowid OR (year = NEW.year AND revision = NEW.revision)) "
        "BEGIN SELECT RAISE(ABORT, 'snapshot is append-only: this revision is on record'); END"
    )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE TRIGGER snapshot_append_only BEFORE UPDATE OR DELETE ON snapshot "
        "FOR EACH ROW EXECUTE FUNCTION tracker_append_only()"
    )
    op.execute(
        "CREATE TRIGGER snapshot_no_truncate BEFORE TRUNCATE ON snapshot "
        "FOR EACH STATEMENT EXECUTE FUNCTION tracker_append_only()"
    )
    for trigger in ("append_only", "no_truncate"):
        op.execute(f"ALTER TABLE snapshot ENABLE ALWAYS TRIGGER snapshot_{trigger}")


def downgrade() -> None:
    op.drop_table("late_event")
    op.drop_table("snapshot")
