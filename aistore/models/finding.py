"""Searching conversations: by their titles and by what was said in them, one hit each."""

from __future__ import annotations

from typing import Any

from django.db import models

from ..fields import ExactTextField, UUID7Field
from ..search.query import Query
from . import candidates
from .candidates import Statement
from .hits import of_hits
from .searching import SearchableQuerySet
from .whose import Whose

TITLES = 20_000  # of the newest conversations; to look at one takes 2 µs
SHORT = 3  # letters; shorter ones stand in every title, so there they must be a word

FIND = """WITH {messages},
found AS MATERIALIZED ({found}),
best AS (
    SELECT DISTINCT ON (conversation_id) conversation_id, id, sequence_number, rank
    FROM found ORDER BY conversation_id, rank DESC, id DESC
),
titles AS MATERIALIZED (
    SELECT t.id, 0.2 * {recency} AS rank
    FROM aistore_conversation AS t
    WHERE t.id = ANY (ARRAY({newest})) AND t.title <> '' AND {contained}
    ORDER BY t.last_message_at DESC, t.id DESC LIMIT {ranked}
)
SELECT coalesce(best.conversation_id, titles.id) AS id, best.id AS message_id, best.sequence_number,
       greatest(best.rank, titles.rank) AS rank
FROM best FULL JOIN titles ON titles.id = best.conversation_id"""

IS_WORD = "aistore_words({t}.title) @@ aistore_query(%s::text[])"
HIT_TEXT = "(SELECT content FROM aistore_message WHERE id = {t}.message_id)"


class FoundConversations(SearchableQuerySet["Any"]):
    """Beside rank and snippet, each conversation has ``hit_message_id`` and ``hit_sequence_number`` of the message that
    fits best; None where only the title does."""

    def _hits(self, inner: Any, whose: Whose, query: Query) -> Statement:
        table = candidates.TABLES["aistore_message"]
        messages, parameters = candidates.found(
            self._messages(inner, whose), query, table, is_boundless=not whose.is_known
        )
        found, of_found = candidates.hits_of(query, table, "t.id, t.conversation_id, t.sequence_number")
        newest, of_newest = candidates.newest(inner, TITLES, "-last_message_at")
        contained, of_titles = _in_title(query)
        sql = FIND.format(
            messages=messages, found=found, newest=newest, contained=contained.replace("{t}", "t"),
            recency=candidates.RECENCY.format(at="t.last_message_at"), ranked=candidates.RANKED,
        )  # fmt: skip
        return sql, [*parameters, *of_found, *of_newest, *of_titles]

    def _messages(self, inner: Any, whose: Whose) -> Any:
        """Of these conversations; where all of an owner or of everybody are meant, they need not be looked up."""
        related: Any = self.model._meta.get_field("messages").related_model
        messages = related._base_manager.using(self.db)
        if whose.owner is not None:
            messages = messages.filter(owner=whose.owner)
        if whose.others:
            messages = messages.filter(conversation__in=inner.order_by().values("pk"))
        return messages

    def _of_hits(self, alias: str) -> dict[str, Any]:
        return {
            **super()._of_hits(alias),
            "hit_message_id": of_hits(alias, "{t}.message_id", UUID7Field()),
            "hit_sequence_number": of_hits(alias, "{t}.sequence_number", models.IntegerField()),
            "hit_text": of_hits(alias, HIT_TEXT, ExactTextField()),
        }

    def _text_of_hit(self, row: Any) -> str:
        text = row.__dict__.pop("hit_text", None)
        return str(row.__dict__.get("title", "") if text is None else text)


def _in_title(query: Query) -> Statement:
    contained, parameters = query.contained("aistore_fold({t}.title)")
    if all(len(text) >= SHORT or not text.isascii() for text in query.wanted):
        return contained, parameters
    return f"{contained} AND {IS_WORD}", [*parameters, query.items]
