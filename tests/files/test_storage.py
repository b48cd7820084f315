"""Where the files lie, and whose they are."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage, storages

from aistore.fields import uuid7
from aistore.files import storage
from aistore.models import Upload

MEMORY = {"BACKEND": "django.core.files.storage.InMemoryStorage"}


@pytest.fixture
def memory(settings):
    """A storage without paths, under another alias."""
    settings.STORAGES = settings.STORAGES | {"files": MEMORY}
    settings.AISTORE = {"UPLOAD_STORAGE": "files"}
    return storages["files"]


def test_the_alias_is_read_when_it_is_used(memory, settings):
    """By the field as well, which was made long before."""
    field = Upload._meta.get_field("file")
    assert isinstance(field.storage, InMemoryStorage)
    settings.AISTORE = {}
    assert isinstance(field.storage, FileSystemStorage)


def test_where():
    id = uuid7()
    assert storage.path_of(7, id) == f"aistore/7/{id}"
    assert storage.path_of("a/../b", id) == f"aistore/a%2F..%2Fb/{id}"


def test_when():
    """A name says when it was given; one of another form is not ours."""
    assert datetime.now(UTC) - storage.given_at(f"aistore/7/{uuid7()}") < timedelta(minutes=1)
    for name in (f"aistore/7/{uuid.uuid4()}", "aistore/7/a.txt", "", "aistore/backups/7.dump"):
        assert storage.given_at(name) is None


def test_only_ours_are_listed(memory):
    """Whoever else keeps files there keeps them."""
    ours = storage.path_of(7, uuid7())
    for name in (ours, "aistore/7/a.txt", "aistore/readme", "elsewhere/7/x"):
        memory.save(name, ContentFile(b"a"))
    assert [storage.files_in(folder) for folder in storage.folders()] == [[ours]]


def test_before_the_first_file(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "not there yet"
    assert (list(storage.folders()), storage.files_in("aistore/7")) == ([], [])


def test_delete_in_a_storage_that_is_away(memory, monkeypatch, caplog):
    """The row is gone by then: it is said, and left to aistore_purge."""
    monkeypatch.setattr(memory, "delete", lambda name: 1 / 0)
    storage.delete("aistore/7/a")
    assert "The file aistore/7/a was not deleted: division by zero" in caplog.text
