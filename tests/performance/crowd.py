"""Many threads that want a connection at the same time."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import connections

PATIENCE = 30  # seconds that nothing should ever need


def at_once(count: int, call: Callable[[int], object]) -> list[Future[object]]:
    """What each of so many threads got from the call, or the exception; they begin together."""
    start = threading.Barrier(count)

    def run(number: int) -> object:
        start.wait(PATIENCE)
        return call(number)

    with ThreadPoolExecutor(count) as threads:
        return [threads.submit(run, number) for number in range(count)]


def ask(alias: str) -> int:
    """One statement on a connection of the pool, which is given back."""
    connection = connections[alias]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return cursor.fetchone()[0]
    finally:
        connection.close()


class Holders:
    """Threads that keep a connection each until the block ends."""

    def __init__(self, alias: str, count: int) -> None:
        self._alias, self._over = alias, threading.Event()
        self._have = [threading.Event() for _ in range(count)]
        self._threads = [threading.Thread(target=self._hold, args=[have]) for have in self._have]

    def __enter__(self) -> "Holders":
        for thread in self._threads:
            thread.start()
        assert all(have.wait(PATIENCE) for have in self._have)
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _hold(self, have: threading.Event) -> None:
        connection = connections[self._alias]
        connection.ensure_connection()
        have.set()
        self._over.wait(PATIENCE)
        connection.close()
