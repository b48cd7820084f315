"""From bytes to an upload and back; and what is left when it goes wrong: nothing."""

import io
from hashlib import sha256

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from aistore.exceptions import InvalidUpload, UnstorableValue, UploadTooLarge, UploadTypeRefused
from aistore.models import Conversation, Upload

from ..files.samples import PNG
from .asynchronously import run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def files(media):
    """What lies in the storage: the bytes, each as often as it is there."""
    return lambda: sorted(path.read_bytes() for path in media.rglob("*") if path.is_file())


def store(owner, data=b"Hue", **options):
    return Upload.objects.store(owner, data, **options)


def test_store(owner, conversation, files):
    """All that is known of a file, by its bytes; pending."""
    message = conversation.append("user", "Look")
    file = SimpleUploadedFile("map.txt", PNG, "text/html")
    upload = Upload.objects.get(
        pk=Upload.objects.store(owner, file, message=message, metadata={"page": 1}).pk
    )
    assert (upload.owner, upload.conversation, upload.message) == (owner, conversation, message)
    assert (upload.name, upload.content_type, upload.size) == ("map.txt", "image/png", len(PNG))
    assert (upload.sha256, upload.status, upload.metadata) == (
        sha256(PNG).hexdigest(),
        "pending",
        {"page": 1},
    )
    assert (upload.file.name, files()) == (f"aistore/{owner.pk}/{upload.pk}", [PNG])


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (ContentFile(b"a", "map.txt"), "map.txt"),
        (b"a", ""),
        (io.BytesIO(b"a"), ""),
        (ContentFile(b"a"), ""),
        (ContentFile(b"a", "/home/an/map.txt"), "map.txt"),
        (ContentFile(b"a", "C:\\Users\\an\\map.txt"), "map.txt"),
    ],
)
def test_the_name_of_a_file(owner, file, name):
    """Without where it lies on somebody's machine."""
    assert store(owner, file).name == name


def test_a_name_that_is_given(owner):
    assert store(owner, ContentFile(b"a", "a.txt"), name="b.txt").name == "b.txt"
    assert store(owner, ContentFile(b"b", "a.txt"), name="").name == ""


def test_the_same_bytes_again(owner, files):
    """The first upload, and nothing is written."""
    first = store(owner, name="a.txt")
    assert store(owner, name="b.txt") == first
    assert (Upload.objects.get().name, files()) == ("a.txt", [b"Hue"])


def test_the_same_bytes_elsewhere(owner, conversation, other, files):
    """Three uploads, one file; each in its place."""
    places = [None, conversation, other]
    uploads = [store(owner, conversation=place) for place in places]
    assert [upload.conversation for upload in uploads] == places
    assert (len({upload.file.name for upload in uploads}), files()) == (1, [b"Hue"])
    assert [store(owner, conversation=place) for place in places] == uploads


def test_the_same_bytes_of_another_message(owner, conversation):
    first, second = conversation.append("user"), conversation.append("user")
    uploads = [store(owner, message=message) for message in (first, second)]
    assert [upload.message for upload in uploads] == [first, second]


def test_the_same_bytes_of_another_owner(owner, other_owner, files):
    """A file of his own: nobody learns what others have, and nobody's goes with another's."""
    uploads = [store(owner), store(other_owner)]
    assert len({upload.file.name for upload in uploads}) == 2
    assert files() == [b"Hue", b"Hue"]


def test_the_database_refuses_the_same_bytes_twice(owner):
    """Whoever writes rows by himself."""
    upload = store(owner)
    twin = Upload(owner=owner, sha256=upload.sha256)
    twin.file.name = f"aistore/{owner.pk}/{twin.pk}"
    with pytest.raises(IntegrityError, match="upload_bytes_once"):
        twin.save()


def test_a_lost_file_comes_back(owner, conversation, files):
    """With the next upload of its bytes, for all that had it."""
    first = store(owner)
    first.file.storage.delete(first.file.name)
    second = store(owner, conversation=conversation)
    first.refresh_from_db()
    assert (first.file.name, files()) == (second.file.name, [b"Hue"])


def test_a_lost_file_comes_back_in_its_place(owner, files):
    first = store(owner)
    first.file.storage.delete(first.file.name)
    assert (store(owner), files()) == (first, [b"Hue"])
    with Upload.objects.get().file as file:
        assert file.read() == b"Hue"


# What cannot be stored.


def test_too_large(owner, settings, files):
    settings.AISTORE = {"UPLOAD_MAX_BYTES": 2}
    with pytest.raises(UploadTooLarge, match="larger than 2 bytes"):
        store(owner)
    assert (Upload.objects.count(), files()) == (0, [])


