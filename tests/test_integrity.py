"""Each rule broken by hand, with the database's own guards taken down for it; and live writers, who break none."""

import threading
import uuid

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections

from aistore import integrity
from aistore.integrity import check_data
from aistore.models import Conversation, Upload

from .models.unmatched import lay_down

pytestmark = pytest.mark.django_db

CALL = {"id": "a", "name": "look", "arguments": "{}"}


@pytest.fixture
def owner(db):
    return get_user_model().objects.create(username="an")


@pytest.fixture
def conversation(owner):
    """A question, two answers to it, a call without a result."""
    conversation = Conversation.objects.create(owner=owner)
    question, _ = conversation.extend([{"role": "user"}, {"role": "assistant"}])
    conversation.append("assistant", "again", parent=question, tool_calls=[CALL])
    return conversation


def by_hand(sql, *parameters):
    """As a careless operator may: with triggers and foreign keys switched off."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, parameters)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def found():
    return check_data().found


def test_what_append_writes_is_sound(conversation):
    report = check_data()
    assert (report.conversations, report.messages, report.is_sound) == (1, 3, True)


def test_an_empty_database_is_sound(db):
    assert check_data().is_sound


BREAKING = {
    "numbers": "UPDATE aistore_message SET sequence_number = 4 WHERE sequence_number = 3",
    "counter": "UPDATE aistore_conversation SET message_count = 4",
    "parents": "UPDATE aistore_message SET parent_id = (SELECT id FROM aistore_message WHERE sequence_number = 3)"
    " WHERE sequence_number = 1",
    "last_message_at": "UPDATE aistore_conversation SET last_message_at = now() + interval '1 hour'",
    "open_tool_calls": "UPDATE aistore_conversation SET open_tool_calls = '{}'",
    "head": "UPDATE aistore_conversation SET head_id = NULL, open_tool_calls = '{}'",
}


@pytest.mark.parametrize(("rule", "sql"), BREAKING.items(), ids=BREAKING)
def test_what_is_broken_is_found(conversation, rule, sql):
    by_hand(sql)
    report = check_data()
    assert report.found == {rule: 1}
    assert report.findings[0].conversation == str(conversation.pk)


def test_a_head_in_another_conversation_is_found(conversation, owner):
    other = Conversation.objects.create(owner=owner)
    by_hand(
        "UPDATE aistore_conversation SET head_id = %s WHERE id = %s", other.append("user").pk, conversation.pk
    )
    assert found()["head"] == 1


def test_messages_without_a_conversation_are_found(conversation):
    by_hand("UPDATE aistore_message SET conversation_id = %s", uuid.uuid4())
    assert found()["stray"] == 1


def test_calls_that_are_said_to_be_open_and_are_not(conversation):
    conversation.append("tool", "seen", tool_call_id="a")
    by_hand("UPDATE aistore_conversation SET open_tool_calls = '{a}'")
    assert found() == {"open_tool_calls": 1}


def test_a_constraint_that_was_dropped_is_named(conversation):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE aistore_message DROP CONSTRAINT message_number_once")
    [finding] = check_data().findings
    assert "message_number_once" in finding.detail


def test_every_rule_it_asks_for_is_there(db):
    assert "constraint" not in found()


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def test_uploads_with_their_files_are_sound(owner, media):
    Upload.objects.store(owner, b"Hue")
    report = check_data()
    assert (report.uploads, report.is_sound) == (1, True)


def test_an_upload_without_its_file_is_found(owner, media, conversation):
    """With its conversation, and what to do."""
    upload = Upload.objects.store(owner, b"Hue", conversation=conversation)
    upload.file.storage.delete(upload.file.name)
    [finding] = check_data().findings
    assert (finding.rule, finding.conversation) == ("missing_file", str(conversation.pk))
    assert f"the file of upload {upload.pk} is not there" in finding.detail


def test_a_file_without_an_upload_is_found(db, media):
    name = lay_down(hours_ago=7)
    [finding] = check_data().findings
    assert (finding.rule, finding.conversation) == ("stray_file", "")
    assert f"{name} is of no upload" in finding.detail


def test_it_reads_batch_by_batch(owner, monkeypatch):
    """Each conversation once, at any size of the batch."""
    Conversation.objects.bulk_create(Conversation(owner=owner) for _ in range(7))
    for size in (1, 2, 3, 7, 8):
        monkeypatch.setattr(integrity, "BATCH", size)
        counts = []
        assert check_data(on_progress=counts.append).conversations == sum(counts) == 7
        assert max(counts) <= size


def test_more_findings_than_are_shown_are_counted(owner, monkeypatch):
    monkeypatch.setattr(integrity, "SHOWN", 2)
    Conversation.objects.bulk_create(Conversation(owner=owner, message_count=1) for _ in range(5))
    report = check_data()
    assert report.found == {"counter": 5}
    assert len(report.findings) == 2


@pytest.mark.django_db(transaction=True)
def test_live_writers_are_no_findings():
    """Two append, extend and branch while the check runs: what it sees is sound at every moment."""
    owner = get_user_model().objects.create(username="an")
    conversations = [Conversation.objects.create(owner=owner) for _ in range(3)]
    stop = threading.Event()

    def write():
        try:
            mine = [Conversation.objects.get(pk=conversation.pk) for conversation in conversations]
            while not stop.is_set():
                for conversation in mine:
                    first = conversation.append("assistant", "x", tool_calls=[CALL])
                    conversation.append("user", "y", parent=first)
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        assert [found() for _ in range(20)] == [{}] * 20
    finally:
        stop.set()
        for writer in writers:
            writer.join()
