"""Transcripts as people read them."""

import io

from aistore import interop
from aistore.models import Conversation
from tests.interop.imports import conversation, imported, message
from tests.interop.rows import calling, result, row


def written(owner):
    file = io.BytesIO()
    interop.write(Conversation.objects.owned_by(owner), file, "markdown")
    return file.getvalue().decode()


def test_roles_are_headings():
    turns = [row("user", "Hi"), row("assistant", "Hello", model="gpt-5")]
    assert interop.as_markdown(turns) == "## User\n\nHi\n\n## Assistant, gpt-5\n\nHello\n"


def test_calls_and_results_are_fenced():
    text = interop.as_markdown([calling("a", arguments='{"city": "Huế"}'), result("a", name="weather")])
    assert 'Call of `weather`\n\n```json\n{\n  "city": "Huế"\n}\n```\n' in text
    assert "## Tool, weather\n\n```\n22 degrees\n```\n" in text


def test_arguments_that_are_no_json_stand_as_they_are():
    assert '```\n{"city": \n```' in interop.as_markdown([calling("a", arguments='{"city": ')])


def test_fence_is_longer_than_any_inside():
    assert "````\n```x```\n````" in interop.as_markdown([result("a", "```x```")])


def test_reasoning_is_quoted():
    parts = [{"type": "reasoning", "text": "One\n\ntwo"}, {"type": "text", "text": "Done"}]
    assert "> One\n>\n> two\n\nDone" in interop.as_markdown([row("assistant", "Done", parts=parts)])


def test_image_with_an_address_is_shown_and_another_one_named():
    parts = [
        {"type": "image", "url": "https://x.example/a.png", "name": "[a]"},
        {"type": "image", "name": "b"},
    ]
    text = interop.as_markdown([row("user", "", parts=parts)])
    assert "![(a)](https://x.example/a.png)" in text
    assert "[image: b]" in text


def test_hidden_messages_are_left_out():
    assert interop.as_markdown([row("system", "secret", is_hidden=True)]) == ""


def test_unfinished_turns_say_so():
    assert "## Assistant (cancelled)" in interop.as_markdown([row("assistant", "half", status="cancelled")])


def test_what_utf8_refuses_is_replaced():
    assert "a\ufffdb" in interop.as_markdown([row("user", "a\ud800b")])


def test_only_the_active_path(owner):
    tree = [
        message(n=1, parent=None, content="one"),
        message("assistant", n=2, parent=1, content="two"),
        message("assistant", n=3, parent=1, content="another"),
    ]
    imported(owner, conversation(*tree, active=2, title="A\n# title", created_at="2024-05-01T10:00:00Z"))
    assert written(owner) == (
        "# A # title\n\n2024-05-01 10:00 UTC\n\n## User\n\none\n\n## Assistant\n\ntwo\n"
    )


def test_several_conversations_stand_apart(owner):
    imported(owner, conversation(id="a", title="A"), conversation(id="b", title="B"))
    assert "Hello\n\n---\n\n# B\n" in written(owner)