@pytest.mark.parametrize("name", ["a.txt", "a.png"])
def test_a_type_that_is_not_named(owner, files, name):
    """By its bytes, whatever its name."""
    with pytest.raises(UploadTypeRefused, match="application/x-executable by its bytes"):
        store(owner, b"\x7fELF\x02\x01\x01" + bytes(100), name=name)
    assert (Upload.objects.count(), files()) == (0, [])


@pytest.mark.parametrize(
    ("types", "taken"), [(["image/png"], True), (["image/*"], True), (["text/*"], False)]
)
def test_which_types_is_a_setting(owner, settings, types, taken):
    settings.AISTORE = {"UPLOAD_TYPES": types}
    if taken:
        assert store(owner, PNG).content_type == "image/png"
    else:
        with pytest.raises(UploadTypeRefused):
            store(owner, PNG)


def test_a_conversation_of_another_owner(owner, other_owner, files):
    theirs = Conversation.objects.create(owner=other_owner)
    for place in ({"conversation": theirs}, {"message": theirs.append("user")}):
        with pytest.raises(InvalidUpload, match="belongs to another owner"):
            store(owner, **place)
    assert files() == []


def test_a_message_of_another_conversation(owner, conversation, other):
    with pytest.raises(InvalidUpload, match="is not in conversation"):
        store(owner, conversation=conversation, message=other.append("user"))


def test_a_name_without_end(owner):
    with pytest.raises(InvalidUpload, match="its name has 10,000,000 characters"):
        store(owner, name="x" * 10_000_000)


def test_metadata_that_cannot_be_kept(owner, files):
    """Found when the row is written: the file goes again."""
    with pytest.raises(UnstorableValue):
        store(owner, metadata={"a": float("nan")})
    assert files() == []


def test_a_conversation_that_is_gone(owner, conversation, files):
    Conversation.objects.filter(pk=conversation.pk).delete()
    with pytest.raises(IntegrityError, match="upload_conversation"):
        store(owner, conversation=conversation)
    assert files() == []


def test_a_full_disk(owner, monkeypatch, files):
    """Half of the file was written; it goes."""
    write = FileSystemStorage._save

    def half(self, name, content):
        write(self, name, ContentFile(b"H"))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", half)
    with pytest.raises(OSError, match="No space left"):
        store(owner)
    assert (Upload.objects.count(), files()) == (0, [])


def test_a_transaction_that_is_rolled_back_around_it(owner, files):
    """The file stays for aistore_purge."""
    with transaction.atomic():
        store(owner)
        transaction.set_rollback(True)
    assert (Upload.objects.count(), files()) == (0, [b"Hue"])


# Deleting.


def test_the_file_goes_with_the_last_that_has_it(
    owner, conversation, files, django_capture_on_commit_callbacks
):
    first, second = store(owner), store(owner, conversation=conversation)
    with django_capture_on_commit_callbacks(execute=True):
        first.delete()
    assert files() == [b"Hue"]
    with django_capture_on_commit_callbacks(execute=True):
        Upload.objects.filter(pk=second.pk).delete()
    assert files() == []


def test_the_file_goes_after_the_commit(owner, files, django_capture_on_commit_callbacks):
    """And not at all when that does not come."""
    store(owner)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        Upload.objects.owned_by(owner).delete()
        assert files() == [b"Hue"]
    assert (len(callbacks), files()) == (1, [])


def test_many_at_once(owner, files, django_capture_on_commit_callbacks):
    for number in range(5):
        store(owner, b"%d" % number)
    with django_capture_on_commit_callbacks(execute=True):
        assert Upload.objects.filter(name="").delete()[0] == 5
    assert files() == []


def test_a_row_without_a_file(owner, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        Upload.objects.create(owner=owner).delete()
    assert callbacks == []


def test_stored_again_after_it_was_deleted(owner, files, django_capture_on_commit_callbacks):
    """Under another name, so that a deletion that comes late cannot hit it."""
    first = store(owner)
    first_name = first.file.name
    with django_capture_on_commit_callbacks(execute=True):
        first.delete()
    assert store(owner).file.name != first_name
    assert files() == [b"Hue"]


# Elsewhere.


def test_a_storage_without_paths(owner, settings, django_capture_on_commit_callbacks):
    """Any of Django's storages, by its alias."""
    settings.STORAGES = settings.STORAGES | {
        "files": {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    }
    settings.AISTORE = {"UPLOAD_STORAGE": "files"}
    upload = store(owner)
    assert storages["files"].exists(upload.file.name)
    with upload.file as file:
        assert file.read() == b"Hue"
    with django_capture_on_commit_callbacks(execute=True):
        upload.delete()
    assert not storages["files"].exists(upload.file.name)


def test_of_an_owner(owner):
    """As every queryset of uploads does."""
    assert owner.uploads.store(owner, b"Hue") == Upload.objects.get()


@pytest.mark.django_db(transaction=True)
def test_async_twin(owner):
    upload = run(Upload.objects.astore(owner, b"Hue", name="a.txt"))
    assert Upload.objects.get() == upload
