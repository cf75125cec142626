"""Every command, run as a process: what it prints, what it changes, and the status it ends with."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from decimal import Decimal
from pathlib import Path

import click
import pytest

from tests.cli.conftest import TRACKER, Desk, a_case, environment
from tracker.cli import cli
from tracker.settings import OPTIONS

PIGEON = "line 2 /data/channel: 'pigeon' is not allowed. Allowed are mail and phone."


def commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command there is, as it is typed."""
    found: list[tuple[str, ...]] = []
    for name, command in group.commands.items():
        found.append((*path, name))
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
    return found


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_help_tells_every_argument_and_option(path: tuple[str, ...], tmp_path: Path) -> None:
    command: click.Command = cli
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    context = click.Context(command, info_name=path[-1], max_content_width=200)
    told = command.get_help(context)
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert all(name in told for name in parameter.opts)
            assert parameter.help, parameter.name
        else:
            assert parameter.make_metavar(context) in told


def test_init_makes_a_database_once(bare: Desk) -> None:
    url = f"sqlite:///{bare.path}/home/tracker.db"
    assert bare.done("init") == f"The database at {url} is up to date.\n"
    before = bare.sql("SELECT * FROM catalogue")
    assert bare.done("init") == f"The database at {url} is up to date.\n"
    assert bare.sql("SELECT * FROM catalogue") == before


def test_a_database_that_is_not_made_is_refused_with_what_to_run(bare: Desk) -> None:
    file = bare.ndjson("events.ndjson", a_case(1))
    for arguments in (
        ["figures", "2020"],
        ["import", str(file)],
        ["freeze", "2020"],
        ["recount"],
        ["replay"],
        ["serve"],
    ):
        said = bare.refused(*arguments)
        assert said == "The service is not ready: The database has no tables of the tracker yet. Run `tracker init`.\n"


def test_a_database_that_does_not_answer_is_told_in_a_sentence(bare: Desk) -> None:
    url = "postgresql+psycopg://alice:hunter2@127.0.0.1:1/ledger"
    for command in (["init"], ["figures", "2020"], ["catalogue", "activate"]):
        said = bare.refused(*command, TRACKER_DATABASE_URL=url)
        assert "The service is not ready: The database cannot do this now: " in said
        assert "hunter2" not in said


def test_a_sound_configuration_is_summed_up(bare: Desk) -> None:
    assert re.fullmatch(
        r"The configuration of 測試公司 is sound: 1 domains, \d+ event types, 20 metrics \(16 counted, 4 computed\)\. "
        r"Digest [0-9a-f]{12}\.\n",
        bare.done("check"),
    )


def test_every_mistake_of_a_configuration_is_told_with_file_and_key(bare: Desk) -> None:
    config = bare.config()
    desk, units = config / "domains" / "desk.yaml", config / "units.yaml"
    desk.write_text(desk.read_text("utf-8").replace("measure: count", "measure: cuont", 1), "utf-8")
    units.write_text(units.read_text("utf-8").replace("tonne:", "Tonne!:", 1), "utf-8")
    for arguments in (["check"], ["check", str(config)]):
        ended = bare.run(*arguments)
        lines = ended.err.splitlines()
        assert (ended.status, ended.out) == (1, "")
        assert re.fullmatch(r"The configuration has mistakes: The configuration has \d+ mistakes\.", lines[0])
        assert any("desk.yaml" in line and "cases" in line and "cuont" in line for line in lines[1:]), ended.err
        assert any("units.yaml" in line and "Tonne!" in line for line in lines[1:]), ended.err
        assert len(lines) - 1 == int(re.findall(r"has (\d+) mistakes", lines[0])[0])
    assert "The configuration has mistakes" in bare.refused("figures", "2020")


