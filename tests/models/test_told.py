"""Bulk writes tell the cache exactly what they wrote, and answer as Django's own do."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import NotSupportedError, connection, models, transaction
from django.db.models import Count, F, Value
from django.db.models.functions import Concat
from django.db.models.signals import post_delete
from django.test.utils import isolate_apps

from aistore.models import Conversation, Memory, Message

from ..cache.units import conversation as unit
from ..cache.units import forgotten, lists, memories


@pytest.fixture
def an(transactional_db: None) -> Any:
    return get_user_model().objects.create(username="an")


@pytest.fixture
def binh(transactional_db: None) -> Any:
    return get_user_model().objects.create(username="binh")


@pytest.fixture
def rows(an: Any, binh: Any) -> list[Conversation]:
    """Two of An, one of Binh, each with a message."""
    made = [
        Conversation.objects.create(owner=owner, title=title)
        for owner, title in ((an, "a"), (an, "b"), (binh, "c"))
    ]
    for row in made:
        row.append("user", f"in {row.title}")
    return made


Update = Callable[[Any], int]
UPDATES: dict[str, Update] = {
    "a filter": lambda q: q.filter(title="a").update(model="x"),
    "no filter": lambda q: q.update(model="x"),
    "a join": lambda q: q.filter(messages__content="in a").update(model="x"),
    "an ordering": lambda q: q.filter(title="a").order_by("-title").update(model="x"),
    "an expression": lambda q: q.filter(title="a").update(title=Concat(F("title"), Value("!"))),
    "an annotation": lambda q: q.annotate(new=Concat("title", Value("?"))).filter(title="a").update(title=F("new")),
    "an aggregate": lambda q: q.annotate(n=Count("messages")).filter(n=1, title="a").update(model="x"),
    "values": lambda q: q.filter(title="a").values("id").update(model="x"),
    "defer": lambda q: q.filter(title="a").defer("title").update(model="x"),
    "select_related": lambda q: q.filter(title="a").select_related("owner").update(model="x"),
    "exclude": lambda q: q.exclude(title__in=["b", "c"]).update(model="x"),
    "nothing found": lambda q: q.filter(title="z").update(model="x"),
    "none()": lambda q: q.none().update(model="x"),
    "an empty list": lambda q: q.filter(title__in=[]).update(model="x"),
    "no values": lambda q: q.update(),
}  # fmt: skip


@pytest.mark.parametrize("write", UPDATES.values(), ids=UPDATES)
def test_update_tells_the_rows_that_it_wrote_and_answers_as_django(
    rows: Any, an: Any, binh: Any, write: Update
) -> None:
    plain: Any = models.QuerySet(Conversation)
    expected, changed = counted(plain, write)
    with forgotten(*map(unit, rows), lists(an), lists(binh)) as gone:
        assert write(Conversation.objects.all()) == expected
    assert gone == {unit(row) for row in changed} | {lists(row.owner) for row in changed}


def counted(plain: Any, write: Update) -> tuple[int, list[Conversation]]:
    """What Django's own queryset answers and changes, undone again."""
    before = dict(Conversation.objects.values_list("pk", "updated_at"))
    versions = states()
    with transaction.atomic():
        answer, now = write(plain), states()
        transaction.set_rollback(True)
    return answer, [Conversation.objects.get(pk=pk) for pk in before if versions[pk] != now[pk]]


