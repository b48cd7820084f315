"""What the demo remembers, and where from."""

from django.contrib.auth import get_user_model
from django.db.models import F

from aistore import demo
from aistore.models import Memory


def test_provenance(loaded):
    """Most memories know the conversation in which they were learnt, and it is their owner's."""
    linked = Memory.objects.filter(conversation__isnull=False)
    assert linked.count() > 25
    assert not linked.exclude(conversation__owner=F("owner")).exists()
    memory = Memory.objects.get(content__startswith="Severely allergic")
    assert memory.conversation.external_id == "demo-roof-party"
    assert memory.question


def test_superseded(loaded):
    """What is no longer true points to what is, which was learnt later."""
    old = Memory.objects.get(content__startswith="Prefers trains")
    assert old.superseded_by.content.startswith("No longer flies at all")
    superseded = Memory.objects.filter(superseded_by__isnull=False)
    assert superseded.count() == 2
    assert not superseded.filter(created_at__gte=F("superseded_by__created_at")).exists()


def test_deleted_and_loaded_again(loaded):
    """A superseded memory that comes back points to the one that has stayed."""
    old = Memory.objects.get(content__startswith="Prefers trains")
    newer = old.superseded_by
    old.delete()
    assert demo.load(small=0).memories.new == 1
    assert Memory.objects.get(content__startswith="Prefers trains").superseded_by == newer


def test_edited_and_loaded_again(loaded):
    """An edited memory is known again, and stays as edited."""
    Memory.objects.filter(content__startswith="Prefers trains").update(content="Prefers boats.")
    demo.load(small=0)
    assert Memory.objects.count() == 40


def test_known_to_the_owner(db):
    """A fact that the owner has written himself is not loaded, and what it supersedes points to his."""
    admin = get_user_model().objects.create_user("admin")
    own = Memory.objects.create(
        owner=admin, content="No longer flies at all: plans every trip by train, both ways."
    )
    assert demo.load(small=0).memories.new == 39
    assert Memory.objects.get(content__startswith="Prefers trains").superseded_by == own


def test_without_its_conversation(loaded):
    """A memory outlives the conversation."""
    memory = Memory.objects.get(content__startswith="Severely allergic")
    memory.conversation.delete()
    memory.refresh_from_db()
    assert memory.conversation is None
