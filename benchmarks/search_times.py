"""How long a search takes: of an owner with 50,000 messages, over everybody's, and among memories."""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection

from aistore.cache.announcing import forget_now
from aistore.models import Conversation, Memory, Message
from aistore.models.telling import memories_of

from . import rounds
from .data import PER_CONVERSATION, Words, fill
from .raw import Raw
from .table import Row

HEAVY = 50_000  # messages of one owner; half of all, where there are fewer than twice as many
MEMORIES = 500  # of each of 200 owners
CALLS, QUICK = 200, 40

RAW_MEMORIES = f"""
SELECT {", ".join(field.column for field in Memory._meta.concrete_fields)}, ts_rank(words, query) AS rank
FROM aistore_memory, to_tsquery('simple', %s) AS query
WHERE owner_id = %s AND superseded_by_id IS NULL AND (expires_at IS NULL OR expires_at > now()) AND words @@ query
ORDER BY rank DESC, id DESC LIMIT 10"""
REMEMBER = """
INSERT INTO aistore_memory (id, owner_id, question, content, tags, importance, metadata, created_at, updated_at)
SELECT gen_random_uuid(), u.id, '', (%s::text[])[1 + (n * 7919 + u.id * 104729) %% cardinality(%s::text[])]
       || ' ' || n || ' ' || u.id, '{}', 1 + n %% 10, '{}', now() - make_interval(mins => n), now()
FROM auth_user AS u, generate_series(1, %s) AS n"""


def rows(messages: int, *, quick: bool) -> Iterator[Row]:
    calls, data = QUICK if quick else CALLS, fill("default", messages)
    heavy = get_user_model().objects.create(username="heavy")
    moved = [row.pk for row in data.conversations[: min(HEAVY, messages // 2) // PER_CONVERSATION]]
    Conversation.objects.filter(pk__in=moved).update(owner=heavy)  # and their messages with them
    _remember()
    queries = _queries(calls)
    of_owner, everybody = Message.objects.owned_by(heavy), Message.objects.of_everyone()
    conversations = Conversation.objects.owned_by(heavy)
    for name, search, goal in (
        ("an owner's messages", lambda words: of_owner.search(words, limit=10), 100),
        ("an owner's conversations", lambda words: conversations.search(words)[:10], 100),
        ("everybody's messages", lambda words: everybody.search(words, limit=10), 1000),
        (
            "everybody's conversations",
            lambda words: Conversation.objects.of_everyone().search(words)[:10],
            1000,
        ),
    ):
        yield from _percentiles(name, lambda words, search=search: list(search(words)), queries, goal)
    yield from _against_raw(data, calls)


def _percentiles(
    name: str, search: Callable[[str], Any], queries: Sequence[tuple[str, str]], goal: float
) -> Iterator[Row]:
    taken: dict[str, list[float]] = {}
    for kind, words in queries:
        began = time.perf_counter()
        search(words)
        taken.setdefault(kind, []).append((time.perf_counter() - began) * 1000)
    for kind, times in taken.items():
        print(
            f"    {name}, {kind}: median {statistics.median(times):.1f} ms, longest {max(times):.1f} ms",
            flush=True,
        )
    every = [one for times in taken.values() for one in times]
    yield Row(f"{name}, p95", "ms", None, statistics.quantiles(every, n=20)[-1], goal)


def _queries(calls: int) -> list[tuple[str, str]]:
    """Common, ordinary and rare words, two of them, beginnings, pieces, and what is not there."""
    dice = random.Random(5)
    texts = Message.objects.order_by("?").values_list("content", flat=True)[:5000]
    counted = Counter(word for text in texts for word in text.split()[1:-1] if len(word) > 3)
    ranked = [word for word, _ in counted.most_common()]
    kinds: dict[str, Callable[[], str]] = {
        "a common word": lambda: f"{dice.choice(ranked[:20])} ",
        "a word": lambda: f"{dice.choice(ranked[200:2000])} ",
        "a rare word": lambda: f"{dice.choice(ranked[4000:])} ",
        "two words": lambda: f"{dice.choice(ranked[:500])} {dice.choice(ranked[:500])} ",
        "a beginning": lambda: dice.choice(ranked[:2000])[:3],
        "a piece": lambda: dice.choice(ranked[:2000])[1:4],
        "nothing": lambda: f"{dice.choice(ranked)}qqqq",
    }
    return [(kind, make()) for _ in range(calls // len(kinds) + 1) for kind, make in kinds.items()]


def _remember() -> None:
    words, dice = Words(random.Random(3)), random.Random(4)
    facts = [" ".join(words().split()[: dice.randint(5, 20)]) for _ in range(2000)]
    with connection.cursor() as cursor:
        cursor.execute(REMEMBER, [facts, facts, MEMORIES])
        cursor.execute("VACUUM (ANALYZE)")


def _against_raw(data: Any, calls: int) -> Iterator[Row]:
    """With words of the owner's memories, some of which he has many of."""
    raw, dice, users = Raw("default"), random.Random(6), data.users
    users = dice.sample(list(users), min(20, len(users)))
    known = {
        user.pk: Memory.objects.filter(owner=user).values_list("content", flat=True)[:20] for user in users
    }
    words = {
        key: [word for fact in facts for word in fact.split() if word.isalpha()]
        for key, facts in known.items()
    }

    def arguments() -> list[tuple[Any, str]]:
        asked = dice.choices(users, k=calls)
        return [(user, dice.choice(words[user.pk])) for user in asked]

    def forget(owner: Any) -> None:
        """Its time is not the miss's: measured alone, as a way of its own."""
        forget_now(memories_of(owner.pk, "default"))

    ways = {
        "raw": lambda given: raw.fetch(RAW_MEMORIES, [given[1], given[0].pk]),
        "queryset": lambda given: list(Memory.objects.owned_by(given[0]).search(f"{given[1]} ", limit=10)),
        "forget": lambda given: forget(given[0]),
        "miss": lambda given: (forget(given[0]), Memory.objects.cached.search(given[0], f"{given[1]} ")),
    }
    taken = rounds.times(ways, arguments)
    yield Row("an owner's memories, queryset", "µs", taken["raw"].median, taken["queryset"].median, 3.5)
    missed = taken["miss"].median - taken["forget"].median
    yield Row("an owner's memories, cached, a miss", "µs", taken["raw"].median, missed, 1.8)
