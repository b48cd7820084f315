"""As whom the servers run when root starts them."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from project.services.identity import NOBODY, Identity, private_folder
from project.services.places import short_folder
from tests.project.actors import User, read_note, servers_of, sql, until, write_note

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")

# No unshare on PATH: as in a container that forbids user namespaces.
NO_NAMESPACE = {"PATH": "/nowhere"}


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Below /tmp, where everybody may enter; pytest's own folders are closed."""
    parent = Path(tempfile.mkdtemp(prefix="open-"))
    parent.chmod(0o755)
    yield parent / ".services"
    shutil.rmtree(parent)


def owner_of(path: Path | str) -> int:
    return os.stat(path).st_uid


def test_as_nobody(open_folder: Path) -> None:
    """Without namespaces the servers are `nobody`, and nothing but their own folder is theirs."""
    with User(open_folder, **NO_NAMESPACE) as user:
        assert {owner_of(f"/proc/{pid}") for pid in servers_of(open_folder)} == {NOBODY}
        assert (owner_of(open_folder / "servers"), owner_of(open_folder)) == (NOBODY, 0)
        assert stat.S_IMODE(open_folder.stat().st_mode) == 0o711
        assert stat.S_IMODE((open_folder / "servers").stat().st_mode) == 0o700
        user.kill()
        assert until(lambda: not servers_of(open_folder))


def test_from_a_namespace_to_nobody_and_back(folder: Path) -> None:
    """The data change hands when the machine's rules change. Below a closed folder they go to /var/tmp for it,
    and no permission on the way is touched."""
    before = [path.stat().st_mode for path in folder.parents]
    assert Identity.choose().uid is None
    with User(folder) as user:
        note = write_note(folder)
        assert {owner_of(f"/proc/{pid}") for pid in servers_of(folder)} == {0}
        user.kill()
        assert until(lambda: not servers_of(folder))
    with User(folder, **NO_NAMESPACE) as user:
        assert read_note(folder) == note
        assert (folder / "servers").readlink() == short_folder(folder)
        user.kill()
        assert until(lambda: not servers_of(folder))
    with User(folder):
        assert read_note(folder) == note
    assert [path.stat().st_mode for path in folder.parents] == before


def test_a_deleted_folder_begins_anew(empty_folder: Path) -> None:
    """Whoever deletes .services gets an empty database, not the one that was put elsewhere."""
    elsewhere = short_folder(empty_folder)
    (elsewhere / "pg18").mkdir(parents=True)
    (elsewhere / "pg18/PG_VERSION").write_text("old")
    with User(empty_folder, **NO_NAMESPACE):
        assert sql(empty_folder, "SELECT 1") == 1


def test_a_copied_checkout(folder: Path) -> None:
    """It takes the data along, but not from under running servers, and leaves the original's alone."""
    with User(folder, **NO_NAMESPACE) as user:
        note = write_note(folder)
        copy = shutil.copytree(folder, folder.with_name("copy"), symlinks=True)
        with (
            pytest.raises(AssertionError, match="the servers of the original run"),
            User(copy, **NO_NAMESPACE),
        ):
            pass
        user.kill()
        assert until(lambda: not servers_of(folder))
    with User(copy, **NO_NAMESPACE):
        assert read_note(copy) == note
        assert (copy / "servers").readlink() == short_folder(copy)
    assert (short_folder(folder) / "pg18").exists()


def test_a_folder_of_somebody_else(tmp_path: Path) -> None:
    """In /var/tmp anybody could have made it."""
    (tmp_path / "a").mkdir()
    os.chown(tmp_path / "a", 4711, 4711)
    (tmp_path / "b").symlink_to("/")
    for name in "ab":
        with pytest.raises(PermissionError, match="somebody else"):
            private_folder(tmp_path / name, owner=0)
