"""The interleavings in which the obvious rule, "set the stamp if it is absent or older", reads stale. Each is a script
with a forced order; random load finds none of them. See Note [Stamps are leases]."""

from typing import Any

import pytest
from django.db import connection, connections, transaction

from aistore.cache import stamps
from aistore.cache.announcing import tell
from aistore.models import Conversation, Message
from aistore.models.cached import Cached
from aistore.models.telling import unit_of

from .conftest import (
    after_the_select,
    another_process,
    elsewhere,
    evict_stamp,
    evict_token,
    raw,
    texts,
    titles,
)


def test_a_reader_stopped_behind_his_select_does_not_bring_the_old_back(conversation: Conversation) -> None:
    def meanwhile() -> None:
        conversation.append("user", "two")
        evict_stamp(conversation)

    with after_the_select(meanwhile):
        assert texts(conversation) == ["one"]
    assert texts(conversation) == ["one", "two"]


def test_nor_when_he_was_stopped_longer_than_his_claim(conversation: Conversation) -> None:
    def meanwhile() -> None:
        evict_stamp(conversation)  # the claim is over; an append finds nothing to renew
        conversation.append("user", "two")

    with after_the_select(meanwhile):
        texts(conversation)
    assert texts(conversation) == ["one", "two"]


def test_nor_when_another_reader_has_claimed_since(conversation: Conversation) -> None:
    def meanwhile() -> None:
        evict_stamp(conversation)
        conversation.append("user", "two")
        assert texts(conversation) == ["one", "two"]

    with after_the_select(meanwhile):
        texts(conversation)
    assert texts(conversation) == ["one", "two"]


def state_of(conversation: Conversation) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT version, nonce, edits FROM aistore_conversation WHERE id = %s", [conversation.pk]
        )
        return stamps.state(*cursor.fetchone())


def test_a_late_script_of_an_earlier_writer_changes_nothing(conversation: Conversation) -> None:
    conversation.append("user", "two")
    early = state_of(conversation)
    assert texts(conversation) == ["one", "two"]  # an entry under the early state
    conversation.append("user", "three")
    evict_stamp(conversation)
    tell(stamps.settle(unit_of(conversation.pk, "default").stamp_key, early))
    assert texts(conversation) == ["one", "two", "three"]


def test_a_late_script_finds_a_newer_stamp_and_leaves_none(conversation: Conversation, valkey: Any) -> None:
    early = state_of(conversation)
    conversation.append("user", "two")
    assert texts(conversation) == ["one", "two"]
    tell(stamps.settle(unit_of(conversation.pk, "default").stamp_key, early))
    assert valkey.get(unit_of(conversation.pk, "default").stamp_key) is None


def test_a_database_restored_to_an_older_version(conversation: Conversation) -> None:
    """Its versions are smaller than the stamp; the next write must be seen all the same."""
    for number in range(5):
        conversation.append("user", f"lost {number}")
    texts(conversation)
    restore_to_one_message(conversation)
    Conversation.objects.get(pk=conversation.pk).append("user", "after")
    assert texts(conversation) == ["one", "after"]


def restore_to_one_message(conversation: Conversation) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # as pg_restore: no trigger fires
        cursor.execute("DELETE FROM aistore_message WHERE sequence_number > 1")
        cursor.execute(
            "UPDATE aistore_conversation SET message_count = 1, version = 2,"
            " head_id = (SELECT id FROM aistore_message) WHERE id = %s",
            [conversation.pk],
        )


def test_a_state_never_comes_back_after_a_restore(conversation: Conversation) -> None:
    """The same version again, with another history: the nonce tells them apart."""
    conversation.append("user", "lost")
    assert texts(conversation) == ["one", "lost"]
    restore_to_one_message(conversation)
    evict_stamp(conversation)
    Conversation.objects.get(pk=conversation.pk).append("user", "after")
    assert texts(conversation) == ["one", "after"]


def test_an_old_snapshot_fills_nothing(conversation: Conversation) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT count(*) FROM aistore_message")
        elsewhere(lambda: conversation.append("user", "two"))
        assert texts(conversation) == ["one"]
    assert texts(conversation) == ["one", "two"]


def test_the_statement_itself_says_that_an_old_snapshot_is_not_to_be_shared(
    conversation: Conversation,
) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT 1")
        loaded = load_through(conversation)
    assert not loaded.is_shareable


