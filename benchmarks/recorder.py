"""What it costs that every statement is counted: python -m benchmarks.recorder [--json FILE]

The recorder alone, around a cursor that does nothing; and a statement with and without it, in turns. Several processor
cores share one machine here and elsewhere: read the first table, and take the second as what it adds to a real one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import server, table

CALLS = 20_000
GOAL = 20.0  # µs a statement
STATEMENTS = 2_000

# As Django writes it: 700 characters, with values that are not in it.
COLUMNS = ", ".join(f'"aistore_message"."column_{number}"' for number in range(18))
SELECT = f'SELECT {COLUMNS} FROM "aistore_message" WHERE "aistore_message"."conversation_id" = %s ORDER BY 3 LIMIT 21'


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    server.set_up()
    with server.databases("default"):
        rows = table.show(found(), title="The recorder, µs a statement")
    if options.json:
        table.save(options.json, rows=rows)
    return 0 if all(row.met for row in rows) else 1


def found() -> Any:
    yield table.Row("known statement", "µs", None, alone(lambda number: SELECT), GOAL)
    yield table.Row("built anew each time, same text", "µs", None, alone(built_anew), GOAL)
    yield table.Row("known statement, 16 threads at once", "µs", None, in_threads(16), GOAL)
    yield table.Row("200 statements in turns", "µs", None, alone(in_turns), GOAL)
    yield table.Row("never seen before (a literal in it)", "µs", None, alone(never_seen, calls=2_000), 400.0)
    yield table.Row("telling the others about 200 shapes, once in 5 s", "µs", None, packing(), 20_000.0)
    bare, watched = statement()
    yield table.Row("SELECT 1 on PostgreSQL", "µs", bare, watched, 1.25)


def built_anew(number: int) -> str:
    """Its hash is not known yet."""
    return "".join([SELECT, " OFFSET 0"])


def in_turns(number: int) -> str:
    return KNOWN[number % len(KNOWN)]


def never_seen(number: int) -> str:
    return f"{SELECT} OFFSET {time.monotonic_ns()}"


KNOWN = [f"{SELECT} /* {number} */ OFFSET column_{number}" for number in range(200)]


def alone(sql: Callable[[int], str], calls: int = CALLS) -> float:
    """The median of rounds of calls, without what the empty executor itself takes."""
    from aistore.performance.noting import watch_statement

    def watched(number: int) -> None:
        watch_statement(nothing, sql(number), (1,), False, CONTEXT)

    def bare(number: int) -> None:
        nothing(sql(number), (1,), False, CONTEXT)

    rounds = [(per_call(watched, calls // 10), per_call(bare, calls // 10)) for _ in range(10)]
    return statistics.median(one for one, _ in rounds) - statistics.median(other for _, other in rounds)


def in_threads(count: int) -> float:
    """Processor time, as the threads wait for each other at Python's lock anyway."""
    from aistore.performance.noting import watch_statement

    taken: list[float] = []

    def work() -> None:
        began = time.thread_time()
        for _ in range(CALLS // count):
            watch_statement(nothing, SELECT, (1,), False, CONTEXT)
        taken.append((time.thread_time() - began) / (CALLS // count) * 1e6)

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statistics.median(taken)


def packing() -> float:
    from aistore.performance.recorder import Recorder

    recorder = Recorder()
    for number in range(200):
        for _ in range(20):
            recorder.add("query", KNOWN[number], 0.0001 * number)

    def pack(number: int) -> None:
        recorder.add("query", KNOWN[0], 0.001)
        assert recorder.unsaved()

    return per_call(pack, 50)


def statement() -> tuple[float, float]:
    from django.db import connection

    from aistore.performance.noting import watch_statement

    def ask(number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()

    ask(0)
    bare, watched = [], []
    for _ in range(10):
        watched.append(per_call(ask, STATEMENTS // 10))
        connection.execute_wrappers.remove(watch_statement)
        bare.append(per_call(ask, STATEMENTS // 10))
        connection.execute_wrappers.insert(0, watch_statement)
    return statistics.median(bare), statistics.median(watched)


def per_call(call: Callable[[int], None], calls: int) -> float:
    """µs."""
    began = time.perf_counter()
    for number in range(calls):
        call(number)
    return (time.perf_counter() - began) / calls * 1e6


def nothing(*given: Any) -> None:
    pass


class Connection:
    alias = "default"


class Cursor:
    rowcount = 1


CONTEXT = {"connection": Connection(), "cursor": Cursor()}

if __name__ == "__main__":
    sys.exit(main())
