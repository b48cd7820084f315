"""The admin in a real browser: what people click, what strangers wrote, how wide it is."""

import json

import pytest
from django.contrib.auth import get_user_model

from aistore.models import Conversation, Memory, Upload

pytestmark = pytest.mark.browser

LIST = "/admin/aistore/conversation/"


@pytest.fixture
def owner(transactional_db):
    return get_user_model().objects.create(username="an")


@pytest.fixture
def conversation(owner):
    """With a tool call, a reasoning, and three answers to one question."""
    conversation = Conversation.objects.create(owner=owner, title="Weather in Hue", system_prompt="Be terse.")
    question = conversation.append("user", "Will it rain?")
    parts = [
        {"type": "reasoning", "text": "I should look it up."},
        {"type": "tool_call", "id": "call_1", "name": "forecast", "arguments": '{"city":"Huế"}'},
    ]
    conversation.append("assistant", "", parts=parts)
    conversation.append("tool", json.dumps({"rain": True}), tool_call_id="call_1", name="forecast")
    conversation.append("assistant", "Yes, take a coat.")
    for text in ("No, the sun shines.", "Ask me tomorrow."):
        conversation.append("assistant", text, parent=question)
    return Conversation.objects.get()


def path(conversation, query=""):
    return f"{LIST}{conversation.pk}/change/{query}"


def follow(page, selector):
    with page.expect_navigation():
        page.click(selector)


def test_log_in_and_look(browser, live_server, admin, conversation):
    """From the address bar to a conversation."""
    page = browser.new_page()
    page.goto(f"{live_server.url}/admin/")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", "secret")
    follow(page, "[type=submit]")
    follow(page, "main >> .model-conversation a >> nth=0")
    follow(page, "text=Weather in Hue")
    assert page.locator("article").first.inner_text().startswith("User")
    page.context.close()


def test_older_and_newer(open_page, owner):
    """Two clicks down, two clicks up, to the same rows."""
    Conversation.objects.bulk_create(Conversation(owner=owner, title=f"No {n}") for n in range(120))
    page = open_page(LIST)
    first = page.locator("#result_list tbody").inner_text()
    for words in ("Older", "Older", "Newer", "Newer"):
        follow(page, f"nav >> text={words}")
    assert page.locator("#result_list tbody").inner_text() == first


def test_fold(open_page, conversation):
    """Prompt, reasoning and tool call are folded; a click shows the call with its arguments and its result."""
    page = open_page(path(conversation, "?at=2"))
    for hidden in ("Be terse.", "I should look it up.", '"rain": true'):
        assert not page.get_by_text(hidden).is_visible()
    page.click("summary >> text=forecast")
    assert page.get_by_text('"city": "Huế"').is_visible()
    assert page.get_by_text('"rain": true').is_visible()


def test_a_link_opens_what_is_folded(open_page, conversation):
    """The address of a result leads into the call in which it is folded."""
    page = open_page(path(conversation, "?at=3#message-3"))
    page.get_by_text('"rain": true').wait_for(state="visible")


def test_branches(open_page, conversation):
    """Through all three answers by their arrows, and back to the active one."""
    page = open_page(path(conversation, "?at=4"))
    seen = []
    for _ in range(2):
        follow(page, "[aria-label=Branches] >> a[rel=next]")
        seen.append(page.locator("article").last.inner_text().splitlines()[-1])
    assert seen == ["No, the sun shines.", "Ask me tomorrow."]
    assert page.locator("[aria-label=Branches] >> a[rel=next]").count() == 0
    follow(page, "[aria-label=Branches] >> a[rel=prev]")
    follow(page, "text=Show the active one")
    assert page.locator("article").last.inner_text().endswith("Ask me tomorrow.")


def test_pin(open_page, conversation):
    """Chosen, done, told, seen."""
    page = open_page(LIST)
    page.check(".action-select")
    page.select_option("[name=action]", "pin")
    follow(page, ".actions button")
    assert page.get_by_text("Pinned 1 conversation.").is_visible()
    assert page.locator("#result_list").get_by_text("pinned").is_visible()


def test_find_an_owner(open_page, conversation):
    """Typed, offered, chosen, filtered."""
    other = get_user_model().objects.create(username="binh")
    Conversation.objects.create(owner=other, title="Elsewhere")
    page = open_page(LIST)
    page.click(".select2-selection")
    page.keyboard.type("bin")
    page.click(".select2-results__option >> text=binh")
    follow(page, ".aistore-go button")
    assert page.url.endswith(f"?owner={other.pk}")
    assert page.locator("#result_list tbody tr").count() == 1
    assert page.locator("#result_list").get_by_text("Elsewhere").is_visible()


def test_edit(open_page, conversation):
    """The small form on the page."""
    page = open_page(path(conversation))
    page.click("summary >> text=Edit title")
    page.fill("[name=title]", "Rain in Hue")
    follow(page, "[name=_continue]")
    assert page.locator("h1").inner_text() == "Rain in Hue"


WORD = "W" * 5000
ATTACKS = f"<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>\u202e {WORD}"


@pytest.fixture
def strange(owner):
    """Attacks and a word of 5,000 letters in every place."""
    conversation = Conversation.objects.create(
        owner=owner, title=ATTACKS, model=ATTACKS, tags=[ATTACKS] * 3, system_prompt=ATTACKS, source=ATTACKS
    )
    call = {"type": "tool_call", "id": "1", "name": ATTACKS, "arguments": ATTACKS}
    kinds = ("reasoning", "refusal", "code", "image", "source", "raw", ATTACKS)
    keys = ("text", "language", "name", "url", "title", "quote", "format")
    parts = [call, *({"type": kind, **dict.fromkeys(keys, ATTACKS)} for kind in kinds)]
    conversation.append("user", ATTACKS, name=ATTACKS, model=ATTACKS)
    conversation.append(
        "assistant", ATTACKS, parts=parts, finish_reason=ATTACKS, rating=1, rating_comment=ATTACKS
    )
    message = conversation.append("tool", ATTACKS, tool_call_id="1", name=ATTACKS)
    origin = {"owner": owner, "conversation": conversation, "message": message}
    memory = Memory.objects.create(content=ATTACKS, tags=[ATTACKS], **origin)
    upload = Upload.objects.create(name=ATTACKS, content_type=ATTACKS, text=ATTACKS, file="x", **origin)
    return [conversation, memory, upload]


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_breaks_out(open_page, strange, width, dark):
    """Unfolded at any width: nothing runs, nothing is fetched, nothing makes the page wider than the window."""
    for row in strange:
        for end in ("", f"{row.pk}/change/"):
            page = open_page(f"/admin/aistore/{row._meta.model_name}/{end}", width=width, dark=dark)
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
            assert page.evaluate("document.querySelector('#content').scrollWidth") <= width, page.url
