"""Whether a message is found by what stands in it: in the first ten hits of its owner."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction

from aistore.fields import escape
from aistore.models import Conversation, Message

from .table import Row

PHRASES, FRAGMENTS = 500, 200
RARE = 5  # messages that have it, at most
FIRST = 10  # hits
PAIR = re.compile(r"\b([^\W\d_]{4,}) ([^\W\d_]{4,})\b")
CHINESE = re.compile("[\u4e00-\u9fff]{8,}")


def rows(conversations: Path) -> Iterator[Row]:
    owner = get_user_model().objects.create(username="reader")
    _store(owner, conversations)
    messages = dict(Message.objects.values_list("pk", "content"))
    dice = random.Random(1)
    yield _row("two rare words", owner, _phrases(messages, dice))
    yield _row("a Chinese fragment", owner, _fragments(messages, dice))


def _row(name: str, owner: Any, wanted: Sequence[tuple[str, Any]]) -> Row:
    found = 0
    for words, key in wanted:
        hits = Message.objects.owned_by(owner).search(words, limit=FIRST).values_list("pk", flat=True)
        found += key in set(hits)
    return Row(f"{len(wanted)} times {name}", "%", None, 100 * found / len(wanted), 95, at_least=True)


def _store(owner: Any, conversations: Path) -> None:
    opened = gzip.open if conversations.suffix == ".gz" else open
    with opened(conversations, "rt", encoding="utf-8") as lines, transaction.atomic():
        for line in lines:
            turns = json.loads(line)["messages"]
            texts = [{"role": turn["role"], "content": turn["content"]} for turn in turns]
            Conversation.objects.create(owner=owner).extend(texts)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) aistore_message")


def _phrases(messages: dict[Any, str], dice: random.Random) -> list[tuple[str, Any]]:
    """Two words next to each other, of messages that say them and that few others do."""
    having: dict[str, set[Any]] = {}
    for key, content in messages.items():
        for pair in {f"{first} {second}".lower() for first, second in PAIR.findall(content)}:
            having.setdefault(pair, set()).add(key)
    rare = sorted(pair for pair, keys in having.items() if len(keys) <= RARE)
    return [(pair, dice.choice(sorted(having[pair]))) for pair in dice.sample(rare, PHRASES)]


def _fragments(messages: dict[Any, str], dice: random.Random) -> list[tuple[str, Any]]:
    """Four to seven characters out of the middle of a run."""
    keys, texts = sorted(messages), list(messages.values())
    found: dict[str, Any] = {}
    while len(found) < FRAGMENTS:
        key = dice.choice(keys)
        runs = CHINESE.findall(messages[key])
        if not runs:
            continue
        run, length = dice.choice(runs), dice.randint(4, 7)
        start = dice.randrange(len(run) - length + 1)
        fragment = run[start : start + length]
        if sum(fragment in escape(text) for text in texts) <= RARE:
            found[fragment] = key
    return list(found.items())
