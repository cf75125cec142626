"""The log: events that nothing can change, the vault, the head row and the catalogues."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_ledger"
down_revision = None
branch_labels = None
depends_on = None

GUARDED = ("event", "catalogue")


def upgrade() -> None:
    _create_tables()
    op.execute("INSERT INTO ledger_head (id, size, recorded_at) VALUES (1, 0, '')")
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _create_tables() -> None:
    op.create_table(
        "event",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("time", sa.Text, nullable=False),
        sa.Column("entity", sa.Text),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("original", sa.BigInteger),
        sa.Column("replaces", sa.BigInteger),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_event"),
        sa.CheckConstraint("seq >= 0", name=op.f("ck_event_seq")),
    )
    op.create_index("uq_event_source_id", "event", ["source", "id"], unique=True)
    op.create_index("ix_event_subject", "event", ["subject", "seq"])
    op.create_index("ix_event_type_day", "event", ["type", "day"])
    _create_partial_index("ix_event_original", "original", unique=False)
    _create_partial_index("uq_event_replaces", "replaces", unique=True)
    op.create_table(
        "event_vault",
        sa.Column("seq", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("seq", "field", name="pk_event_vault"),
    )
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("catalogue", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_head"),
        sa.CheckConstraint("id = 1", name=op.f("ck_ledger_head_single")),
    )
    op.create_table(
        "catalogue",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("documents", sa.Text, nullable=False),
        sa.Column("activated_at", sa.Text, nullable=False),
        sa.Column("activated_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_catalogue"),
    )


def _create_partial_index(name: str, column: str, *, unique: bool) -> None:
    """Only amendments have these columns; the index holds nothing of the others."""
    there = sa.text(f"{column} IS NOT NULL")
    op.create_index(name, "event", [column], unique=unique, sqlite_where=there, postgresql_where=there)


def _guard_sqlite() -> None:
    """Refuse UPDATE and DELETE, and an INSERT OR REPLACE that would be both without firing either.

    It replaces by any unique key, and the hidden rowid is one of them.
    """
    present = {
        # One look-up each: together under a single EXISTS they cost an import a fiftieth of its rate.
        "event": ("seq = NEW.seq", "source = NEW.source AND id = NEW.id", "replaces = NEW.replaces"),
        "catalogue": ("rowid = NEW.rowid", "digest = NEW.digest"),
    }
    for table, conditions in present.items():
        exists = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {condition})" for condition in conditions)
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN {exists} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: this row is on record'); END"
        )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION tracker_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
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
    for table in ("catalogue", "ledger_head", "event_vault", "event"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION tracker_append_only()")
