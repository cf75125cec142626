"""Years with four eyes: drafts, what is sealed when one is frozen, publications; and holds on erasure."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_years"
down_revision = "20261126_tree"
branch_labels = None
depends_on = None

GUARDED = {
    "snapshot_draft": "id = NEW.id",
    "snapshot_publication": "rowid = NEW.rowid OR (year = NEW.year AND revision = NEW.revision)",
}
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "snapshot_draft",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("log_size", sa.BigInteger, nullable=False),
        sa.Column("catalogue", sa.Text, nullable=False),
        sa.Column("drafted_at", sa.Text, nullable=False),
        sa.Column("drafted_by", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_snapshot_draft"),
    )
    op.create_index("ix_snapshot_draft_year", "snapshot_draft", ["year", "id"])
    op.create_table(
        "snapshot_publication",
        sa.Column("year", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("published_at", sa.Text, nullable=False),
        sa.Column("published_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("year", "revision", name="pk_snapshot_publication"),
    )
    for name, type in (("draft", sa.BigInteger), ("seal", sa.Text), ("signature", sa.LargeBinary)):
        op.add_column("snapshot", sa.Column(name, type))
    op.create_table(
        "legal_hold",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("placed_at", sa.Text, nullable=False),
        sa.Column("placed_by", sa.Text, nullable=False),
        sa.Column("released_at", sa.Text),
        sa.Column("released_by", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_legal_hold"),
    )
    op.create_index("ix_legal_hold_owner", "legal_hold", ["owner"])
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_sqlite() -> None:
    for table, present in GUARDED.items():
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {present}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: this row is on record'); END"
        )


def _guard_postgresql() -> None:
    for table in GUARDED:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION tracker_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION tracker_append_only()"
        )
        for trigger in ("append_only", "no_truncate"):
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{trigger}")


def downgrade() -> None:
    op.drop_table("legal_hold")
    for column in ("signature", "seal", "draft"):
        op.drop_column("snapshot", column)
    op.drop_table("snapshot_publication")
    op.drop_table("snapshot_draft")
