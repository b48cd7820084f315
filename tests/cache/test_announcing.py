"""What a writer says, when, and how often; and that a transaction that wrote sees what it wrote."""

import gc
from typing import Any

import pytest
from django.db import connection, connections, transaction

from aistore.cache.announcing import forget_after_commit, forget_now, note_writes, sees_its_own
from aistore.cache.reading import Unit
from aistore.cache.wire import Wire
from aistore.models import Conversation, Message

from .units import conversation as unit
from .units import forgotten, lists


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[list[Any]]:
    """The commands of each round trip."""
    trips: list[list[Any]] = []
    exchange = Wire.exchange

    def heard(self: Wire, commands: Any, **options: Any) -> Any:
        trips.append(list(commands))
        return exchange(self, commands, **options)

    monkeypatch.setattr(Wire, "exchange", heard)
    return trips


class Undo(Exception):
    pass


def test_a_thousand_appends_in_a_transaction_are_told_once(conversation: Conversation, said: Any) -> None:
    with transaction.atomic():
        for number in range(1000):
            conversation.append("user", str(number))
        assert said == []
    told = {("DEL", unit(conversation).stamp_key), ("DEL", lists(conversation.owner).stamp_key)}
    assert [set(commands) for commands in said] == [told]


def test_very_many_units_go_in_parts(owner: Any, said: Any) -> None:
    """A round trip has a fifth of a second: 100,000 rows that are updated at once must not look like a failure."""
    forget_now(*[Unit("c", str(number)) for number in range(2500)])
    assert [len(commands) for commands in said] == [1000, 1000, 500]


def test_outside_of_a_transaction_it_is_told_now(conversation: Conversation, said: Any) -> None:
    forget_after_commit("default", [unit(conversation)])
    assert said == [[("DEL", unit(conversation).stamp_key)]]


def test_nothing_to_tell_is_no_round_trip(conversation: Conversation, said: Any) -> None:
    forget_after_commit("default", [])
    with transaction.atomic():
        forget_after_commit("default", [])
    assert said == []


def test_what_is_rolled_back_is_not_told(conversation: Conversation) -> None:
    with forgotten(unit(conversation)) as gone, transaction.atomic():
        conversation.append("user", "x")
        transaction.set_rollback(True)
    assert gone == set()


@pytest.mark.parametrize("first", ["outside", "in the savepoint"])
@pytest.mark.parametrize("undone", [True, False])
def test_savepoints(conversation: Conversation, first: str, undone: bool) -> None:
    """Whichever is told first, and whatever is undone: what was committed is told."""
    other = Conversation.objects.create(owner=conversation.owner)
    with forgotten(unit(conversation), unit(other)) as gone, transaction.atomic():
        if first == "outside":
            conversation.append("user", "x")
        try:
            with transaction.atomic():
                other.append("user", "y")
                if undone:
                    raise Undo
        except Undo:
            pass
        if first != "outside":
            conversation.append("user", "x")
    assert gone >= {unit(conversation)} | (set() if undone else {unit(other)})


def test_a_hook_of_the_host_reads_what_was_committed(conversation: Conversation) -> None:
    """His hooks may run before ours has told the cache."""
    Message.objects.cached.last(conversation.pk)
    seen: list[int] = []
    with transaction.atomic():
        transaction.on_commit(lambda: seen.append(len(Message.objects.cached.last(conversation.pk))))
        conversation.append("user", "two")
    assert seen == [2]


def test_a_rolled_back_transaction_leaves_no_trace(conversation: Conversation) -> None:
    with transaction.atomic():
        conversation.append("user", "x")
        transaction.set_rollback(True)
    gc.collect()
    assert not sees_its_own("default")


WRITES = ["INSERT INTO auth_group (name) VALUES ('a')", "SET LOCAL work_mem = '4MB'", "/* why */ SELECT 1",
          "WITH x AS (DELETE FROM auth_group RETURNING 1) SELECT * FROM x", "EXPLAIN ANALYZE DELETE FROM auth_group",
          "CALL nothing()", "TRUNCATE auth_group_permissions"]  # fmt: skip


@pytest.mark.parametrize("sql", ["SELECT 1", "  select 1", "SAVEPOINT a; RELEASE a"])
def test_a_transaction_that_only_reads_is_served(conversation: Conversation, sql: str) -> None:
    with transaction.atomic():
        assert not sees_its_own("default")
        with connection.cursor() as cursor:
            cursor.execute(sql)
        assert not sees_its_own("default")


@pytest.mark.parametrize("sql", WRITES)
def test_a_transaction_that_may_have_written_is_not(conversation: Conversation, sql: str) -> None:
    with transaction.atomic():
        note_writes(lambda *_: None, sql, (), False, {"connection": connection})
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            connection.aistore_wrote = False
            note_writes(lambda *_: None, sql, (), False, {"connection": connection})
        assert sees_its_own("default")
    assert not sees_its_own("default")


def test_every_transaction_of_a_decorated_function_starts_anew(conversation: Conversation) -> None:
    """Django uses one Atomic for all calls of it."""
    seen = []

    @transaction.atomic
    def view(write: bool) -> None:
        seen.append(sees_its_own("default"))
        if write:
            conversation.append("user", "x")
            seen.append(sees_its_own("default"))

    view(write=True)
    view(write=False)
    assert seen == [False, True, False]


def test_an_isolated_transaction_is_not_served(conversation: Conversation) -> None:
    """Who asked for one snapshot gets it."""
    alias = connections["default"]
    before, alias.isolation_level = alias.isolation_level, 3
    try:
        with transaction.atomic():
            assert sees_its_own("default")
        assert not sees_its_own("default")
    finally:
        alias.isolation_level = before


def test_the_watch_stays_when_the_host_watches_too(conversation: Conversation) -> None:
    """A connection that opens inside of execute_wrapper(), which takes the last wrapper away in the end."""
    connection.close()
    connection.execute_wrappers.clear()
    heard = []

    def host(execute: Any, *call: Any) -> Any:
        heard.append(1)
        return execute(*call)

    with connection.execute_wrapper(host):
        Conversation.objects.count()
    count = len(heard)
    Conversation.objects.count()
    assert connection.execute_wrappers.count(note_writes) == 1
    assert host not in connection.execute_wrappers
    assert len(heard) == count


def test_a_word_that_cannot_be_said_is_logged_and_not_raised(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """The commit stands, whatever happens after it."""
    monkeypatch.setattr("aistore.cache.announcing.tell", lambda *commands: 1 / 0)
    with transaction.atomic():
        Conversation.objects.filter(pk=conversation.pk).update(title="new")
    assert "Announcement" in caplog.text
    assert Conversation.objects.get().title == "new"
