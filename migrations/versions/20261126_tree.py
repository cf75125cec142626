"""The Merkle tree over the log (RFC 6962): full tiles that nothing changes, the growing edge, signed checkpoints."""

import hashlib
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "20261126_tree"
down_revision = "20261125_workflows"
branch_labels = None
depends_on = None

GUARDED = {"merkle_tile": "level = NEW.level AND tile = NEW.tile", "checkpoint": "size = NEW.size"}
SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WIDTH, HASH = 256, 32


def upgrade() -> None:
    op.create_table(
        "merkle_tile",
        sa.Column("level", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("tile", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("level", "tile", name="pk_merkle_tile"),
    )
    op.create_table(
        "merkle_edge",
        sa.Column("level", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("level", name="pk_merkle_edge"),
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", SEQ, autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("signed_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_checkpoint"),
    )
    with op.batch_alter_table("ledger_head") as head:
        head.add_column(sa.Column("root", sa.LargeBinary))
        head.add_column(sa.Column("frontier", sa.LargeBinary))
    _plant()
    with op.batch_alter_table("ledger_head") as head:
        head.alter_column("root", existing_type=sa.LargeBinary, nullable=False)
        head.alter_column("frontier", existing_type=sa.LargeBinary, nullable=False)
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _plant() -> None:
    """Grow the tree over what is on record already, tile by tile."""
    connection = op.get_bind()
    subtrees: list[tuple[int, bytes]] = []  # (leaves, root) of the complete subtrees so far, the largest first
    edge: dict[int, list[bytes]] = {}
    for leaves in _tiles_of_leaves(connection):
        if len(leaves) == WIDTH:
            _store(connection, edge, 0, leaves)
            leaves = [_root(leaves)]
            size = WIDTH
        else:
            size = 1
        for leaf in leaves:
            subtrees.append((size, leaf))
            while len(subtrees) > 1 and subtrees[-1][0] == subtrees[-2][0]:
                (count, left), (_, right) = subtrees[-2:]
                subtrees[-2:] = [(2 * count, _node(left, right))]
    for level, hashes in edge.items():
        if level and hashes:
            insert = sa.text("INSERT INTO merkle_edge (level, hashes) VALUES (:level, :hashes)")
            connection.execute(insert, {"level": level, "hashes": b"".join(hashes)})
    root = subtrees[-1][1] if subtrees else hashlib.sha256(b"").digest()
    for _count, left in reversed(subtrees[:-1]):
        root = _node(left, root)
    update = sa.text("UPDATE ledger_head SET root = :root, frontier = :frontier")
    connection.execute(update, {"root": root, "frontier": b"".join(each for _count, each in subtrees)})


def _tiles_of_leaves(connection: sa.Connection) -> Iterator[list[bytes]]:
    first = 0
    query = sa.text("SELECT leaf FROM event WHERE seq >= :first AND seq < :last ORDER BY seq")
    while leaves := [bytes(row[0]) for row in connection.execute(query, {"first": first, "last": first + WIDTH})]:
        yield leaves
        first += WIDTH


def _store(connection: sa.Connection, edge: dict[int, list[bytes]], level: int, hashes: list[bytes]) -> None:
    """Store a full tile; its root goes onto the edge above, which may become full by that."""
    above = edge.setdefault(level + 1, [])
    tile = sa.text("INSERT INTO merkle_tile (level, tile, hashes) VALUES (:level, :tile, :hashes)")
    count = connection.execute(
        sa.text("SELECT count(*) FROM merkle_tile WHERE level = :level"), {"level": level}
    ).scalar_one()
    connection.execute(tile, {"level": level, "tile": count, "hashes": b"".join(hashes)})
    above.append(_root(hashes))
    if len(above) == WIDTH:
        edge[level + 1] = []
        _store(connection, edge, level + 1, above)


def _root(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [_node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _guard_sqlite() -> None:
    for table, present in GUARDED.items():
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE rowid = NEW.rowid OR ({present})) "
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
    with op.batch_alter_table("ledger_head") as head:
        head.drop_column("frontier")
        head.drop_column("root")
    for table in ("checkpoint", "merkle_edge", "merkle_tile"):
        op.drop_table(table)
