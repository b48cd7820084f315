"""Pages by the last row seen: complete, in order, and at the same price at any depth."""

import datetime as dt

import pytest
from django.utils import timezone

from aistore.models import Conversation
from aistore.models.conversation import NEWEST_FIRST
from aistore.models.keyset import after_row, before_row

from .plans import analyze, nodes, plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversations(owner):
    """Fourteen, of which every third is pinned, and of which many were written to at the same moment."""
    now = timezone.now()
    Conversation.objects.bulk_create(
        Conversation(
            owner=owner,
            title=f"{number}",
            is_pinned=number % 3 == 0,
            last_message_at=now - dt.timedelta(minutes=number // 4),
        )
        for number in range(14)
    )
    return list(Conversation.objects.order_by(*NEWEST_FIRST))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 14, 20])
def test_all_pages(owner, conversations, size):
    """Each row once, pinned ones first, whatever the size of the page."""
    seen, page = [], list(Conversation.objects.owned_by(owner).newest(limit=size))
    while page and len(seen) < 20:
        seen += page
        page = list(Conversation.objects.owned_by(owner).newest(limit=size, before=seen[-1]))
    assert seen == conversations


def test_the_page_above(conversations):
    """The same the other way."""
    here = conversations[5]
    above = Conversation.objects.filter(before_row(here, NEWEST_FIRST)).order_by(*NEWEST_FIRST)
    below = Conversation.objects.filter(after_row(here, NEWEST_FIRST)).order_by(*NEWEST_FIRST)
    assert [*above, here, *below] == conversations


def test_the_last_row_has_gone(owner, conversations):
    """A page follows a row that was deleted meanwhile."""
    last = conversations[5]
    Conversation.objects.filter(pk=last.pk).delete()
    assert list(Conversation.objects.owned_by(owner).newest(before=last)) == conversations[6:]


def test_ascending(conversations):
    order = [name.removeprefix("-") for name in NEWEST_FIRST]
    rows = Conversation.objects.filter(after_row(conversations[5], order)).order_by(*order)
    assert list(rows) == conversations[4::-1]


@pytest.fixture
def many(owner):
    now = timezone.now()
    times = [now - dt.timedelta(minutes=number) for number in range(1500)]
    Conversation.objects.bulk_create(
        Conversation(owner=owner, is_pinned=number < 5, is_archived=number % 50 == 0, last_message_at=time)
        for number, time in enumerate(times)
    )
    analyze()
    return list(Conversation.objects.order_by(*NEWEST_FIRST))


def test_the_index_serves_every_page(owner, many):
    """No sort, and no more rows read than shown, on the first page and deep down."""
    for before in (None, many[2], many[700]):
        top = plan(Conversation.objects.owned_by(owner).newest(limit=20, before=before), "ANALYZE")
        [scan] = [node for node in nodes(top) if "Index Name" in node]
        assert scan["Index Name"] == "conversation_newest"
        assert (scan["Actual Rows"], scan.get("Rows Removed by Filter", 0)) == (20, 0)
        assert "Sort" not in {node["Node Type"] for node in nodes(top)}


def test_active_ones_skip_few(owner, many):
    top = plan(Conversation.objects.owned_by(owner).active().newest(limit=20, before=many[700]), "ANALYZE")
    [scan] = [node for node in nodes(top) if "Index Name" in node]
    assert scan["Index Name"] == "conversation_newest"
    assert scan.get("Rows Removed by Filter", 0) < 5


def test_archived_ones_have_an_index(owner, many):
    """They would be too far apart in the other one."""
    top = plan(Conversation.objects.owned_by(owner).archived().newest(limit=20), "ANALYZE")
    [scan] = [node for node in nodes(top) if "Index Name" in node]
    assert scan["Index Name"] == "conversation_archived"


def test_the_list_of_all_owners(many):
    """The admin's."""
    top = plan(Conversation.objects.order_by("-last_message_at", "-pk")[:20], "ANALYZE")
    assert {node.get("Index Name") for node in nodes(top)} >= {"conversation_latest"}
