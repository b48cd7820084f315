"""Django's pool, watched: who holds a connection, who waits for one, and an error that says so when there is none.

Note [The pool that is there]. Django makes the pool inside its backend and offers no seam. So the pool that it made is
given a class with two methods more, once, as soon as there is one: before a request, or with the first connection.
Not in ready(): the settings may still change, as they do for every run of tests, and a pool made before that would go
to the real database. Replacing psycopg_pool's class for everybody, or asking each host for a backend of ours, was
rejected.
"""

import functools
import os
import threading
import time
import weakref
from typing import Any, NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool, PoolTimeout, TooManyRequests

from ..exceptions import PoolExhausted
from .noting import note_checkout
from .origin import current_request, program, route_of
from .tally import Tally


class Held(NamedTuple):
    since: float  # monotonic
    request: Any  # None: held outside of requests. Its route is looked for only when somebody asks.


class Watching(ConnectionPool[Any]):
    database: str
    web_timeout: float | None
    held: dict[
        int, Held
    ]  # by the id of the connection; one that its holder lost stays, as it does for psycopg
    asking: set[object]  # one for each caller that has no connection yet
    waits: Tally
    counting: threading.Lock

    def getconn(self, timeout: float | None = None) -> Any:
        """PoolExhausted when all connections are held for too long. Where there are none at all, because PostgreSQL
        does not answer, psycopg's own PoolTimeout."""
        began, caller = time.monotonic(), object()
        seconds = self._patience() if timeout is None else timeout
        self.asking.add(caller)
        try:
            connection = super().getconn(seconds)
        except (PoolTimeout, TooManyRequests) as error:
            self._count(time.monotonic() - began, is_failed=True)
            if not self.held:
                raise
            raise self._exhausted(seconds) from error
        finally:
            self.asking.discard(caller)
        self.hold(connection)
        self._count(time.monotonic() - began, is_failed=False)
        return connection

    def putconn(self, conn: Any) -> None:
        self.held.pop(id(conn), None)
        super().putconn(conn)

    def hold(self, connection: Any) -> None:
        self.held[id(connection)] = Held(time.monotonic(), current_request.get())

    def oldest(self) -> Held | None:
        return min(self.held.copy().values(), key=lambda held: held.since, default=None)

    def _patience(self) -> float:
        if self.web_timeout is None or current_request.get() is None:
            return self.timeout
        return min(self.timeout, self.web_timeout)

    def _count(self, seconds: float, *, is_failed: bool) -> None:
        with self.counting:
            self.waits.add(seconds, is_failed=is_failed)
        note_checkout(self.database, seconds, is_failed=is_failed)

    def _exhausted(self, seconds: float) -> PoolExhausted:
        oldest = self.oldest() or Held(time.monotonic(), None)
        return PoolExhausted(
            database=self.database,
            seconds=round(seconds, 1),
            size=len(self.held),
            waiting=len(self.asking) - 1,
            oldest=round(time.monotonic() - oldest.since, 1),
            holder=program() if oldest.request is None else route_of(oldest.request),
        )


# By alias; of this process.
pools: weakref.WeakValueDictionary[str, Watching] = weakref.WeakValueDictionary()
_adopting = threading.Lock()


def watch_connection(sender: Any, connection: Any, **kwargs: Any) -> None:
    """A receiver of connection_created, which Django also sends for a connection that comes from the pool."""
    pool = _watched(connection)
    raw = connection.connection
    if pool is not None and raw is not None and id(raw) not in pool.held:
        pool.hold(raw)  # the first one, which was given out by an unwatched pool


def watch_pools(**kwargs: Any) -> None:
    """A receiver of request_started: many requests at once may be waiting before the first one has a connection."""
    for alias, database in connections.settings.items():
        known = pools.get(alias)
        if database["OPTIONS"].get("pool") and (known is None or known.closed):
            _watched(connections[alias])


def _watched(connection: Any) -> Watching | None:
    if connection.vendor != "postgresql":
        return None
    try:
        pool = getattr(connection, "pool", None)  # a backend of somebody else's need not have it
    except ImproperlyConfigured:  # Django will say it itself, where it is heard; and so does a system check
        return None
    if pool is not None and not isinstance(pool, Watching):
        with _adopting:
            _adopt(pool, connection)
    return pool


def _adopt(pool: Any, connection: Any) -> None:
    if isinstance(pool, Watching):
        return
    pool.database = connection.alias
    pool.web_timeout = getattr(connection.settings_dict["OPTIONS"]["pool"], "web_timeout", None)
    pool.held, pool.asking, pool.waits, pool.counting = {}, set(), Tally(), threading.Lock()
    kind: Any = type(pool)
    pool.__class__ = _watching(kind)
    pools[connection.alias] = pool


def leave_to_the_parent() -> None:
    """In the child of a fork: the threads that a pool lives by have stayed behind, so whoever asked it would wait for
    ever, and its sockets are in use there. So it is not closed, which would say goodbye in the parent's name, but kept
    out of sight, and Django makes another."""
    made: dict[str, Any] = base.DatabaseWrapper._connection_pools  # type: ignore[attr-defined]
    _left.append((dict(made), dict(pools)))
    made.clear()
    pools.clear()


@functools.cache
def _watching(kind: Any) -> Any:
    """A host may have a pool class of his own."""
    return Watching if kind is ConnectionPool else type(f"Watched{kind.__name__}", (Watching, kind), {})


_left: list[Any] = []  # for their end would be noticed by the parent
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=leave_to_the_parent)
