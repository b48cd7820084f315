from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from aistore.models import AuditEntry, Conversation, Memory, Message, Upload

from .page import Page

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def owner(db):
    return get_user_model().objects.create(username="an")


@pytest.fixture
def conversation(owner):
    return Conversation.objects.create(owner=owner, title="Trip to Hue")


@pytest.fixture
def read(admin_client):
    """The page at an address, as a superuser gets it."""
    return lambda address, **options: Page(admin_client.get(address, **options))


@pytest.fixture
def staff(db):
    """A client of somebody in the staff who has the rights of these names and no others."""

    def client(*rights):
        person = get_user_model().objects.create(username=f"staff {' '.join(rights)}"[:150], is_staff=True)
        person.user_permissions.set(Permission.objects.filter(codename__in=rights))
        client = Client()
        client.force_login(person)
        return client

    return client


@pytest.fixture
def many(owner):
    """So many conversations of the owner, the first one the newest, one minute between them."""

    def make(count, **values):
        return Conversation.objects.bulk_create(
            Conversation(
                owner=owner,
                **{"title": f"No {number}", "last_message_at": NOON - timedelta(minutes=number), **values},
            )
            for number in range(count)
        )

    return make


@pytest.fixture
def tree(conversation):
    """1 - 2 - 3 - 4 - 5, where 6 and 7 are other answers to 1, 8 answers 7, and 5 is the head."""
    for number in range(5):
        conversation.append(("user", "assistant")[number % 2], f"text {number + 1}")
    head = conversation.messages.get(sequence_number=5)
    root = conversation.messages.get(sequence_number=1)
    conversation.append("assistant", "text 6", parent=root)
    conversation.append("assistant", "text 7", parent=root)
    conversation.append("user", "text 8")
    conversation.checkout(head)
    return Conversation.objects.get()


def address(row, query=""):
    return f"/admin/aistore/{row._meta.model_name}/{row.pk}/change/{query}"


def line(conversation, count):
    """So many messages in one line, stored quickly."""
    conversation.extend(
        {"role": ("user", "assistant")[n % 2], "content": f"text {n + 1}"} for n in range(count)
    )
    return Message.objects.in_conversation(conversation)


@pytest.fixture
def rows(owner, conversation):
    """One row of each model, the conversation with a message."""
    message = conversation.append("user", "I live in Hue")
    return {
        "conversation": conversation,
        "memory": Memory.objects.create(
            owner=owner, content="Lives in Hue", conversation=conversation, message=message
        ),
        "upload": Upload.objects.create(
            owner=owner, name="map.png", size=2048, file="x/map", conversation=conversation, message=message
        ),
        "auditentry": AuditEntry.objects.create(
            action="read", kind="conversation", object_id=conversation.pk
        ),
    }
