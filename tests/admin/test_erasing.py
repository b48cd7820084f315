"""Everything of one owner deleted, a few rows at a time."""

from django.contrib.auth import get_user_model

from aistore.admin import erasing
from aistore.models import Conversation, Memory, Message, Upload


def test_all_of_his_and_nothing_else(rows, owner, many):
    """Conversations, messages, memories, superseded ones too, and uploads; of nobody else."""
    other = get_user_model().objects.create(username="binh")
    kept = Conversation.objects.create(owner=other)
    Memory.objects.create(owner=owner, content="old", superseded_by=rows["memory"])
    Upload.objects.create(owner=owner, name="alone", file="y")
    erased = erasing.erase_all(owner.pk)
    assert erased == erasing.Erased({"conversations": 1, "memories": 2, "uploads": 2}, is_done=True)
    assert list(Conversation.objects.all()) == [kept]
    assert not [model for model in (Message, Memory, Upload) if model.objects.exists()]


def test_in_batches(many, owner, monkeypatch):
    """More than a batch is several."""
    monkeypatch.setattr(erasing, "BATCH", 4)
    many(10)
    assert erasing.erase_all(owner.pk).rows == {"conversations": 10}


def test_no_answer_takes_forever(many, owner, monkeypatch):
    """When the time is over it says that something is left; asked again, it goes on."""
    many(10)
    erased = erasing.erase_all(owner.pk, seconds=-1)
    assert (erased.rows, erased.is_done) == ({}, False)
    assert erasing.erase_all(owner.pk).is_done


def test_nothing_of_an_owner_is_forgotten():
    """Every model with an owner, but for the record of what was done, is erased; messages go with theirs."""
    from django.apps import apps

    owned = {m for m in apps.get_app_config("aistore").get_models() if hasattr(m, "owner")}
    assert {m.__name__ for m in owned} - {"AuditEntry", "Message"} == {m.__name__ for m in erasing.ERASED}