def test_the_statement_itself_says_that_a_transaction_that_wrote_does_not_share(
    conversation: Conversation,
) -> None:
    with transaction.atomic():
        conversation.append("user", "two")
        assert not load_through(conversation).is_shareable


def load_through(conversation: Conversation) -> Any:
    found = []
    loaded = Cached._loaded
    try:
        Cached._loaded = lambda self, *args: found.append(loaded(self, *args)) or found[0]  # type: ignore
        Message.objects.cached.last(conversation.pk, 50)
    finally:
        Cached._loaded = loaded  # type: ignore[method-assign]
    return found[0]


def test_nobody_reads_what_is_not_committed(conversation: Conversation) -> None:
    with transaction.atomic():
        conversation.append("user", "never said")
        assert texts(conversation) == ["one", "never said"]
        assert elsewhere(lambda: texts(conversation)) == ["one"]
        transaction.set_rollback(True)
    assert texts(conversation) == ["one"]
    assert elsewhere(lambda: texts(conversation)) == ["one"]


def test_a_reader_between_a_write_and_its_commit(conversation: Conversation) -> None:
    """He reads the old, rightly, and stamps it; the commit takes that stamp away."""
    with transaction.atomic():
        conversation.append("user", "two")
        assert elsewhere(lambda: texts(conversation)) == ["one"]
    assert texts(conversation) == ["one", "two"]


def test_a_write_that_nobody_noted_is_not_shared_either(conversation: Conversation) -> None:
    """Past Django's cursor, so that rule 5 cannot see it; but the statement that fills does."""
    with transaction.atomic():
        connection.connection.execute("UPDATE aistore_message SET content = 'never said'")
        assert texts(conversation) == ["never said"]
        transaction.set_rollback(True)
    assert texts(conversation) == ["one"]


def test_a_write_between_claim_and_select_is_seen(conversation: Conversation) -> None:
    """The writer finds a claim and deletes it: the reader's SELECT may have come before his commit, or after."""
    with after_the_select(lambda: conversation.append("user", "two")):
        texts(conversation)
    assert texts(conversation) == ["one", "two"]


def test_a_transaction_that_only_reads_is_served_and_fills(conversation: Conversation) -> None:
    with transaction.atomic():
        assert texts(conversation) == ["one"]
    conversation.append("user", "two")
    assert texts(conversation) == ["one", "two"]


def test_raw_sql_in_the_same_transaction_is_seen(conversation: Conversation) -> None:
    texts(conversation)
    with transaction.atomic():
        raw("UPDATE aistore_message SET content = 'changed'")
        assert texts(conversation) == ["changed"]


def test_a_savepoint_that_was_rolled_back_takes_nothing_from_what_was_told(
    conversation: Conversation,
) -> None:
    texts(conversation)
    with transaction.atomic():
        try:
            with transaction.atomic():
                conversation.append("user", "undone")
                raise KeyError
        except KeyError:
            pass
        Conversation.objects.get(pk=conversation.pk).append("user", "two")
    assert texts(conversation) == ["one", "two"]


class TestLists:
    """The owner's lists go by token."""

    def test_a_reader_stopped_behind_his_select(self, owner: Any) -> None:
        Conversation.objects.create(owner=owner, title="a")
        with after_the_select(lambda: Conversation.objects.create(owner=owner, title="b")):
            assert titles(owner) == ["a"]
        assert titles(owner) == ["b", "a"]

    def test_and_the_token_evicted_and_made_anew_meanwhile(self, owner: Any) -> None:
        Conversation.objects.create(owner=owner, title="a")

        def meanwhile() -> None:
            Conversation.objects.create(owner=owner, title="b")
            evict_token(owner)
            assert titles(owner) == ["b", "a"]

        with after_the_select(meanwhile):
            titles(owner)
        assert titles(owner) == ["b", "a"]

    def test_two_writers_that_both_know_the_list(self, owner: Any) -> None:
        """Each completes the list as he keeps it, without the other's conversation; no such list may stay."""
        first, second = (Conversation.objects.create(owner=owner, title=title) for title in "ab")
        Conversation.objects.cached.newest(owner)
        with another_process():
            Conversation.objects.cached.newest(owner)
            second.append("user", "y")
        first.append("user", "x")
        assert counts(owner) == [("a", 1), ("b", 1)]

    def test_a_reader_between_a_write_and_its_commit(self, owner: Any) -> None:
        with transaction.atomic():
            Conversation.objects.create(owner=owner, title="a")
            assert elsewhere(lambda: titles(owner)) == []
        assert titles(owner) == ["a"]

    def test_a_list_completed_by_its_writer_is_what_the_database_says(self, owner: Any) -> None:
        rows = [Conversation.objects.create(owner=owner, title=title) for title in "abcd"]
        Conversation.objects.filter(title="b").pin()
        for row in (rows[0], rows[3], rows[1], rows[2]):
            Conversation.objects.cached.newest(owner, limit=3)
            Conversation.objects.cached.get(row.pk)
            row.append("user", "x")
            expected = list(
                Conversation.objects.owned_by(owner).newest(limit=3).values_list("title", "message_count")
            )
            assert counts(owner, limit=3) == expected


