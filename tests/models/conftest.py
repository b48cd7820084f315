import threading

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from aistore.models import Conversation
from aistore.models.pulse import pulse
from tests.project.actors import until

from .plans import analyze


@pytest.fixture
def committed(db):
    """For a test whose rows other connections must see: it runs in no transaction."""


@pytest.fixture
def db(request):
    """pytest-django's, but for a test that uses ``committed``. Under this name, so that it makes the database."""
    request.getfixturevalue("rows_of_test" if "committed" in request.fixturenames else "_django_db_helper")


@pytest.fixture
def rows_of_test(django_db_setup, django_db_blocker):
    """Deleted in the end with their owners: a hundredth of the price of django_db(transaction=True), which
    truncates all tables."""
    assert connection.settings_dict["NAME"].startswith("test_")
    with django_db_blocker.unblock():
        yield
        get_user_model().objects.all().delete()
        assert not Conversation.objects.exists()


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


@pytest.fixture
def quick_streams(settings):
    """Written through, and given signs of life, every few milliseconds; none is left, nor the thread."""
    settings.AISTORE = {"STREAM_FLUSH_SECONDS": 0.01, "STREAM_BEAT_SECONDS": 0.02}
    yield
    assert not pulse._streams
    assert until(lambda: not [thread for thread in threading.enumerate() if thread.name == "aistore-pulse"])
