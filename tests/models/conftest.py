import pytest
from django.contrib.auth import get_user_model

from aistore.models import Conversation


@pytest.fixture
def owner(db):
    return get_user_model().objects.create(username="an")


@pytest.fixture
def other_owner(db):
    return get_user_model().objects.create(username="binh")


@pytest.fixture
def conversation(owner):
    return Conversation.objects.create(owner=owner)


@pytest.fixture
def other(owner):
    """Another conversation of the same owner."""
    return Conversation.objects.create(owner=owner)


@pytest.fixture
def long(conversation):
    """10,000 messages, the planner's statistics fresh. Costs half a second."""
    conversation.extend(
        {"role": ("user", "assistant")[number % 2], "content": f"{number}"} for number in range(10_000)
    )
    analyze()
    return conversation


def analyze():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE aistore_conversation, aistore_message")
