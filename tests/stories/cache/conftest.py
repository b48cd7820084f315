"""Two actors and a cache: a reader who can be stopped between his SELECT and what follows, and everybody else."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connections
from django_redis import get_redis_connection

from aistore import statements
from aistore.cache import maintenance
from aistore.cache.kept import shelf
from aistore.models import Conversation, Message
from aistore.models.cached import Cached
from aistore.models.telling import lists_of, unit_of


@pytest.fixture
def owner(transactional_db: None) -> Any:
    return get_user_model().objects.create_user("owner")


@pytest.fixture
def conversation(owner: Any) -> Conversation:
    conversation = Conversation.objects.create(owner=owner)
    conversation.append("user", "one")
    return conversation


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    maintenance.forget_kept()


@pytest.fixture
def valkey() -> Any:
    return get_redis_connection("default")


def texts(conversation: Conversation) -> list[str]:
    """What another process reads."""
    with another_process():
        return [message.content for message in Message.objects.cached.last(conversation.pk, 50)]


def titles(owner: Any) -> list[str]:
    with another_process():
        return [conversation.title for conversation in Conversation.objects.cached.newest(owner)]


@contextmanager
def another_process() -> Iterator[None]:
    """With nothing of what this one keeps decoded; and it leaves nothing here."""
    mine = shelf.__dict__.copy()
    shelf.__init__()  # type: ignore[misc]
    try:
        yield
    finally:
        shelf.__dict__.update(mine)


def evict_stamp(conversation: Conversation) -> None:
    get_redis_connection("default").delete(unit_of(conversation.pk, "default").stamp_key)


def evict_token(owner: Any) -> None:
    get_redis_connection("default").delete(lists_of(owner.pk, "default").stamp_key)


def elsewhere(action: Callable[[], Any]) -> Any:
    """Done by somebody else: another thread with a connection of its own."""

    def act() -> Any:
        try:
            return action()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


@contextmanager
def after_the_select(action: Callable[[], Any]) -> Iterator[None]:
    """The next cached read in this thread is stopped behind its SELECT, while ``action`` is done elsewhere."""
    me, done = threading.get_ident(), []
    loaded = Cached._loaded

    def stopped(self: Cached, *args: Any) -> Any:
        result = loaded(self, *args)
        if threading.get_ident() == me and not done:
            done.append(True)
            elsewhere(action)
        return result

    Cached._loaded = stopped  # type: ignore[method-assign]
    try:
        yield
    finally:
        Cached._loaded = loaded  # type: ignore[method-assign]
    assert done, "nobody read the database"


def raw(sql: str, *parameters: Any) -> None:
    statements.fetch_one("default", f"{sql} RETURNING 1", parameters)