def test_settings_are_all_listed_without_their_secrets(bare: Desk) -> None:
    told = bare.done("settings", TRACKER_DATABASE_URL="postgresql+psycopg://alice:hunter2@db/ledger")
    assert [line.split(" = ")[0] for line in told.splitlines()[::2]] == [option.name for option in OPTIONS]
    assert all(option.help in told and option.default in told for option in OPTIONS)
    assert "TRACKER_SECRETS_KEY_FILE = not set\n" in told
    assert "postgresql+psycopg://alice:***@db/ledger" in told
    assert "hunter2" not in told


def test_odd_settings_are_refused_together(bare: Desk) -> None:
    said = bare.refused("figures", "2020", TRACKER_MAX_BODY="lots", TRACKER_HOEM="x")
    assert said.splitlines() == [
        "A setting is odd: Correct these settings and start again: TRACKER_HOEM, TRACKER_MAX_BODY.",
        "  TRACKER_HOEM: There is no such setting. Did you mean TRACKER_HOME?",
        "  TRACKER_MAX_BODY: Write a number of bytes from 1024 to 1073741824.",
    ]


def test_the_catalogue_is_shown_as_text_and_as_json(bare: Desk) -> None:
    told = bare.done("catalogue", "show").splitlines()
    shown = json.loads(bare.done("catalogue", "show", "--json"))
    assert [line.split()[0] for line in told] == [each["metric"] for each in shown["metrics"]]
    [line] = [line.split() for line in told if line.startswith("desk.cases ")]
    assert line == ["desk.cases", "count", "case", "舉報"]
    assert next(each for each in shown["metrics"] if each["metric"] == "desk.cases") == {
        "metric": "desk.cases",
        "measure": "count",
        "unit": "case",
        "label": {"zh-Hant": "舉報", "en": "Cases"},
    }
    assert re.fullmatch("[0-9a-f]{64}", shown["digest"])


def test_a_changed_catalogue_is_put_in_force_and_counts_what_came_before(desk: Desk) -> None:
    desk.done("import", desk.ndjson("events.ndjson", a_case(1, "mail"), a_case(2)))
    config = desk.config()
    file = config / "domains" / "desk.yaml"
    file.write_text(file.read_text("utf-8").replace("where: {channel: phone}", "where: {channel: mail}"), "utf-8")
    assert "differs from the one in force: run `tracker catalogue activate`" in desk.done("init")
    assert "Run `tracker catalogue activate`" in desk.refused("figures", "2020")
    assert re.fullmatch(r"Catalogue [0-9a-f]{12} is in force\.\n", desk.done("catalogue", "activate"))
    assert re.fullmatch(r"Catalogue [0-9a-f]{12} was in force already\.\n", desk.done("catalogue", "activate"))
    assert desk.done("figures", "2020", "--metric", "desk.phone_cases").split()[1] == "1"
    assert desk.done("recount").startswith("All agree")


def test_a_file_is_recorded_once(desk: Desk) -> None:
    file = desk.ndjson("events.ndjson", a_case(1), "", a_case(2, "mail"))
    assert desk.done("import", file) == "2 lines: 2 recorded, 0 on record already, 0 refused.\n"
    assert desk.done("import", file) == "2 lines: 0 recorded, 2 on record already, 0 refused.\n"
    assert desk.stored() == 2
    assert desk.sql("SELECT DISTINCT actor FROM event") == [("person:command-line",)]


def test_a_file_with_a_broken_line_is_not_recorded_at_all(desk: Desk) -> None:
    file = desk.ndjson("events.ndjson", a_case(1), a_case(2, "pigeon"), '{"id": ', a_case(4))
    for arguments in ([file], ["--dry-run", file]):
        said = desk.refused("import", *arguments)
        assert "The input has mistakes: 2 mistakes in 4 lines; nothing was stored." in said
        assert PIGEON in said
        assert "line 3: The JSON cannot be read at line 3, column 8: expecting value." in said
        assert desk.stored() == 0


def test_a_file_with_a_conflict_is_not_recorded_at_all(desk: Desk) -> None:
    desk.done("import", desk.ndjson("first.ndjson", a_case(1)))
    said = desk.refused("import", desk.ndjson("second.ndjson", a_case(2), a_case(1, "mail")))
    assert "Event 'case-1' of source '/desk' is already on record as seq 0 with other content" in said
    assert "line 2 : already on record as seq 0" in said
    assert desk.stored() == 1


