"""``tracker token``, as commands."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import pytest

from tests.cli.conftest import Desk
from tests.cli.test_sources import ADD, INSTANT, everything_stored


def test_without_tokens_the_list_says_what_to_do(desk: Desk) -> None:
    assert desk.done("token", "list") == "There is no token yet. `tracker token add NAME --scope read` makes one.\n"
    assert json.loads(desk.done("token", "list", "--json")) == {"tokens": []}


def test_a_token_is_printed_once_and_alone(desk: Desk) -> None:
    ended = desk.run("token", "add", "ci", "--scope", "record", "--scope", "read")
    assert (ended.status, ended.err) == (0, "The token ci is shown this once, and good for 90 days.\n")
    assert re.fullmatch(r"gtk_[A-Za-z0-9_-]{43}\n", ended.out)
    told = desk.done("token", "list") + desk.done("token", "list", "--json")
    assert ended.out.strip() not in told
    assert ended.out.strip().encode() not in everything_stored(desk)
    assert ended.out.strip().removeprefix("gtk_").encode() not in everything_stored(desk)


def test_tokens_are_listed_with_what_they_may_do(desk: Desk) -> None:
    desk.done(*ADD)
    desk.done("token", "add", "ci", "--scope", "record", "--scope", "read", "--scope", "record", "--days", "7")
    desk.done("token", "add", "agent", "--scope", "record", "--source", "moderation")
    desk.done("token", "revoke", "ci")
    assert INSTANT.sub("T", desk.done("token", "list")) == (
        "agent: record  as source moderation  ends T  last used never\nci: read, record  revoked T  last used never\n"
    )
    agent, ci = json.loads(desk.done("token", "list", "--json"))["tokens"]
    assert agent == {
        "name": "agent",
        "scopes": ["record"],
        "source": "moderation",
        "created_at": agent["created_at"],
        "expires_at": agent["expires_at"],
        "revoked_at": None,
        "used_at": None,
    }
    begin, end = (datetime.fromisoformat(ci[name]) for name in ("created_at", "expires_at"))
    assert end - begin == timedelta(days=7)
    assert ci["revoked_at"] is not None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("add", "C I", "--scope", "admin", "--source", "moderation", "--days", "400"),
            "The input has mistakes: The token cannot be made like this.\n"
            "  name: begins with a letter; then up to 62 of a-z, 0-9 and hyphen\n"
            "  scope: admin is for people; leave out the source\n"
            "  days: must be 1 to 366\n",
        ),
        (
            ("add", "ci", "--scope", "record", "--source", "nobody"),
            "There is no such thing: There is no live source 'nobody'. `tracker source list` shows them.\n",
        ),
        (
            ("revoke", "nobody"),
            "There is no such thing: There is no live token 'nobody'. `tracker token list` shows them.\n",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(arguments: tuple[str, ...], said: str, desk: Desk) -> None:
    assert desk.refused("token", *arguments) == said
    assert desk.sql("SELECT count(*) FROM access_change") == [(0,)]


def test_a_token_takes_a_scope_that_there_is(desk: Desk) -> None:
    assert "Missing option '--scope'" in desk.refused("token", "add", "ci")
    assert "'write' is not one of 'record', 'backfill', 'amend', 'read', 'admin'" in desk.refused(
        "token", "add", "ci", "--scope", "write"
    )


def test_a_name_serves_once(desk: Desk) -> None:
    desk.done("token", "add", "ci", "--scope", "read")
    desk.done("token", "revoke", "ci")
    assert desk.refused("token", "add", "ci", "--scope", "read") == (
        "This contradicts what is on record: There is or was a token 'ci'. Choose another name.\n"
    )
