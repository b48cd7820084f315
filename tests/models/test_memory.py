"""Memories: once, current until superseded or expired, gone with their owner."""

import datetime as dt
from itertools import pairwise

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from aistore.models import Memory

from .edge_texts import every_text
from .plans import nodes, plan

pytestmark = pytest.mark.django_db


def remembered(owner, content="likes tea", **fields):
    return Memory.objects.create(owner=owner, content=content, **fields)


@every_text
def test_exact_text(owner, text):
    memory = remembered(owner, text, question=text, tags=[text, "x"], metadata={text: text})
    memory.refresh_from_db()
    assert (memory.content, memory.question, memory.tags, memory.metadata) == (
        text,
        text,
        [text, "x"],
        {text: text},
    )
    assert memory in Memory.objects.tagged(text)


@pytest.mark.parametrize("content", ["likes tea", "Likes Tea", "  likes\n\ttea ", "LIKES TEA"])
def test_the_same_fact(owner, content):
    """Once, apart from case and space."""
    remembered(owner)
    with pytest.raises(IntegrityError, match="memory_once"), transaction.atomic():
        remembered(owner, content)


def test_the_same_fact_of_another(owner, other_owner):
    assert remembered(owner) != remembered(other_owner)


def test_a_superseded_fact_may_come_again(owner):
    """Tea, coffee, tea again."""
    coffee = remembered(owner, "likes coffee")
    remembered(owner, superseded_by=coffee)
    again = remembered(owner)
    assert set(Memory.objects.owned_by(owner)) == {coffee, again}


def test_a_long_fact(owner):
    """Longer than an index entry."""
    remembered(owner, "x" * 100_000)


def test_owned_by(owner, other_owner):
    """The current ones: neither another's, nor superseded, nor expired."""
    now = timezone.now()
    current = remembered(owner, "a")
    later = remembered(owner, "b", expires_at=now + dt.timedelta(hours=1))
    remembered(owner, "c", expires_at=now - dt.timedelta(seconds=1))
    remembered(owner, "d", superseded_by=current)
    remembered(other_owner, "e")
    assert set(Memory.objects.owned_by(owner)) == {current, later}


def test_tagged(owner):
    """All the tags that are asked for."""
    both = remembered(owner, "a", tags=["food", "travel"])
    food = remembered(owner, "b", tags=["food"])
    assert set(Memory.objects.tagged("food")) == {both, food}
    assert set(Memory.objects.owned_by(owner).tagged("travel", "food")) == {both}


def test_tagged_by_an_index(owner):
    names = {node.get("Index Name") for node in nodes(plan_without_scans(Memory.objects.tagged("food")))}
    assert "memory_tags" in names


def plan_without_scans(queryset):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    return plan(queryset)


def test_a_conversation_goes_and_the_memory_stays(conversation, owner):
    message = conversation.append("user", "I like tea")
    memory = remembered(owner, conversation=conversation, message=message)
    conversation.delete()
    memory.refresh_from_db()
    assert (memory.conversation, memory.message) == (None, None)


def test_its_successor_goes(owner):
    """An old fact goes with the one that took its place, rather than be taken for true again."""
    memories = chain(owner, "water", "tea", "coffee", "coffee with milk")
    memories[2].delete()
    assert list(Memory.objects.all()) == [memories[3]]


def test_its_successor_goes_when_the_fact_has_come_again(owner):
    """Tea, coffee, tea again, and coffee is deleted: it can be."""
    coffee = chain(owner, "tea", "coffee")[-1]
    again = remembered(owner, "tea")
    coffee.delete()
    assert list(Memory.objects.all()) == [again]


def test_an_owner_goes_with_a_chain(owner):
    chain(owner, *map(str, range(10)))
    get_user_model().objects.all().delete()
    assert not Memory.objects.exists()


def chain(owner, *facts):
    """Each superseded by the next."""
    memories = [remembered(owner, fact) for fact in facts]
    for old, new in pairwise(memories):
        Memory.objects.filter(pk=old.pk).update(superseded_by=new)
    return memories


def test_str(owner):
    assert str(remembered(owner, "likes\x00tea" * 20)) == ("likes␀tea" * 20)[:60]
