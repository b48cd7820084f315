"""Migrations: complete, and the way back is open."""

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from aistore.models import AuditEntry, Conversation, Memory, Message, Upload

from .scratch import scratch_database

# Whatever a migration may leave behind in the schema, but for what belongs to an extension.
SCHEMA = """
    SELECT 'relation', relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'column', attrelid::regclass || '.' || attname || ' ' || format_type(atttypid, atttypmod)
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
    UNION ALL SELECT 'constraint', conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'index', indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'trigger', pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'function', prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    UNION ALL SELECT 'extension', extname::text FROM pg_extension
"""


@pytest.fixture
def scratch(django_db_blocker):
    with django_db_blocker.unblock(), scratch_database() as alias:
        yield alias


def migrate(alias, *where):
    call_command("migrate", *where, database=alias, verbosity=0)


def schema(alias):
    with connections[alias].cursor() as cursor:
        cursor.execute(SCHEMA)
        return sorted(cursor.fetchall())


def a_row_of_each(alias):
    owner = get_user_model().objects.using(alias).create(username="ada")
    conversation = Conversation.objects.using(alias).create(owner=owner)
    message = Message.objects.using(alias).create(conversation=conversation, sequence_number=1, role="user")
    Conversation.objects.using(alias).update(head=message, message_count=1)
    Memory.objects.using(alias).create(owner=owner, content="likes rain", message=message)
    Upload.objects.using(alias).create(owner=owner, message=message, name="a.txt")
    AuditEntry.objects.using(alias).create(actor=owner, action="read", kind="conversation")


@pytest.mark.django_db
def test_models_and_migrations_agree(capsys):
    """makemigrations has nothing to add."""
    call_command("makemigrations", check_changes=True, dry_run=True)
    assert capsys.readouterr().out == "No changes detected\n"


def test_there_and_back(scratch):
    """Backwards to zero takes away all that the migrations made, with rows in the tables, and nothing else;
    forwards again makes the same once more."""
    migrate(scratch, "auth")
    before = schema(scratch)
    migrate(scratch, "aistore")
    made = schema(scratch)
    a_row_of_each(scratch)
    migrate(scratch, "aistore", "zero")
    assert schema(scratch) == before
    migrate(scratch, "aistore")
    assert schema(scratch) == made


class AistoreAlone:
    """The app on a database of its own, away from the users."""

    def allow_migrate(self, db, app_label, **hints):
        return app_label == "aistore" if db == "scratch" else None


@override_settings(DATABASE_ROUTERS=[AistoreAlone()])
def test_without_the_table_of_users(scratch):
    """Where the users live in another database, the owner is a number without a foreign key."""
    migrate(scratch)
    assert not [row for row in schema(scratch) if "auth_user" in row[1]]
    assert Conversation.objects.using(scratch).create(owner_id=7).owner_id == 7
