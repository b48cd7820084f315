"""What leaves through the admin: a file, put on record, told."""

import json

import pytest

from aistore import interop
from aistore.models import AuditEntry, Conversation

from .conftest import line
from .page import Page

LIST = "/admin/aistore/conversation/"


def export(client, format, rows):
    data = {"action": f"export_{format}", "_selected_action": [str(row.pk) for row in rows]}
    return client.post(LIST, data)


def test_jsonl(many, admin_client):
    """One line for each that was chosen, in the order of the list."""
    *chosen, _other = many(3)
    response = export(admin_client, "jsonl", chosen)
    lines = [json.loads(text)["title"] for text in response.getvalue().splitlines()]
    assert lines == ["No 0", "No 1"]
    assert response["Content-Type"] == "application/x-ndjson"


def test_markdown(many, admin_client):
    """The transcripts, to read."""
    chosen = many(2)
    chosen[0].append("user", "Where do I start?")
    text = export(admin_client, "markdown", chosen).getvalue().decode()
    assert text.startswith("# No 0\n")
    assert "## User\n\nWhere do I start?" in text
    assert "\n---\n\n# No 1\n" in text


@pytest.mark.parametrize("format", ["jsonl", "markdown"])
def test_a_file_to_keep(many, admin_client, format):
    """Never shown by the browser, whatever is in it, nor kept by anybody on the way."""
    response = export(admin_client, format, many(1))
    assert response["Content-Disposition"].startswith('attachment; filename="conversations-20')
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]


def test_it_comes_back(many, admin_client, owner, tmp_path):
    """What was exported can be imported: nothing is lost on the way out."""
    (conversation,) = many(1)
    conversation.append("user", "half an emoji \ud83d")
    file = tmp_path / "one.jsonl"
    file.write_bytes(export(admin_client, "jsonl", [conversation]).getvalue())
    Conversation.objects.all().delete()
    interop.import_file(file, owner=owner)
    assert Conversation.objects.get().messages.get().content == "half an emoji \ud83d"


def test_on_record_and_told(many, admin_client):
    """Before the first byte, for each; the page after it says what was done."""
    chosen = many(2)
    response = export(admin_client, "jsonl", chosen)
    entries = AuditEntry.objects.filter(action="export", kind="conversation")
    assert {entry.object_id for entry in entries} == {str(row.pk) for row in chosen}
    response.getvalue()
    assert "Exported 2 conversations." in Page(admin_client.get(LIST)).text


def test_what_cannot_be_put_on_record_stays(many, admin_client, monkeypatch):
    """No entry, no file."""

    def fail(*args, **options):
        raise RuntimeError("the record is closed")

    monkeypatch.setattr(AuditEntry.objects, "bulk_create", fail)
    with pytest.raises(RuntimeError):
        export(admin_client, "jsonl", many(2))


def test_it_is_a_stream(many, admin_client, django_assert_num_queries):
    """Nothing is read before somebody takes it."""
    (conversation,) = many(1)
    line(conversation, 3)
    response = export(admin_client, "jsonl", [conversation])
    assert response.streaming
    with django_assert_num_queries(4):
        response.getvalue()
