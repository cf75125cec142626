"""Where each subject stands, what did not fit its lifecycle, and its deadlines."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_cases"
down_revision = "20261125_vault"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "subject_state",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("state", sa.Text),
        sa.Column("opened", sa.Text),
        sa.Column("moved", sa.Text),
        sa.Column("moved_seq", sa.BigInteger),
        sa.Column("newest", sa.Text, nullable=False),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sa.Column("misfits", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", name="pk_subject_state"),
    )
    op.create_index("ix_subject_state_kind_state", "subject_state", ["kind", "state", "moved"])
    op.create_table(
        "misfit",
        sa.Column("seq", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("state", sa.Text),
        sa.PrimaryKeyConstraint("seq", "kind", name="pk_misfit"),
    )
    op.create_index("ix_misfit_kind_subject", "misfit", ["kind", "subject"])
    op.create_table(
        "deadline",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("opened_seq", sa.BigInteger, nullable=False),
        sa.Column("opened", sa.Text, nullable=False),
        sa.Column("warns", sa.Text, nullable=False),
        sa.Column("due", sa.Text, nullable=False),
        sa.Column("met", sa.Text),
        sa.Column("met_seq", sa.BigInteger),
        sa.PrimaryKeyConstraint("kind", "subject", "name", "opened_seq", name="pk_deadline"),
    )
    waiting = sa.text("met_seq IS NULL")
    op.create_index("ix_deadline_due", "deadline", ["due"], sqlite_where=waiting, postgresql_where=waiting)


def downgrade() -> None:
    for table in ("deadline", "misfit", "subject_state"):
        op.drop_table(table)