def states() -> dict[Any, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, version FROM aistore_conversation")
        return dict(cursor.fetchall())


def test_update_tells_both_owners_when_it_moves(rows: Any, an: Any, binh: Any) -> None:
    with forgotten(*map(unit, rows), lists(an), lists(binh)) as gone:
        assert Conversation.objects.filter(title="a").update(owner=binh) == 1
    assert gone == {unit(rows[0]), lists(an), lists(binh)}


def test_save_tells_both_owners_when_it_moves(rows: Any, an: Any, binh: Any) -> None:
    """Also a row that was created, not read; that was read again; and that is moved twice."""
    created = rows[0]
    read = Conversation.objects.get(pk=rows[1].pk)
    Conversation.objects.filter(pk=read.pk).update(owner=binh)
    read.refresh_from_db()
    for row, before, after in ((created, an, binh), (read, binh, an), (created, binh, an)):
        with forgotten(unit(row), lists(an), lists(binh)) as gone:
            row.owner = after
            row.save()
        assert gone == {unit(row), lists(before), lists(after)}


def test_a_related_manager_that_moves_a_row_tells_both_owners(rows: Any, an: Any, binh: Any) -> None:
    with forgotten(*map(unit, rows), lists(an), lists(binh)) as gone:
        binh.conversations.add(rows[0])
    assert gone >= {unit(rows[0]), lists(binh)}
    assert titles(an) == {"b"}


def titles(owner: Any) -> set[str]:
    return {row.title for row in Conversation.objects.cached.newest(owner)}


def test_a_related_manager_writes_only_what_it_manages(rows: Any, an: Any, binh: Any) -> None:
    with forgotten(*map(unit, rows), lists(an), lists(binh)) as gone:
        assert an.conversations.update(model="x") == 2
    assert gone == {unit(rows[0]), unit(rows[1]), lists(an)}


def test_bulk_update_tells_its_rows(rows: Any, an: Any, binh: Any) -> None:
    rows[0].title = rows[1].title = "new"
    with forgotten(*map(unit, rows), lists(an), lists(binh)) as gone:
        assert Conversation.objects.bulk_update(rows[:2], ["title"], batch_size=1) == 2
    assert gone == {unit(rows[0]), unit(rows[1]), lists(an)}


def test_bulk_create_tells_the_owners(rows: Any, an: Any, binh: Any) -> None:
    with forgotten(*map(unit, rows), lists(an), lists(binh)) as gone:
        made = Conversation.objects.bulk_create(Conversation(owner_id=str(an.pk), title=t) for t in "xy")
    assert [row.title for row in made] == ["x", "y"]
    assert gone == {lists(an)}


def test_bulk_create_that_updates_tells_whom_the_rows_belonged_to(rows: Any, an: Any, binh: Any) -> None:
    same = Conversation(pk=rows[0].pk, owner=binh, title="moved")
    with forgotten(*map(unit, rows), lists(an), lists(binh)) as gone:
        Conversation.objects.bulk_create(
            [same], update_conflicts=True, unique_fields=["id"], update_fields=["owner", "title"]
        )
    assert gone == {unit(rows[0]), lists(an), lists(binh)}


def test_messages_that_were_inserted_by_themselves_change_the_state(rows: Any) -> None:
    """Entries of other queries, cached under the state from before, must not come back to life."""
    row = rows[0]
    for number, insert in enumerate((Message.objects.bulk_create, lambda made: made[0].save()), 2):
        read = Message.objects.cached.last
        assert len(read(row.pk, 50)) == len(read(row.pk, 20)) == number - 1
        insert([Message(conversation_id=str(row.pk), sequence_number=number, role="user", content="raw")])
        assert len(read(row.pk, 50)) == len(read(row.pk, 20)) == number


@pytest.mark.parametrize(
    "write",
    [
        lambda rows: rows[:1].delete(),
        lambda rows: rows[:1].update(model="x"),
        lambda rows: rows.union(rows).delete(),
        lambda rows: rows.union(rows).update(model="x"),
        lambda rows: rows.values().delete(),
        lambda rows: rows.distinct("title").delete(),
        lambda rows: rows.update(nonsense=1),
    ],
)
def test_what_django_refuses_is_refused_in_its_words(rows: Any, write: Update) -> None:
    errors = []
    for queryset in (models.QuerySet(Conversation), Conversation.objects.all()):
        with pytest.raises((TypeError, NotSupportedError, FieldDoesNotExist)) as caught:
            write(queryset)
        errors.append((caught.type, str(caught.value)))
    assert errors[0] == errors[1]
    assert Conversation.objects.count() == 3


def test_delete_tells_the_rows_that_it_deleted(rows: Any, an: Any, binh: Any) -> None:
    with forgotten(*map(unit, rows), lists(an), lists(binh)) as gone:
        assert Conversation.objects.filter(messages__content="in a").delete() == (
            1,
            {"aistore.Conversation": 1},
        )
        assert Conversation.objects.filter(title="z").delete() == (0, {})
    assert gone == {unit(rows[0]), lists(an)}


def test_delete_of_one_row(rows: Any, an: Any, binh: Any) -> None:
    told = {unit(rows[2]), lists(binh)}
    with forgotten(*map(unit, rows), lists(an), lists(binh)) as gone:
        rows[2].delete()
    assert gone == told


def test_delete_of_messages_tells_conversation_and_lists(rows: Any, an: Any, binh: Any) -> None:
    with forgotten(*map(unit, rows), lists(an), lists(binh)) as gone:
        rows[0].messages.get().delete()
    assert gone == {unit(rows[0]), lists(an)}


def test_delete_with_receivers_of_the_host(rows: Any, an: Any, binh: Any) -> None:
    heard: list[Any] = []
    post_delete.connect(receiver := lambda instance, **_: heard.append(instance.title), sender=Conversation)
    try:
        with forgotten(*map(unit, rows), lists(an), lists(binh)) as gone:
            assert Conversation.objects.filter(owner=an).delete()[0] == 2
    finally:
        post_delete.disconnect(receiver, sender=Conversation)
    assert sorted(heard) == ["a", "b"]
    assert gone == {unit(rows[0]), unit(rows[1]), lists(an)}


@pytest.fixture
def share(transactional_db: None) -> Any:
    """A table of the host that cascades in Django only."""

    class Share(models.Model):
        conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="+")

        class Meta:
            app_label = "aistore"

        def __str__(self) -> str:
            return "share"

    with connection.schema_editor() as editor:
        editor.create_model(Share)
    yield Share
    with connection.schema_editor() as editor:
        editor.delete_model(Share)
    del apps.all_models["aistore"]["share"]
    apps.clear_cache()


