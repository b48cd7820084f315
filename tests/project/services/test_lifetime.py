"""When the servers run: from the first user on, for as long as there is one, and not longer."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from project import services
from project.services.places import EPHEMERAL_PREFIX, Places
from tests.project.actors import (
    User,
    is_alive,
    manage,
    read_note,
    servers_of,
    sql,
    supervisor_of,
    until,
    write_note,
)


def test_two_at_once_start_one(folder: Path) -> None:
    """Two first users get the same servers."""
    first, second = User(folder), User(folder)
    with first, second:
        assert len([pid for pid in servers_of(folder) if is_child(pid, supervisor_of(folder))]) == 2


def is_child(pid: int, parent: int) -> bool:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) == parent


def test_the_last_user_is_killed(folder: Path) -> None:
    """Not even SIGKILL leaks a server or the supervisor."""
    with User(folder) as user:
        supervisor = supervisor_of(folder)
        user.kill()
        assert until(lambda: not is_alive(supervisor))
        assert servers_of(folder) == []


# The supervisor looks twice a second; were it to stop the servers, this would end in an error.
OUTLASTING_A_TICK = "SELECT 1 FROM pg_sleep(1.2)"


def test_one_of_two_users_is_killed(folder: Path) -> None:
    """The servers stay for the other."""
    with User(folder) as first, User(folder):
        first.kill()
        assert sql(folder, OUTLASTING_A_TICK) == 1


def test_data_survives_a_restart(folder: Path) -> None:
    """What is committed is there the next time."""
    with User(folder) as user:
        note = write_note(folder)
        user.leave()
    assert until(lambda: not servers_of(folder))
    with User(folder) as user:
        assert read_note(folder) == note


def test_the_servers_linger(folder: Path) -> None:
    """The next command finds them running, though nobody holds them for a while."""
    with User(folder, linger=60) as user:
        user.leave()
    assert sql(folder, OUTLASTING_A_TICK) == 1


def test_a_killed_supervisor(folder: Path) -> None:
    """The next start works, on the same data."""
    with User(folder):
        note = write_note(folder)
        os.kill(supervisor_of(folder), signal.SIGKILL)
        with User(folder):
            assert read_note(folder) == note


@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv, of util-linux")
def test_a_killed_supervisor_takes_the_servers_with_it(folder: Path) -> None:
    """Linux: nothing is left even where nobody starts or stops anything again."""
    with User(folder):
        os.kill(supervisor_of(folder), signal.SIGKILL)
        assert until(lambda: not servers_of(folder))


WITHOUT_LEASH = "from project.services import identity; identity.LEASH = ('no-such-program',)"


@pytest.mark.parametrize("end", ["next start", "services stop"])
def test_a_killed_supervisor_without_a_leash(folder: Path, end: str) -> None:
    """What it leaves is found by the next start and by `services stop`."""
    with User(folder, before=WITHOUT_LEASH):
        old = servers_of(folder)
        os.kill(supervisor_of(folder), signal.SIGKILL)
        assert servers_of(folder)
        if end == "services stop":
            assert manage("services", "stop", folder=folder).returncode == 0
            assert servers_of(folder) == []
        else:
            with User(folder):
                assert not any(map(is_alive, old))


def test_a_killed_postgres(folder: Path) -> None:
    """Both stop; the next start replays what was committed."""
    with User(folder):
        note = write_note(folder)
        postmaster = int((folder / "servers/pg18/postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)
        supervisor = supervisor_of(folder)
        assert until(lambda: not is_alive(supervisor))
        assert "postgres died" in (folder / "supervisor.log").read_text()
        with User(folder):
            assert read_note(folder) == note


def test_two_folders(folder: Path) -> None:
    """Two checkouts on one machine do not meet, nor does a test run with either."""
    services.ensure()
    own = Places.here().folder
    with User(folder):
        write_note(folder)
        assert sql(own, "SELECT to_regclass('note')") is None
        assert not set(servers_of(own)) & set(servers_of(folder))


def test_the_folder_is_deleted(folder: Path) -> None:
    """Whoever deletes a checkout does not leave its servers running."""
    with User(folder):
        supervisor = supervisor_of(folder)
        pids = servers_of(folder)
        shutil.rmtree(folder, ignore_errors=True)
        assert until(lambda: not any(map(is_alive, [supervisor, *pids])))


def test_the_folder_is_moved(folder: Path) -> None:
    """The servers stop at the old place and start at the new one."""
    moved = folder.with_name("moved")
    with User(folder):
        supervisor = supervisor_of(folder)
        note = write_note(folder)
        folder.rename(moved)
        assert until(lambda: not is_alive(supervisor))
    with User(moved):
        assert read_note(moved) == note


def test_an_ephemeral_folder_goes_with_the_servers(tmp_path: Path) -> None:
    """Nothing is left of a test run."""
    folder = tmp_path / f"{EPHEMERAL_PREFIX}x"
    with User(folder) as user:
        assert sql(folder, "SHOW fsync") == "off"
        user.kill()
        assert until(lambda: not folder.exists())


def test_a_long_path(folder: Path) -> None:
    """A checkout deep down works, though the address of a socket is short; its short folder goes again."""
    deep = folder.rename(folder.with_name("d" * 120))
    with User(deep) as user:
        assert sql(deep, "SELECT 1") == 1
        user.kill()
        assert until(lambda: not Places(deep).sockets.exists())


def test_odd_characters_in_the_path(folder: Path) -> None:
    """Nor do commas, which part hosts, or what means something in a URL, do harm."""
    odd = folder.rename(folder.with_name("a,'b %2?#"))
    with User(odd) as user:
        assert sql(odd, "SELECT 1") == 1
        user.kill()
        assert until(lambda: not servers_of(odd))


def test_only_the_one_without_an_address_is_started(folder: Path) -> None:
    """DATABASE_URL and CACHE_URL count each for itself; who needs both gets both."""
    with User(folder, DATABASE_URL="postgres://elsewhere/x"):
        assert len(servers_of(folder)) == 1
        with User(folder):
            assert sql(folder, "SELECT 1") == 1


def test_check_starts_nothing(empty_folder: Path) -> None:
    """Only what needs the servers starts them."""
    assert manage("check", folder=empty_folder).returncode == 0
    assert servers_of(empty_folder) == []
