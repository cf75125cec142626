"""The documentation is complete and true: commands, options, settings, dependencies and links."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from tracker.cli import cli
from tracker.settings import OPTIONS

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text("utf-8")
VERIFICATION = (PROJECT / "docs" / "verification.md").read_text("utf-8")
GUIDES = f"{README}\n{VERIFICATION}"
"""What tells users what to type."""

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/verification.md")
SPOKEN = re.compile(r"`tracker ([^`]+)`")


def typed() -> list[str]:
    """Every `tracker …` line of the guides' blocks, and every one inside a sentence."""
    blocks = [part.strip() for line in GUIDES.splitlines() if line.startswith("    ") for part in line.split("&&")]
    lines = [re.sub(r"^\S*/tracker ", "tracker ", each) for each in blocks]
    spoken = SPOKEN.findall(" ".join(GUIDES.split()))
    return [each.removeprefix("tracker ") for each in lines if each.startswith("tracker ")] + spoken


def resolve(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that a line names, and the words after it."""
    command: click.Command = cli
    while isinstance(command, click.Group) and words:
        assert words[0] in command.commands, f"there is no command {words[0]}"
        command, words = command.commands[words[0]], words[1:]
    return command, words


@pytest.mark.parametrize("line", sorted({*typed()} - {"COMMAND --help"}))
def test_what_the_readme_types_is_a_command_with_these_options(line: str) -> None:
    command, words = resolve(shlex.split(line, comments=True))
    known = {name: each for each in command.params if isinstance(each, click.Option) for name in each.opts}
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    rest = iter(words)
    given = []
    for word in rest:
        if not word.startswith("--"):
            given.append(word)
            continue
        assert word in known, f"{line}: there is no option {word}"
        if not known[word].is_flag:
            next(rest, "")  # a sentence may name an option without its value
    assert len(given) <= len(arguments)


def test_options_named_in_sentences_exist() -> None:
    sentences = "\n".join(line for line in README.splitlines() if not line.startswith("    "))
    named = {each.split()[0] for each in re.findall(r"`(--[a-z][^`]*)`", sentences)}
    known = {name for command in every(cli) for parameter in command.params for name in parameter.opts}
    assert named <= known


def every(group: click.Group) -> list[click.Command]:
    """All commands, at any depth."""
    return [
        each
        for command in group.commands.values()
        for each in (every(command) if isinstance(command, click.Group) else [command])
    ]


def test_every_command_is_in_the_readmes_table() -> None:
    table = set(re.findall(r"^\| `tracker ([a-z ]+?)(?: [A-Z]+)*` \|", README, re.MULTILINE))
    found = {
        f"{name} {sub}".strip()
        for name, command in cli.commands.items()
        for sub in (command.commands if isinstance(command, click.Group) else [""])
    }
    assert table == found


def test_every_setting_is_in_the_readmes_table_in_order() -> None:
    assert re.findall(r"^\| `(TRACKER_[A-Z_]+)` \|", README, re.MULTILINE) == [option.name for option in OPTIONS]


def test_every_variable_that_is_mentioned_is_a_setting() -> None:
    for name in DOCUMENTS:
        text = (PROJECT / name).read_text("utf-8")
        known = {option.name for option in OPTIONS} | {"TRACKER_TEST_POSTGRES", "TRACKER_REQUIRE_POSTGRES"}
        assert set(re.findall(r"TRACKER_[A-Z_]*[A-Z]", text)) <= known, name


def test_every_dependency_is_in_the_readmes_table() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    required = {re.split(r"[\[<>=~! ]", each)[0].lower() for each in project["dependencies"]}
    table = README.split("| package | for |")[1].split("\n\n")[0]
    assert {each.lower() for each in re.findall(r"^\| ([A-Za-z0-9-]+) \|", table, re.MULTILINE)} == required


@pytest.mark.parametrize("name", DOCUMENTS)
def test_relative_links_lead_somewhere(name: str) -> None:
    text = (PROJECT / name).read_text("utf-8")
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    missing = [link for link in links if not (PROJECT / link.partition("#")[0]).exists()]
    assert missing == []


def test_the_changelog_and_the_package_name_the_same_version() -> None:
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert version.rpartition(".")[0] in (PROJECT / "CHANGELOG.md").read_text("utf-8")
