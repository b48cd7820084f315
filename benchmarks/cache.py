"""Cached reads against a bare GET of the same bytes, and the hit rates on the traffic of a chat.

python -m benchmarks.cache [--json FILE] [--quick]

The limit of a hit is a GET of its entry on a socket with hiredis, decoded by msgspec. The limit of a miss is the same
SQL, prepared, in raw psycopg. All ways of one row are measured in turns; a claim of the form "cached is n times faster"
is the uncached named query divided by the hit, in the same run.
"""

import argparse
import datetime as dt
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from . import server, table

CALLS, QUICK = 600, 100


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    server.set_up()
    calls = QUICK if options.quick else CALLS
    with server.databases("default"):
        found = measure(calls, quick=options.quick)
    if options.json:
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        table.save(options.json, at=now, **found)
    return 0 if all(row.met for row in found["rows"]) else 1


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.cache", description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--quick", action="store_true", help="a sixth of the calls: for a first look")
    return parser


def measure(calls: int, *, quick: bool) -> dict[str, Any]:
    from . import traffic  # after set_up(): it imports models

    reads = Reads(calls)
    rows = table.show(reads.rows(), title="cached reads; limit: a bare GET and msgspec, or raw SQL")
    print("\nuncached named query : hit (kept, fetched), in the same run; the user's document said\n")
    for name, ratios in reads.speedups.items():
        print(
            f"{name:<16} {ratios['kept']:>6.1f} kept {ratios['fetched']:>6.1f} fetched   said {ratios['said']}"
        )
    return {"rows": rows, "speedups": reads.speedups, "hit_rates": traffic.show(quick=quick)}


class Reads:
    """One conversation of 50 messages, one of 500, and an owner with 20 in his list."""

    def __init__(self, calls: int) -> None:
        from django.contrib.auth import get_user_model
        from django.db import connection

        from aistore.models import Conversation

        self.calls = calls
        self.owner = get_user_model().objects.create(username="an")
        made = [Conversation.objects.create(owner=self.owner, title=f"Trip {number}") for number in range(25)]
        self.short, self.long = made[-1], made[-2]
        text = "Where do I start, and what shall I see when I have no more than two days? " * 9
        for conversation, count in ((self.short, 50), (self.long, 500)):
            roles = ("user", "assistant")
            conversation.extend(
                {"role": roles[n % 2], "content": text[: 100 + n % 600]} for n in range(count)
            )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        self.speedups: dict[str, dict[str, Any]] = {}

    def rows(self) -> Iterator[table.Row]:
        from aistore import cache
        from aistore.models import Conversation, Message

        short, long, owner = self.short.pk, self.long.pk, self.owner.pk
        users, rows, messages = type(self.owner).objects, Conversation.objects, Message.objects
        of_short, of_long = messages.in_conversation(short), messages.in_conversation(long)
        # name, query, cached, uncached; at most so many times the bare GET: fetched, kept; said of it by the user
        for row in (
            ("user", "user", lambda: cache.user(owner), lambda: users.get(pk=owner), 2.2, 2.2, "7.5"),
            (
                "conversation",
                "get",
                lambda: rows.cached.get(short),
                lambda: rows.get(pk=short),
                2.2,
                2.2,
                "8.3",
            ),
            (
                *("last 50", "last:50", lambda: messages.cached.last(short, 50)),
                *(lambda: list(of_short.last(50)), 1.9, 1.0, "9"),
            ),
            (
                *("list of 20", "newest:20", lambda: rows.cached.newest(owner)),
                *(lambda: list(rows.owned_by(owner).newest(limit=20)), 2.0, 1.5, "8.8"),
            ),
            (
                *("500 messages", "last:500", lambda: messages.cached.last(long, 500)),
                *(lambda: list(of_long.last(500)), 1.3, 0.15, "-"),
            ),
        ):
            yield from self._hits(*row)
        yield from self._misses()
        yield self._append()

    def _hits(
        self,
        name: str,
        query: str,
        cached: Any,
        uncached: Any,
        fetched_goal: float,
        kept_goal: float,
        said: str,
    ) -> Iterator[table.Row]:
        from django.test import override_settings

        from aistore.cache import maintenance

        from . import rounds

        cached()
        kept = rounds.times(
            {"bare": bare(query), "kept": lambda _: cached(), "uncached": lambda _: uncached()},
            lambda: range(self.calls),
            turn=20,
        )
        with override_settings(AISTORE={"CACHE_KEPT_BYTES": 0}):
            maintenance.forget_kept()
            ways = {"bare": bare(query), "fetched": lambda _: cached(), "uncached": lambda _: uncached()}
            fetched = rounds.times(ways, lambda: range(self.calls), turn=20)
        for way, taken, goal in (("fetched", fetched, fetched_goal), ("kept", kept, kept_goal)):
            yield table.Row(f"hit, {name}: {way}", "µs", taken["bare"].median, taken[way].median, goal)
            ratio = round(taken["uncached"].median / taken[way].median, 1)
            self.speedups.setdefault(name, {"said": said})[way] = ratio

    def _misses(self) -> Iterator[table.Row]:
        from aistore import cache
        from aistore.cache import maintenance
        from aistore.models import Conversation, Message, cached

        from . import rounds

        short, connection = self.short.pk, raw_connection()
        for name, sql, parameters, read, goal in (
            ("one row", cached.ONE, [short], lambda: Conversation.objects.cached.get(short), 2.2),
            ("last 50", cached.LAST, [50, short], lambda: Message.objects.cached.last(short, 50), 1.6),
        ):

            def miss(_: Any, read: Callable[[], Any] = read) -> None:
                read()

            def forgotten(_: Any) -> None:
                """Its time is not the miss's: measured alone, as a way of its own."""
                maintenance.forget_kept()
                cache.forget(short)

            ways = {
                "raw": lambda _, sql=sql, given=parameters: connection.execute(
                    sql, given, prepare=True
                ).fetchall(),
                "forget": forgotten,
                "miss": lambda _, miss=miss: (forgotten(_), miss(_)),
            }
            taken = rounds.times(ways, lambda: range(self.calls), turn=20)
            ours = taken["miss"].median - taken["forget"].median
            yield table.Row(f"miss, {name}", "µs", taken["raw"].median, ours, goal)

    def _append(self) -> table.Row:
        from aistore.models import Conversation

        from . import rounds

        rows = [Conversation.objects.create(owner=self.owner) for _ in range(2)]
        connection = raw_connection()
        insert = raw_append(connection, rows[0].pk)
        ways = {"raw": lambda _: insert(), "told": lambda _: rows[1].append("user", "What shall I see?")}
        taken = rounds.times(ways, lambda: range(self.calls), turn=20)
        return table.Row("append, the cache told", "µs", taken["raw"].median, taken["told"].median, 2.0)


