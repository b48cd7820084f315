"""Vectors for what was just written: after the commit, and never in the way of who wrote it.

A thread of the process, which starts with the first memory and ends with the last; or, with ``EMBEDDING_HOOK``, a
function of the host that hands the ids to his own queue. What does not get through (a full queue, a process that
ends, an embedder that is down) is missing, and ``aistore_embed`` finds it.
"""

import logging
import os
import threading
import uuid
from collections.abc import Iterable, Sequence
from itertools import islice

from django.db import Error, connections, transaction
from django.utils.module_loading import import_string

from ..conf import settings
from ..exceptions import BadEmbedding
from . import embedder
from .filling import embed

logger = logging.getLogger("aistore.embedding")

MOST = 10_000  # memories that wait: some 2 MB


def after_commit(using: str, memory_ids: Iterable[uuid.UUID]) -> None:
    """Call the hook with these memories when the current transaction commits, once for all of it."""
    ids = set(memory_ids)
    if not ids or not embedder.is_configured() or not settings.EMBEDDING_HOOK:
        return
    hooks = (it[1] for it in connections[using].run_on_commit)
    waiting = next((hook for hook in hooks if isinstance(hook, Written) and not hook.is_called), None)
    if waiting is not None:
        waiting.ids |= ids
    else:
        transaction.on_commit(Written(using, ids), using=using, robust=True)


class Written:
    """The memories of one transaction."""

    def __init__(self, using: str, ids: set[uuid.UUID]) -> None:
        self.using = using
        self.ids = ids
        self.is_called = False  # and still there, as in a test that captures what is done on commit
        self.__qualname__ = "the hook of embeddings"  # how Django's log calls what failed

    def __call__(self) -> None:
        self.is_called = True
        import_string(settings.EMBEDDING_HOOK)(sorted(self.ids), self.using)


def in_background(memory_ids: Sequence[uuid.UUID], using: str) -> None:
    """The hook that needs nothing of the host: embed them in a thread of this process."""
    worker.take(using, memory_ids)


class Worker:
    def __init__(self) -> None:
        """Also in the child of a fork: what waits is its parent's, and the thread has stayed there."""
        self._waiting: dict[tuple[str, uuid.UUID], None] = {}
        self._changed = threading.Lock()
        self._thread: threading.Thread | None = None
        self._latest: threading.Thread | None = None

    def take(self, using: str, memory_ids: Sequence[uuid.UUID]) -> None:
        with self._changed:
            room = MOST - len(self._waiting)
            self._waiting.update(dict.fromkeys((using, memory_id) for memory_id in memory_ids[:room]))
            if len(memory_ids) > room:
                logger.warning(
                    "%d memories are not embedded: %d wait already. aistore_embed will do it.",
                    len(memory_ids) - room,
                    len(self._waiting),
                )
            if self._waiting and (self._thread is None or not self._thread.is_alive()):
                self._thread = self._latest = threading.Thread(
                    target=self._work, name="aistore-embedding", daemon=True
                )
                self._thread.start()

    def join(self, timeout: float) -> bool:
        """Wait until all that was taken is done, and the thread has hung up. Whether it has."""
        thread = self._latest
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def _work(self) -> None:
        try:
            while batch := self._next():
                self._embed(*batch)
        finally:
            connections.close_all()

    def _next(self) -> tuple[str, list[uuid.UUID]] | None:
        """None, when nothing waits: what comes from then on starts another thread."""
        with self._changed:
            if not self._waiting:
                self._thread = None
                return None
            using = next(iter(self._waiting))[0]
            of_one_database = (key for key in self._waiting if key[0] == using)
            keys = list(islice(of_one_database, max(1, settings.EMBEDDING_BATCH)))
            for key in keys:
                del self._waiting[key]
            return using, [memory_id for _, memory_id in keys]

    def _embed(self, using: str, memory_ids: list[uuid.UUID]) -> None:
        try:
            embed(memory_ids, using)
        except (BadEmbedding, Error) as error:
            logger.warning(
                "%d memories are not embedded, aistore_embed will do it: %s", len(memory_ids), error
            )
            connections[using].close()


worker = Worker()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=worker.__init__)  # type: ignore[misc]
