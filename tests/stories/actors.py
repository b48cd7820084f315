"""Two actors with a connection each, and the order in which things happen to them.

    with an.transaction():
        an.does(append, "first")
        second = binh.begins(append, "second")
        second.waits()
    assert second.ends().sequence_number == 2

``does`` is over when it returns; ``begins`` goes on by itself; ``waits`` proves, by what PostgreSQL says of the
connection, that it is held up by a lock. Nothing sleeps, and nothing depends on who is faster.
"""

import contextlib
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import connection, connections, transaction

from tests.project.actors import PATIENCE, until

WAITS = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s"


class Actor:
    """A thread of its own, so a connection of its own, and an instance of the conversation as it was at first."""

    def __init__(self, conversation):
        self.thread = ThreadPoolExecutor(max_workers=1)
        self.conversation = self.does(lambda _: type(conversation).objects.get(pk=conversation.pk), of=None)
        self.pid = self.does(lambda _: query("SELECT pg_backend_pid()"))

    def begins(self, action, *arguments, of=..., **options):
        """``action`` gets the actor's conversation first, or what is given as ``of``."""
        subject = self.conversation if of is ... else of
        return Step(self, self.thread.submit(action, subject, *arguments, **options))

    def does(self, action, *arguments, **options):
        return self.begins(action, *arguments, **options).ends()

    @contextlib.contextmanager
    def transaction(self, isolation=None):
        """Committed in the end, rolled back by ``rolls_back``."""
        block = transaction.atomic()
        self.does(lambda _: block.__enter__())
        if isolation:
            self.does(lambda _: query(f"SET TRANSACTION ISOLATION LEVEL {isolation}", fetch=False))
            self.does(
                lambda _: query("SELECT 1 FROM aistore_conversation")
            )  # from now on it sees this moment
        try:
            yield
        finally:
            self.does(lambda _: block.__exit__(None, None, None))

    def rolls_back(self):
        self.does(lambda _: transaction.set_rollback(True))

    @contextlib.contextmanager
    def stopped_before(self, text):
        """In front of the first statement with this text in it, until the block ends. Gives the step to be waited
        for: that the actor has come there."""
        arrived, goes_on = threading.Event(), threading.Event()

        def stop(execute, sql, parameters, many, context):
            if text in sql and not arrived.is_set():
                arrived.set()
                assert goes_on.wait(PATIENCE)
            return execute(sql, parameters, many, context)

        wrapper = self.does(lambda _: connection.execute_wrapper(stop))
        self.does(lambda _: wrapper.__enter__())
        try:
            yield arrived
        finally:
            goes_on.set()
            self.does(lambda _: wrapper.__exit__(None, None, None))

    def leaves(self):
        self.does(lambda _: connections.close_all())
        self.thread.shutdown()


class Step:
    """What an actor has begun."""

    def __init__(self, actor: Actor, future: "Future[object]") -> None:
        self.actor = actor
        self.future = future

    def waits(self):
        assert until(lambda: self.future.done() or query(WAITS, self.actor.pid))
        assert not self.future.done(), f"it did not wait: {self.future}"

    def ends(self):
        """Its result; or its exception, raised."""
        return self.future.result(PATIENCE)


def query(sql, *parameters, fetch=True):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0] if fetch else None
