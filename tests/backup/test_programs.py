"""Which program is taken, and what is told when it fails."""

import subprocess

import pytest

from aistore.backup import programs
from aistore.backup.programs import ProgramFailed, program
from aistore.exceptions import BackupFailed


@pytest.fixture
def installed(tmp_path, monkeypatch, settings):
    """Says which pg_dump are there, in the order in which they are found."""

    def install(*majors):
        paths = []
        for major in majors:
            path = tmp_path / f"pg_dump_{major}"
            path.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {major}.1 (Debian)'\n")
            path.chmod(0o755)
            paths.append(str(path))
        monkeypatch.setattr(programs, "_paths", lambda name, given: iter(paths))

    return install


@pytest.mark.parametrize(
    ("there", "server", "taken"), [((15, 17, 18), 15, 15), ((15, 17, 18), 16, 17), ((18, 15), 17, 18)]
)
def test_the_nearest_that_is_not_older(installed, there, server, taken):
    installed(*there)
    assert program("pg_dump", server).major == taken


def test_none_that_will_do(installed):
    installed(14, 15)
    with pytest.raises(BackupFailed, match="the newest here is of 15"):
        program("pg_dump", 18)


def test_one_that_the_host_names(settings, tmp_path):
    """DBBACKUP_CONNECTORS is respected: that one, or none."""
    with pytest.raises(BackupFailed, match="/nowhere/pg_dump is not there"):
        program("pg_dump", 18, "/nowhere/pg_dump")


def test_one_that_does_not_run(settings, tmp_path):
    (tmp_path / "pg_dump").write_text("")
    settings.AISTORE = {"BACKUP_PROGRAMS": tmp_path}
    with pytest.raises(BackupFailed, match="is not there, or does not run"):
        program("pg_dump", 18)


def test_what_it_said_is_told():
    """And not that a pipe broke, which is only how one hears of it."""
    script = "echo 'pg_restore: error: no space' >&2; exec <&-; exit 3"
    with pytest.raises(ProgramFailed, match=r"^no space$"):
        feed(["sh", "-c", script])


def feed(command):
    with programs._running(command, {}, stdin=subprocess.PIPE) as process:
        while True:
            process.stdin.write(b"x" * 65536)


def test_one_that_says_much(tmp_path):
    """It is read all the time: a full pipe would stop it."""
    script = "for i in $(seq 3000); do echo 'warning: a long line that nobody reads, again' >&2; done; exit 1"
    with pytest.raises(ProgramFailed, match="nobody reads"), programs._running(["sh", "-c", script], {}):
        pass


def test_it_ends_with_the_block():
    """Whatever ends that."""
    with pytest.raises(KeyboardInterrupt), programs._running(["sleep", "60"], {}) as process:
        raise KeyboardInterrupt
    assert process.returncode is not None
