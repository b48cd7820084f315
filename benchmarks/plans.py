"""How PostgreSQL answers every list and named query, with 1,000,000 messages.

python -m benchmarks.plans [--messages 1000000]

Fails where a large table is read from end to end, or where a list is sorted that an index has in order.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
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

# What the filters of the admin look for: rare, so that a walk along the list would not find a page of it soon.
RARE = """
WITH few AS (SELECT id FROM aistore_conversation ORDER BY id LIMIT 100),
changed AS (
    UPDATE aistore_conversation SET source = 'chatgpt', tags = '{travel}' WHERE id IN (SELECT id FROM few)
)
UPDATE aistore_message SET rating = 1, status = 'failed', model = 'gpt-5'
WHERE conversation_id IN (SELECT id FROM few) AND sequence_number = 2"""
ADMIN: list[dict[str, str]] = [
    {},
    {"owner": "1"},
    {"model": "gpt-5"},
    {"tag": "travel"},
    {"source": "chatgpt"},
    {"status": "failed"},
    {"rating": "good"},
    {"error": "yes"},
    {"pinned": "yes"},
    {"archived": "yes"},
    {"since": "2026-01-02", "until": "2026-01-03"},
    {"owner": "1", "model": "gpt-5", "rating": "good"},
]


@dataclass(frozen=True)
class Question:
    name: str
    rows: Any  # a queryset
    in_order: bool = False  # of an index, so no more than a few rows are sorted
    large: Sequence[str] = LARGE  # tables that are not to be read from end to end


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
    return [f"{question.name} {fault}." for fault in _faults(found["Plan"], question)]


def _faults(node: dict[str, Any], question: Question) -> Iterator[str]:
    below = node.get("Plans", [])
    if node["Node Type"] == "Seq Scan" and node["Relation Name"] in question.large:
        yield f"reads all of {node['Relation Name']}"
    # a few rows are cheaper to sort than to fetch in order
    if question.in_order and node["Node Type"] == "Sort" and below[0]["Actual Rows"] > FEW:
        yield f"sorts {below[0]['Actual Rows']:,.0f} rows"
    for child in below:
        yield from _faults(child, question)


def questions(data: Data) -> Iterator[Question]:
    yield from _of_conversations(data)
    yield from _of_messages(data)
    yield from _of_the_rest(data)
    yield from _of_the_admin()


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


def _of_the_admin() -> Iterator[Question]:
    """Pages of the list of conversations, as the admin asks for them."""
    from django.contrib import admin
    from django.contrib.auth import get_user_model
    from django.test import RequestFactory

    from aistore.models import Conversation

    shown = admin.site.get_model_admin(Conversation)
    for query in ADMIN:
        request = RequestFactory().get("/", query)
        request.user = get_user_model()(is_superuser=True)
        page = shown.get_changelist_instance(request)
        rows = shown.for_list(request, page.queryset)[: page.list_per_page + 1]
        name = " and ".join(f"{name} {value}" for name, value in query.items())
        # a hundred hits, wherever they lie, are cheaper to join with all conversations: these are few beside messages
        yield Question(f"a page of the admin, {name or 'all'}", rows, large=["aistore_message"])


def _remember() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(MEMORIES)
        cursor.execute(RARE)
        cursor.execute("VACUUM (ANALYZE) aistore_memory, aistore_conversation, aistore_message")


if __name__ == "__main__":
    sys.exit(main())
