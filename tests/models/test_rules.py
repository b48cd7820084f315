"""What must always hold is a rule of the database with a name: broken here by SQL, one by one."""

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, ProgrammingError, connection, transaction

from aistore.models import AuditEntry, Conversation, Memory, Upload

pytestmark = pytest.mark.django_db

BROKEN = {
    "conversation_external_id_once": "UPDATE aistore_conversation SET external_id = 'a', source = 'b'",
    "conversation_external_id_short": "UPDATE aistore_conversation SET external_id = repeat('é', 256)",
    "conversation_metadata_object": "UPDATE aistore_conversation SET metadata = '[]'",
    "conversation_head_its_own": "UPDATE aistore_conversation SET head_id = {foreign} WHERE id = {conversation}",
    "conversation_owner": "UPDATE aistore_conversation SET owner_id = -1",
    "message_number_once": "UPDATE aistore_message SET sequence_number = 1",
    "message_number_from_one": "UPDATE aistore_message SET sequence_number = 0 WHERE id = {message}",
    "message_external_id_once": "UPDATE aistore_message SET external_id = 'a'",
    "message_external_id_short": "UPDATE aistore_message SET external_id = repeat('é', 256) WHERE id = {message}",
    "message_conversation": "UPDATE aistore_message SET conversation_id = gen_random_uuid() WHERE id = {aside}",
    "message_parent_same_conversation": "UPDATE aistore_message SET parent_id = {foreign} WHERE id = {message}",
    "message_parent_not_itself": "UPDATE aistore_message SET parent_id = id",
    "message_role": "UPDATE aistore_message SET role = 'robot'",
    "message_status": "UPDATE aistore_message SET status = 'done'",
    "message_rating": "UPDATE aistore_message SET rating = 0",
    "message_cost_not_negative": "UPDATE aistore_message SET cost = -1",
    "message_parts_array": "UPDATE aistore_message SET parts = '{{}}'",
    "message_tool_calls_array": "UPDATE aistore_message SET tool_calls = 'null'",
    "message_usage_object": "UPDATE aistore_message SET usage = '3'",
    "message_metadata_object": "UPDATE aistore_message SET metadata = '\"a\"'",
    "revision_parts_array": "UPDATE aistore_messagerevision SET parts = '{{}}'",
    "revision_message": "UPDATE aistore_messagerevision SET message_id = gen_random_uuid()",
    "memory_once": "UPDATE aistore_memory SET content = ' Likes  TEA ', superseded_by_id = NULL",
    "memory_importance_1_to_10": "UPDATE aistore_memory SET importance = 11",
    "memory_metadata_object": "UPDATE aistore_memory SET metadata = '[]'",
    "memory_not_superseded_by_itself": "UPDATE aistore_memory SET superseded_by_id = id",
    "memory_owner": "UPDATE aistore_memory SET owner_id = -1",
    "memory_conversation": "UPDATE aistore_memory SET conversation_id = gen_random_uuid()",
    "memory_message": "UPDATE aistore_memory SET message_id = gen_random_uuid()",
    "memory_superseded_by": "UPDATE aistore_memory SET superseded_by_id = gen_random_uuid()",
    "upload_status": "UPDATE aistore_upload SET status = 'lost'",
    "upload_sha256": "UPDATE aistore_upload SET sha256 = 'ABC'",
    "upload_pending_not_processed": "UPDATE aistore_upload SET processed_at = now()",
    "upload_bytes_once": "INSERT INTO aistore_upload (id, file, owner_id, name, content_type, size, sha256, status,"
    " text, error, metadata, created_at, attempts) SELECT id, 'aistore/' || owner_id || '/' || id, owner_id, '', '', 0,"
    " repeat('a', 64), status, '', '', metadata, now(), 0 FROM (SELECT gen_random_uuid() AS id, owner_id, status,"
    " metadata FROM aistore_upload, generate_series(1, 2)) AS two",
    "upload_metadata_object": "UPDATE aistore_upload SET metadata = '[]'",
    "upload_owner": "UPDATE aistore_upload SET owner_id = -1",
    "upload_conversation": "UPDATE aistore_upload SET conversation_id = gen_random_uuid()",
    "upload_message": "UPDATE aistore_upload SET message_id = gen_random_uuid()",
}
# Every constraint and every unique index on our tables, but for primary keys and for what Django names itself.
NAMES = """
SELECT conname FROM pg_constraint WHERE conrelid::regclass::text LIKE 'aistore\\_%' AND contype IN ('c', 'f', 'u')
UNION
SELECT indexrelid::regclass::text FROM pg_index
WHERE indrelid::regclass::text LIKE 'aistore\\_%' AND indisunique AND NOT indisprimary"""
BY_DJANGO = "_check"  # not negative, of a PositiveIntegerField
# By the primary keys; they are there to be referred to.
IMPLIED = {"message_of_conversation", "conversation_owned"}


