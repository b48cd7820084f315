"""The named queries behind ``.cached``: fixed SQL on a miss, records in every case."""

from __future__ import annotations

import hashlib
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.db import router
from django.utils import timezone
from django.utils.safestring import SafeString

from .. import statements
from ..cache import stamps
from ..cache.announcing import forget_now, sees_its_own
from ..cache.reading import OF_OWNER, Loaded, Unit, read
from ..cache.records import Codec, ConversationRecord, MemoryRecord, MessageRecord, Record
from ..cache.users import key_field
from ..conf import settings
from ..search.query import Query, parse
from ..search.snippets import snippet
from . import candidates, last_used
from .telling import lists_of, memories_of, unit_of
from .whose import owner_type

if TYPE_CHECKING:
    from .conversation import Conversation

CONVERSATIONS = Codec.of(ConversationRecord)
MESSAGES = Codec.of(MessageRecord)

WHOLE = 2**31 - 1  # rows

# The statement itself says whether its rows may be shared: rule 4 of Note [Stamps are leases].
SHAREABLE = """pg_current_xact_id_if_assigned() IS NULL AND NOT pg_is_in_recovery()
    AND (current_setting('transaction_isolation') = 'read committed' OR now() = statement_timestamp())"""
STATE = f"c.version, c.nonce, c.edits, {SHAREABLE}"


def _columns(record: type[Record], table: str) -> str:
    return ", ".join(
        f"{table}.{name.removesuffix('_text')}{'::text' if name.endswith('_text') else ''}"
        for name in record.__struct_fields__
    )


ONE = f"SELECT {STATE}, {_columns(ConversationRecord, 'c')} FROM aistore_conversation AS c WHERE c.id = %s"
LAST = f"""
SELECT {STATE}, {_columns(MessageRecord, "m")}
FROM aistore_conversation AS c
LEFT JOIN LATERAL (SELECT * FROM aistore_message WHERE conversation_id = c.id
                   ORDER BY sequence_number DESC LIMIT %s) AS m ON true
WHERE c.id = %s
ORDER BY m.sequence_number"""
PATH = f"""
SELECT {STATE}, {_columns(MessageRecord, "m")}
FROM aistore_conversation AS c
LEFT JOIN LATERAL (
    WITH RECURSIVE path (id, parent_id, steps) AS (
        SELECT id, parent_id, 1 FROM aistore_message WHERE id = c.head_id
        UNION ALL
        SELECT above.id, above.parent_id, path.steps + 1
        FROM path JOIN aistore_message AS above ON above.id = path.parent_id WHERE path.steps < %s
    ) SELECT aistore_message.* FROM path JOIN aistore_message ON aistore_message.id = path.id
) AS m ON true
WHERE c.id = %s
ORDER BY m.sequence_number"""
NEWEST = f"""
SELECT 0, 0, 0, s.shareable, {_columns(ConversationRecord, "c")}
FROM (SELECT {SHAREABLE} AS shareable) AS s
LEFT JOIN (SELECT * FROM aistore_conversation WHERE owner_id = %s
           ORDER BY is_pinned DESC, last_message_at DESC, id DESC LIMIT %s) AS c ON true
ORDER BY c.is_pinned DESC, c.last_message_at DESC, c.id DESC"""


OWNED = {
    sql: sql.replace("WHERE c.id = %s", "WHERE c.id = %s AND c.owner_id = %s") for sql in (ONE, LAST, PATH)
}

# One parameter for the query, one for the owner; what a fragment needs beside stands in {exact}.
FOUND = f"""
SELECT 0, 0, 0, s.shareable, {_columns(MemoryRecord, "m")}, m.rank
FROM (SELECT {SHAREABLE} AS shareable, aistore_query(%s::text[]) AS query) AS s
LEFT JOIN LATERAL (
    SELECT t.*, {{rank}} AS rank FROM aistore_memory AS t
    WHERE t.owner_id = %s::{{owner_type}} AND t.superseded_by_id IS NULL
      AND (t.expires_at IS NULL OR t.expires_at > statement_timestamp()) AND {{condition}}
    ORDER BY rank DESC, t.id DESC LIMIT %s
) AS m ON true
ORDER BY m.rank DESC, m.id DESC"""
BY_WORDS = "t.words @@ s.query"
MEMORY = candidates.TABLES["aistore_memory"]

