"""Conversations: the list, the page, its form, the actions."""

import pytest

from aistore.admin.conversation import ConversationAdmin
from aistore.admin.editing import ConversationForm
from aistore.models import AuditEntry, Conversation, Message

from .conftest import address, line
from .page import Page

LIST = "/admin/aistore/conversation/"


def test_the_list(read, owner):
    """Title, owner, model, messages, tags, pinned, archived, last message."""
    values = {
        "title": "Trip to Hue",
        "model": "gpt-5",
        "tags": ["travel"],
        "is_pinned": True,
        "is_archived": True,
    }
    Conversation.objects.create(owner=owner, **values).append("user", "x")
    text = read(LIST).text
    assert "Trip to Hue an gpt-5 1 message pinned archived travel just now" in text


def test_without_a_title(read, conversation):
    """The first words that the user said stand for it."""
    Conversation.objects.update(title="")
    conversation.extend(
        [{"role": "system", "content": "Be terse"}, {"role": "user", "content": "Where to start?"}]
    )
    assert read(LIST).href("Where to start?") == address(conversation, "")


def test_without_a_word(read, owner):
    """An empty conversation can be opened as well."""
    conversation = Conversation.objects.create(owner=owner)
    assert read(LIST).href("(empty)") == address(conversation)
    assert "No messages yet." in read(address(conversation)).text


@pytest.mark.parametrize(
    ("query", "shown"), [({"q": "hue"}, 1), ({"q": "HUE trip"}, 1), ({"q": "hanoi"}, 0), ({"q": "%"}, 0)]
)
def test_search(read, conversation, query, shown):
    """Words of the title, in any case and order; wildcards are characters."""
    assert bool(shown) == (address(conversation) in read(LIST, data=query).html)


@pytest.mark.parametrize(
    ("action", "before", "after", "told"),
    [
        ("pin", {"is_pinned": False}, {"is_pinned": True}, "Pinned 2 conversations."),
        ("unpin", {"is_pinned": True}, {"is_pinned": False}, "Unpinned 2 conversations."),
        ("archive", {"is_archived": False}, {"is_archived": True}, "Archived 2 conversations."),
        ("unarchive", {"is_archived": True}, {"is_archived": False}, "Unarchived 2 conversations."),
        ("pin", {"is_pinned": True}, {"is_pinned": True}, "Nothing changed"),
    ],
)
def test_actions(many, admin_client, action, before, after, told):
    """Each does what it says to those that were chosen, and tells how many it changed."""
    *chosen, other = many(3, **before)
    page = act(admin_client, action, chosen)
    assert told in page.text
    assert Conversation.objects.filter(**after, pk__in=[row.pk for row in chosen]).count() == 2
    assert Conversation.objects.filter(**before, pk=other.pk).exists()


def test_actions_need_the_right_to_change(many, staff):
    """Who may only look is offered none."""
    many(1)
    client = staff("view_conversation")
    assert "action" not in Page(client.get(LIST)).attributes("name")
    act(client, "pin", Conversation.objects.all())
    assert not Conversation.objects.pinned().exists()


def test_the_page(read, tree):
    """Who says what, in order, each with a place to link to."""
    page = read(address(tree))
    assert [name for name in page.attributes("id") if name.startswith("message-")] == [
        f"message-{number}" for number in range(1, 6)
    ]
    assert page.text.index("text 1") < page.text.index("text 2") < page.text.index("text 5")
    assert "2 of 3" not in page.text
    assert "1 of 3" in page.text


def test_another_branch(read, tree):
    """One click to the next branch; there a notice, and the way back."""
    page = read(address(tree))
    (query,) = [href for href in page.attributes("href") if href.startswith("?at=6")]
    other = read(address(tree, query.partition("#")[0]))
    assert "text 6" in other.text
    assert "text 2" not in other.text
    assert "not the active branch" in other.text
    assert "text 2" in read(address(tree, other.href("Show the active one"))).text


def test_pages_of_a_long_one(read, conversation):
    """The last fifty first, then those above, and down again."""
    line(conversation, 125)
    page = read(address(conversation))
    assert "text 125" in page.text
    above = read(address(conversation, page.href("↑ Load earlier messages")))
    assert "text 75" in above.text
    assert "text 76 " not in above.text
    assert "text 125" in read(address(conversation, above.href("↓ Later messages"))).text


