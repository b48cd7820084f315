"""Remembering: a fact is one memory, what is said again adds to it, what is replaced is kept and not returned."""

import datetime as dt
import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from aistore.exceptions import ForeignMemory, InvalidMemory
from aistore.models import Memory

from .asynchronously import run
from .edge_texts import every_text

pytestmark = pytest.mark.django_db
remember = Memory.objects.remember


def in_days(days):
    return timezone.now() + dt.timedelta(days=days)


@pytest.fixture
def tea(owner):
    return remember(owner, "likes tea", tags=["drinks"], importance=3)


def test_a_new_fact(owner, conversation):
    """Every field is stored, and the row that is returned is the row that is stored."""
    message = conversation.append("user", "I like tea")
    end = in_days(7)
    memory = remember(
        owner, "likes tea", tags=["drinks", "food", "drinks"], importance=7, question="What?", message=message,
        expires_at=end, metadata={"by": ["me"]},
    )  # fmt: skip
    stored = Memory.objects.get()
    for field in Memory._meta.concrete_fields:
        assert getattr(stored, field.attname) == getattr(memory, field.attname), field.name
    assert (stored.tags, stored.conversation, stored.expires_at) == (["drinks", "food"], conversation, end)
    assert memory.is_new
    assert not memory._state.adding


def test_what_is_not_said(owner):
    memory = remember(owner, "likes tea")
    assert (memory.importance, memory.tags, memory.metadata, memory.question) == (5, [], {}, "")
    assert memory.expires_at is memory.last_used_at is None


@every_text
def test_exact_text(owner, text):
    """Also texts that PostgreSQL refuses come back, and are known again."""
    text = text if text.strip() else f"{text}."
    memory = remember(owner, text, question=text, tags=[text], metadata={text: text})
    assert (memory.content, memory.question, memory.tags, memory.metadata) == (
        text,
        text,
        [text],
        {text: text},
    )
    assert remember(owner, f" {text}\n") == memory


@pytest.mark.parametrize("content", ["likes tea", "Likes Tea", "  likes\n\ttea ", "LIKES TEA"])
def test_the_same_fact_again(owner, tea, content, django_assert_num_queries):
    """One statement, which only reads when there is nothing to add."""
    with django_assert_num_queries(1):
        again = remember(owner, content)
    assert (again, again.is_new, again.is_written) == (tea, False, False)
    assert again.content == "likes tea"


def test_the_same_fact_of_another(owner, other_owner, tea):
    assert remember(other_owner, "likes tea") != tea


def test_what_is_said_again_adds(owner, tea, conversation):
    remember(
        owner, "Likes tea", tags=["food", "drinks"], importance=8, question="What?", conversation=conversation,
        metadata={"seen": 2},
    )  # fmt: skip
    tea.refresh_from_db()
    assert (tea.tags, tea.importance, tea.question) == (["drinks", "food"], 8, "What?")
    assert (tea.conversation, tea.metadata) == (conversation, {"seen": 2})


def test_what_is_said_again_takes_nothing_away(owner, conversation, other):
    """Nor does it write where it has nothing to add."""
    said = {"tags": ["a"], "importance": 9, "question": "What?", "metadata": {"n": 1}}
    first = remember(owner, "likes tea", conversation=conversation, **said)
    again = remember(owner, "likes tea", conversation=other, importance=2, question="Why?", metadata={"n": 2})
    assert not again.is_written
    assert (again.tags, again.importance, again.question, again.metadata) == (["a"], 9, "What?", {"n": 1})
    assert (again.conversation, again.updated_at) == (conversation, first.updated_at)


@pytest.mark.parametrize(
    ("before", "said", "after"),
    [(1, 9, 9), (9, 1, 9), (9, None, 9), (None, 9, None), (-1, None, None), (-1, 9, 9)],
)
def test_the_end(owner, before, said, after):
    """The later one holds; none is the latest; what has expired is current again until what is said now."""
    ends = {days: days and in_days(days) for days in (-1, 1, 9, None)}
    remember(owner, "likes tea", expires_at=ends[before])
    memory = remember(owner, "likes tea", expires_at=ends[said])
    assert memory.expires_at == ends[after]
    assert list(Memory.objects.owned_by(owner)) == [memory]


def test_superseded(owner, tea, django_assert_num_queries):
    """Kept and linked, and not returned. Two statements in a transaction of two more."""
    with django_assert_num_queries(4):
        coffee = remember(owner, "likes coffee", supersedes=tea)
    assert list(Memory.objects.owned_by(owner)) == [coffee]
    assert list(coffee.supersedes.all()) == [tea]
    tea.refresh_from_db()
    assert tea.updated_at == coffee.updated_at


def test_superseded_by_id(owner, tea):
    assert remember(owner, "likes coffee", supersedes=str(tea.pk)).superseded_count == 1


def test_superseded_by_a_fact_that_is_known(owner, tea):
    coffee = remember(owner, "likes coffee")
    assert remember(owner, "Likes coffee", supersedes=tea) == coffee
    assert list(Memory.objects.owned_by(owner)) == [coffee]


def test_superseded_by_the_same_fact(owner, tea):
    """A fact does not take the place of itself."""
    assert remember(owner, "LIKES TEA", supersedes=tea) == tea
    assert list(Memory.objects.owned_by(owner)) == [tea]


