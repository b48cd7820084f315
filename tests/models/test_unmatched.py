"""Files without an upload, and uploads without their file."""

import pytest
from django.contrib.auth import get_user_model

from aistore.models import Upload, unmatched
from aistore.models.unmatched import files_without_upload, uploads_without_file

from .unmatched import lay_down, name_given

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, params=["a folder", "a storage without paths"])
def media(request, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    if request.param != "a folder":
        memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
        settings.STORAGES = settings.STORAGES | {"files": memory}
        settings.AISTORE = {"UPLOAD_STORAGE": "files"}


def test_nothing(db):
    """Before the first file."""
    assert (files(), uploads()) == (set(), set())


def files():
    return set(files_without_upload(Upload.objects.all()))


def uploads():
    return set(uploads_without_file(Upload.objects.all()))


def test_a_file_without_an_upload(owner):
    """Found; and not those that have one."""
    stray = lay_down(hours_ago=7)
    Upload.objects.create(owner=owner, file=lay_down(hours_ago=7, owner_id=owner.pk))
    assert (files(), uploads()) == ({stray}, set())


def test_what_the_database_deleted(owner):
    """With its owner: nobody was asked for the file."""
    name = lay_down(hours_ago=7, owner_id=owner.pk)
    Upload.objects.create(owner=owner, file=name)
    get_user_model().objects.filter(pk=owner.pk).delete()
    assert files() == {name}


@pytest.mark.parametrize(("hours_ago", "found"), [(0, 0), (5.9, 0), (6.1, 1), (9999, 1)])
def test_a_young_one_may_get_its_row_yet(hours_ago, found):
    lay_down(hours_ago=hours_ago)
    assert len(files()) == found


@pytest.mark.parametrize("name", ["aistore/7/a.txt", "aistore/a", "elsewhere/7/a", "aistore/backups/7.dump"])
def test_what_is_not_ours(name):
    lay_down(hours_ago=7, name=name)
    assert files() == set()


def test_batch_by_batch(owner, monkeypatch):
    """Each once, at any size of the batch."""
    strays = {lay_down(hours_ago=7, owner_id=number % 3) for number in range(7)}
    for size in (1, 2, 7, 8):
        monkeypatch.setattr(unmatched, "BATCH", size)
        assert files() == strays


def test_an_upload_without_its_file(owner, other_owner):
    """Whether it was lost or never there."""
    Upload.objects.create(owner=owner, file=lay_down(hours_ago=7, owner_id=owner.pk))
    lost = Upload.objects.create(owner=owner, file=name_given(hours_ago=1))
    never = Upload.objects.create(owner=other_owner)
    assert uploads() == {lost, never}


def test_an_upload_whose_file_lies_elsewhere(owner):
    """Put there by hand, under a name that is not ours."""
    Upload.objects.create(owner=owner, file=lay_down(hours_ago=7, name="elsewhere/map.png"))
    assert uploads() == set()