def counts(owner: Any, limit: int = 20) -> list[tuple[str, int]]:
    with another_process():
        rows = Conversation.objects.cached.newest(owner, limit=limit)
    return [(row.title, row.message_count) for row in rows]


def test_connections_of_other_threads_are_closed() -> None:
    """elsewhere() leaves no connection that would keep the test database from being dropped."""
    assert elsewhere(lambda: connections["default"].connection) is None


class TestNeverBack:
    """Who has seen a version never sees an older one, also while a writer stands between his commit and his word."""

    def commit_without_a_word(self, conversation: Conversation) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE aistore_message SET content = 'two' WHERE conversation_id = %s", [conversation.pk]
            )

    def test_what_missed_saw_the_new_so_what_hits_may_not_show_the_old(
        self, conversation: Conversation
    ) -> None:
        assert texts(conversation) == ["one"]
        elsewhere(lambda: self.commit_without_a_word(conversation))
        assert paths(conversation) == ["two"]
        assert texts(conversation) == ["two"]

    def test_a_slow_reader_does_not_put_the_old_in_place_of_the_new(self, conversation: Conversation) -> None:
        seen: list[Any] = []

        def meanwhile() -> None:
            self.commit_without_a_word(conversation)
            seen.append(texts(conversation))

        paths(conversation)  # a stamp is there
        with after_the_select(meanwhile):
            texts(conversation)
        assert seen == [["two"]]
        assert texts(conversation) == ["two"]

    def test_nor_does_the_claim_of_an_earlier_reader(self, conversation: Conversation) -> None:
        """Ours is gone, another's is there, from before the commit that we have seen."""
        key = unit_of(conversation.pk, "default").stamp_key

        def meanwhile() -> None:
            tell(stamps.forget(key), ("SET", key, b"?from before", "PX", 9999))
            self.commit_without_a_word(conversation)

        with another_process():
            loaded = Cached._loaded
            Cached._loaded = lambda self, rows, *args: meanwhile() or loaded(self, rows, *args)  # type: ignore
            try:
                Message.objects.cached.last(conversation.pk, 50)
            finally:
                Cached._loaded = loaded  # type: ignore[method-assign]
        [reply] = tell(("GET", key)) or [b"none"]
        assert reply is None


def paths(conversation: Conversation) -> list[str]:
    with another_process():
        return [message.content for message in Message.objects.cached.path(conversation.pk)]


def test_two_releases_side_by_side_believe_the_same_stamps(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has entries of its own layout; but what one writes, the other must not read old."""
    assert texts(conversation) == ["one"]
    with monkeypatch.context() as other_release:
        other_release.setattr("aistore.cache.reading.SCHEMA", "other")
        assert texts(conversation) == ["one"]
        conversation.append("user", "two")
    assert texts(conversation) == ["one", "two"]


def test_the_first_stale_read_would_be_of_a_lost_word_and_ends_with_the_lease(
    conversation: Conversation, valkey: Any
) -> None:
    """psql tells nobody: the stamp that is there then has the rest of its lease, and no writer or reader adds to it."""
    texts(conversation)
    key = unit_of(conversation.pk, "default").stamp_key
    valkey.pexpire(key, 4000)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE aistore_message SET content = 'by psql'")
    for _ in range(3):
        texts(conversation)
        paths(conversation)
    assert valkey.pttl(key) <= 4000
