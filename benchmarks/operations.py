"""The rows of the table: each does one thing both ways, on the same data."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connections

from aistore.models import Conversation, Message
from aistore.models.message import MessageQuerySet

from .data import Data
from .raw import CONTENT, Raw
from .rounds import ROUNDS, Taken, rates, times
from .table import Row

LONG = 10_000  # messages of a long conversation
BATCH = 500


@dataclass(frozen=True)
class Effort:
    calls: int  # of one way in one round
    seconds: float  # of a round with threads


FULL, QUICK = Effort(calls=200, seconds=2.0), Effort(calls=60, seconds=1.0)


def all_rows(data: Data, effort: Effort) -> Iterator[Row]:
    raw = Raw(data.using)
    for operation in (append, start, extend, last, five_hundred, path):
        yield operation(data, raw, effort)
    yield from append_by_threads(data, effort)
    yield from delete(data, raw)


def compared(operation: str, limit: Taken, ours: Taken, goal: float) -> Row:
    return Row(operation, "µs", limit.median, ours.median, goal, processor=ours.processor / limit.processor)


def servers(data: Data, raw: Raw) -> dict[str, int]:
    return {"raw": raw.connection.info.backend_pid, "aistore": process(data.using)}


def process(using: str) -> int:
    connections[using].ensure_connection()
    return int(connections[using].connection.info.backend_pid)


def some(data: Data, effort: Effort) -> Callable[[], list[Conversation]]:
    """Other conversations in each round, the same for all ways."""
    dice = random.Random(1)
    return lambda: dice.choices(data.conversations, k=effort.calls)


def append(data: Data, raw: Raw, effort: Effort) -> Row:
    ways = {"raw": raw.append, "aistore": lambda conversation: conversation.append("user", CONTENT)}
    taken = times(ways, some(data, effort), servers=servers(data, raw))
    return compared("append", taken["raw"], taken["aistore"], 1.6)


def append_by_threads(data: Data, effort: Effort) -> Iterator[Row]:
    one = {"raw": _raw_appender(data, apart=False), "aistore": _appender(data, apart=False)}
    apart = {"raw": _raw_appender(data, apart=True), "aistore": _appender(data, apart=True)}
    for name, ways, goal in (("on one conversation", one, 0.85), ("on one each", apart, 0.6)):
        found = rates(ways, seconds=effort.seconds)
        yield Row(f"append, 16 threads {name}", "/s", found["raw"], found["aistore"], goal, at_least=True)


def _raw_appender(data: Data, *, apart: bool) -> Callable[[int], Callable[[], None]]:
    def make(thread: int) -> Callable[[], None]:
        raw, conversation = Raw(data.using), data.conversations[thread * apart]
        return lambda: raw.append(conversation)

    return make


def _appender(data: Data, *, apart: bool) -> Callable[[int], Callable[[], None]]:
    def make(thread: int) -> Callable[[], None]:
        conversation = Conversation.objects.using(data.using).get(pk=data.conversations[thread * apart].pk)
        return lambda: conversation.append("user", CONTENT)

    return make


def start(data: Data, raw: Raw, effort: Effort) -> Row:
    turns = [{"role": "user", "content": CONTENT}, {"role": "assistant", "content": CONTENT}]

    owners = {user.pk: user for user in data.users}

    def ours(owner_id: int) -> None:
        Conversation.objects.using(data.using).start(owners[owner_id], turns, title="A trip")

    dice = random.Random(2)
    taken = times(
        {"raw": raw.start, "aistore": ours},
        lambda: dice.choices(list(owners), k=effort.calls),
        servers=servers(data, raw),
    )
    return compared("start a conversation with 2 messages", taken["raw"], taken["aistore"], 2.0)


def extend(data: Data, raw: Raw, effort: Effort) -> Row:
    contents = [f"{number} {CONTENT}" for number in range(BATCH)]
    turns = [{"role": "user", "content": content} for content in contents]
    ways = {
        "raw": lambda conversation: raw.copy(conversation, contents),
        "aistore": lambda conversation: conversation.extend(turns),
    }
    few = Effort(calls=effort.calls // 15, seconds=0)
    taken = times(ways, some(data, few), turn=1, servers=servers(data, raw))
    raw_rate, rate = (BATCH * 1e6 / taken[name].median for name in ways)
    processor = taken["aistore"].processor / taken["raw"].processor
    name = f"extend({BATCH}) against COPY"
    return Row(name, "/s", raw_rate, rate, 0.5, at_least=True, processor=processor)


def last(data: Data, raw: Raw, effort: Effort) -> Row:
    ways = {"raw": lambda it: raw.last(it, 50), "aistore": lambda it: list(rows_of(it).last(50))}
    taken = times(ways, some(data, effort), servers=servers(data, raw))
    return compared("last 50", taken["raw"], taken["aistore"], 2.8)


def five_hundred(data: Data, raw: Raw, effort: Effort) -> Row:
    [long] = long_conversations(data, 1, messages=BATCH)
    ways = {"raw": lambda it: raw.last(it, BATCH), "aistore": lambda it: list(rows_of(it).last(BATCH))}
    taken = times(ways, lambda: [long] * (effort.calls // 5), servers=servers(data, raw))
    return compared("500 messages", taken["raw"], taken["aistore"], 3.0)


def path(data: Data, _raw: Raw, effort: Effort) -> Row:
    """Against our own last 50, not against raw: what the walk over the parents costs."""
    [long] = long_conversations(data, 1, branched=True)
    ways = {
        "last": lambda conversation: list(rows_of(conversation).last(50)),
        "path": lambda conversation: list(rows_of(conversation).path(last=50)),
    }
    taken = times(ways, lambda: [long] * effort.calls, servers=dict.fromkeys(ways, process(data.using)))
    return compared(f"path(last=50) of {LONG:,}, branched; limit: last 50", taken["last"], taken["path"], 2.0)


def rows_of(conversation: Conversation) -> MessageQuerySet:
    return Message.objects.using(conversation._state.db).in_conversation(conversation)


def delete(data: Data, raw: Raw) -> Iterator[Row]:
    doomed = long_conversations(data, 2 * ROUNDS)
    ways = {"raw": lambda _: raw.delete(doomed.pop()), "aistore": lambda _: doomed.pop().delete()}
    taken = times(ways, lambda: [None], turn=1, warm_up=0, servers=servers(data, raw))
    [measured] = long_conversations(data, 1)
    tracemalloc.start()
    with counted(data.using) as queries:
        measured.delete()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    yield compared(f"delete {LONG:,} messages", taken["raw"], taken["aistore"], 1.3)
    yield Row(f"delete {LONG:,} messages, queries", "", None, len(queries), 4)
    yield Row(f"delete {LONG:,} messages, memory at the peak", "MB", None, peak / 1e6, 30)


def long_conversations(
    data: Data, count: int, *, messages: int = LONG, branched: bool = False
) -> list[Conversation]:
    """As ``branched``, every tenth message has a sibling that nobody went on from."""
    conversations = []
    for number in range(count):
        conversation = Conversation.objects.using(data.using).create(
            owner=data.users[number % len(data.users)]
        )
        if not branched:
            conversation.extend([{"role": "user", "content": CONTENT}] * messages)
        while conversation.message_count < messages:
            head = conversation.extend([{"role": "user", "content": CONTENT}] * 9)[-1]
            conversation.append("assistant", CONTENT)
            conversation.checkout(head)
        conversations.append(conversation)
    with connections[data.using].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) aistore_message, aistore_conversation")
    return conversations


@contextmanager
def counted(using: str) -> Iterator[list[str]]:
    queries: list[str] = []

    def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        queries.append(sql)
        return execute(sql, parameters, many, context)

    with connections[using].execute_wrapper(note):
        yield queries


def growth(small: Data, large: Data, effort: Effort) -> Iterator[Row]:
    """aistore on the large database against aistore on the small one."""
    for name, call, goal in (
        ("get one conversation", _get, 1.3),
        ("newest 20 of an owner", _newest, 1.3),
        ("append", _append, 1.3),
        ("last 50", _last, 2.0),
    ):
        dice = random.Random(3)
        ways = {"small": _on(small, call), "large": _on(large, call)}
        places = [dice.random() for _ in range(effort.calls)]
        pids = {"small": process(small.using), "large": process(large.using)}
        taken = times(ways, lambda places=places: places, servers=pids)  # type: ignore[misc]
        yield compared(name, taken["small"], taken["large"], goal)


def _on(data: Data, call: Callable[[Conversation], Any]) -> Callable[[float], Any]:
    return lambda place: call(data.conversations[int(place * len(data.conversations))])


def _get(conversation: Conversation) -> Conversation:
    return Conversation.objects.using(conversation._state.db).get(pk=conversation.pk)


def _newest(conversation: Conversation) -> list[Conversation]:
    rows = Conversation.objects.using(conversation._state.db).owned_by(conversation.owner_id)
    return list(rows.active().newest(limit=20))


def _append(conversation: Conversation) -> Message:
    return conversation.append("user", CONTENT)


def _last(conversation: Conversation) -> list[Message]:
    return list(rows_of(conversation).last(50))
