"""Packs from the command line: a file that is there whole or not at all, and the same bytes through a pipe."""

from __future__ import annotations

import subprocess
import zipfile

import pytest

from tests.cli.conftest import TRACKER, Desk, a_case, environment


@pytest.fixture
def frozen(desk: Desk) -> Desk:
    """A desk with one case, and 2020 frozen."""
    desk.done("import", desk.ndjson("events.ndjson", a_case(1)))
    desk.frozen(2020)
    return desk


def test_a_pack_is_the_same_in_a_file_and_through_a_pipe(frozen: Desk) -> None:
    file = frozen.path / "out" / "2020.zip"
    ended = frozen.run("export", "2020", "--format", "pack", "--output", file)
    assert (ended.status, ended.out) == (0, "")
    assert ended.err.endswith(f"Wrote {file}.\n")
    assert [each.name for each in file.parent.iterdir()] == ["2020.zip"]
    piped = subprocess.run(
        [TRACKER, "export", "2020", "--format", "pack"],
        env=environment(**frozen.settings),
        cwd=frozen.path,
        capture_output=True,
        check=True,
    )
    assert piped.stdout == file.read_bytes()
    with zipfile.ZipFile(file) as pack:
        assert pack.testzip() is None
        assert pack.read("headers.ndjson").count(b"\n") == 1


def test_a_refusal_leaves_the_file_that_was_there(frozen: Desk) -> None:
    file = frozen.path / "2020.zip"
    file.write_bytes(b"last year's")
    for refused in (["2019"], ["2020", "--revision", "2"]):
        assert "There is no frozen" in frozen.refused("export", *refused, "--format", "pack", "--output", file)
    assert file.read_bytes() == b"last year's"
    assert not (frozen.path / "2020.zip.part").exists()


def test_a_device_is_written_to_and_not_replaced(frozen: Desk) -> None:
    device = frozen.path / "nowhere"
    device.symlink_to("/dev/null")
    frozen.done("export", "2020", "--output", device)
    assert device.is_symlink()
    assert device.is_char_device()
