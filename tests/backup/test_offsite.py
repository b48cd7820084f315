"""The copy elsewhere, in a storage of Django: sent last, fetched when the folder is lost, rotated along."""

import shutil

import pytest
from django.core.files.storage import FileSystemStorage

from aistore import backup
from aistore.exceptions import BackupNotCopied, BackupNotFound

from .conftest import names, store, usernames


@pytest.fixture
def bucket(database, settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "bucket": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "bucket"},
        },
        "broken": {"BACKEND": f"{__name__}.Broken", "OPTIONS": {"location": tmp_path / "broken"}},
    }
    settings.AISTORE = {**settings.AISTORE, "BACKUP_STORAGE": "bucket"}
    return tmp_path / "bucket"


class Broken(FileSystemStorage):
    """Takes everything but the manifest, as when the line is cut in the last moment."""

    def _save(self, name, content):
        if name.endswith("manifest.json"):
            raise RuntimeError("the line\nwas cut")
        return super()._save(name, content)


def test_a_copy(bucket, made):
    """Rows, files and manifest; the list says so."""
    assert (bucket / made.name / "manifest.json").read_bytes() == (made / "manifest.json").read_bytes()
    assert backup.backups()[0].is_offsite
    [blob] = made.rglob("files/*/*")
    assert (bucket / "files" / blob.parent.name / blob.name).read_bytes() == blob.read_bytes()


def test_restored_when_the_folder_is_lost(bucket, made, folder, owner):
    shutil.rmtree(folder)
    owner.username = "later"
    owner.save()
    assert [one.path for one in backup.backups()] == [None]
    backup.restore(made.name)
    assert usernames() == {"an"}
    assert names(folder) == [made.name]


def test_blobs_are_sent_once(bucket, made, owner):
    """A bucket is paid by the request."""
    [blob] = bucket.glob("files/*/*")
    before = blob.stat().st_mtime_ns
    store(owner, b"new")
    backup.create()
    assert blob.stat().st_mtime_ns == before
    assert len(list(bucket.glob("files/*/*"))) == 2


def test_rotated_along(bucket, made, owner, upload):
    """With the blobs that no other backup has."""
    upload.delete()
    store(owner, b"new")
    done = backup.back_up(keep=1)
    assert done.removed == (made.name,)
    assert names(bucket) == sorted([done.backup.name, "files"])
    assert [blob.read_bytes() for blob in bucket.glob("files/*/*")] == [b"new"]


def test_a_storage_that_fails(bucket, made, folder, settings):
    """The one here is whole, nothing is rotated away, and there is no half of it there."""
    settings.AISTORE = {**settings.AISTORE, "BACKUP_STORAGE": "broken"}
    with pytest.raises(BackupNotCopied, match="the line was cut"):
        backup.back_up(keep=1)
    assert len(names(folder)) == 2
    assert [one.is_offsite for one in backup.backups()] == [False, False]


def test_what_was_cut_off_is_sent_again(bucket, made, settings):
    """The halves that a killed process left there are in nobody's way."""
    (bucket / made.name / "manifest.json").unlink()
    (bucket / made.name / "database.dump.zst").write_bytes(b"half")
    backup.offsite.send(made)
    assert backup.offsite.names() == [made.name]
    assert (bucket / made.name / "database.dump.zst").read_bytes() == (
        made / "database.dump.zst"
    ).read_bytes()


def test_in_neither_place(bucket, made):
    with pytest.raises(BackupNotFound, match=r"neither in .* nor in the storage bucket"):
        backup.restore("aistore-20200101T000000Z")