ANYBODY: Any = object()  # as owner: whoever asks. None is nobody, as of a visitor who has not logged in


class Cached:
    """What ``objects.cached`` is: the named queries that answer with records."""

    def __init__(self, model: type[Any], using: str | None = None) -> None:
        # From where it is written, never from a replica, which may not have heard yet of what the cache was told.
        self._using = using or router.db_for_write(model)

    def _read(self, unit: Unit, query: str, codec: Codec, seconds: float, sql: str, *parameters: Any) -> Any:
        def load() -> Loaded:
            return self._loaded(statements.fetch_all(self._using, sql, parameters), unit, codec.record)

        return read(unit, query, codec, seconds, load, bypass=sees_its_own(self._using))

    def _read_one(
        self, key: uuid.UUID, query: str, codec: Codec, seconds: float, sql: str, *parameters: Any, owner: Any
    ) -> Any:
        """Of one conversation. With an owner his key is in the entry's and in the SQL: what was read for one is never
        found by another."""
        unit = unit_of(key, self._using)
        if owner is ANYBODY:
            return self._read(unit, query, codec, seconds, sql, *parameters, key)
        owner_key = _key(owner)
        if owner_key is None:
            raise _does_not_exist(unit)
        of_owner = f"{query}{OF_OWNER}{owner_key}"
        return self._read(unit, of_owner, codec, seconds, OWNED[sql], *parameters, key, owner_key)

    def _loaded(self, rows: list[tuple[Any, ...]], unit: Unit, record: type[Record]) -> Loaded:
        if not rows and unit.has_state:
            raise _does_not_exist(unit)
        state = stamps.state(*rows[0][:3]) if unit.has_state else None
        records = tuple(_record(record, row[4:]) for row in rows if row[4] is not None)
        return Loaded(records, state, rows[0][3])


class CachedConversations(Cached):
    def get(self, conversation_id: Any, *, owner: Any = ANYBODY) -> ConversationRecord:
        """30 minutes. Another owner's conversation is DoesNotExist, as a missing one is."""
        key = _existing(conversation_id)
        seconds = float(settings.CONVERSATION_TTL)
        [record] = self._read_one(key, "get", CONVERSATIONS, seconds, ONE, owner=owner)
        return record

    def newest(self, owner: Any, *, limit: int = 20) -> tuple[ConversationRecord, ...]:
        """30 minutes; in the order of the queryset's newest()."""
        key, limit, seconds = _key(owner), _count(limit), float(settings.CONVERSATION_TTL)
        if key is None or not limit:
            return ()
        unit = lists_of(key, self._using)
        return self._read(unit, f"newest:{limit}", CONVERSATIONS, seconds, NEWEST, key, limit)

    aget = sync_to_async(get)
    anewest = sync_to_async(newest)


class CachedMessages(Cached):
    def last(
        self, conversation_id: Any, count: int = 50, *, owner: Any = ANYBODY
    ) -> tuple[MessageRecord, ...]:
        """The last messages of all branches, oldest first. 30 minutes."""
        return self._of(conversation_id, f"last:{_count(count)}", LAST, _count(count), owner)

    def path(
        self, conversation_id: Any, *, last: int | None = None, owner: Any = ANYBODY
    ) -> tuple[MessageRecord, ...]:
        """From the root to the head; the ``last`` ones only. 30 minutes."""
        steps = WHOLE if last is None else _count(last)
        return self._of(conversation_id, f"path:{steps}", PATH, steps, owner)

    def _of(self, conversation_id: Any, query: str, sql: str, count: int, owner: Any) -> Any:
        key = _existing(conversation_id)
        if not count:
            CachedConversations(_conversations(), self._using).get(key, owner=owner)
            return ()
        return self._read_one(key, query, MESSAGES, float(settings.MESSAGE_TTL), sql, count, owner=owner)

    alast = sync_to_async(last)
    apath = sync_to_async(path)


