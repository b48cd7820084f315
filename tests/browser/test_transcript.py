"""One conversation in a real browser: load earlier, links, copy, find, without a script, by keyboard."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from aistore.models import Conversation

pytestmark = pytest.mark.browser


@pytest.fixture
def owner(transactional_db):
    return get_user_model().objects.create(username="an")


@pytest.fixture
def long(owner):
    """125 messages, the tenth with a tool call, the twelfth with code."""
    conversation = Conversation.objects.create(owner=owner, title="Long")
    conversation.extend({"role": "user", "content": f"text {number}"} for number in range(1, 126))
    call = {"type": "tool_call", "id": "1", "name": "look_up", "arguments": '{"town": "Huế"}'}
    conversation.messages.filter(sequence_number=10).update(role="assistant", parts=[call])
    conversation.messages.filter(sequence_number=110).update(
        content="**Ra**in\n\n```python\nprint('rain')\n```"
    )
    return Conversation.objects.get()


def path(conversation, query=""):
    return f"/admin/aistore/conversation/{conversation.pk}/change/{query}"


def numbers(page):
    return page.eval_on_selector_all("article[id^=message-]", "all => all.map(one => +one.id.slice(8))")


def test_load_earlier(open_page, long):
    """In place, fifty at a time, to the beginning; what was in sight stays there, and it is told."""
    page = open_page(path(long))
    assert numbers(page) == list(range(76, 126))
    before = page.locator("#message-76").bounding_box()["y"]
    page.click("text=Load earlier messages")
    page.wait_for_selector("#message-26", state="attached")
    assert abs(page.locator("#message-76").bounding_box()["y"] - before) < 2
    assert page.locator("[data-aistore=status]").text_content() == "50 earlier messages loaded"
    page.click("text=Load earlier messages")
    page.wait_for_selector("#message-1", state="attached")
    assert numbers(page) == list(range(1, 126))
    assert page.get_by_text("Load earlier messages").count() == 0


def test_a_link_to_a_message_elsewhere(open_page, long):
    """The address that people send each other, though the message is not on the first page."""
    page = open_page(path(long, "#message-17"))
    page.wait_for_url("**/?at=17#message-17")
    assert page.locator("#message-17").is_visible()
    assert page.evaluate("document.activeElement.id") == "message-17"


def test_a_link_to_no_message(open_page, long):
    """It is asked for once, and said."""
    page = open_page(path(long, "#message-999"))
    page.wait_for_url("**/?at=999#message-999")
    assert page.get_by_text("is not in this conversation").is_visible()


def test_copy(open_page, long):
    """The code, without its colours, and without the word on the button."""
    page = open_page(path(long))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#message-110 .aistore-code").hover()
    page.click("#message-110 .aistore-copy")
    page.get_by_text("Copied").first.wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "print('rain')"


def test_find_on_the_page(open_page, long):
    """Counted while somebody types, step by step with Enter, also where one letter is bold and the next is not."""
    page = open_page(path(long))
    page.fill("#aistore-find", "rain")
    found = page.locator("output")
    page.locator("output", has_text="of 2").wait_for()
    page.keyboard.press("Enter")
    assert found.inner_text() == "1 of 2 on this page"
    page.keyboard.press("Enter")
    assert found.inner_text() == "2 of 2 on this page"
    page.click("[data-aistore=find-previous]")
    assert found.inner_text() == "1 of 2 on this page"


def test_find_unfolds(open_page, long):
    """A hit inside a folded call opens it."""
    page = open_page(path(long, "?at=10"))
    assert not page.locator("#message-10 .aistore-call .aistore-pre").is_visible()
    page.fill("#aistore-find", "Huế")
    page.keyboard.press("Enter")
    page.locator("#message-10 .aistore-call .aistore-pre").wait_for(state="visible")


def test_find_everywhere(open_page, long):
    """What is on no page yet is found by the server, and one click away."""
    page = open_page(path(long))
    page.fill("#aistore-find", "Huế")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    hits = page.locator(".aistore-hits li")
    assert hits.count() == 1
    with page.expect_navigation():
        page.click(".aistore-hits li a")
    assert page.locator("#message-10").is_visible()
    assert page.locator("output").inner_text() == "1 of 1 on this page"


def test_without_a_script(browser, live_server, admin, long):
    """All of it can be read and reached: earlier messages and finding are links and a form."""
    client = Client()
    client.force_login(admin)
    context = browser.new_context(java_script_enabled=False)
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    context.add_cookies([session])
    page = context.new_page()
    page.goto(live_server.url + path(long))
    with page.expect_navigation():
        page.click("text=Load earlier messages")
    assert page.locator("#message-26").is_visible()
    page.fill("#aistore-find", "Huế")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator(".aistore-hits li").count() == 1
    context.close()


def test_by_keyboard(open_page, long):
    """A folded call opens with Enter, and where the focus is can be seen."""
    page = open_page(path(long, "?at=10"))
    page.focus("#message-10 summary")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    page.keyboard.press("Enter")
    assert page.locator("#message-10 .aistore-call .aistore-pre").is_visible()
