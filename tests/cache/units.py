"""Which units a write has made everybody forget: stamps are put in their places, and those that are gone were told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django_redis import get_redis_connection

from aistore.cache.reading import Unit
from aistore.models.telling import lists_of, memories_of, unit_of


def conversation(row: Any) -> Unit:
    return unit_of(row.pk, "default")


def lists(owner: Any) -> Unit:
    return lists_of(owner.pk, "default")


def memories(owner: Any) -> Unit:
    return memories_of(owner.pk, "default")


def user(row: Any) -> Unit:
    return Unit("u", str(row.pk), "default")


@contextmanager
def forgotten(*units: Unit) -> Iterator[set[Unit]]:
    """Those of these units that are forgotten when the block has ended."""
    valkey, gone = get_redis_connection("default"), set[Unit]()
    for unit in units:
        valkey.set(unit.stamp_key, b"twelve bytes", px=30_000)
    yield gone
    gone |= {unit for unit in units if not valkey.exists(unit.stamp_key)}
