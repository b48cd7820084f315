import pytest
from django.contrib.auth import get_user_model
from django.core.files.storage import FileSystemStorage

from aistore import privacy
from aistore.models import Conversation, Message, Upload

from .models.streams import last_sign_of_life
from .models.unmatched import lay_down, names_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def reply(db):
    owner = get_user_model().objects.create(username="an")
    return Conversation.objects.create(owner=owner).append("assistant", "half a", status="streaming")


def test_a_dead_stream_becomes_failed_and_keeps_its_text(reply):
    last_sign_of_life(reply, seconds=16)
    assert privacy.purge() == privacy.Purged(dead_streams=1)
    row = Message.objects.get()
    assert (row.status, row.content, row.beat_at) == ("failed", "half a", None)


def test_a_living_one_goes_on(reply):
    last_sign_of_life(reply, seconds=10)
    assert privacy.purge().dead_streams == 0
    assert Message.objects.get().status == "streaming"


def test_how_long_is_a_setting(reply, settings):
    settings.AISTORE = {"STREAM_DEAD_SECONDS": 5.0}
    last_sign_of_life(reply, seconds=10)
    assert privacy.purge().dead_streams == 1


def test_a_dry_run_only_counts(reply):
    last_sign_of_life(reply, seconds=16)
    assert privacy.purge(dry_run=True).dead_streams == 1
    assert Message.objects.get().status == "streaming"


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def test_files_that_no_upload_has_are_removed(db, media):
    """But not the young: their rows may be on the way."""
    old, young = lay_down(hours_ago=7), lay_down(hours_ago=1)
    assert privacy.purge() == privacy.Purged(dead_streams=0, files=1, file_names=(old,))
    assert names_in(media) == [young]


def test_a_dry_run_names_them(db, media):
    name = lay_down(hours_ago=7)
    assert privacy.purge(dry_run=True).file_names == (name,)
    assert names_in(media) == [name]


def test_what_could_not_be_removed_is_not_counted(db, media, monkeypatch):
    """And the others are removed."""
    stuck, gone = lay_down(hours_ago=8), lay_down(hours_ago=7)
    really = FileSystemStorage.delete
    monkeypatch.setattr(FileSystemStorage, "delete", lambda *it: 1 / 0 if it[1] == stuck else really(*it))
    assert privacy.purge() == privacy.Purged(dead_streams=0, files=1, file_names=(gone,))
    assert names_in(media) == [stuck]


def test_files_of_an_owner_who_was_deleted(reply, media):
    """His rows go in the database, which knows nothing of files."""
    owner = get_user_model().objects.get()
    Upload.objects.create(owner=owner, file=lay_down(hours_ago=7, owner_id=owner.pk))
    assert privacy.purge().files == 0
    owner.delete()
    assert privacy.purge().files == 1
    assert names_in(media) == []
