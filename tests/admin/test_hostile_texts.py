"""Whatever strangers have put into any column, every page is a page: nothing runs, nothing breaks out, no error."""

import pytest
from django.contrib.auth import get_user_model

from aistore.models import AuditEntry, Conversation, Memory, Upload

from .conftest import address
from .page import Page, assert_inert

TEXTS = {
    "script": "<script>alert(1)</script>",
    "handler": "\"'><img src=x onerror=alert(1)>",
    "address": "javascript:alert(1)",
    "template": "{{ 1|add:1 }}{% now 'Y' %}",
    "comment": "--><!--<b>]]>",
    "bidi": "\u202e\u2066 turned round \u202b",
    "unstorable": "\x00\x1b\x7f\ud83d\udc00\ufffe",
    "long and unstorable": "\x00\ud83d" * 200,
    "word": "W" * 5000,
    "format": "%s %(name)s %d {} {0}",
    "entities": "&lt;script&gt;&#0;&amp",
}
every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


@pytest.fixture
def filled(text, owner):
    """A row of each model with the text in every column that takes one."""
    conversation = Conversation.objects.create(
        owner=owner,
        title=text,
        model=text,
        system_prompt=text,
        tags=[text],
        source=text[:200],
        external_id=text[:50],
    )
    parts = [
        {"type": text},
        {"type": "text", "text": text},
        {"type": "source", "url": text, "title": text},
        {"type": "source", "url": "https://hue.example/", "title": text},
    ]
    kinds = ["reasoning", "refusal", "code", "tool_result", "image", "file", "step", "raw"]
    keys = ["text", "language", "content", "name", "url", "media_type", "format", "id"]
    parts += [{"type": kind, **dict.fromkeys(keys, text)} for kind in kinds]
    call = {"id": text, "name": text, "arguments": text, "type": "function"}
    names = {"name": text, "model": text, "finish_reason": text, "rating": 1, "rating_comment": text}
    conversation.append("user", text)
    conversation.append(
        "assistant", text, parts=[*parts, {**call, "type": "tool_call"}], tool_calls=[call], **names
    )
    message = conversation.append("tool", text, tool_call_id=text, name=text)
    message.edit(text + "!")
    origin = {"owner": owner, "conversation": conversation, "message": message}
    return [
        conversation,
        Memory.objects.create(content=text, question=text, tags=[text], **origin),
        Upload.objects.create(
            name=text, content_type=text, text=text, error=text, file="x", status="failed", **origin
        ),
        AuditEntry.objects.create(action=text, kind=text, object_id=text),
    ]


@every_text
def test_every_page(admin_client, filled, text):
    """List, search, row, history and the question before a deletion."""
    for row in filled:
        folder = f"/admin/aistore/{row._meta.model_name}/"
        for path in (folder, f"{folder}{row.pk}/history/", f"{folder}{row.pk}/delete/", address(row)):
            response = admin_client.get(path)
            if isinstance(row, AuditEntry) and path.endswith("delete/"):
                continue
            assert response.status_code == 200, path
            assert_inert(Page(response))


@every_text
def test_saving_and_deleting(admin_client, filled, text):
    """The admin's own log takes the names too."""
    conversation = filled[0]
    data = {"title": "new", "tags": "a", "_continue": "1"}
    assert admin_client.post(address(conversation), data, follow=True).status_code == 200
    Conversation.objects.filter(pk=conversation.pk).update(title=text)
    for row in filled[1:3] + filled[:1]:
        path = f"/admin/aistore/{row._meta.model_name}/"
        chosen = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
        assert_inert(Page(admin_client.post(path, chosen, follow=True)))
    assert not Conversation.objects.exists()


@every_text
def test_searching_for_it(admin_client, filled, text):
    """In the address and in the box."""
    typed = text.encode("utf-8", "replace").decode()
    for folder in ("conversation", "memory", "upload"):
        assert_inert(
            Page(
                admin_client.get(
                    f"/admin/aistore/{folder}/",
                    {"q": typed, "source": typed} if folder == "conversation" else {"q": typed},
                )
            )
        )


@every_text
def test_an_owner_of_that_name(admin_client, text, db):
    """Names come from elsewhere, too. What PostgreSQL refuses cannot be one."""
    if "\x00" in text:
        return
    owner = get_user_model().objects.create(username=text[:150])
    conversation = Conversation.objects.create(owner=owner)
    assert_inert(Page(admin_client.get(f"/admin/aistore/conversation/?owner={owner.pk}")))
    assert_inert(Page(admin_client.get(address(conversation))))
