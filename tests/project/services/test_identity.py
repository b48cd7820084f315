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
from tests.project.actors import User, servers_of, sql, until

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


def test_in_a_namespace(folder: Path) -> None:
    """The processes and the files stay root's: nothing has to be given away."""
    assert Identity.choose().uid is None
    with User(folder):
        assert {owner_of(f"/proc/{pid}") for pid in servers_of(folder)} == {0}
        assert owner_of(folder / "servers/pg18") == 0


def test_as_nobody(open_folder: Path) -> None:
    """Without namespaces the servers are `nobody`, and nothing but their own folder is theirs."""
    with User(open_folder, **NO_NAMESPACE) as user:
        assert {owner_of(f"/proc/{pid}") for pid in servers_of(open_folder)} == {NOBODY}
        assert owner_of(open_folder / "servers") == NOBODY
        assert owner_of(open_folder) == 0
        assert stat.S_IMODE(open_folder.stat().st_mode) == 0o711
        assert stat.S_IMODE((open_folder / "servers").stat().st_mode) == 0o700
        user.kill()
        assert until(lambda: not servers_of(open_folder))


def test_as_nobody_below_a_closed_folder(folder: Path) -> None:
    """The data are in /var/tmp then; no permission on the way is changed, and they survive a restart."""
    before = [path.stat().st_mode for path in folder.parents]
    with User(folder, **NO_NAMESPACE) as user:
        sql(folder, "CREATE TABLE a AS SELECT 42 AS b")
        assert (folder / "servers").readlink() == short_folder(folder)
        user.kill()
    assert until(lambda: not servers_of(folder))
    with User(folder, **NO_NAMESPACE) as user:
        assert sql(folder, "SELECT b FROM a") == 42
    assert [path.stat().st_mode for path in folder.parents] == before


def test_from_a_namespace_to_nobody_and_back(folder: Path) -> None:
    """The data change hands when the machine's rules change."""
    with User(folder) as user:
        sql(folder, "CREATE TABLE a AS SELECT 42 AS b")
        user.kill()
    assert until(lambda: not servers_of(folder))
    with User(folder, **NO_NAMESPACE) as user:
        assert sql(folder, "SELECT b FROM a") == 42
        user.kill()
    assert until(lambda: not servers_of(folder))
    with User(folder) as user:
        assert sql(folder, "SELECT b FROM a") == 42


def test_a_deleted_folder_begins_anew(folder: Path) -> None:
    """Whoever deletes .services gets an empty database, not the one that was put elsewhere."""
    with User(folder, **NO_NAMESPACE) as user:
        sql(folder, "CREATE TABLE a ()")
        user.kill()
    assert until(lambda: not servers_of(folder))
    shutil.rmtree(folder)
    with User(folder, **NO_NAMESPACE) as user:
        assert sql(folder, "SELECT to_regclass('a')") is None


def test_a_copied_checkout(folder: Path) -> None:
    """It takes the data along, and leaves the original's alone."""
    with User(folder, **NO_NAMESPACE) as user:
        sql(folder, "CREATE TABLE a AS SELECT 42 AS b")
        copy = shutil.copytree(folder, folder.with_name("copy"), symlinks=True)
        with (
            pytest.raises(AssertionError, match="the servers of the original run"),
            User(copy, **NO_NAMESPACE),
        ):
            pass
        user.kill()
    assert until(lambda: not servers_of(folder))
    with User(copy, **NO_NAMESPACE):
        assert sql(copy, "DELETE FROM a RETURNING b") == 42
    assert until(lambda: not servers_of(copy))
    shutil.rmtree(short_folder(copy))
    with User(folder, **NO_NAMESPACE):
        assert sql(folder, "SELECT b FROM a") == 42


def test_a_folder_of_somebody_else(tmp_path: Path) -> None:
    """In /var/tmp anybody could have made it."""
    (tmp_path / "a").mkdir()
    os.chown(tmp_path / "a", 4711, 4711)
    (tmp_path / "b").symlink_to("/")
    for name in "ab":
        with pytest.raises(PermissionError, match="somebody else"):
            private_folder(tmp_path / name, owner=0)
