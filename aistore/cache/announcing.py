"""What a writer tells the cache: after the commit, once for each unit, and nothing when it rolls back."""

from collections.abc import Iterable
from typing import Any

from django.db import connections, transaction

from .link import Command
from .reading import Unit, forget_now, tell


def forget_after_commit(using: str, units: Iterable[Unit]) -> None:
    """Make the entries of these units unreachable when the current transaction commits, or now if there is none."""
    units = set(units)
    if not units:
        return
    if not connections[using].in_atomic_block:
        forget_now(*units)
        return
    waiting = _waiting(connections[using])
    if waiting is not None:
        waiting.units |= units
    else:
        transaction.on_commit(Announcement(units), using=using, robust=True)


def tell_now(*commands: Command) -> None:
    tell(*commands)


class Announcement:
    """The units of one transaction. A thousand appends in it make one call to the cache."""

    def __init__(self, units: set[Unit]) -> None:
        self.units = units

    def __call__(self) -> None:
        forget_now(*self.units)


def _waiting(connection: Any) -> Announcement | None:
    """The announcement that this transaction has already. One that a savepoint took back is not there any more."""
    callbacks = (callback[1] for callback in connection.run_on_commit)
    return next((callback for callback in callbacks if isinstance(callback, Announcement)), None)


def note_writes(execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """An execute wrapper: remembers in which transaction something else than a SELECT ran. Rule 5 needs it."""
    connection = context["connection"]
    if connection.in_atomic_block and not _only_reads(sql):
        connection.aistore_wrote_in = connection.atomic_blocks[0]
    return execute(sql, params, many, context)


def sees_its_own(using: str) -> bool:
    """Whether this connection is in a transaction that has written, so that no cached read may serve it."""
    connection = connections[using]
    if not connection.in_atomic_block:
        return False
    wrote_in = getattr(connection, "aistore_wrote_in", None)
    return wrote_in is connection.atomic_blocks[0] or not _reads_committed(connection)


def watch(sender: Any, connection: Any, **kwargs: Any) -> None:
    """A receiver of connection_created."""
    if note_writes not in connection.execute_wrappers:
        connection.execute_wrappers.append(note_writes)


def _only_reads(sql: Any) -> bool:
    return isinstance(sql, str) and sql.lstrip()[:6].upper() in ("SELECT", "SAVEPO", "RELEAS", "EXPLAI")


def _reads_committed(connection: Any) -> bool:
    level = getattr(connection, "isolation_level", None)
    return level is None or int(level) == 2  # psycopg.IsolationLevel.READ_COMMITTED
