"""Proof on a live database that the rows are what the models promise, and that each upload has its file.

Every statement sees one moment, and an append changes number, counter and head in one transaction, so writers may
go on meanwhile. Conversations are read in batches by id: the memory is that of one batch, whatever the size.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections, router, transaction

from .models import Conversation, Message, Upload
from .models.tool_calls import open_calls
from .models.unmatched import files_without_upload, uploads_without_file

BATCH = 2000  # conversations
SHOWN = 100  # findings; the rest is only counted

UPPER = "SELECT id FROM aistore_conversation WHERE id > %(lower)s ORDER BY id LIMIT 1 OFFSET %(offset)s"
FIRST, LAST = uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)

# One line for each conversation that breaks a rule, with all that is needed to say which. One pass over the messages
# of the batch: a LATERAL for each conversation is as good with statistics, and took minutes right after an import.
BROKEN = """
SELECT c.id, c.message_count, coalesce(m.count, 0), coalesce(m.lowest, 1), coalesce(m.highest, 0), c.head_id,
       m.latest, c.last_message_at, coalesce(m.backwards, 0)
FROM aistore_conversation AS c
LEFT JOIN (
    SELECT m.conversation_id, count(*) AS count, min(m.sequence_number) AS lowest,
           max(m.sequence_number) AS highest, max(m.created_at) AS latest,
           count(*) FILTER (WHERE m.parent_id IS NOT NULL
                                  AND (parent.sequence_number < m.sequence_number) IS NOT TRUE) AS backwards
    FROM aistore_message AS m
    LEFT JOIN aistore_message AS parent
        ON parent.conversation_id = m.conversation_id AND parent.id = m.parent_id
        AND parent.conversation_id > %(lower)s AND parent.conversation_id <= %(upper)s
    WHERE m.conversation_id > %(lower)s AND m.conversation_id <= %(upper)s
    GROUP BY m.conversation_id
) AS m ON m.conversation_id = c.id
LEFT JOIN aistore_message AS head ON head.conversation_id = c.id AND head.id = c.head_id
WHERE c.id > %(lower)s AND c.id <= %(upper)s
  AND (c.message_count <> coalesce(m.count, 0) OR m.lowest <> 1 OR m.highest <> m.count OR m.backwards > 0
       OR (m.count IS NULL) <> (head.id IS NULL) OR (m.count IS NULL AND c.head_id IS NOT NULL)
       OR m.latest <> c.last_message_at)
ORDER BY c.id"""

# Where tool calls can be open, or are said to be: the head is a call or a result.
CALLING = """
SELECT c.id, c.head_id, c.open_tool_calls
FROM aistore_conversation AS c LEFT JOIN aistore_message AS head ON head.id = c.head_id
WHERE c.id > %(lower)s AND c.id <= %(upper)s
  AND (c.open_tool_calls <> '{}' OR head.role = 'tool' OR head.tool_calls <> '[]')