def test_a_dry_run_records_nothing(desk: Desk) -> None:
    file = desk.ndjson("events.ndjson", a_case(1), a_case(2))
    assert desk.done("import", "--dry-run", file) == "2 lines: 2 would be recorded, 0 on record already, 0 refused.\n"
    assert desk.stored() == 0
    assert "leave out --commit-every" in desk.refused("import", "--dry-run", "--commit-every", "5", file)


def test_committing_as_it_goes_leaves_out_what_is_broken(desk: Desk) -> None:
    file = desk.ndjson("events.ndjson", a_case(1), a_case(2, "pigeon"), '{"id": ', a_case(4), a_case(5))
    ended = desk.run("import", "--commit-every", "2", file)
    assert (ended.status, ended.out) == (1, "5 lines: 3 recorded, 0 on record already, 2 refused.\n")
    assert PIGEON in ended.err
    assert "line 3: The JSON cannot be read" in ended.err
    assert desk.sql("SELECT seq, id FROM event") == [(0, "case-1"), (1, "case-4"), (2, "case-5")]


def test_a_csv_is_recorded_by_its_mapping(desk: Desk) -> None:
    file, mapping = desk.path / "cases.csv", desk.path / "cases.yaml"
    file.write_text("Ref,Date,Channel,Loss\nA1,2020-03-31,phone,\nA2,2020-04-01,mail,12.50\n", "utf-8")
    mapping.write_text(
        "constants: {type: desk.case.reported, source: /import/erp}\n"
        "columns: {id: Ref, time: Date, data.channel: Channel, data.loss.amount: Loss}\n"
        "time_zone: Asia/Shanghai\n",
        "utf-8",
    )
    assert "A CSV needs --mapping FILE" in desk.refused("import", file)
    done = desk.done("import", file, "--mapping", mapping)
    assert done == "2 lines: 2 recorded, 0 on record already, 0 refused.\n"
    assert desk.sql("SELECT id, time, day FROM event") == [
        ("A1", "2020-03-30T16:00:00.000000Z", "2020-03-31"),
        ("A2", "2020-03-31T16:00:00.000000Z", "2020-04-01"),
    ]
    assert desk.done("figures", "2020-Q2", "--metric", "desk.loss").split()[:3] == ["desk.loss", "12.50", "CNY"]
    file.write_text(file.read_text("utf-8").replace("mail", "pigeon").replace("A", "B"), "utf-8")
    assert "line 3 /data/channel: 'pigeon' is not allowed" in desk.refused("import", file, "--mapping", mapping)
    mapping.write_text(mapping.read_text("utf-8").replace("Channel", "Chanel"), "utf-8")
    assert "Did you mean 'Channel'?" in desk.refused("import", file, "--mapping", mapping)


def test_figures_are_printed_for_people_and_for_scripts(desk: Desk) -> None:
    late = a_case(2, "mail", time="2020-01-31T23:59:59+08:00")
    desk.done("import", desk.ndjson("events.ndjson", a_case(1), late, a_case(3)))
    printed = desk.done("figures", "2020", "--metric", "desk.cases").splitlines()
    assert [re.split(r"  +", line.strip()) for line in printed] == [
        ["desk.cases", "3 case", "3 起 | 3 cases"],
        ["channel=mail", "1", "郵件 | Mail"],
        ["channel=phone", "2", "電話 | Phone"],
        ["level=-", "3", "— | —"],
        ["channel=mail, level=-", "1", "郵件 · — | Mail · —"],
        ["channel=phone, level=-", "2", "電話 · — | Phone · —"],
    ]
    by = desk.done("figures", "2020", "--metric", "desk.cases", "--by", "channel")
    assert [line.split()[0] for line in by.splitlines()] == ["desk.cases", "channel=mail", "channel=phone"]
    assert desk.done("figures", "2020", "--metric", "desk.days", "--metric", "desk.phone_cases") == (
        f"{'desk.days':<44} {2:>18} {'case':<24} 2 起 | 2 cases\n"
        f"{'desk.phone_cases':<44} {2:>18} {'case':<24} 2 起 | 2 cases\n"
    )
    found = {}
    for arguments in (["2020-Q1"], ["2020-01"], ["2020-05-04"], ["2020", "--as-of", "0"], ["2019"]):
        document = json.loads(desk.done("figures", *arguments, "--metric", "desk.cases", "--json"))
        assert document["period"] == arguments[0]
        found[" ".join(arguments)] = document["figures"][0]["value"]
    assert found == {"2020-Q1": "1", "2020-01": "1", "2020-05-04": "2", "2020 --as-of 0": "1", "2019": "0"}


