"""Guards: the triggers that refuse to change what is on record, whole and in force, and no others beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy.orm import Session

from tracker.db import is_sqlite, metadata, run
from tracker.jobs.verifying.findings import Finding
from tracker.migrations import GUARDS, guarded, guards

_SQLITE = "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
_POSTGRESQL = (
    "SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace ORDER BY t.tgname"
)
_RULES = "SELECT tablename, rulename FROM pg_rules WHERE schemaname = current_schema() ORDER BY rulename"
_FUNCTION = "SELECT btrim(prosrc) FROM pg_proc WHERE proname = 'tracker_append_only'"
_REFUSAL = "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END"
_OWNER = (
    "SELECT count(*) FROM pg_class WHERE relname = 'event' AND relnamespace = current_schema()::regnamespace "
    "AND pg_has_role(current_user, relowner, 'USAGE')"
)


def check_guards(session: Session) -> Iterator[Finding | str]:
    """What is wrong with the guards. A text instead of a finding is a notice."""
    sqlite = is_sqlite(session)
    dialect = "sqlite" if sqlite else "postgresql"
    there = run(session, _SQLITE if sqlite else _POSTGRESQL).all()
    texts = {name: (table, sql) for table, name, sql in there}
    in_force = guards(session.connection())
    for guard in sorted(GUARDS[dialect]):
        table = guarded(guard)
        if guard not in in_force or not _is_whole(guard, table, texts.get(guard, ("", ""))[1]):
            what = "it was removed, disabled or emptied: what is on record can be changed."
            yield Finding("guard", guard, what)
    for name, (table, _sql) in sorted(texts.items()):
        if name not in GUARDS[dialect] and table in metadata.tables:
            what = f"the table {table} has a trigger that is none of the tracker's."
            yield Finding("guard", name, what)
    if not sqlite:
        yield from _check_postgresql(session)


def _check_postgresql(session: Session) -> Iterator[Finding | str]:
    if [row[0] for row in run(session, _FUNCTION)] != [_REFUSAL]:
        yield Finding("guard", "tracker_append_only", "the function that refuses is another one, or there are several.")
    for table, name in run(session, _RULES):
        if table in metadata.tables:
            yield Finding("guard", name, f"the table {table} has a rule, which may change what statements do.")
    if run(session, _OWNER).scalar_one():
        yield (
            "This connection may take the guards away, since its role owns the tables. Let the tracker work as a role "
            "that only may insert and read, and update what is derived."
        )


def _is_whole(guard: str, table: str, sql: str) -> bool:
    """Whether a guard's definition is the one that migrations made: for every row, on no condition of its own."""
    plain = sql.replace("public.", "")
    if guard.endswith("_append_only"):
        suffix = f"BEFORE DELETE OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION tracker_append_only()"
        return plain == f"CREATE TRIGGER {guard} {suffix}"
    if guard.endswith("_no_truncate"):
        suffix = f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION tracker_append_only()"
        return plain == f"CREATE TRIGGER {guard} {suffix}"
    refusal = rf"BEGIN SELECT RAISE\(ABORT, '{table} is append-only[^']*'\); END"
    action = guard.rpartition("_")[2]
    if action == "replace":
        there = rf"EXISTS \(SELECT 1 FROM {table} WHERE [^;]+\)"
        return bool(re.fullmatch(rf"CREATE TRIGGER {guard} BEFORE INSERT ON {table} WHEN {there} {refusal}", sql))
    return bool(re.fullmatch(rf"CREATE TRIGGER {guard} BEFORE {action.upper()} ON {table} {refusal}", sql))
