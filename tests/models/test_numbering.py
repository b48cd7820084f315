"""The statement that numbers and stores: its plans, its constraint, its clock."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aistore.exceptions import ConflictingAppend
from aistore.models import Conversation

from .invariants import assert_sound
from .test_appending import every_way, turns

pytestmark = pytest.mark.django_db


def prepared():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%%before AS MATERIALIZED%%'"
        )
        return cursor.fetchall()


@every_way
def test_the_plan_is_kept(conversation, other, count):
    """One prepared statement serves all appends of its kind, in whatever conversation."""
    conversation.extend(turns(count))
    known = prepared()
    for each in (conversation, other, conversation):
        each.extend(turns(count))
    assert known
    assert prepared() == known


def test_the_hosts_statements_go_on_as_he_chose(conversation):
    """Preparing is on for ours alone."""
    connection.connection.prepare_threshold = 7
    conversation.append("user")
    assert connection.connection.prepare_threshold == 7


@every_way
def test_behind_a_pooler(conversation, monkeypatch, count):
    """One in transaction mode keeps no statements: nothing is prepared, and everything works."""
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    known = prepared()
    messages = conversation.extend(
        [{**turn, "external_id": f"%s {place}"} for place, turn in enumerate(turns(count))]
    )
    assert (
        conversation.extend(
            [{**turn, "external_id": f"%s {place}"} for place, turn in enumerate(turns(count))]
        )
        == messages
    )
    conversation.append("assistant", tool_calls=[{"id": "%(a)s", "name": "look"}])
    conversation.append("user", parent=None)
    messages[0].edit("100 %", expected=None)
    assert_sound(conversation.fork(title="%s"))
    with conversation.stream() as reply:
        reply.write("%s")
        reply.write_through()
    assert_sound(conversation)
    assert prepared() == known


def test_the_log_of_queries_shows_it(conversation):
    """As it shows Django's own: connection.queries, the debug toolbar, the logger."""
    conversation.append("user")  # psycopg sends a statement in another way once it is prepared
    with CaptureQueriesContext(connection) as queries:
        conversation.append("user")
    assert "UPDATE aistore_conversation" in queries[0]["sql"]


def test_few_but_large(conversation, owner):
    """As COPY, whatever their number: PostgreSQL breaks the connection over a document of more than a gigabyte."""
    large = [
        {"role": "user", "content": "Huế " * 500_000},
        {"role": "user", "parts": [{"text": "x" * 2_500_000}]},
    ]
    for extend in (
        conversation.extend,
        lambda messages: Conversation.objects.start(owner, messages).messages.path(),
    ):
        with CaptureQueriesContext(connection) as queries:
            first, second = extend(large)
        assert "COPY" in "".join(query["sql"] for query in queries)
        assert (first.content, second.parts) == (large[0]["content"], large[1]["parts"])
    assert_sound(conversation)


def test_the_constraint_is_not_left_open(conversation, other):
    """COPY needs the head's reference to wait; afterwards a foreign head is refused at once again."""
    conversation.extend(turns(200))
    foreign = other.append("user")
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversation.objects.filter(pk=conversation.pk).update(head=foreign)


def test_the_constraint_is_not_left_open_after_a_refusal(conversation, other):
    foreign = other.append("user")
    conversation.append("user", external_id="a")
    with pytest.raises(ConflictingAppend):
        conversation.extend([*turns(200), {"role": "tool", "external_id": "a"}])
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversation.objects.filter(pk=conversation.pk).update(head=foreign)


def test_the_first_message_sets_the_time(owner):
    """A conversation made long after its messages were, by an import."""
    conversation = Conversation.objects.create(owner=owner)
    old = timezone.now() - dt.timedelta(days=400)
    conversation.append("user", created_at=old)
    assert_sound(conversation)
    assert conversation.last_message_at == old


@every_way
def test_old_messages_do_not_turn_the_time_back(conversation, count):
    newest = conversation.append("user").created_at
    old = newest - dt.timedelta(days=400)
    conversation.extend([{**turn, "created_at": old} for turn in turns(count)])
    assert conversation.last_message_at == newest
    assert_sound(conversation)


def test_some_with_and_some_without_a_time(conversation):
    """What has none is of now."""
    future = timezone.now() + dt.timedelta(days=1)
    conversation.extend([{"role": "user", "created_at": future}, {"role": "user"}])
    assert conversation.last_message_at == future
    assert_sound(conversation)


def test_one_call_one_moment(conversation):
    """The messages of a batch are of the same time, and their numbers order them."""
    assert len({message.created_at for message in conversation.extend(turns(200))}) == 1


def test_instances_cost_no_query(conversation, django_assert_num_queries):
    """The returned messages know their conversation, and it knows its head."""
    messages = conversation.extend(turns(3))
    with django_assert_num_queries(0):
        assert {message.conversation for message in messages} == {conversation}
        assert conversation.head == messages[-1]
