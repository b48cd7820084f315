import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from project import services
from project.services import binaries, cluster
from project.services.identity import Identity
from project.services.places import short_folder
from tests.project.actors import servers_of


@pytest.fixture(scope="session")
def fresh_cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: a copy takes a tenth of the time of initdb."""
    data = tmp_path_factory.mktemp("cluster") / "pg18"
    # As root only in a namespace can anybody work below pytest's closed folder.
    cluster.create(data, binaries.postgres(made_by=set()).folder, 18, Identity.choose(), is_synced=False)
    with (data / "postgresql.conf").open("a") as settings:
        settings.write("fsync = off\n")
    return data


@pytest.fixture
def empty_folder(folder: Path) -> Path:
    """The same before the first start."""
    shutil.rmtree(folder)
    return folder


@pytest.fixture
def folder(fresh_cluster: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place for servers that outlive their users; afterwards nothing of them is left."""
    folder = tmp_path / ".services"
    shutil.copytree(fresh_cluster, folder / "servers" / "pg18")
    folder.chmod(0o700)
    yield folder
    monkeypatch.setenv("AISTORE_SERVICES_DIR", str(folder))
    services.stop()
    assert not servers_of(folder)
    for used in (short_folder(folder), folder):
        shutil.rmtree(used, ignore_errors=True)