def test_what_supersedes_a_superseded_one_supersedes_its_tip(owner, tea):
    """Who has read an old state still leaves one current fact."""
    coffee = remember(owner, "likes coffee", supersedes=tea)
    water = remember(owner, "likes water", supersedes=tea)
    assert list(Memory.objects.owned_by(owner)) == [water]
    coffee.refresh_from_db()
    assert coffee.superseded_by == water


def test_a_superseded_fact_said_again_is_a_new_one(owner, tea):
    """Tea, coffee, tea again: history stays what it was."""
    coffee = remember(owner, "likes coffee", supersedes=tea)
    again = remember(owner, "likes tea", supersedes=coffee)
    assert again != tea
    assert list(Memory.objects.owned_by(owner)) == [again]
    assert remember(owner, "likes tea", supersedes=coffee) == again


@pytest.mark.parametrize("missing", [uuid.UUID(int=7), "no id", 7])
def test_nothing_to_supersede(owner, missing):
    with pytest.raises(ForeignMemory, match="is not among the memories of owner"):
        remember(owner, "likes coffee", supersedes=missing)
    assert not Memory.objects.exists()


def test_another_owners_memory_is_not_superseded(other_owner, tea):
    with pytest.raises(ForeignMemory):
        remember(other_owner, "likes coffee", supersedes=tea)
    assert list(Memory.objects.all()) == [tea]
    tea.refresh_from_db()
    assert tea.superseded_by is None


def test_the_database_refuses_another_owners(owner, other_owner, tea):
    theirs = remember(other_owner, "likes coffee")
    with pytest.raises(IntegrityError, match="another owner"), transaction.atomic():
        Memory.objects.filter(pk=tea.pk).update(superseded_by=theirs)
    old = remember(other_owner, "likes water")
    remember(other_owner, "likes rain", supersedes=old)
    with pytest.raises(IntegrityError, match="another owner"), transaction.atomic():
        Memory.objects.filter(content="likes rain").update(owner=owner)
    assert Memory.objects.filter(owner=other_owner).update(owner=owner) == 3


def test_the_database_refuses_circles(owner, tea):
    coffee = remember(owner, "likes coffee", supersedes=tea)
    water = remember(owner, "likes water", supersedes=coffee)
    with pytest.raises(IntegrityError, match="would supersede itself"), transaction.atomic():
        Memory.objects.filter(pk=water.pk).update(superseded_by=tea)


def test_in_any_order(owner):
    """A chain that comes in one statement, the end of it last."""
    last = Memory(owner=owner, content="c")
    rows = [Memory(owner=owner, content="a", superseded_by_id=last.pk), last]
    assert len(Memory.objects.bulk_create(rows)) == 2


WRONG = [
    ({"content": " \n"}, "its content is"),
    ({"content": None}, "its content is None"),
    ({"content": 7}, "its content is 7"),
    ({"tags": "food"}, "its tags is 'food'"),
    ({"tags": [7]}, "its tags is"),
    ({"tags": 7}, "its tags is 7"),
    ({"tags": None}, "its tags is None"),
    ({"importance": 0}, "its importance is 0"),
    ({"importance": 11}, "its importance is 11"),
    ({"importance": True}, "its importance is True"),
    ({"metadata": []}, "its metadata is"),
    ({"question": None}, "its question is None"),
    ({"expires_at": "tomorrow"}, "its expires_at is 'tomorrow'"),
    ({"expires_at": dt.datetime(2026, 1, 1)}, "its expires_at is datetime"),
    ({"owner": None}, "it has no owner"),
]


@pytest.mark.parametrize(("wrong", "why"), WRONG)
def test_bad_input(owner, wrong, why):
    """One line that says what and what to do; nothing is written."""
    with pytest.raises(InvalidMemory, match=why) as caught:
        remember(**{"owner": owner, "content": "likes tea"} | wrong)
    assert "\n" not in str(caught.value)
    assert not Memory.objects.exists()


def test_every_spelling_of_an_owner_is_he(owner, tea):
    assert remember(owner.pk, "likes tea") == remember(str(owner.pk), "likes tea") == tea
    with pytest.raises(ValueError, match="expected a number"):
        remember("nobody", "likes tea")
    with pytest.raises(InvalidMemory, match="it has no owner"):
        remember(AnonymousUser(), "likes tea")


def test_another_owners_conversation(other_owner, conversation):
    with pytest.raises(InvalidMemory, match="is not its owner's"):
        remember(other_owner, "likes tea", conversation=conversation)


def test_another_owners_message(other_owner, conversation):
    """Also without its conversation, which it would bring along."""
    message = conversation.append("user", "I like tea")
    with pytest.raises(InvalidMemory, match="is not its owner's"):
        remember(other_owner, "likes tea", message=message)


def test_a_message_of_another_conversation(owner, conversation, other):
    message = conversation.append("user", "I like tea")
    with pytest.raises(InvalidMemory, match="is not in conversation"):
        remember(owner, "likes tea", conversation=other, message=message)


@pytest.mark.django_db(transaction=True)
def test_async_twin(owner):
    memory = run(Memory.objects.aremember(owner, "likes tea", tags=["drinks"]))
    assert list(Memory.objects.owned_by(owner)) == [memory]