def test_delete_leaves_to_django_what_refers_to_the_rows(rows: Any, an: Any, share: Any) -> None:
    share.objects.create(conversation=rows[0])
    with forgotten(unit(rows[0]), lists(an)) as gone:
        deleted, by_model = Conversation.objects.filter(title="a").delete()
    assert (deleted, set(by_model)) == (2, {"aistore.Conversation", "aistore.Share"})
    assert gone == {unit(rows[0]), lists(an)}


def test_memories_go_by_owner(an: Any, binh: Any) -> None:
    with forgotten(memories(an), memories(binh)) as gone:
        memory = Memory.objects.create(owner=an, content="likes tea")
    assert gone == {memories(an)}
    with forgotten(memories(an), memories(binh)) as gone:
        memory.owner = binh
        memory.save()
    assert gone == {memories(an), memories(binh)}
    for write in (lambda: Memory.objects.update(importance=7), Memory.objects.all().delete):
        with forgotten(memories(an), memories(binh)) as gone:
            write()
        assert gone == {memories(binh)}


class TestChildren:
    """A model of the host that inherits from ours: two tables, which only Django's own statements keep together."""

    @pytest.fixture
    def child(self, transactional_db: None) -> Any:
        with isolate_apps("aistore"):

            class Chat(Conversation):
                colour = models.TextField(default="red")

                class Meta:
                    app_label = "aistore"

        with connection.schema_editor() as editor:
            editor.create_model(Chat)
        yield Chat
        with connection.schema_editor() as editor:
            editor.delete_model(Chat)

    def test_update_reaches_both_tables(self, child: Any, an: Any, binh: Any) -> None:
        chat = child.objects.create(owner=an, title="a")
        with forgotten(unit(chat), lists(an), lists(binh)) as gone:
            assert child.objects.filter(title="a").update(title="b", colour="blue", owner=binh) == 1
        chat.refresh_from_db()
        assert (chat.title, chat.colour, chat.owner) == ("b", "blue", binh)
        assert gone == {unit(chat), lists(an), lists(binh)}

    def test_delete_reaches_both_tables(self, child: Any, an: Any) -> None:
        chat = child.objects.create(owner=an, title="a")
        with forgotten(unit(chat), lists(an)) as gone:
            child.objects.all().delete()
        assert not Conversation.objects.exists()
        assert gone == {unit(chat), lists(an)}
