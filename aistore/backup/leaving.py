"""Whoever is in the way of a restore is told to leave, as long as it takes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import psycopg

PAUSE = 0.05  # seconds between two rounds

ALL_OF_A_DATABASE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""

# Those that hold what psql waits for, and nobody else.
IN_THE_WAY = """
SELECT pg_terminate_backend(blocker)
FROM pg_stat_activity, unnest(pg_blocking_pids(pid)) AS blocker WHERE application_name = %s AND blocker > 0"""

Connected = Callable[[], AbstractContextManager["psycopg.Connection[Any]"]]


@contextmanager
def leaving(connected: Connected, whom: str, statement: str = ALL_OF_A_DATABASE) -> Iterator[None]:
    """As long as the block lasts."""
    done = threading.Event()
    with connected() as server:
        thread = threading.Thread(target=_tell, args=(server, statement, whom, done), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def _tell(server: "psycopg.Connection[Any]", statement: str, whom: str, done: threading.Event) -> None:
    while True:
        # Not allowed to end that one, perhaps a superuser: then the rename says that it is in use.
        with suppress(psycopg.Error):
            server.execute(statement, [whom])
        if done.wait(PAUSE):
            return
