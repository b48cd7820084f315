import json

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from aistore.models import Conversation, Message

from ...models.streams import last_sign_of_life


@pytest.fixture(autouse=True)
def dead_stream(db):
    owner = get_user_model().objects.create(username="an")
    reply = Conversation.objects.create(owner=owner).append("assistant", "half a", status="streaming")
    last_sign_of_life(reply, seconds=16)


def test_it_says_what_it_did(capsys):
    call_command("aistore_purge")
    assert capsys.readouterr().out == "1 dead stream was marked failed\n"
    assert Message.objects.get().status == "failed"


def test_a_dry_run_says_what_it_would_do(capsys):
    call_command("aistore_purge", dry_run=True)
    assert capsys.readouterr().out == "1 dead stream would be marked failed\n"
    assert Message.objects.get().status == "streaming"


def test_as_json(capsys):
    call_command("aistore_purge", json=True)
    assert json.loads(capsys.readouterr().out) == {"dead_streams": 1}
