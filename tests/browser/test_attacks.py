"""What strangers wrote, opened in a browser: nothing runs, nothing is fetched, nothing breaks the page. And each of
these texts does one of the three where what holds it back is taken out, so this page does see it."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils.safestring import mark_safe
from markdown_it import MarkdownIt

from aistore.admin import policy, printing
from aistore.models import Conversation, Memory, Upload
from tests.attacks import ATTACKS

Error = pytest.importorskip("playwright.sync_api").Error
pytestmark = pytest.mark.browser

WIDTHS = (1280, 360)
# What is there that should not be. In a message set in type, by what may be there; elsewhere by what may not.
ODD = """() => {
    const tags = new Set(`p h3 h4 h5 h6 blockquote ul ol li table thead tbody tr th td pre div span a br code del em hr
        s strong sup bdi`.split(/\\s+/));
    const attributes = new Set("class dir href rel target tabindex start".split(" "));
    const odd = [];
    for (const element of document.querySelectorAll(".aistore-markdown *:not(.aistore-copy)")) {
        if (!tags.has(element.localName)) odd.push(`<${element.localName}>`);
        for (const {name} of element.attributes) if (!attributes.has(name)) odd.push(name);
        const href = element.getAttribute("href");
        if (href !== null && !/^(https?:|mailto:|#message-)/i.test(href)) odd.push(href);
    }
    for (const element of document.querySelectorAll("#content *, title, body, h1")) {
        for (const {name} of element.attributes) if (/^on/i.test(name)) odd.push(name);
        if (element.matches("iframe, object, embed, svg:not([aria-hidden], [role]), style, base, meta, math"))
            odd.push(element.localName);
        if (element.matches("script:not([src])")) odd.push("script");
        if (element.matches(".aistore-transcript :is([style], form, input, [data-aistore]:not(.aistore-copy))"))
            odd.push(element.outerHTML.slice(0, 60));
    }
    return odd;
}"""
UNFOLD = "document.querySelectorAll('details').forEach(one => one.open = true)"
TOO_WIDE = """Math.max(document.documentElement.scrollWidth, document.querySelector('#content').scrollWidth)
    > window.innerWidth"""


class Visitor:
    """Somebody of the staff with one window, who notes whatever should not happen."""

    def __init__(self, context, server):
        self.server = server
        self.signs = []
        self.page = context.new_page()
        self.page.expose_function("hacked", lambda *_: self.note("it ran"))
        self.page.on("dialog", lambda dialog: (self.note("dialog"), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked(request.url))
        self.page.on("console", lambda message: self.heard(message))

    def note(self, sign):
        self.signs.append(sign)

    def asked(self, url):
        if not url.startswith((self.server, "data:")):
            self.note(url)

    def heard(self, message):
        if message.type == "error" and "favicon" not in (message.location or {}).get("url", ""):
            self.note(message.text)

    def visit(self, path):
        """The signs at this address, at each width, with everything unfolded."""
        self.signs = []
        try:
            self.page.goto(self.server + path)
            self.page.evaluate(UNFOLD)
            self.signs += self.page.evaluate(ODD)
        except Error as error:  # some lead the window elsewhere
            self.note(error.message)
        for width in WIDTHS if not self.signs else ():
            self.page.set_viewport_size({"width": width, "height": 900})
            if self.page.evaluate(TOO_WIDE):
                self.note(f"too wide for {width}")
        return self.signs


@pytest.fixture
def visitor(browser, live_server, admin):
    client = Client()
    client.force_login(admin)
    context = browser.new_context()
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    context.add_cookies([session])
    yield Visitor(context, live_server.url)
    context.close()


@pytest.fixture
def owner(transactional_db):
    return get_user_model().objects.create(username="an")


def page_of(conversation):
    return f"/admin/aistore/conversation/{conversation.pk}/change/"


KINDS = ("text", "reasoning", "refusal", "code", "image", "file", "source", "step", "data", "raw")
KEYS = ("text", "language", "name", "url", "title", "quote", "format", "media_type", "file_id")


def everywhere(owner, text):
    """A conversation, and what belongs to it, with the text in every place that takes one."""
    values = {"title": text, "model": text, "tags": [text] * 2, "system_prompt": text, "source": text}
    conversation = Conversation.objects.create(owner=owner, **values)
    call = {"id": "1", "name": text, "arguments": text, "type": "function"}
    other = {"id": "2", "name": text, "arguments": {text: text, "code": f"{text}\n{text}"}}
    parts = [{"type": kind, **dict.fromkeys(KEYS, text)} for kind in (*KINDS, text)]
    calls = [{**each, "type": "tool_call"} for each in (call, other)]
    named = {"name": text, "model": text, "finish_reason": text, "rating": 1, "rating_comment": text}
    conversation.append("user", "before", name=text).edit(text)
    conversation.append("assistant", text, parts=[*parts, *calls], **named)
    message = conversation.append("tool", text, tool_call_id="1", name=text)
    origin = {"owner": owner, "conversation": conversation, "message": message}
    Upload.objects.create(name=text, content_type=text, text=text, file="x", **origin)
    # an owner has each memory once, whatever the case of its letters
    Memory.objects.create(content=f"{text} {conversation.pk}", question=text, tags=[text], **origin)
    return conversation


def test_nothing_happens(visitor, owner):
    """In the whole of a conversation, at two widths."""
    signs = {}
    for name, (_, text) in ATTACKS.items():
        seen = visitor.visit(page_of(everywhere(owner, text)))
        signs |= {name: seen} if seen else {}
    assert signs == {}


@pytest.mark.parametrize("model", ["conversation", "memory", "upload"])
def test_nothing_happens_in_lists(visitor, owner, model):
    """Page by page, to the end."""
    for _, text in ATTACKS.values():
        everywhere(owner, text)
    path, pages = f"/admin/aistore/{model}/", 0
    while path:
        assert visitor.visit(path) == [], path
        older = visitor.page.query_selector("a[rel=next]")
        path = older and f"/admin/aistore/{model}/{older.get_attribute('href')}"
        pages += 1
    assert pages >= len(ATTACKS) // 50


def of_kind(*kinds):
    return {name: text for name, (kind, text) in ATTACKS.items() if kind in kinds}


UNSAFE = MarkdownIt("commonmark", {"html": True}).enable("table")
UNSAFE.validateLink = lambda url: True


def printed_by(render):
    """What a message is printed by, in place of ours."""
    return lambda text, *_, **__: mark_safe(render(text))  # noqa: S308


def test_each_is_seen_without_the_sanitiser(visitor, owner, monkeypatch):
    """HTML applied, links not looked at, no policy: every text shows itself."""
    monkeypatch.setattr(printing, "markdown", printed_by(UNSAFE.render))
    assert unseen(visitor, owner, monkeypatch, of_kind("markup")) == []


def test_each_is_seen_in_a_bare_attribute(visitor, owner, monkeypatch):
    """Where an attribute is made by hand, and not by a template."""
    monkeypatch.setattr(printing, "markdown", printed_by('<span class="{}">x</span>'.format))
    assert unseen(visitor, owner, monkeypatch, of_kind("breakout")) == []


def test_each_is_seen_without_our_stylesheet(visitor, owner, monkeypatch):
    """Where nothing wraps and nothing scrolls in a box of its own."""
    monkeypatch.setattr(printing, "markdown", printed_by(UNSAFE.render))
    visitor.page.context.route("**/aistore/admin.css", lambda route: route.fulfill(body=""))
    assert unseen(visitor, owner, monkeypatch, of_kind("layout")) == []


def unseen(visitor, owner, monkeypatch, texts):
    """The attacks that show nothing."""
    monkeypatch.setattr(policy, "policy", lambda: "")
    names = []
    for name, text in texts.items():
        conversation = Conversation.objects.create(owner=owner)
        conversation.append("assistant", text)
        if not visitor.visit(page_of(conversation)):
            names.append(name)
    return names
