"""Encrypted for recipients: nothing is readable, all is verifiable, and only a private key restores."""

import builtins

import pyrage
import pytest

from aistore import backup
from aistore.backup.folder import manifest_of
from aistore.exceptions import BackupDamaged, BackupFailed, BackupUnfit
from aistore.models import Upload

from .conftest import ALIAS, store, usernames


@pytest.fixture
def key(tmp_path):
    """The file of a private key."""
    return write_key(tmp_path / "backup.key", pyrage.x25519.Identity.generate())


def write_key(path, identity):
    path.write_text(f"# created: today\n# public key: {identity.to_public()}\n{identity}\n")
    return path


def public(path):
    return path.read_text().split("public key: ")[1].split()[0]


@pytest.fixture
def encrypted(conversation, upload, key, settings, folder):
    settings.AISTORE = {**settings.AISTORE, "BACKUP_RECIPIENTS": [public(key)]}
    return folder / backup.create().name


def test_nothing_is_readable(encrypted):
    """Neither rows nor files; the manifest says that it is so."""
    for path in encrypted.rglob("*.age"):
        assert path.read_bytes().startswith(b"age-encryption.org/v1")
    assert len(list(encrypted.rglob("*.age"))) == 2
    assert manifest_of(encrypted).is_encrypted
    assert not [path for path in encrypted.rglob("*") if path.is_file() and b"Hue" in path.read_bytes()]


def test_verified_without_the_key(encrypted):
    """As far as that goes: every byte, but not what it means."""
    assert backup.verify().how == "checksum"


def test_verified_with_the_key(encrypted, key):
    assert backup.verify(identity=key).how == "archive"
    assert backup.verify(identity=key, deep=True).how == "deep"


def test_restored_with_the_key(encrypted, key, upload, owner):
    owner.username = "later"
    owner.save()
    upload.file.storage.delete(upload.file.name)
    assert backup.restore(encrypted.name, identity=key).files == 1
    assert usernames() == {"an"}
    with Upload.objects.using(ALIAS).get().file.open() as file:
        assert file.read() == b"Hue is a town"


def test_not_restored_without_it(encrypted, tmp_path):
    other = write_key(tmp_path / "other.key", pyrage.x25519.Identity.generate())
    (tmp_path / "empty.key").write_text("")
    for identity, words in [
        (None, "it is encrypted"),
        (other, "this identity cannot open it"),
        (tmp_path / "empty.key", "no line AGE-SECRET-KEY"),
        (tmp_path / "not_there.key", "is no identity of age"),
    ]:
        with pytest.raises(BackupUnfit, match=words):
            backup.restore(encrypted.name, identity=identity)
    assert usernames() == {"an"}


def test_damage_is_found_without_the_key(encrypted):
    for file in encrypted.rglob("*.age"):
        whole = file.read_bytes()
        file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(BackupDamaged):
            backup.verify()
        file.write_bytes(whole)


def test_unchanged_files_are_shared(encrypted, folder):
    again = folder / backup.create().name
    assert manifest_of(again).files.copied == 0
    [one], [other] = encrypted.rglob("files/*/*"), again.rglob("files/*/*")
    assert one.samefile(other)


def test_files_for_other_recipients_are_not_shared(encrypted, tmp_path, settings, owner):
    """Nor those that are not encrypted: who has the new key alone can read all of the new backup."""
    store(owner, b"new")
    other = write_key(tmp_path / "other.key", pyrage.x25519.Identity.generate())
    settings.AISTORE = {**settings.AISTORE, "BACKUP_RECIPIENTS": [public(other)]}
    assert manifest_of(encrypted.parent / backup.create().name).files.copied == 2
    assert backup.verify(identity=other).how == "archive"


def test_a_recipient_that_is_none(database, settings):
    settings.AISTORE = {**settings.AISTORE, "BACKUP_RECIPIENTS": ["age1notakey"]}
    with pytest.raises(BackupFailed, match="which is no recipient of age"):
        backup.create()


def test_without_the_package(database, settings, monkeypatch):
    """Nothing is written in the clear because something is not installed."""
    settings.AISTORE = {**settings.AISTORE, "BACKUP_RECIPIENTS": ["age1…"]}
    before = builtins.__import__

    def missing(name, *arguments):
        if name == "pyrage":
            raise ImportError(name)
        return before(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(BackupFailed, match=r"Install aistore\[encryption\]"):
        backup.create()
