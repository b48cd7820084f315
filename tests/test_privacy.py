import pytest
from django.contrib.auth import get_user_model

from aistore import privacy
from aistore.models import Conversation, Message

from .models.streams import last_sign_of_life

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
