"""People with roles and sessions, what waits for a second pair of eyes, and the audit trail that nothing can change."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_people"
down_revision = "20261122_front_door"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _people()
    _sessions()
    _proposals()
    _audit()


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("login", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("password", sa.Text),
        sa.Column("totp", sa.LargeBinary),
        sa.Column("totp_step", sa.BigInteger),
        sa.Column("invitation", sa.LargeBinary),
        sa.Column("invited_until", sa.Text),
        sa.Column("issuer", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("locale", sa.Text),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("ends_on", sa.Text),
        sa.Column("disabled_at", sa.Text),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
    )
    op.create_index("uq_person_login", "person", ["login"], unique=True)
    op.create_index("uq_person_issuer_subject", "person", ["issuer", "subject"], unique=True)
    op.create_table(
        "person_role",
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("granted_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("person", "role", name="pk_person_role"),
    )


def _sessions() -> None:
    op.create_table(
        "web_session",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("seen_at", sa.Text, nullable=False),
        sa.Column("ends_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_web_session"),
    )
    op.create_index("ix_web_session_person", "web_session", ["person"])
    op.create_table(
        "failed_login",
        sa.Column("login", sa.LargeBinary, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("login", name="pk_failed_login"),
    )


def _proposals() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("proposed_by", sa.Text, nullable=False),
        sa.Column("proposed_at", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", sa.Text),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_proposal"),
    )
    op.create_index("ix_proposal_state", "proposal", ["state", "id"])
    waiting = sa.text("state = 'open'")
    op.create_index(
        "uq_proposal_open",
        "proposal",
        ["kind", "target"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def _audit() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("detail", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor", "id"])
    op.create_index("ix_audit_entry_target", "audit_entry", ["target", "id"])
    op.execute(  # what was changed before there was a trail for everything
        "INSERT INTO audit_entry (at, actor, action, target) "
        'SELECT at, "by", action, target FROM access_change ORDER BY id'
    )
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_sqlite() -> None:
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_entry_no_{action.lower()} BEFORE {action} ON audit_entry "
            "BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END"
        )
    op.execute(
        "CREATE TRIGGER audit_entry_no_replace BEFORE INSERT ON audit_entry "
        "WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only: this row is on record'); END"
    )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry "
        "FOR EACH ROW EXECUTE FUNCTION tracker_append_only()"
    )
    op.execute(
        "CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION tracker_append_only()"
    )
    for trigger in ("append_only", "no_truncate"):
        op.execute(f"ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_entry_{trigger}")


def downgrade() -> None:
    for table in ("audit_entry", "proposal", "failed_login", "web_session", "person_role", "person"):
        op.drop_table(table)
