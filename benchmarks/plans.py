"""How PostgreSQL answers every list and named query, with 1,000,000 messages.

python -m benchmarks.plans [--messages 1000000]

Fails where a large table is read from end to end, or where a list is sorted that an index has in order.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import server

if TYPE_CHECKING:
    from .data import Data

LARGE = ("aistore_message", "aistore_conversation", "aistore_memory")
FEW = 50  # rows
MEMORIES = """
INSERT INTO aistore_memory (id, owner_id, question, content, tags, importance, metadata, created_at, updated_at)
SELECT gen_random_uuid(), u.id, '', 'Fact ' || n || ' of ' || u.id, ARRAY['tag' || n % 50], 5, '{}',
       now() - make_interval(mins => n), now()
FROM auth_user AS u, generate_series(1, 500) AS n"""


@dataclass(frozen=True)
class Question:
    name: str
    rows: Any  # a queryset
    in_order: bool = False  # of an index, so no more than a few rows are sorted


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m benchmarks.plans", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    server.set_up()
    from . import data

    with server.databases("default"):
        filled = data.fill("default", options.messages)
        _remember()
        wrong = [fault for question in questions(filled) for fault in explain(question)]
    print("\n" + ("\n".join(wrong) or "Every question is answered by an index."))
    return 1 if wrong else 0


def explain(question: Question) -> list[str]:
    print(f"\n== {question.name}\n{question.rows.explain(analyze=True, buffers=True)}", flush=True)
    [found] = json.loads(question.rows.explain(analyze=True, format="json"))
    return [f"{question.name} {fault}." for fault in _faults(found["Plan"], in_order=question.in_order)]


def _faults(node: dict[str, Any], *, in_order: bool) -> Iterator[str]:
    below = node.get("Plans", [])
    if node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE:
        yield f"reads all of {node['Relation Name']}"
    # a few rows are cheaper to sort than to fetch in order
    if in_order and node["Node Type"] == "Sort" and below[0]["Actual Rows"] > FEW:
        yield f"sorts {below[0]['Actual Rows']:,.0f} rows"
    for child in below:
        yield from _faults(child, in_order=in_order)


def questions(data: Data) -> Iterator[Question]:
    yield from _of_conversations(data)
    yield from _of_messages(data)
    yield from _of_the_rest(data)


def _of_conversations(data: Data) -> Iterator[Question]:
    from aistore.models import Conversation

    rows = Conversation.objects.owned_by(data.users[0])
    page = list(rows.newest(limit=50))
    yield Question("newest 20 of an owner", rows.newest(limit=20), in_order=True)
    yield Question("the page after the 50th", rows.newest(limit=20, before=page[-1]), in_order=True)
    yield Question("newest 20 that are not archived", rows.active().newest(limit=20), in_order=True)
    yield Question("newest 20 that are archived", rows.archived().newest(limit=20), in_order=True)
    yield Question("newest 20 that are pinned", rows.pinned().newest(limit=20), in_order=True)
    yield Question("newest 20 with a tag", rows.filter(tags__contains=["travel"]).newest(limit=20))
    latest = Conversation.objects.order_by("-last_message_at", "-id")
    yield Question("latest 100 of all owners", latest[:100], in_order=True)
    yield Question("one of an import", rows.filter(source="chatgpt", external_id="1"))


def _of_messages(data: Data) -> Iterator[Question]:
    from aistore.models import Message

    rows = Message.objects.in_conversation(data.conversations[len(data.conversations) // 2])
    middle = rows.get(sequence_number=25)
    yield Question("all of a conversation", rows.order_by("sequence_number"))
    yield Question("last 10", rows.last(10))
    yield Question("10 before the 40th", rows.before(40, 10))
    yield Question("the last 10 of the path", rows.path(last=10))
    yield Question("the whole path", rows.path())
    yield Question("the path to a message", rows.path(to=middle))
    yield Question("siblings", middle.siblings())
    yield Question("one by its key", rows.filter(external_id="request-1"))
    yield Question("those that are being written", rows.filter(status="streaming"))
    yield Question("usage of a conversation", rows.usage(by="model"))


def _of_the_rest(data: Data) -> Iterator[Question]:
    from aistore.models import AuditEntry, Memory, Upload

    memories, newest = Memory.objects.owned_by(data.users[0]), ("-created_at", "-id")
    yield Question("newest 20 memories of an owner", memories.order_by(*newest)[:20], in_order=True)
    yield Question("memories with a tag", memories.tagged("tag7"))
    yield Question("latest 100 memories", Memory.objects.order_by(*newest)[:100], in_order=True)
    yield Question(
        "newest 20 uploads of an owner", Upload.objects.owned_by(data.users[0]).order_by(*newest)[:20]
    )
    yield Question("uploads that wait", Upload.objects.pending().order_by("created_at")[:20])
    yield Question("latest 100 audit entries", AuditEntry.objects.order_by("-at", "-id")[:100])


def _remember() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(MEMORIES)
        cursor.execute("VACUUM (ANALYZE) aistore_memory")


if __name__ == "__main__":
    sys.exit(main())
