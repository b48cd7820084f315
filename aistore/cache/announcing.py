"""What a writer tells the cache: after the commit, once for each unit, and nothing when it rolls back."""

import time
import weakref
from collections.abc import Iterable, Sequence
from itertools import chain, compress
from typing import Any

from django.db import connections, transaction
from psycopg import IsolationLevel
from psycopg.pq import TransactionStatus

from ..conf import settings
from . import stamps
from .link import CacheDown, link
from .reading import Unit
from .wire import Command

MOST = 1000  # commands in one round trip: each has CACHE_TIMEOUT for its answer
READS = ("SELECT", "SAVEPO", "RELEAS")  # how a statement begins that writes nothing


def forget_after_commit(using: str, units: Iterable[Unit]) -> None:
    """Make the entries of these units unreachable when the current transaction commits, or now if there is none."""
    units = set(units)
    connection: Any = connections[using]
    if not units:
        return
    if not connection.in_atomic_block:
        # Where the host commits by hand, nobody says when: what is read and kept until then lasts for one lease.
        forget_now(*units)
        return
    waiting = _waiting(connection)
    if waiting is not None:
        waiting.units |= units
        return
    announcement = Announcement(units)
    connection.aistore_untold = weakref.ref(announcement)  # gone with a rollback, which forgets its hooks
    transaction.on_commit(announcement, using=using, robust=True)


class Announcement:
    """The units of one transaction. A thousand appends in it make one call to the cache."""

    __qualname__: str

    def __init__(self, units: set[Unit]) -> None:
        self.units = units
        self.is_told = False
        self.__qualname__ = "Announcement"  # what Django's log calls a hook that raised

    def __call__(self) -> None:
        self.is_told = True
        forget_now(*self.units)


def forget_now(*units: Unit) -> None:
    tell(*[stamps.forget(unit.stamp_key) for unit in units])


def tell(*commands: Command) -> list[Any] | None:
    """The replies; None: there is no cache, or it did not answer. What it was not told, this process remembers for one
    lease (Note [Trouble]), and with CACHE_STRICT the writer waits as long: then everybody knows."""
    way = link()
    if way is None or not commands:
        return None
    try:
        parts = (commands[start : start + MOST] for start in range(0, len(commands), MOST))
        replies = [reply for part in parts for reply in way.call(*part)]
    except CacheDown:
        replies = None
    lost = commands if replies is None else [*compress(commands, map(_is_lost, commands, replies))]
    if lost:
        way.doubt(*chain.from_iterable(map(_stamp_keys, lost)))
        if settings.CACHE_STRICT:
            time.sleep(settings.CACHE_LEASE)
    return replies


def commits_at_once(using: str) -> bool:
    """Whether a statement that has returned is committed."""
    return _commits_at_once(connections[using])


def sees_its_own(using: str) -> bool:
    """Whether this connection is in a transaction that has written, or is about to say that it has: so that no cached
    read may serve it. Opens no connection."""
    connection: Any = connections[using]
    if connection.connection is None:
        return False
    if _commits_at_once(connection):
        # The hooks of a commit run one after the other: the host's may read before ours has told the cache.
        untold = getattr(connection, "aistore_untold", None)
        announcement = untold and untold()
        return announcement is not None and not announcement.is_told
    return not _reads_committed(connection) or (
        _has_begun(connection) and getattr(connection, "aistore_wrote", False)
    )


def note_writes(execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """An execute wrapper: remembers whether something else than a SELECT ran in the transaction. Rule 5 needs it."""
    connection = context["connection"]
    if not _has_begun(connection):
        connection.aistore_wrote = False
    if not _only_reads(sql):
        connection.aistore_wrote = True
    return execute(sql, params, many, context)


def watch(sender: Any, connection: Any, **kwargs: Any) -> None:
    """A receiver of connection_created."""
    if connection.vendor == "postgresql" and note_writes not in connection.execute_wrappers:
        # In front: execute_wrapper() of the host, which may surround this moment, takes the last one away again.
        connection.execute_wrappers.insert(0, note_writes)


def _commits_at_once(connection: Any) -> bool:
    return not connection.in_atomic_block and bool(connection.autocommit)


def _is_lost(command: Command, reply: Any) -> bool:
    """Whether a stamp was not told. An entry that found no memory is only an entry less."""
    return isinstance(reply, Exception) and command[0] != "SET"


def _stamp_keys(command: Command) -> Sequence[str]:
    match command:
        case ("DEL", *keys):
            return keys
        case ("EVALSHA", _, _, key, *_):
            return [key]
    return []


def _waiting(connection: Any) -> Announcement | None:
    """The announcement that this transaction has already. One that a savepoint took back is not there any more."""
    callbacks = (callback[1] for callback in connection.run_on_commit)
    return next((callback for callback in callbacks if isinstance(callback, Announcement)), None)


def _has_begun(connection: Any) -> bool:
    """Whether PostgreSQL is in a transaction: it begins with the first statement, not with atomic()."""
    raw = connection.connection
    return raw is not None and raw.info.transaction_status != TransactionStatus.IDLE


def _only_reads(sql: Any) -> bool:
    return isinstance(sql, str) and sql.lstrip()[:6].upper() in READS


def _reads_committed(connection: Any) -> bool:
    level = connection.isolation_level
    return level is None or level == IsolationLevel.READ_COMMITTED