@pytest.fixture
def ids(conversation, other, owner):
    message, last = conversation.extend([{"role": "user", "content": "Hi"}, {"role": "assistant"}])
    aside = conversation.append("user", parent=None)
    conversation.checkout(last)
    message.edit("Hello")
    foreign = other.append("user")
    tea, coffee = [
        Memory.objects.create(owner=owner, content=content) for content in ("likes tea", "likes coffee")
    ]
    Memory.objects.filter(pk=tea.pk).update(superseded_by=coffee)
    Upload.objects.create(owner=owner, name="a")
    named = {"conversation": conversation, "message": message, "aside": aside, "foreign": foreign}
    return {name: f"'{row.pk}'" for name, row in named.items()}


@pytest.mark.parametrize(("name", "sql"), BROKEN.items(), ids=BROKEN.keys())
def test_rule(ids, name, sql):
    """Refused at once, by this rule and no other."""
    with (
        pytest.raises(IntegrityError, match=f'"{name}"'),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql.format(**ids))


def test_every_rule_is_broken_here(db):
    """A rule that is added is tested, too."""
    with connection.cursor() as cursor:
        cursor.execute(NAMES)
        names = {name for (name,) in cursor.fetchall()}
    names -= {"memoryembedding_dimension"}  # there where the server has vectors
    assert {name for name in names if not name.endswith(BY_DJANGO)} == set(BROKEN) | IMPLIED


def test_all_references_can_wait(owner, conversation):
    """Imports and fixtures may come in any order, within a transaction that says so."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        late = Conversation(owner=owner)
        cursor.execute(
            "INSERT INTO aistore_memory (id, owner_id, question, content, tags, importance, metadata, created_at,"
            " updated_at, conversation_id) VALUES (gen_random_uuid(), %s, '', 'a', '{}', 5, '{}', now(), now(), %s)",
            [owner.pk, late.pk],
        )
        late.save()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_every_reference_has_an_index(db):
    """Or a deletion reads a whole table for each row that goes."""
    sql = """
    SELECT conname FROM pg_constraint AS c
    WHERE contype = 'f' AND conrelid::regclass::text LIKE 'aistore\\_%' AND NOT EXISTS (
        SELECT FROM pg_index AS i
        WHERE i.indrelid = c.conrelid AND i.indpred IS NULL AND i.indkey[0] = ANY (c.conkey))"""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        assert cursor.fetchall() == []


@pytest.mark.parametrize(
    "change", ["UPDATE aistore_auditentry SET kind = 'x'", "DELETE FROM aistore_auditentry"]
)
def test_audit_entries_stay(db, change):
    """Neither changed nor deleted, by whatever SQL."""
    AuditEntry.objects.create(action="read", kind="conversation")
    with (
        pytest.raises(ProgrammingError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)
    assert AuditEntry.objects.get().kind == "conversation"


def test_external_ids_of_two_owners(owner, other_owner):
    """The same import of two people is two conversations; without an id, any number."""
    for one in (owner, other_owner):
        Conversation.objects.create(owner=one, source="chatgpt", external_id="a")
        Conversation.objects.create(owner=one, source="claude", external_id="a")
        Conversation.objects.create(owner=one, source="chatgpt")
        Conversation.objects.create(owner=one, source="chatgpt")
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversation.objects.create(owner=owner, source="chatgpt", external_id="a")


def test_an_owner_is_needed(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversation.objects.create()


def test_users_of_the_hosts_own(db):
    """The references go to the table of AUTH_USER_MODEL."""
    sql = "SELECT DISTINCT confrelid::regclass::text FROM pg_constraint WHERE conname LIKE '%\\_owner'"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        assert cursor.fetchall() == [(get_user_model()._meta.db_table,)]
