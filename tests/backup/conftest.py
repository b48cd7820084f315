"""A database of its own, with the tables of the app, which may be backed up, dropped and restored."""

import fcntl
import uuid

import pytest
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.db import connection, connections

from aistore import backup
from aistore.models import Conversation, Upload

from ..models.databases import alias
from ..scratch import on_server

ALIAS = "backed_up"


@pytest.fixture(autouse=True)
def alone(tmp_path_factory):
    """Also where tests run side by side: these look at all databases of the server, and drop what is left."""
    with (tmp_path_factory.getbasetemp().parent / "backups.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def template(django_db_setup, django_db_blocker):
    """With all tables and no row, as pytest-django made it; copied in the tenth of the time that migrations take."""
    name = f"aistore_template_{uuid.uuid4().hex[:8]}"
    with django_db_blocker.unblock():
        connection.close()  # a database that is copied must be in nobody's use
        on_server(f"CREATE DATABASE {name} TEMPLATE {connection.settings_dict['NAME']}")
        yield name
        on_server(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def db(django_db_setup, django_db_blocker):
    """Under this name, so that pytest-django makes the database that is copied. No test is in it."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def database(template, db, settings, tmp_path):
    """Its name; the models find it under ALIAS, and aistore backs it up."""
    name = f"backed_up_{uuid.uuid4().hex[:8]}"
    settings.AISTORE = {"BACKUP_DATABASE": ALIAS, "BACKUP_DIRECTORY": str(tmp_path / "backups")}
    settings.MEDIA_ROOT = tmp_path / "media"
    on_server(f"CREATE DATABASE {name} TEMPLATE {template}")
    with alias(ALIAS, NAME=name):
        yield name
    for found in databases():
        if name in found or found.startswith("aistore_scratch_"):
            on_server(f'DROP DATABASE "{found}" WITH (FORCE)')


@pytest.fixture
def owner(database):
    return get_user_model().objects.using(ALIAS).create(username="an")


@pytest.fixture
def conversation(owner):
    conversation = Conversation.objects.using(ALIAS).create(owner=owner, title="Trip to Hue")
    conversation.append("user", "Where do I start?")
    return conversation


@pytest.fixture
def upload(owner):
    return store(owner, b"Hue is a town")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "backups"


@pytest.fixture
def made(conversation, upload, folder):
    """The path of a backup with one conversation and one file."""
    return folder / backup.create().name


def store(owner, data):
    return Upload.objects.using(ALIAS).store(owner, ContentFile(data, "notes.txt"))


def databases():
    """But for those that the other processes of the tests make for themselves."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        names = {name for (name,) in cursor.fetchall()}
    return {name for name in names if not name.startswith(("test_", "aistore_template_", "aistore_bench"))}


def usernames():
    connections[ALIAS].close()
    return set(get_user_model().objects.using(ALIAS).values_list("username", flat=True))


def names(folder):
    """All in it that is not the lock."""
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock") if folder.exists() else []
