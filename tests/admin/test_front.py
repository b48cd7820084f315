"""The box on the front page."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from aistore.admin import front
from aistore.models import Conversation, Message
from tests.models.plans import nodes

from .conftest import address, line
from .page import Page

INDEX, APP = "/admin/", "/admin/aistore/"
both = pytest.mark.parametrize("path", [INDEX, APP])


@both
def test_the_box(read, conversation, path):
    """Activity, newest, failed, storage and health, on the front page of the project and on that of the app."""
    message = conversation.append("user", "x")
    wrong = conversation.append("assistant", "y", status="failed", model="gpt-5")
    page = read(path)
    assert page.href("Trip to Hue") == address(conversation)
    assert page.href("failed gpt-5") == address(conversation, f"?at={wrong.sequence_number}#message-2")
    assert "1 conversation begun" in page.text
    assert "2 messages" in page.text
    assert "PostgreSQL" in page.text
    assert "answers, " in page.text
    assert message.sequence_number == 1


def test_by_day(conversation):
    """The last thirty days, today last; a conversation is counted on the day of its first message."""
    line(conversation, 3)
    yesterday = timezone.now() - timedelta(days=1)
    Message.objects.filter(sequence_number=1).update(created_at=yesterday)
    activity = front._activity("default")
    assert [counts for _day, *counts in activity.days[-3:]] == [[0, 0], [1, 0], [0, 2]]
    assert (len(activity.days), activity.conversations, activity.messages) == (30, 1, 3)
    assert activity.days[-1][0] == timezone.localdate()


def test_days_are_those_of_the_reader(conversation):
    """Midnight is where his clock says so."""
    line(conversation, 1)
    Message.objects.update(created_at=timezone.now().replace(hour=23, minute=30) - timedelta(days=2))
    with timezone.override("Pacific/Kiritimati"):  # fourteen hours ahead
        here = {day for day, *counts in front._activity("default").days if any(counts)}
    there = {day for day, *counts in front._activity("default").days if any(counts)}
    assert next(iter(here)) - next(iter(there)) == timedelta(days=1)


def test_without_time_zones(conversation, settings):
    """A project that keeps local times has days as well."""
    settings.USE_TZ = False
    assert len(front._activity("default").days) == 30


def test_the_index_alone(conversation):
    """Messages are counted without being read, and never more than so many."""
    line(conversation, 2000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE aistore_message")
        cursor.execute(
            "SET LOCAL enable_seqscan = off"
        )  # two thousand rows are cheaper to read than to look up
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        sql = front.ACTIVITY.format(day="created_at::date")
        values = {"since": timezone.now() - timedelta(days=30), "until": timezone.now(), "most": 1000}
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", values)
        (found,) = cursor.fetchone()
    used = {node["Node Type"]: node for node in nodes(found[0]["Plan"])}
    assert used["Index Only Scan"]["Index Name"] == "message_created"
    assert "Limit" in used


def test_it_ends_somewhere(conversation, monkeypatch, read):
    """Of very many messages the newest are counted, and it is said."""
    monkeypatch.setattr(front, "MOST_MESSAGES", 2)
    line(conversation, 3)
    assert front._activity("default").is_cut
    assert "counted as far back" in read(INDEX).text


def test_the_price(admin_client, conversation, django_assert_max_num_queries):
    """Four queries for the box, and what Django asks for itself."""
    line(conversation, 3)
    with django_assert_max_num_queries(7):
        admin_client.get(INDEX)


def test_nothing_for_who_may_see_nothing(staff, conversation):
    """The front page of somebody without a right of ours is Django's own."""
    assert "aistore-front" not in staff("view_user").get(INDEX).content.decode()


def test_figures_alone(staff, conversation):
    """Who may see the reports and not the list sees no row."""
    html = staff("view_reports", "view_user").get(INDEX).content.decode()
    assert "The last 30 days" in html
    assert str(conversation.pk) not in html


def test_a_failed_tool(read, conversation):
    """Counts as failed, too."""
    result = {"type": "tool_result", "id": "1", "is_error": True, "content": []}
    conversation.append("tool", "", parts=[result], tool_call_id="1")
    assert "tool failed" in read(INDEX).text


def test_a_cache_that_is_off(settings):
    """Is said, not hidden."""
    settings.AISTORE = {"CACHE_ALIAS": None}
    health = front._health("default", 0.001)
    assert not health.is_cache_well
    assert "does not answer" in health.cache


def test_an_empty_store(read, db):
    """The first look of a newcomer."""
    text = read(INDEX).text
    assert "No conversations yet." in text
    assert "Nothing failed." in text
    assert not Conversation.objects.exists()


@both
def test_one_front_page(admin_client, conversation, path):
    """The box is there once."""
    assert Page(admin_client.get(path)).html.count('class="aistore-front"') == 1