class FoundMemory(MemoryRecord, frozen=True, array_like=True, gc=False):
    """A record of a memory that a search found."""

    rank: float
    words: str

    @property
    def snippet(self) -> SafeString:
        """Made at each access: HTML that came out of the cache would not be safe."""
        return snippet(self.content, parse(self.words))


FOUND_MEMORIES = Codec.of(FoundMemory)


class CachedMemories(Cached):
    def search(self, owner: Any, words: str, *, limit: int = 10) -> tuple[FoundMemory, ...]:
        """As the queryset's owned_by(owner).search(words); 2 hours. What has expired meanwhile is not among it."""
        key, limit, query, seconds = _key(owner), _count(limit), parse(words), float(settings.SEARCH_TTL)
        if key is None or not limit or not query:
            return ()

        def load() -> Loaded:
            rows = self._found(query, key, limit, by_words=True)
            if rows[0][4] is None:
                rows = self._found(query, key, limit, by_words=False)
            return self._loaded([(*row, query.text) for row in rows], unit, FoundMemory)

        unit, name = memories_of(key, self._using), f"search:{limit}:{_digest(query)}"
        asked = partial(read, unit, name, FOUND_MEMORIES, seconds, load, bypass=sees_its_own(self._using))
        records = asked()
        found = _current(records)
        if len(found) < len(records):  # others take the places of those that have expired since
            forget_now(unit)
            found = _current(asked())
        last_used.note(self._using, found)
        return found

    def _found(self, query: Query, owner_key: Any, limit: int, *, by_words: bool) -> list[tuple[Any, ...]]:
        rank, of_rank = candidates.rank_of(query, MEMORY, "s.query")
        condition, more = (
            (query.exact(MEMORY.folded) or ("true", [])) if by_words else query.contained(MEMORY.folded)
        )
        if by_words:
            condition = f"{BY_WORDS} AND {condition}"
        sql = FOUND.format(rank=rank, condition=condition, owner_type=owner_type(self._using)).replace(
            "{t}", "t"
        )
        return statements.fetch_all(self._using, sql, [query.items, *of_rank, owner_key, *more, limit])

    asearch = sync_to_async(search)


def _current(records: tuple[FoundMemory, ...]) -> tuple[FoundMemory, ...]:
    now = timezone.now()
    return tuple(record for record in records if record.expires_at is None or record.expires_at > now)


def _digest(query: Query) -> str:
    return hashlib.blake2b("\0".join(query.items).encode(), digest_size=16).hexdigest()


def _record(record: type[Record], values: tuple[Any, ...]) -> Record:
    return record(*[tuple(value) if isinstance(value, list) else value for value in values])


def _count(value: Any) -> int:
    if not 0 <= (count := int(value)) <= WHOLE:
        raise ValueError(f"{count} rows cannot be asked for: give a number from 0 to {WHOLE}.")
    return count


def _key(owner: Any) -> Any:
    """As PostgreSQL has it. Errors as of ``filter(owner=…)``."""
    return key_field().get_prep_value(getattr(owner, "pk", owner))


def _existing(conversation: Any) -> uuid.UUID:
    key = getattr(conversation, "pk", conversation)
    try:
        return key if isinstance(key, uuid.UUID) else uuid.UUID(str(key))
    except ValueError:
        raise _conversations().DoesNotExist(f"{str(key)[:80]!r} is no id of a conversation.") from None


def _does_not_exist(unit: Unit) -> Exception:
    return _conversations().DoesNotExist(
        f"There is no conversation {uuid.UUID(unit.id)} that may be read here."
    )


def _conversations() -> type[Conversation]:
    from django.apps import apps

    return apps.get_model("aistore", "Conversation")
