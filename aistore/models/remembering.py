"""Remembering: a fact becomes a row, or is found again, in one statement.

Note [Said again]. What is said again adds to what is there and takes nothing away: tags are joined, the higher
importance and the later end hold, question, provenance and metadata fill what is empty. So two who say it at the same
moment leave the same row, whoever was first. Who wants to change a memory saves it.

Note [One chain, one tip]. Superseded memories point to the one that took their place. What supersedes a memory that
is superseded already supersedes the tip of its chain: of two who replace the same fact at the same moment, the later
one replaces what the first has written, and one of the two is current. A trigger refuses circles and other owners
(migration 0005); all who supersede take the lock of the owner first, so that they see each other's links.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import connections, transaction
from django.utils import timezone

from ..exceptions import ForeignMemory, InvalidMemory

if TYPE_CHECKING:
    from .memory import Memory, MemoryQuerySet

IMPORTANCE = 5  # where nothing is said
TRIES = 5  # each after the first needs somebody who stores or deletes the same fact at this very moment

SAME = r"md5(lower(TRIM(BOTH FROM regexp_replace({0}, '\s+', ' ', 'g'))))"  # as the constraint memory_once has it

# Note [Said again], of the row m and what is said, g.
ADDED = {
    "question": "CASE WHEN m.question = '' THEN {g}.question ELSE m.question END",
    "conversation_id": """CASE WHEN m.conversation_id IS NULL AND m.message_id IS NULL
                               THEN {g}.conversation_id ELSE m.conversation_id END""",
    "message_id": """CASE WHEN m.conversation_id IS NULL AND m.message_id IS NULL
                          THEN {g}.message_id ELSE m.message_id END""",
    "tags": "m.tags || ARRAY(SELECT tag FROM unnest({g}.tags) AS tag WHERE tag <> ALL (m.tags))",
    "importance": "greatest(m.importance, %(said)s::smallint)",
    "metadata": "{g}.metadata || m.metadata",
    "expires_at": """CASE WHEN m.expires_at <= %(now)s THEN {g}.expires_at
                          WHEN m.expires_at IS NULL OR {g}.expires_at IS NULL THEN m.expires_at
                          ELSE greatest(m.expires_at, {g}.expires_at) END""",
}
BEFORE = ", ".join(f"m.{column}" for column in ADDED)


def _after(given: str) -> str:
    return ", ".join(expression.format(g=given) for expression in ADDED.values())


# A fact that is known, with nothing to add, is only read. ``stored`` is empty when the row that stands in the way was
# committed after this statement began, and has nothing to add: the next try sees it.
REMEMBER = f"""
WITH RECURSIVE given AS MATERIALIZED (
    SELECT {{values}}
), known AS MATERIALIZED (
    SELECT m.* FROM aistore_memory AS m
    WHERE m.owner_id = %(owner_id)s::{{owner}} AND m.superseded_by_id IS NULL
      AND {SAME.format("m.content")} = {SAME.format("%(content)s::text")}
), made AS (
    INSERT INTO aistore_memory AS m ({{columns}})
    SELECT {{columns}} FROM given
    WHERE NOT EXISTS (SELECT FROM known AS m, given AS g WHERE ({BEFORE}) IS NOT DISTINCT FROM ({_after("g")}))
    ON CONFLICT (owner_id, ({SAME.format("content")})) WHERE superseded_by_id IS NULL
    DO UPDATE SET ({", ".join(ADDED)}, updated_at) = ROW({_after("excluded")}, excluded.updated_at)
    WHERE ({BEFORE}) IS DISTINCT FROM ({_after("excluded")})
    RETURNING {{own}}
), stored AS (
    SELECT made.*, true AS is_written FROM made
    UNION ALL SELECT {{own}}, false FROM known AS m WHERE NOT EXISTS (SELECT FROM made)
), chain (id, superseded_by_id) AS (
    SELECT m.id, m.superseded_by_id FROM aistore_memory AS m
    WHERE m.id = %(supersedes)s::uuid AND m.owner_id = %(owner_id)s::{{owner}}
    UNION ALL
    SELECT m.id, m.superseded_by_id FROM chain JOIN aistore_memory AS m ON m.id = chain.superseded_by_id
), superseded AS (
    UPDATE aistore_memory AS m SET superseded_by_id = stored.id, updated_at = %(now)s
    FROM stored, chain
    WHERE m.id = chain.id AND m.superseded_by_id IS NULL AND m.id <> stored.id
    RETURNING m.id
)
SELECT stored.*, stored.id = %(id)s::uuid AS is_new, (SELECT count(*) FROM superseded) AS superseded_count,
       (SELECT count(*) FROM chain) AS chain_length
