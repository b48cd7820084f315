"""Workers that are killed: what they had claimed comes back, what they had half stored is found."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from aistore.models import Upload, unmatched
from aistore.models.unmatched import files_without_upload

from .processes import start


@pytest.fixture
def owner(there):
    owner = get_user_model().objects.using(there).create(username="uploads")
    yield owner
    owner.delete()


@pytest.fixture
def uploads(there, owner):
    """Two that are pending, the older first."""
    start = timezone.now() - timedelta(hours=1)
    return Upload.objects.using(there).bulk_create(
        Upload(owner=owner, created_at=start + timedelta(minutes=number)) for number in range(2)
    )


@pytest.fixture
def killed(folder):
    """What a process says, and then it is killed."""

    def kill(*arguments):
        process = start("uploader", *arguments, folder=folder)
        said = process.stdout.readline().split()
        process.kill()
        process.communicate()
        return said

    return kill


def test_a_worker_that_is_killed(there, uploads, killed):
    """Nobody else gets its upload as long as it may be alive; then the next one does."""
    rows = Upload.objects.using(there)
    assert killed("claim") == [str(uploads[0].pk)]
    assert rows.pending().claim(limit=9) == uploads[1:]
    rows.filter(pk=uploads[0].pk).update(claim_ends_at=timezone.now())
    [again] = rows.pending().claim(limit=9)
    again.processed("Hue")
    assert (again, rows.get(pk=again.pk).text) == (uploads[0], "Hue")


def test_killed_between_the_file_and_its_row(there, owner, killed, settings, tmp_path, monkeypatch):
    """The file is there without a row: young, and so left alone; later, found."""
    settings.MEDIA_ROOT = tmp_path
    rows = Upload.objects.using(there)
    assert killed("store", owner.pk, tmp_path) == ["written"]
    assert (rows.count(), list(files_without_upload(rows))) == (0, [])
    monkeypatch.setattr(unmatched, "SETTLED", timedelta(0))
    [name] = files_without_upload(rows)
    assert (tmp_path / name).read_bytes() == b"Hue"