def bare(query: str) -> Callable[[Any], Any]:
    """A GET of the entry on a socket, and msgspec."""
    import hiredis
    import msgspec

    from aistore.cache.link import link
    from aistore.cache.records import ConversationRecord, MessageRecord, UserRecord
    from aistore.cache.wire import Wire

    [way] = [way for way in [link()] if way]
    [[_, keys]] = way.call(
        ("SCAN", "0", "MATCH", f"*:e:*:{query}" if ":" in query else f"*:e:*{query}", "COUNT", 100000)
    )
    [key] = [key for key in keys if not key.endswith(b":l")]
    record = {"user": UserRecord, "get": ConversationRecord, "newest": ConversationRecord}.get(
        query.partition(":")[0], MessageRecord
    )
    decoder, wire = msgspec.msgpack.Decoder(tuple[record, ...]), Wire("default", seconds=5.0)  # type: ignore[valid-type]
    wire._socket.settimeout(None)
    socket, command = wire._socket, hiredis.pack_command(("GET", key))
    reader = hiredis.Reader(notEnoughData=False)

    def get(_: Any) -> Any:
        assert wire  # whose end would be the socket's
        socket.sendall(command)
        while (reply := reader.gets()) is False:
            reader.feed(socket.recv(65536))
        return decoder.decode(memoryview(reply)[reply[0] + 2 :])

    return get


def raw_connection() -> Any:
    import psycopg
    from django.db import connection

    parameters = connection.get_connection_params()
    return psycopg.connect(
        **{
            name: parameters[name]
            for name in ("dbname", "user", "host", "port", "password")
            if name in parameters
        },
        autocommit=True,
        prepare_threshold=0,
    )


def raw_append(connection: Any, conversation_id: Any) -> Callable[[], None]:
    from aistore.fields import uuid7

    sql = """
        WITH c AS (
            UPDATE aistore_conversation
            SET message_count = message_count + 1, head_id = %s, version = version + 1,
                updated_at = clock_timestamp(), last_message_at = clock_timestamp()
            WHERE id = %s
            RETURNING id, owner_id, message_count
        )
        INSERT INTO aistore_message (
            id, conversation_id, owner_id, sequence_number, external_id, role, content, parts, tool_calls,
            tool_call_id, name, model, status, finish_reason, is_hidden, usage, rating_comment, metadata, created_at)
        SELECT %s, c.id, c.owner_id, c.message_count, '', 'user', %s, '[]', '[]', '', '', '', 'complete', '',
               false, '{}', '', '{}', clock_timestamp() FROM c RETURNING sequence_number, created_at"""

    def append() -> None:
        key = uuid7()
        connection.execute(sql, [key, conversation_id, key, "What shall I see?"]).fetchone()

    return append


if __name__ == "__main__":
    sys.exit(main())