ORDER BY c.id"""

COUNT = """
SELECT count(*), coalesce(sum(message_count), 0) FROM aistore_conversation WHERE id > %(lower)s AND id <= %(upper)s"""

STRAY = """
SELECT count(*) FROM aistore_message AS m
WHERE (SELECT c.id FROM aistore_conversation AS c WHERE c.id = m.conversation_id) IS NULL"""  # one by one, as above

MISSING_RULES = """
SELECT name FROM unnest(%(rules)s::text[]) AS name
WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conname = name AND convalidated)
ORDER BY name"""
RULES = [
    "conversation_head_its_own",
    "message_conversation",
    "message_number_from_one",
    "message_number_once",
    "message_of_conversation",
    "message_parent_not_itself",
    "message_parent_same_conversation",
]


@dataclass(frozen=True)
class Finding:
    rule: str  # numbers, counter, head, parents, last_message_at, open_tool_calls, constraint, stray, …
    conversation: str  # its id; empty where the finding is not about one
    detail: str


@dataclass(frozen=True)
class DataReport:
    conversations: int
    messages: int
    uploads: int
    findings: tuple[Finding, ...]  # the first SHOWN
    found: dict[str, int]  # rule -> how often

    @property
    def is_sound(self) -> bool:
        return not self.found


def check_data(
    *, using: str | None = None, files: bool = True, on_progress: Callable[[int], None] | None = None
) -> DataReport:
    """Read everything once. ``on_progress`` is told how many conversations each batch had. ``using``: another
    database than the live one; ``files=False``: the rows alone, where the files of uploads are not those of it."""
    using = using or router.db_for_read(Conversation)
    shown: list[Finding] = []
    found: Counter[str] = Counter()
    conversations = messages = 0
    for finding in _of_the_database(using):
        found[finding.rule] += 1
        shown.append(finding)
    for lower, upper in _batches(using):
        [(count, total)] = _rows(using, COUNT, lower=lower, upper=upper)
        conversations, messages = conversations + count, messages + int(total)
        for finding in _of_the_batch(using, lower, upper):
            found[finding.rule] += 1
            if len(shown) < SHOWN:
                shown.append(finding)
        if on_progress:
            on_progress(count)
    for finding in _of_the_files(using) if files else ():
        found[finding.rule] += 1
        if len(shown) < SHOWN:
            shown.append(finding)
    uploads = Upload.objects.using(using).count()
    return DataReport(conversations, messages, uploads, tuple(shown), dict(found))


def _batches(using: str) -> Iterator[tuple[uuid.UUID, uuid.UUID]]:
    lower = FIRST
    while rows := _rows(using, UPPER, lower=lower, offset=BATCH - 1):
        yield lower, rows[0][0]
        lower = rows[0][0]
    yield lower, LAST


def _of_the_database(using: str) -> Iterator[Finding]:
    for (name,) in _rows(using, MISSING_RULES, rules=RULES):
        detail = f"{name} is missing or not validated; restore it from the migrations"
        yield Finding("constraint", "", detail)
    [(stray,)] = _rows(using, STRAY)
    if stray:
        yield Finding("stray", "", f"{stray} messages have no conversation")


def _of_the_batch(using: str, lower: uuid.UUID, upper: uuid.UUID) -> Iterator[Finding]:
    for row in _rows(using, BROKEN, lower=lower, upper=upper):
        yield from _broken(*row)
    for conversation_id, head_id, said in _rows(using, CALLING, lower=lower, upper=upper):
        path = (
            Message.objects.using(using).in_conversation(conversation_id).path(to=head_id) if head_id else ()
        )
        opens = open_calls(path)
        # the statements of a batch see different moments, so a difference is looked at once more
        if opens != said and _still(using, conversation_id, head_id, said):
            detail = f"the path leaves {opens} open, the conversation says {said}"
            yield Finding("open_tool_calls", str(conversation_id), detail)


def _broken(
    conversation_id: uuid.UUID,
    message_count: int,
    count: int,
    lowest: int,
    highest: int,
    head_id: Any,
    latest: Any,
    last_message_at: Any,
    backwards: int,
) -> Iterator[Finding]:
    name = str(conversation_id)
    if lowest != 1 or highest != count:
        yield Finding("numbers", name, f"{count} messages are numbered from {lowest} to {highest}")
    if message_count != count:
        yield Finding("counter", name, f"message_count is {message_count}, there are {count}")
    if backwards:
        yield Finding("parents", name, f"{backwards} messages do not answer an older one of it")
    if latest != last_message_at and latest is not None:
        yield Finding("last_message_at", name, f"it is {last_message_at}, the last message is of {latest}")
    if not any((lowest != 1, highest != count, message_count != count, backwards, latest != last_message_at)):
        yield Finding("head", name, f"the head {head_id} is not one of its {count} messages")


def _of_the_files(using: str) -> Iterator[Finding]:
    uploads = Upload.objects.using(using)
    for name in files_without_upload(uploads):
        yield Finding("stray_file", "", f"{name} is of no upload; aistore_purge removes it")
    for upload in uploads_without_file(uploads):
        detail = (
            f"the file of upload {upload.pk} is not there; store its bytes again, or take it from a backup"
        )
        yield Finding("missing_file", str(upload.conversation_id or ""), detail)


def _still(using: str, conversation_id: uuid.UUID, head_id: Any, said: list[str]) -> bool:
    rows = Conversation.objects.using(using).filter(pk=conversation_id, head=head_id)
    return rows.filter(open_tool_calls=said).exists()


def _rows(using: str, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """Joined by hash or merge: right after an import the statistics may say that there are no rows at all, and the
    loop that is best for none took minutes for 60,000."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(sql, parameters)
        rows = cursor.fetchall()
        cursor.execute("SET LOCAL enable_nestloop = DEFAULT")
    return rows
