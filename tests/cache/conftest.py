from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django_redis import get_redis_connection

from aistore.cache import maintenance
from aistore.cache.counters import counters
from aistore.models import Conversation


@pytest.fixture(autouse=True)
def nothing_kept_or_counted() -> None:
    maintenance.forget_kept()
    counters.all("")


@pytest.fixture
def owner(transactional_db: None) -> Any:
    return get_user_model().objects.create_user("owner")


@pytest.fixture
def conversation(owner: Any) -> Conversation:
    conversation = Conversation.objects.create(owner=owner, title="Trip to Hue", tags=["travel"])
    conversation.append("user", "Where do I start?")
    return conversation


@pytest.fixture
def valkey() -> Any:
    return get_redis_connection("default")
