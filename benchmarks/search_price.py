"""What the words and their indexes cost an insert: the same in a database without them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections

from aistore.models import Conversation

from .data import Words
from .operations import compared, process
from .rounds import times
from .table import Row

BARE = "ALTER TABLE aistore_message DROP COLUMN words; DROP INDEX message_newest"
CALLS, QUICK = 600, 150
SOME = 20  # messages at once


def rows(*, quick: bool) -> Iterator[Row]:
    """``default`` has the indexes, ``bare`` has not."""
    with connections["bare"].cursor() as cursor:
        cursor.execute(BARE)
    words, dice = Words(random.Random(1)), random.Random(2)
    calls = QUICK if quick else CALLS
    ways: dict[str, Callable[[Any], Any]] = {using: _appender(using) for using in ("bare", "default")}
    servers = {using: process(using) for using in ways}
    # Many at once share the round trip and the wait for the disk, so that the words are a larger part of the rest.
    for name, count, goal in (("append of one message", 1, 1.5), (f"extend by {SOME} messages", SOME, 2.5)):
        texts = [[words() for _ in range(count)] for _ in range(calls // count)]
        dice.shuffle(texts)
        taken = times(ways, lambda texts=texts: texts, servers=servers)  # type: ignore[misc]
        yield compared(name, taken["bare"], taken["default"], goal)


def _appender(using: str) -> Callable[[list[str]], Any]:
    owner = get_user_model().objects.using(using).create(username="writer")
    conversation = Conversation.objects.using(using).create(owner=owner)
    return lambda texts: conversation.extend([{"role": "user", "content": text} for text in texts])
