import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType

from aistore.models import Conversation

from .page import assert_inert

ADDRESS = "/admin/aistore/conversation/performance/"


@pytest.fixture
def right(db):
    content_type = ContentType.objects.get_for_model(Conversation)
    values = {"codename": "view_reports", "content_type": content_type}
    return Permission.objects.get_or_create(**values, defaults={"name": "Can see the reports"})[0]


def test_shows_the_report(read):
    """What the command prints, for a superuser."""
    page = read(ADDRESS)
    assert page.status == 200
    assert "aistore_conversation" in page.text
    assert "database that does not answer: 0 (limit 0)" in page.text


def test_needs_the_right(staff, right):
    """Staff see it by the right to see reports, and by no other."""
    assert staff("view_reports").get(ADDRESS).status_code == 200
    assert staff("view_conversation", "view_message").get(ADDRESS).status_code == 403


def test_nobody_else(client, db):
    """Who is not signed in is sent to sign in."""
    assert client.get(ADDRESS).status_code == 302


def test_runs_under_a_strict_policy(read, conversation):
    """No script and no style of its own, nothing from elsewhere."""
    page = read(ADDRESS)
    assert_inert(page)
    assert "style" not in {name for name, _ in page.tags}


def test_how_far_back(read):
    """The chosen time is marked; what is no time is answered with one line, and the last hour."""
    assert "last day" in read(f"{ADDRESS}?since=1d").text
    page = read(f"{ADDRESS}?since=100y")
    assert "'100y' is no time from 1m to 1d" in page.text
    assert "last hour" in page.text


def test_only_reads(admin_client):
    assert admin_client.post(ADDRESS).status_code == 405
