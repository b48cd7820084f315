"""The form of a conversation: exact, and only where somebody changed something."""

import pytest

from aistore.admin.editing import ConversationForm
from aistore.models import Conversation


def form(conversation, **values):
    given = {"title": conversation.title, "tags": ", ".join(conversation.tags)}
    return ConversationForm(given | values, instance=conversation)


@pytest.mark.parametrize("title", ["", " spaces ", "NUL \x00", "half \ud83d", "\x1b[1m", "x" * 100_000])
def test_a_title_that_nobody_touched(title):
    """What comes back as it was shown is no change, also where the page could not show it as it is."""
    sent = form(Conversation(title=title), title=ConversationForm.base_fields["title"].prepare_value(title))
    assert sent.is_valid()
    assert sent.changed_data == []


def test_tags_that_nobody_touched():
    """A tag with a comma in it stays one tag."""
    sent = form(Conversation(tags=["a,b", " c ", "\x00"]), tags="a,b,  c , ␀")
    assert sent.changed_data == []


@pytest.mark.parametrize(
    ("text", "tags"),
    [("", []), ("a", ["a"]), (" a , b ,a,, ", ["a", "b"]), ("旅行, سفر", ["旅行", "سفر"])],
)
def test_tags(text, tags):
    """Separated by commas; neither empty ones nor the same one twice."""
    sent = form(Conversation(tags=["old"]), tags=text)
    assert sent.is_valid()
    assert sent.cleaned_data["tags"] == tags
    assert sent.changed_data == ["tags"]


def test_a_title_is_kept_exactly():
    """No trimming."""
    sent = form(Conversation(title="old"), title=" new ")
    assert sent.is_valid()
    assert sent.cleaned_data["title"] == " new "
