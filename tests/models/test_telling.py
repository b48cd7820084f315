"""Every way to write through aistore ends with the cache being told, whoever writes."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core import serializers
from django.core.management import call_command
from django.db import connection, connections, router, transaction
from django.db.models.signals import post_save
from django.test import Client

from aistore import cache
from aistore.models import Conversation, Message
from aistore.models.telling import lists_of, saved, unit_of

from ..cache.units import conversation as unit
from ..cache.units import forgotten, lists, memories, user
from ..interop.imports import conversation as imported_conversation
from ..interop.imports import imported, message


@pytest.fixture
def owner(transactional_db: None) -> Any:
    return get_user_model().objects.create_superuser("an", password="secret")


@pytest.fixture
def row(owner: Any) -> Conversation:
    made = Conversation.objects.create(owner=owner, title="a")
    made.append("user", "one")
    return made


def test_every_spelling_of_an_id_is_one_unit(row: Conversation, owner: Any) -> None:
    assert (
        unit_of(str(row.pk), "default")
        == unit_of(row.pk.hex.upper(), "default")
        == unit_of(row.pk, "default")
    )
    assert lists_of(str(owner.pk), "default") == lists_of(owner.pk, "default")


def test_two_databases_are_two_units(row: Conversation) -> None:
    """The same owner's id may be somebody else's there."""
    assert unit_of(row.pk, "default").key != unit_of(row.pk, "elsewhere").key
    assert lists_of(1, "default").key != lists_of(1, "elsewhere").key


def test_get_or_create_and_update_or_create(row: Conversation, owner: Any) -> None:
    with forgotten(unit(row), lists(owner)) as gone:
        assert Conversation.objects.get_or_create(owner=owner, title="a") == (row, False)
    assert gone == set()
    with forgotten(unit(row), lists(owner)) as gone:
        Conversation.objects.update_or_create(pk=row.pk, defaults={"title": "b"})
    assert gone == {unit(row), lists(owner)}
    with forgotten(unit(row), lists(owner)) as gone:
        Conversation.objects.get_or_create(owner=owner, title="new")
    assert gone == {lists(owner)}


def test_append_extend_edit_rate_fork_and_checkout(row: Conversation, owner: Any) -> None:
    first = row.messages.get()
    for write, told in (
        (lambda: row.append("assistant", "two"), {unit(row), lists(owner)}),
        (lambda: row.extend([{"role": "user", "content": "x"}] * 200), {unit(row), lists(owner)}),
        (lambda: first.edit("One"), {unit(row)}),
        (lambda: row.checkout(first), {unit(row), lists(owner)}),
        (lambda: row.fork(), {lists(owner)}),
    ):
        with forgotten(unit(row), lists(owner)) as gone:
            write()
        assert gone >= told


def test_an_append_by_an_instance_from_before_another_owner(row: Conversation, owner: Any) -> None:
    """It is the list of the new owner that has the message."""
    binh = get_user_model().objects.create_user("binh")
    Conversation.objects.filter(pk=row.pk).update(owner=binh)
    with forgotten(lists(owner), lists(binh)) as gone:
        row.append("user", "two")
    assert gone == {lists(binh)}


def test_a_stream_is_seen_as_it_comes_and_as_it_ends(row: Conversation) -> None:
    with row.stream() as reply:
        assert Message.objects.cached.last(row.pk)[-1].status == "streaming"
        reply.write("word")
        reply.write_through()
        assert Message.objects.cached.last(row.pk)[-1].content == "word"
    assert Message.objects.cached.last(row.pk)[-1].status == "complete"


def test_an_import(owner: Any) -> None:
    """A new conversation is in the list, and one that got more messages is not read as it was."""
    one, two = message(content="one", n=1), message(content="two", n=2)
    imported(owner, imported_conversation(one))
    [listed] = Conversation.objects.cached.newest(owner)
    assert texts(listed.pk) == ["one"]
    imported(owner, imported_conversation(one, two), imported_conversation(one, id="c2"))
    assert len(Conversation.objects.cached.newest(owner)) == 2
    assert texts(listed.pk) == ["one", "two"]


def texts(conversation_id: Any) -> list[str]:
    return [row.content for row in Message.objects.cached.last(conversation_id)]


def test_an_import_that_brings_nothing_new(owner: Any) -> None:
    imported(owner, imported_conversation())
    row = Conversation.objects.get()
    with forgotten(unit(row), lists(owner)) as gone:
        imported(owner, imported_conversation())
    assert gone == set()


def test_loaddata(row: Conversation, owner: Any, tmp_path: Path) -> None:
    rows = json.loads(serializers.serialize("json", [*Conversation.objects.all(), *Message.objects.all()]))
    rows[0]["fields"]["title"] = "from the fixture"
    rows[1]["fields"]["content"] = "from the fixture"
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    assert (cache_title(row), cache_text(row)) == ("a", "one")
    call_command("loaddata", tmp_path / "rows.json", verbosity=0)
    assert (cache_title(row), cache_text(row)) == ("from the fixture",) * 2


def cache_title(row: Conversation) -> str:
    return str(Conversation.objects.cached.get(row.pk).title)


def cache_text(row: Conversation) -> str:
    return str(Message.objects.cached.last(row.pk)[0].content)


def test_a_proxy_of_the_host(row: Conversation, owner: Any) -> None:
    """Django names the proxy as the sender of its signals."""

    class Proxy(Conversation):
        class Meta:
            proxy = True
            app_label = "aistore"

    post_save.connect(saved, sender=Proxy)  # as connect() does with all that are there when Django starts
    try:
        with forgotten(unit(row), lists(owner)) as gone:
            Proxy.objects.get(pk=row.pk).save()
        assert gone == {unit(row), lists(owner)}
    finally:
        del apps.all_models["aistore"]["proxy"]
        apps.clear_cache()


def test_the_admin(row: Conversation, owner: Any) -> None:
    client = Client()
    client.force_login(owner)
    form = client.get(f"/admin/aistore/conversation/{row.pk}/change/")
    if form.status_code != 200:
        pytest.skip("the admin is not mounted here")
    assert cache_title(row) == "a"
    fields = form.context["adminform"].form.initial | {"title": "by the admin"}
    sent = {
        name: json.dumps(value) if name == "metadata" else value for name, value in fields.items() if value
    }
    answer = client.post(f"/admin/aistore/conversation/{row.pk}/change/", sent | {"tags": ""})
    assert answer.status_code in (302, 200)
    assert cache_title(row) == Conversation.objects.get(pk=row.pk).title


def test_a_user_who_changes(owner: Any) -> None:
    assert cache.user(owner.pk).is_active
    owner.is_active = False
    with forgotten(user(owner), lists(owner)) as gone:
        owner.save()
    assert gone == {user(owner)}


@pytest.mark.parametrize(
    "delete", [lambda owner: owner.delete(), lambda owner: type(owner).objects.all().delete()]
)
def test_a_user_who_goes_takes_his_conversations_lists_and_memories(
    row: Conversation, owner: Any, delete: Any
) -> None:
    told = {user(owner), unit(row), lists(owner), memories(owner)}
    key = row.pk
    with forgotten(*told) as gone:
        delete(owner)
    assert gone == told
    with pytest.raises(Conversation.DoesNotExist):
        Message.objects.cached.last(key)


def test_a_deletion_that_is_undone_tells_nothing(row: Conversation, owner: Any) -> None:
    with forgotten(unit(row), lists(owner)) as gone, transaction.atomic():
        Conversation.objects.all().delete()
        transaction.set_rollback(True)
    assert gone == set()


def test_who_commits_by_hand_shares_nothing_before(row: Conversation) -> None:
    """Without atomic() Django does not say when the commit is; so at least nothing of it gets out before."""
    Message.objects.cached.last(row.pk)
    connection.set_autocommit(False)
    try:
        row.append("user", "never said")
        assert [message.content for message in Message.objects.cached.last(row.pk)] == ["one", "never said"]
        connection.rollback()
    finally:
        connection.set_autocommit(True)
    assert [message.content for message in Message.objects.cached.last(row.pk)] == ["one"]


def test_routers_are_asked_where_rows_are_written(row: Conversation, settings: Any) -> None:
    """A replica may not have heard yet of what was told to the cache."""

    class Replica:
        def db_for_read(self, model: Any, **hints: Any) -> str:
            return "replica"

        def db_for_write(self, model: Any, **hints: Any) -> str:
            return "default"

    settings.DATABASE_ROUTERS = [Replica()]
    assert router.db_for_read(Conversation) == "replica"
    assert cache_text(row) == "one"
    assert cache.user(row.owner_id).username == "an"
    assert "replica" not in connections
