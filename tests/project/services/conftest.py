import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from project import services
from project.services import binaries, cluster
from project.services.identity import Identity
from project.services.places import Places, short_folder
from tests.project.actors import servers_of


@pytest.fixture(scope="session")
def spare_clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    """Clusters at rest. Tests hand them on: a rename costs nothing, initdb half a second."""
    clusters: list[Path] = []
    yield clusters
    for data in clusters:
        shutil.rmtree(data)


@pytest.fixture
def folder(spare_clusters: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place for servers that outlive their users; afterwards nothing of them runs, wherever they were moved."""
    folder = tmp_path / ".services"
    (folder / "servers").mkdir(parents=True)
    if spare_clusters:
        spare_clusters.pop().rename(folder / "servers/pg18")
    else:
        programs = binaries.postgres(made_by=set()).folder
        cluster.create(folder / "servers/pg18", programs, 18, Identity.choose(), is_synced=False)
        with (folder / "servers/pg18/postgresql.conf").open("a") as settings:
            settings.write("fsync = off\n")
    yield folder
    for used in tmp_path.iterdir():
        monkeypatch.setenv("AISTORE_SERVICES_DIR", str(used))
        services.stop()
        assert not servers_of(used)
        shutil.rmtree(short_folder(used), ignore_errors=True)
        keep_cluster(Places(used), spare_clusters)
        shutil.rmtree(used, ignore_errors=True)


NUMBERS = count()


def keep_cluster(places: Places, spare_clusters: list[Path]) -> None:
    data = places.servers / "pg18"
    if data.exists() and not places.servers.is_symlink():
        spare_clusters.append(data.rename(places.folder.parent.parent / f"cluster-{next(NUMBERS)}"))


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The same before the first start."""
    folder = tmp_path / ".services"
    yield folder
    monkeypatch.setenv("AISTORE_SERVICES_DIR", str(folder))
    services.stop()
    assert not servers_of(folder)
    for used in (short_folder(folder), folder):
        shutil.rmtree(used, ignore_errors=True)
