"""Deleting: told by counts, done by the database."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aistore.models import AuditEntry, Conversation, Memory, Message, Upload

from .conftest import line
from .page import Page

LIST = "/admin/aistore/conversation/"


def delete(client, rows, *, sure):
    data = {"action": "delete_selected", "_selected_action": [str(row.pk) for row in rows]}
    return client.post(LIST, data | ({"post": "yes"} if sure else {"index": "0"}), follow=sure)


def test_what_will_go_is_counted(admin_client, rows):
    """How many conversations, messages and files, before anybody is sure."""
    line(rows["conversation"], 20)
    text = Page(delete(admin_client, [rows["conversation"]], sure=False)).text
    assert "Conversations: 1 Messages: 21 Uploads: 1" in text
    assert Conversation.objects.count() == 1


def test_one_is_deleted_from_its_page(admin_client, rows):
    """With its messages and files; a memory stays and forgets where it came from."""
    url = f"{LIST}{rows['conversation'].pk}/delete/"
    assert "Messages: 1" in Page(admin_client.get(url)).text
    assert "was deleted successfully" in Page(admin_client.post(url, {"post": "yes"}, follow=True)).text
    assert not Conversation.objects.exists()
    assert not Message.objects.exists()
    assert not Upload.objects.exists()
    assert Memory.objects.get().conversation_id is None


def test_many_are_deleted(admin_client, many):
    """All that were chosen, no others, and how many is told."""
    *chosen, other = many(30)
    page = Page(delete(admin_client, chosen, sure=True))
    assert "Successfully deleted 29 conversations." in page.text
    assert Conversation.objects.get().pk == other.pk


def test_names_are_few(admin_client, many):
    """Of hundreds the first ones are named."""
    text = Page(delete(admin_client, many(50), sure=False)).text
    assert "No 18 No 19 … and 30 more" in text


def test_no_message_is_fetched(admin_client, conversation):
    """Ten thousand messages are as cheap to delete as ten: nobody collects them."""
    line(conversation, 10)
    few = len(queries(lambda: delete(admin_client, [conversation], sure=False)))
    line(conversation, 2000)
    asked = queries(lambda: delete(admin_client, [conversation], sure=False))
    done = queries(lambda: delete(admin_client, [conversation], sure=True))
    assert len(asked) == few
    assert not [sql for sql in asked + done if sql.startswith('SELECT "aistore_message"')]


def test_without_the_right(staff, conversation):
    """Who may not delete conversations is told so, and nothing goes."""
    client = staff("view_conversation", "change_conversation", "view_message")
    delete(client, [conversation], sure=True)
    assert client.post(f"{LIST}{conversation.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Conversation.objects.exists()


def test_deleting_is_recorded(admin_client, many):
    """Who erased whose conversations."""
    one, two = many(2)
    delete(admin_client, [one], sure=True)
    admin_client.post(f"{LIST}{two.pk}/delete/", {"post": "yes"})
    entries = AuditEntry.objects.filter(action="erase", owner_id=one.owner_id)
    assert set(entries.values_list("object_id", flat=True)) == {str(one.pk), str(two.pk)}


@pytest.mark.parametrize("name", ["memory", "upload"])
def test_memories_and_uploads(admin_client, rows, name):
    """They can be deleted too."""
    url = f"/admin/aistore/{name}/{rows[name].pk}/delete/"
    assert admin_client.get(url).status_code == 200
    admin_client.post(url, {"post": "yes"})
    assert not type(rows[name]).objects.exists()


def queries(call):
    with CaptureQueriesContext(connection) as captured:
        assert call().status_code == 200
    return [query["sql"] for query in captured.captured_queries]