def test_what_figures_cannot_tell_is_refused(desk: Desk) -> None:
    assert "'20' is not a period" in desk.refused("figures", "20")
    assert "no metric 'desk.csaes'" in desk.refused("figures", "2020", "--metric", "desk.csaes")
    refused = desk.refused("figures", "2020", "--metric", "desk.phone_cases", "--by", "channel")
    assert "broken down by nothing, not by channel" in refused


def test_a_year_is_drafted_frozen_once_and_exported_as_it_was(desk: Desk) -> None:
    desk.done("import", desk.ndjson("events.ndjson", a_case(1)))
    assert "There is no frozen year 2020. Run `tracker freeze 2020` first." in desk.refused("export", "2020")
    first = desk.done("freeze", "2020")
    assert re.fullmatch(
        r"Draft 1 of 2020, revision 1: 20 figures, log size 1, digest [0-9a-f]{64}\.\n"
        r"It is frozen once one person signs it and another approves it, at /years/2020/preparation\.\n",
        first,
    )
    assert desk.done("freeze", "2020") == first
    desk.frozen(2020)
    document = desk.done("export", "2020")
    table = desk.done("export", "2020", "--format", "csv")
    desk.done("import", desk.ndjson("more.ndjson", a_case(2)))
    assert desk.refused("freeze", "2020") == (
        "This contradicts what is on record: The year 2020 is frozen as revision 1. "
        "Run `tracker restate 2020` with a reason to draft another revision.\n"
    )
    for format_, before in (("json", document), ("csv", table)):
        file = desk.path / "out" / f"2020.{format_}"
        ended = desk.run("export", "2020", "--format", format_, "--output", file, "--revision", "1")
        assert ended == (0, "", f"Wrote {file}.\n")
        assert file.read_bytes() == before.encode()
    [cases] = [each for each in json.loads(document)["figures"] if each["metric"] == "desk.cases"]
    assert (cases["value"], cases["printed"]) == ("1", {"zh-Hant": "1 起", "en": "1 case"})
    rows = list(csv.DictReader(table.splitlines()))
    assert next(row for row in rows if row["metric"] == "desk.cases")["value"] == "1"
    assert "There is no frozen revision 2 of 2020" in desk.refused("export", "2020", "--revision", "2")


def test_a_year_that_is_not_over_is_not_frozen(desk: Desk) -> None:
    assert desk.refused("freeze", "2999") == (
        "This contradicts what is on record: The year 2999 ends on 2999-12-31; it can be frozen from the day after.\n"
    )
    assert desk.sql("SELECT count(*) FROM snapshot") == [(0,)]


