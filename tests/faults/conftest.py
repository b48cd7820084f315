"""Servers of their own, which may be killed; made once, with the tables in them."""

import shutil
from pathlib import Path

import pytest
from django.core.management import call_command

from project import services
from project.services import binaries, cluster
from project.services.identity import Identity
from project.services.places import Places, short_folder
from tests.models.databases import alias
from tests.project.actors import User, servers_of


@pytest.fixture(scope="session")
def folder(tmp_path_factory, django_db_blocker):
    """Not a folder of a test run, whose data goes with its servers."""
    folder = tmp_path_factory.mktemp("faults") / ".services"
    (folder / "servers").mkdir(parents=True, mode=0o700)
    data = folder / "servers" / "pg18"
    cluster.create(data, binaries.postgres(made_by=set()).folder, 18, Identity.choose(), is_synced=False)
    with User(folder):
        with django_db_blocker.unblock(), connected(folder) as name:
            call_command("migrate", database=name, verbosity=0)
        yield folder
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AISTORE_SERVICES_DIR", str(folder))
        services.stop()
    assert not servers_of(folder)
    for used in (short_folder(folder), folder):
        shutil.rmtree(used, ignore_errors=True)


@pytest.fixture
def there(folder: Path, django_db_blocker):
    """The name of a connection to them."""
    with django_db_blocker.unblock(), connected(folder) as name:
        yield name


def connected(folder):
    return alias("there", HOST=str(Places(folder).sockets), NAME="aistore")
