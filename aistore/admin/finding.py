"""Find in a conversation: all messages of all branches in which certain characters stand, whatever the page shows.

Characters and not words: people look for a piece of code, half a name, an id. The messages of one conversation are read
through; 10,000 of them take some 0.1 s.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.text import capfirst

from ..fields import escape, readable, unescape
from ..models import Conversation
from ..models.kinds import Role

PARAMETER = "find"
MOST_CHARACTERS = 200  # of what was typed
MOST_HITS = 50  # on a page
BEFORE, AFTER = 60, 120  # characters around a hit

# What is not in the text may be in the parts or the calls: the words of a reasoning, an argument, the name of a file.
# Not in the names of their keys, nor in what kind of part it is.
FOUND = """
    SELECT sequence_number, role, substring(said FROM greatest(place - %(before)s, 1) FOR %(length)s)
    FROM (
        SELECT message.sequence_number, message.role, said, strpos(lower(said), lower(%(words)s)) AS place
        FROM aistore_message AS message
        CROSS JOIN LATERAL (
            SELECT CASE
                WHEN strpos(lower(message.content), lower(%(words)s)) > 0 THEN message.content
                ELSE (
                    SELECT string_agg(piece #>> '{}', E'\\n')
                    FROM jsonb_array_elements(message.parts || message.tool_calls) AS part
                    CROSS JOIN LATERAL jsonb_path_query(
                        CASE jsonb_typeof(part) WHEN 'object' THEN part - 'type' - 'id' ELSE part END,
                        'strict $.** ? (@.type() == "string")'
                    ) AS piece
                )
            END
        ) AS it (said)
        WHERE message.conversation_id = %(conversation)s AND message.sequence_number > %(after)s
    ) AS looked_at
    WHERE place > 0
    ORDER BY sequence_number
    LIMIT %(most)s
"""


@dataclass(frozen=True)
class Hit:
    number: int
    role: str
    before: str
    match: str
    after: str
    url: str


@dataclass(frozen=True)
class Finding:
    """``words`` as they were typed; ``hits`` is None where somebody is reading one of them."""

    words: str
    hits: list[Hit] | None
    more_url: str = ""

    @property
    def url(self) -> str:
        return f"?{urlencode({PARAMETER: self.words})}"


def finding_in(conversation: Conversation, query: QueryDict) -> Finding | None:
    words = query.get(PARAMETER, "")[:MOST_CHARACTERS].strip()
    if not words:
        return None
    if query.get("at"):
        return Finding(words, None)
    after = query.get("found_after", "")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    hits = list(_hits(conversation, words, start))
    if len(hits) <= MOST_HITS:
        return Finding(words, hits)
    shown = hits[:MOST_HITS]
    return Finding(words, shown, f"?found_after={shown[-1].number}&{urlencode({PARAMETER: words})}")


def _hits(conversation: Conversation, words: str, after: int) -> Iterator[Hit]:
    parameters: dict[str, Any] = {
        "conversation": conversation.pk,
        "words": escape(words),
        "after": after,
        "before": BEFORE,
        "length": BEFORE + len(words) + AFTER,
        "most": MOST_HITS + 1,
    }
    with connections[conversation._state.db or "default"].cursor() as cursor:
        cursor.execute(FOUND, parameters)
        for row in cursor.fetchall():
            yield _hit(words, *row)


def _hit(words: str, number: int, role: Any, said: str) -> Hit:
    text = unescape(said)
    # -1 where lower case has another length in Python than in the database: then nothing is marked
    start = max(text.lower().find(words.lower()), 0)
    end = start + len(words) if start or text.lower().startswith(words.lower()) else 0
    url = f"?at={number}&{urlencode({PARAMETER: words})}#message-{number}"
    before, match, after = map(readable, (text[:start], text[start:end], text[end:]))
    return Hit(number, capfirst(str(Role(role).label)), before, match, after, url)
