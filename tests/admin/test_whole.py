"""One message whole, to be saved."""

import json

import pytest

from aistore.models import AuditEntry

HOSTILE = "<script>alert(1)</script>\x00\ud83d"


def whole(client, conversation, name):
    return client.get(f"/admin/aistore/conversation/{conversation.pk}/message/{name}")


def test_text(admin_client, conversation):
    """Ten million characters, as text, never as a page."""
    conversation.append("user", HOSTILE + "x" * 10_000_000)
    response = whole(admin_client, conversation, "1.txt")
    assert len(response.content) > 10_000_000
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="message-1.txt"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_json(admin_client, conversation):
    """Everything that is stored, to the character."""
    conversation.append("user", HOSTILE, metadata={"a": 1}, parts=[{"type": "text", "text": HOSTILE}])
    stored = json.loads(whole(admin_client, conversation, "1.json").content)
    assert (stored["content"], stored["parts"][0]["text"], stored["metadata"]) == (HOSTILE, HOSTILE, {"a": 1})


def test_it_is_recorded(admin_client, conversation):
    """Saving is reading."""
    conversation.append("user", "x")
    whole(admin_client, conversation, "1.txt")
    assert AuditEntry.objects.get().action == "read"


@pytest.mark.parametrize("rights", [(), ("view_conversation",), ("view_message",)])
def test_without_the_right_to_read(staff, conversation, rights):
    """Neither listing alone nor reading alone is enough."""
    conversation.append("user", "x")
    assert whole(staff(*rights), conversation, "1.txt").status_code == 403


@pytest.mark.parametrize("name", ["2.txt", "99999999999.json", "x.txt", "1.html"])
def test_no_such_message(admin_client, conversation, name):
    """Not found, and nothing on record."""
    conversation.append("user", "x")
    assert whole(admin_client, conversation, name).status_code in (301, 404)
    assert not AuditEntry.objects.exists()