@pytest.mark.parametrize("query", ["?at=99", "?at=x", "?before=1e9", "?after=%00", "?at=" + "9" * 5000])
def test_a_message_that_is_not_there(read, tree, query):
    """Said in one line, and the conversation is shown."""
    page = read(address(tree, query))
    assert "is not in this conversation" in page.text
    assert "text 5" in page.text


def test_folded(read, owner):
    """The system prompt, the reasoning and the tool calls are there, and folded."""
    conversation = Conversation.objects.create(owner=owner, system_prompt="Be terse")
    parts = [
        {"type": "reasoning", "text": "Hm."},
        {"type": "tool_call", "id": "c", "name": "look", "arguments": "{}"},
    ]
    conversation.append("assistant", "", parts=parts)
    conversation.append("system", "Be kind")
    page = read(address(conversation))
    assert "Instructions Be kind" in page.text
    assert "Be terse" in page.text
    assert "Hm." in page.text
    assert "look" in page.text
    assert not [a for tag, a in page.tags if tag == "details" and "open" in a]


def test_hidden_and_failed_are_marked(read, conversation):
    """What a person would not see in the chat, and what went wrong."""
    conversation.append("user", "x", is_hidden=True)
    conversation.append("assistant", "y", status="failed")
    text = read(address(conversation)).text
    assert "User hidden" in text
    assert "Assistant failed" in text


@pytest.mark.parametrize("key", ["nothing", "0199a3c6-0000-7000-8000-000000000000", "%00", "x" * 2000])
def test_a_conversation_that_is_not_there(admin_client, key):
    """One line that says so, on the front page."""
    response = admin_client.get(f"{LIST}{key}/change/", follow=True)
    assert response.status_code == 200
    assert "Perhaps it was deleted?" in response.content.decode()


def test_the_price(admin_client, conversation, django_assert_num_queries):
    """Session, person, conversation, the messages with all that belongs to them, audit entry: five, whatever there is
    and however long it is."""
    messages = line(conversation, 20)
    messages.first().edit("x")
    for query in ("", "?at=3", "?before=10"):
        with django_assert_num_queries(5):
            admin_client.get(address(conversation, query))
    line(conversation, 2000)
    with django_assert_num_queries(5):
        admin_client.get(address(conversation))


def test_without_the_right_to_read(staff, tree):
    """To see that there is a conversation is not to read it."""
    page = Page(staff("view_conversation").get(address(tree)))
    assert "text 5" not in page.text
    assert "Can view message" in page.text
    assert not AuditEntry.objects.exists()


def test_reading_is_recorded(staff, tree):
    """Who opened whose conversation."""
    client = staff("view_conversation", "view_message")
    assert "text 5" in Page(client.get(address(tree))).text
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.kind, entry.object_id) == ("read", "conversation", str(tree.pk))
    assert (entry.owner_id, str(entry.actor_id)) == (tree.owner_id, client.session["_auth_user_id"])


def test_view_only(staff, tree):
    """No form, no way to delete, and a form sent by hand is refused."""
    client = staff("view_conversation", "view_message")
    page = Page(client.get(address(tree)))
    assert "_continue" not in page.attributes("name")
    assert not [href for href in page.attributes("href") if "delete" in href]
    assert client.post(address(tree), {"title": "x"}).status_code == 403


def test_edit(admin_client, conversation):
    """The title, the tags and the two marks."""
    values = {"title": "Hue ", "tags": "travel, food,, travel ", "is_pinned": "on", "_continue": "1"}
    page = Page(admin_client.post(address(conversation), values, follow=True))
    stored = Conversation.objects.get()
    assert (stored.title, stored.tags, stored.is_pinned, stored.is_archived) == (
        "Hue ",
        ["travel", "food"],
        True,
        False,
    )
    assert "was changed successfully" in page.text


def test_edit_keeps_what_came_meanwhile(conversation):
    """Somebody saves a title while messages come in: no message is lost."""
    stale = Conversation.objects.get()
    conversation.append("user", "meanwhile")
    form = ConversationForm({"title": "new"}, instance=stale)
    assert form.is_valid()
    ConversationAdmin.save_model(None, None, stale, form, True)
    stored = Conversation.objects.get()
    assert (stored.title, stored.message_count, stored.head_id) == ("new", 1, Message.objects.get().pk)


def act(client, action, rows):
    data = {"action": action, "index": "0", "_selected_action": [str(row.pk) for row in rows]}
    return Page(client.post(LIST, data, follow=True))
