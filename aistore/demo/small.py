"""Thousands of small conversations out of the written ones, so that lists, pages and plots have something to show.

Number n is the same for everybody and every time, but for its times, which are before now.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from random import Random

from msgspec.structs import replace

from ..interop.canonical import CanonicalConversation, CanonicalMessage
from . import chance
from .excerpts import Excerpt, Excerpts
from .pace import paced
from .prices import PRICES, priced, tokens
from .rhythm import Rhythm
from .titles import title_from

PREFIX = "demo-small-"  # of their external ids


def small_conversations(
    written: Iterable[CanonicalConversation], *, numbers: Iterable[int], now: dt.datetime
) -> Iterator[CanonicalConversation]:
    excerpts, rhythm = Excerpts(written), Rhythm(now)
    for number in numbers:
        random = Random(f"small conversation {number}")
        yield made(number, excerpts.draw(random), rhythm.moment(random), random)


def external_id(number: int) -> str:
    return f"{PREFIX}{number:04}"


def made(number: int, excerpt: Excerpt, end: dt.datetime, random: Random) -> CanonicalConversation:
    origin = excerpt.conversation
    model = chance.model(origin.model, list(PRICES), random)
    messages = counted(in_line(excerpt.messages, model), origin.system_prompt)
    messages = paced(chance.rated(chance.ended(messages, random), random), end)
    return CanonicalConversation(
        external_id=external_id(number),
        source=origin.source,
        model=model,
        system_prompt=origin.system_prompt,
        tags=chance.tags(origin.tags, random),
        is_pinned=chance.is_pinned(random),
        is_archived=chance.is_archived(random),
        metadata={"excerpt_of": origin.external_id},
        messages=chance.edited(messages, random),
        created_at=messages[0].created_at,
        updated_at=end,
        last_message_at=end,
        title=title_from(messages[0].content, random) if chance.is_titled(random) else "",
    )


def in_line(messages: list[CanonicalMessage], model: str) -> list[CanonicalMessage]:
    """Numbered from one, each answering the one before, all answers by one model, and rated by nobody."""
    return [
        replace(
            message,
            external_id=str(number),
            parent=str(number - 1) if number > 1 else None,
            model=model if message.role == "assistant" else "",
            rating=None,
            rating_comment="",
        )
        for number, message in enumerate(messages, 1)
    ]


def counted(messages: list[CanonicalMessage], system_prompt: str) -> list[CanonicalMessage]:
    """With the tokens that the model would have read here: all that stands before, system prompt included."""
    read = len(system_prompt.encode()) // 4
    counted = []
    for message in messages:
        written = tokens(message)
        if message.role == "assistant":
            counts = {"input_tokens": read, "output_tokens": written}
            message = priced(replace(message, usage=counts, **counts))
        counted.append(message)
        read += written
    return counted