def test_a_recount_finds_a_changed_tally_and_a_replay_mends_it(desk: Desk) -> None:
    desk.done("import", desk.ndjson("events.ndjson", a_case(1), a_case(2, "mail")))
    assert desk.done("recount") == "All agree: 20 metrics in 17 periods.\n"
    assert json.loads(desk.done("recount", "2020-Q2", "--json")) == {"periods": ["2020-Q2"], "differences": []}
    [(key,)] = desk.sql("SELECT metric FROM tally WHERE metric LIKE 'desk.phone_cases%' AND cell = '{}'")
    desk.sql("UPDATE tally SET value = 7 WHERE metric = ? AND period = '2020-05' AND cell = '{}'", [key])
    wrong = desk.run("recount", "2020")
    assert (wrong.status, wrong.out.splitlines()) == (
        1,
        [
            "desk.phone_cases 2020 {}: the tally says 7, the events say 1",
            "desk.phone_cases 2020-Q2 {}: the tally says 7, the events say 1",
            "desk.phone_cases 2020-05 {}: the tally says 7, the events say 1",
            "3 differences. `tracker replay` rebuilds the tallies from the events.",
        ],
    )
    ended = desk.run("recount", "2020-05", "--json")
    assert (ended.status, json.loads(ended.out)["differences"]) == (
        1,
        [{"metric": "desk.phone_cases", "period": "2020-05", "cell": "{}", "tally": "7", "recount": "1"}],
    )
    assert desk.done("replay") == "Replayed 2 events as person:command-line.\n"
    assert desk.done("recount", "2020").startswith("All agree")


def test_sqlite_is_served_by_one_process(desk: Desk) -> None:
    assert "SQLite is written by one process" in desk.refused("serve", "--workers", "2")


def test_a_command_that_there_is_not_is_used_wrong(bare: Desk) -> None:
    for arguments in (["nothing"], ["figures"], ["figures", "2020", "--colour"], ["import", "none.ndjson"]):
        bare.refused(*arguments)


def test_the_console_script_is_the_same_program(bare: Desk) -> None:
    ended = subprocess.run([TRACKER, "--version"], env=environment(), capture_output=True, text=True, check=True)
    assert ended.stdout == bare.done("--version")
    assert re.fullmatch(r"tracker, version \d+\.\d+\.\d+\n", ended.stdout)


def test_postgresql_goes_the_same_way(bare: Desk, postgresql_url: str) -> None:
    bare.settings["TRACKER_DATABASE_URL"] = postgresql_url
    bare.done("init")
    bare.done("import", bare.ndjson("events.ndjson", a_case(1), a_case(2, "mail")))
    figures = json.loads(bare.done("figures", "2020", "--json"))["figures"]
    values = {each["metric"]: each["value"] and Decimal(each["value"]) for each in figures}
    assert (values["desk.cases"], values["desk.newest"]) == (2, None)
    bare.frozen(2020)
    exported = {format_: bare.done("export", "2020", "--format", format_) for format_ in ("json", "csv")}
    assert bare.done("recount").startswith("All agree")
    assert sorted(path.name for path in (bare.path / "home").rglob("*")) == [
        "keys",
        "log",
        "quarantine",
        "secrets",
        "vault",
    ]

    del bare.settings["TRACKER_DATABASE_URL"]
    bare.done("init")
    bare.done("import", bare.path / "events.ndjson")
    bare.frozen(2020)
    again = {format_: bare.done("export", "2020", "--format", format_) for format_ in exported}
    assert again["csv"] == exported["csv"]
    # Who signed and the root of the log, with the times in it, are each ledger's own.
    assert json.loads(again["json"])["figures"] == json.loads(exported["json"])["figures"]


def test_who_left_without_having_come_is_listed_for_review(desk: Desk) -> None:
    assert desk.done("review") == "Nothing to review.\n"
    left = a_case(1, type="desk.member.left", subject="bob", data={"channel": "mail", "heads": 1})
    desk.done("import", desk.ndjson("events.ndjson", left))
    ended = desk.run("review", "--json")
    assert (ended.status, json.loads(ended.out)) == (
        1,
        {
            "unmatched": [
                {"metric": "desk.members", "subject": "bob", "time": "2020-05-04T04:00:00.000000Z", "seq": 0},
            ]
        },
    )
    ended = desk.run("review")
    assert (ended.status, ended.out.splitlines()) == (
        1,
        [
            "desk.members: bob left at 2020-05-04T04:00:00.000000Z (seq 0) without having come",
            "1 events to review.",
        ],
    )