FROM stored"""

CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "content": (lambda it: isinstance(it, str) and bool(it.strip()), "Give the fact as a text."),
    "question": (lambda it: isinstance(it, str), "Give a text."),
    "tags": (
        lambda it: isinstance(it, list) and all(isinstance(tag, str) for tag in it),
        'Give a list of texts, such as ["food"].',
    ),
    "importance": (
        lambda it: it is None or (type(it) is int and 1 <= it <= 10),
        "Give a whole number from 1 to 10.",
    ),
    "metadata": (lambda it: isinstance(it, dict), "Give a dict."),
    "expires_at": (
        lambda it: it is None or (isinstance(it, dt.datetime) and it.tzinfo is not None),
        "Give a datetime with a time zone, such as timezone.now() + timedelta(days=7).",
    ),
}
LOCK = "SELECT aistore_lock_memories(%s::text)"


def remember(memories: MemoryQuerySet, owner: Any, *, supersedes: Any, **fields: Any) -> Memory:
    """The stored row, with ``is_new``, and ``is_written`` and ``superseded_count`` for who tells the cache."""
    memory = _checked(memories.model, owner, fields)
    statement, given = _statement(memories.model, memories.db), _given(memory, memories.db)
    old = getattr(supersedes, "pk", supersedes)
    parameters = given | {
        "now": memory.updated_at,
        "said": fields["importance"],
        "supersedes": None if old is None else _uuid(old, memory.owner_id),
    }
    if old is None:
        return _first(memories, statement, parameters)
    with transaction.atomic(using=memories.db):
        with connections[memories.db].cursor() as cursor:
            cursor.execute(LOCK, [str(memory.owner_id)])
        stored = _first(memories, statement, parameters)
        if not stored.chain_length:  # type: ignore[attr-defined]
            raise ForeignMemory(memory=old, owner=memory.owner_id)
    return stored


def _first(memories: MemoryQuerySet, statement: str, parameters: dict[str, Any]) -> Memory:
    for _ in range(TRIES):
        for memory in memories.model._base_manager.using(memories.db).raw(statement, parameters):
            return memory
    raise InvalidMemory(
        why="others store and delete the same fact at this moment", remedy="Try again."
    )  # pragma: no cover


def _checked(model: type[Memory], owner: Any, fields: dict[str, Any]) -> Memory:
    if isinstance(fields["tags"], Iterable) and not isinstance(fields["tags"], str):
        fields["tags"] = list(fields["tags"])
    for name, (fits, remedy) in CHECKS.items():
        if not fits(fields[name]):
            raise InvalidMemory(why=f"its {name} is {fields[name]!r:.60}", remedy=remedy)
    owner_id = model.owner.field.target_field.get_prep_value(getattr(owner, "pk", owner))
    if owner_id is None:
        raise InvalidMemory(why="it has no owner", remedy="Give a user who is saved.")
    now = timezone.now()
    memory = model(
        owner_id=owner_id,
        question=fields["question"],
        content=fields["content"],
        tags=list(dict.fromkeys(fields["tags"])),
        importance=fields["importance"] or IMPORTANCE,
        metadata=fields["metadata"],
        expires_at=fields["expires_at"],
        created_at=now,
        updated_at=now,
    )
    return _with_provenance(memory, fields["conversation"], fields["message"])


def _with_provenance(memory: Memory, conversation: Any, message: Any) -> Memory:
    """A message says in which conversation it lies; one of somebody else is no place to have learnt it from."""
    for what, given in (("conversation", conversation), ("message", message)):
        if getattr(given, "owner_id", memory.owner_id) != memory.owner_id:
            raise InvalidMemory(
                why=f"{what} {given.pk} is not its owner's", remedy="Give one of his own, or none."
            )
    memory.message_id = getattr(message, "pk", message)
    memory.conversation_id = getattr(conversation, "pk", conversation)
    lies_in = getattr(message, "conversation_id", memory.conversation_id)
    if memory.conversation_id is None:
        memory.conversation_id = lies_in
    elif lies_in != memory.conversation_id:
        raise InvalidMemory(
            why=f"message {memory.message_id} is not in conversation {memory.conversation_id}",
            remedy="Give the message alone.",
        )
    return memory


@cache
def _statement(model: type[Memory], using: str) -> str:
    fields = model._meta.concrete_fields
    kinds = {str(field.column): str(field.db_type(connections[using])) for field in fields}
    return REMEMBER.format(
        values=", ".join(f"%({column})s::{kind} AS {column}" for column, kind in kinds.items()),
        columns=", ".join(kinds),
        own=", ".join(f"m.{column}" for column in kinds),
        owner=kinds["owner_id"],
    )


def _given(memory: Memory, using: str) -> dict[str, Any]:
    """As save() would store them."""
    fields = memory._meta.concrete_fields
    return {
        str(field.column): field.get_db_prep_save(getattr(memory, field.attname), connections[using])
        for field in fields
    }


def _uuid(key: Any, owner_id: Any) -> uuid.UUID:
    try:
        return key if isinstance(key, uuid.UUID) else uuid.UUID(str(key))
    except ValueError:
        raise ForeignMemory(memory=key, owner=owner_id) from None
