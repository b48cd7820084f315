"""Routers and ``using``: tables on another database than the users', a replica to read from, an alias by name."""

import asyncio

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, connections
from django.test import override_settings

from aistore.integrity import check_data
from aistore.models import Conversation, Memory, Message, Upload
from aistore.privacy import purge
from tests.project.actors import until

from .asynchronously import run
from .databases import Elsewhere, Replica, alias
from .edge_texts import TEXTS
from .invariants import assert_sound, contents
from .streams import row
from .test_appending import turns


@pytest.fixture(scope="module")
def elsewhere(django_db_setup, django_db_blocker):
    """A database with the tables of aistore and nothing else, and a router that knows it."""
    name = connection.settings_dict["NAME"] + "_elsewhere"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    with alias("elsewhere", NAME=name), override_settings(DATABASE_ROUTERS=[Elsewhere()]):
        with django_db_blocker.unblock():
            call_command("migrate", database="elsewhere", verbosity=0)
        yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name}")


@pytest.fixture
def away(elsewhere, committed):
    """A conversation there, of a user here."""
    user = get_user_model().objects.create(username="an")
    conversation = Conversation.objects.create(owner=user)
    yield conversation
    Conversation.objects.all().delete()
    Memory.objects.all().delete()


def test_the_tables_are_there_and_only_there(elsewhere, committed):
    """And no reference to a table of users, which is not there."""
    tables = connections["elsewhere"].introspection.table_names()
    assert "aistore_message" in tables
    assert "auth_user" not in tables
    with connections["elsewhere"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_constraint WHERE conname LIKE '%\\_owner'")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("count", [1, 128, 129])
def test_everything_works_there(away, count, quick_streams):
    """All that writes, in every way of storing."""
    assert_sound(Conversation.objects.start(away.owner, turns(count)))
    messages = away.extend(turns(count))
    away.append("assistant", "b", parent=messages[0], external_id="k")
    assert away.append("assistant", "b", external_id="k") == away.head
    away.checkout(messages[-1])
    messages[-1].edit("edited", expected=None)
    messages[-1].rate(1)
    call = away.append("assistant", tool_calls=[{"id": "a", "name": "look"}])
    away.close_tool_calls()
    with away.stream() as reply:
        reply.write("streamed")
        assert until(lambda: row(reply).content == "streamed")
    assert_sound(away.fork(at=call))
    away.messages.last(1).delete()
    away.append("user", "last").delete()
    assert_sound(away)
    assert {message._state.db for message in away.messages.path()} == {"elsewhere"}


def test_nothing_is_written_here(away):
    with connection.execute_wrapper(refuse):
        away.append("user", "Hi")
        away.fork()
        away.messages.all().delete()
        away.delete()


def refuse(execute, sql, parameters, many, context):
    raise AssertionError(f"this database was asked: {sql}")


def test_queries_there(away, owner_of_away):
    away.append("assistant", "Hi", input_tokens=3)
    assert list(Conversation.objects.owned_by(owner_of_away).active().newest(before=None)) == [away]
    assert [usage["owner"] for usage in Message.objects.usage(by="owner")] == [owner_of_away.pk]
    assert away.head.siblings().count() == 1
    assert Conversation.objects.owned_by(owner_of_away).pin() == 1
    assert check_data().is_sound
    assert purge().dead_streams == 0


@pytest.fixture
def owner_of_away(away):
    return away.owner


def test_asynchronously_there(away):
    async def main():
        await asyncio.gather(*(away.aappend("user") for _ in range(10)))
        async with away.astream() as reply:
            reply.write("x")

    run(main())
    assert_sound(away)


def test_exact_text_there(away, owner_of_away):
    """Through the other tables as well."""
    for text in TEXTS.values():
        Memory.objects.create(owner=owner_of_away, content=f"{text}{len(text)}", tags=[text])
        Upload.objects.create(owner=owner_of_away, conversation=away, name=text)
        away.append("user", text)
    assert contents(away) == list(TEXTS.values())
    assert set(Upload.objects.values_list("name", flat=True)) == set(TEXTS.values())


@pytest.fixture
def replica(committed):
    """Read from a connection that refuses to write."""
    with alias("replica"), override_settings(DATABASE_ROUTERS=[Replica()]):
        connections["replica"].ensure_connection()
        with connections["replica"].cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")
        yield


@pytest.mark.parametrize("count", [1, 128, 129])
def test_a_conversation_that_was_read_from_a_replica(replica, conversation, count, quick_streams):
    """Is written on the primary, as Django's own save() does it."""
    read = Conversation.objects.get()
    assert read._state.db == "replica"
    messages = read.extend(turns(count))
    read.append("assistant", "another", parent=read.messages.get(sequence_number=1))
    read.checkout(messages[-1])
    read.append("assistant", tool_calls=[{"id": "a", "name": "look"}])
    read.close_tool_calls()
    with read.stream() as reply:
        reply.write("x")
    read.title = "Trip to Hue"
    read.save()
    assert_sound(read.fork())
    assert read.messages.last(1).delete()[0] == 1
    assert_sound(conversation)


def test_a_message_that_was_read_from_a_replica(replica, conversation):
    conversation.extend(turns(2))
    read = Message.objects.get(sequence_number=2)
    assert read._state.db == "replica"
    read.edit("Hello")
    read.edit("Look", parts=[{"type": "tool_call", "id": "a"}])
    read.rate(1)
    read.delete()
    assert_sound(conversation)


def test_lists_from_a_replica(replica, conversation):
    """And marks on the primary."""
    assert [row._state.db for row in Conversation.objects.newest()] == ["replica"]
    assert Conversation.objects.pin() == 1


@pytest.fixture
def named(committed):
    """An alias that no router knows, as Django's using() takes it."""
    with alias("named"), override_settings(DATABASE_ROUTERS=[]):
        yield


def test_using_an_alias_by_name(named, owner, quick_streams):
    conversation = Conversation.objects.using("named").create(owner=owner)
    with connection.execute_wrapper(refuse):
        message = conversation.extend(turns(2))[-1]
        assert {message._state.db, conversation.fork()._state.db} == {"named"}
        assert len(Message.objects.using("named").in_conversation(conversation).path()) == 2
        assert list(message.siblings()) == [message]
        message.edit("Hello")
        assert conversation.messages.last(1).delete()[0] == 1
        conversation.messages.get().delete()
        conversation.delete()
