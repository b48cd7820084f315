"""Every damage is found, and nothing that is whole is called damaged."""

import dataclasses
import hashlib
import io
import random
import shutil

import pytest

from aistore import backup
from aistore.backup import archives, streams, verifying
from aistore.backup import databases as ours
from aistore.backup.folder import manifest_of, write_manifest
from aistore.exceptions import BackupDamaged, BackupError, BackupNotFound
from aistore.models import Conversation

from .conftest import ALIAS, databases, names

FLIPS = 8  # positions in each file, besides the first and the last byte


@pytest.fixture(scope="module")
def chance():
    return random.Random(7)


def files_of(path):
    """What damage can hit: dump, listing, blob, manifest."""
    return sorted(file for file in path.rglob("*") if file.is_file())


def positions(size, chance):
    return {0, size - 1, *(chance.randrange(size) for _ in range(FLIPS))}


def test_every_damaged_copy_is_found(made, tmp_path, chance):
    """40 single bits, in each of the files of a backup."""
    tried, found = 0, 0
    for file in files_of(made):
        whole = file.read_bytes()
        for position in positions(len(whole), chance):
            damaged = bytearray(whole)
            damaged[position] ^= 1 << chance.randrange(8)
            file.write_bytes(damaged)
            tried, found = tried + 1, found + is_damaged(made)
        file.write_bytes(whole)
    assert (tried, found) == (tried, tried)
    assert tried >= 36
    assert not is_damaged(made)


def is_damaged(path):
    """Read without pg_restore, which costs a tenth of a second: it has no say where the hash has spoken."""
    try:
        manifest = manifest_of(path)
        verifying.blobs.check(path, manifest.files, lambda count: None)
        archives.check(path, manifest, lambda count: None)
    except BackupError:
        return True
    return False


@pytest.mark.parametrize("cut", [0, 1, -1])
def test_files_that_were_cut_off(made, cut):
    """To nothing, to one byte, by one byte."""
    for file in files_of(made):
        whole = file.read_bytes()
        file.write_bytes(whole[:cut])
        with pytest.raises(BackupDamaged, match=made.name):
            backup.verify(made)
        file.write_bytes(whole)
    assert backup.verify(made).how == "archive"


def test_files_that_are_gone(made):
    """But for the manifest: without it there is no backup."""
    for file in files_of(made):
        whole = file.read_bytes()
        file.unlink()
        with pytest.raises((BackupDamaged, BackupNotFound)):
            backup.verify(made)
        file.write_bytes(whole)


def test_an_archive_that_pg_restore_cannot_read(made):
    """With the right hash, as what was never an archive has."""
    manifest = manifest_of(made)
    data = streams.Compressing(io.BytesIO(b"never an archive"), lambda count: None).read()
    (made / manifest.archive.file).write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    archive = dataclasses.replace(manifest.archive, size=len(data), sha256=sha256)
    write_manifest(made, dataclasses.replace(manifest, archive=archive))
    with pytest.raises(BackupDamaged, match="pg_restore cannot read it: input file"):
        backup.verify(made)


def test_what_was_proved_is_on_record(made, folder):
    """In the manifest, and so in the list."""
    assert backup.backups()[0].verified is None
    assert backup.newest_verified() is None
    backup.verify()
    [found] = backup.backups()
    assert (found.verified, found.verified_at is None) == ("archive", False)
    assert backup.newest_verified() == found


def test_deep(made):
    """Restored, compared, and nothing is left on the server."""
    before = databases()
    assert backup.verify(made, deep=True).how == "deep"
    assert databases() == before


def test_deep_finds_what_bytes_do_not_show(made):
    """A manifest of other rows than those of the dump."""
    manifest = manifest_of(made)
    manifest.rows["aistore_message"] += 1
    write_manifest(made, manifest)
    assert backup.verify(made).how == "archive"
    before = databases()
    with pytest.raises(BackupDamaged, match="aistore_message has other rows: 1 instead of 2"):
        backup.verify(made, deep=True)
    assert databases() == before


def test_deep_proves_the_invariants(conversation, folder):
    """What was broken before the backup is broken in it."""
    Conversation.objects.using(ALIAS).filter(pk=conversation.pk).update(
        last_message_at=conversation.created_at
    )
    backup.create()
    with pytest.raises(BackupDamaged, match="last_message_at"):
        backup.verify(deep=True)


def test_the_scratch_database_goes_with_ctrl_c(made, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(verifying, "compare", interrupted)
    before = databases()
    with pytest.raises(KeyboardInterrupt):
        backup.verify(made, deep=True)
    assert databases() == before


def test_two_machines_that_verify_at_once(made, database):
    """Each has a folder and a lock of its own; the server has one scratch database."""
    with ours.scratch(ALIAS, "verify", database), pytest.raises(BackupError, match="Wait for it to end"):
        backup.verify(made, deep=True)


def test_a_copy_anywhere(made, tmp_path):
    copy = tmp_path / "elsewhere" / made.name
    shutil.copytree(made, copy)
    assert backup.verify(copy).name == made.name
    assert names(copy.parent) == [made.name]


def test_a_copy_under_another_name(made, folder):
    copy = made.with_name("other-20200101T000000Z")
    shutil.copytree(made, copy)
    with pytest.raises(BackupDamaged, match=f"its manifest is that of {made.name}"):
        backup.verify(copy)


def test_there_is_none(database):
    with pytest.raises(BackupNotFound, match="there is none in"):
        backup.verify()
