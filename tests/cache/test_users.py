import uuid
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from aistore import cache
from aistore.cache import maintenance
from aistore.cache.records import Codec, ConversationRecord, UserRecord

from ..models.asynchronously import run


def test_a_user_as_a_record(owner: Any) -> None:
    record = cache.user(owner.pk)
    for name in UserRecord.__struct_fields__:
        assert getattr(record, name) == getattr(owner, name)
    assert record.pk == owner.pk
    assert not hasattr(record, "password")


def test_a_hit_asks_no_database_and_opens_no_connection(owner: Any) -> None:
    cache.user(owner.pk)
    maintenance.forget_kept()
    connection.close()
    assert cache.user(owner.pk) == cache.user(str(owner.pk))
    assert connection.connection is None


@pytest.mark.parametrize("wrong", [10**6, "nobody", None, "", "\0", "\ud800", "9" * 5000, uuid.UUID(int=7)])
def test_who_is_not_there_is_not_there(owner: Any, wrong: Any) -> None:
    for _ in range(2):
        with pytest.raises(get_user_model().DoesNotExist):
            cache.user(wrong)


def test_what_changes_is_seen(owner: Any) -> None:
    cache.user(owner.pk)
    owner.username = "renamed"
    owner.save()
    assert cache.user(owner.pk).username == "renamed"
    key = owner.pk
    owner.delete()
    with pytest.raises(get_user_model().DoesNotExist):
        cache.user(key)


def test_a_uuid_as_key_of_the_hosts_users_comes_back_as_one() -> None:
    """Only the host knows the type of his keys; on the way through the cache they must not lose it."""
    key = uuid.uuid4()
    record = UserRecord(key, "an", True, False, False, None)
    [back] = (codec := Codec.of(UserRecord)).decode(codec.encode((record,)))
    assert back == record
    assert Codec.of(ConversationRecord).keys == ("owner_id",)


def test_the_async_twin(owner: Any) -> None:
    async def ask() -> None:
        assert (await cache.auser(owner.pk)).username == "owner"

    run(ask())
