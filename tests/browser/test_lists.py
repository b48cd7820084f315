"""The lists, the page of an owner and the front page in a real browser: found, paged, done, downloaded, erased."""

import json

import pytest
from django.contrib.auth import get_user_model

from aistore.models import AuditEntry, Conversation, Memory, Upload

pytestmark = pytest.mark.browser

LIST = "/admin/aistore/conversation/"


@pytest.fixture
def owner(transactional_db):
    return get_user_model().objects.create(username="an")


@pytest.fixture
def three(owner):
    """Three conversations, one of which failed."""
    made = [Conversation.objects.create(owner=owner, title=title) for title in ("Hue", "Hanoi", "Saigon")]
    for conversation in made:
        conversation.append("user", "Where do I start?")
    made[1].append(
        "assistant", "x", status="failed", model="gpt-5", input_tokens=5, output_tokens=7, cost="0.1"
    )
    return made


def follow(page, selector):
    with page.expect_navigation():
        page.click(selector)


def titles(page):
    return page.locator("#result_list tbody th").all_inner_texts()


def choose(page, *names):
    for name in names:
        page.locator("#result_list tbody tr", has_text=name).locator(".action-select").check()


def act(page, action):
    page.select_option("[name=action]", action)
    follow(page, ".actions button")


def test_search(open_page, three):
    """Typed, sent by the key for it, found; one click leads back to all."""
    page = open_page(LIST)
    page.fill("#searchbar", "hanoi")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert titles(page) == ["Hanoi"]
    assert page.url.endswith("?q=hanoi")
    follow(page, "text=Clear")
    assert len(titles(page)) == 3


def test_filter(open_page, three):
    """Chosen, sent, kept in the form; the address has what was chosen and nothing else."""
    page = open_page(LIST)
    page.select_option("[name=error]", "yes")
    follow(page, ".aistore-go button")
    assert titles(page) == ["Hanoi"]
    assert page.url.endswith("?error=yes")
    assert page.input_value("[name=error]") == "yes"


def test_by_keyboard_alone(open_page, three):
    """From the words through all choices to the button: in the order in which they are seen."""
    page = open_page(LIST)
    page.focus("#searchbar")
    seen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.name || document.activeElement.innerText"))
        if seen[-1] == "Show":
            break
    chosen = [name for name in dict.fromkeys(seen) if name and name.strip()]
    assert chosen[-1] == "Show"
    assert [n for n in chosen if n in ("model", "status", "since", "until")] == [
        "model",
        "status",
        "since",
        "until",
    ]


def test_pages(open_page, owner):
    """First, previous, next and last."""
    Conversation.objects.bulk_create(Conversation(owner=owner, title=f"No {n}") for n in range(120))
    page = open_page(LIST)
    first = titles(page)
    follow(page, "nav >> text=Oldest")
    last = titles(page)
    assert len(last) == 50
    assert page.locator("nav >> text=Older").count() == 0
    follow(page, "nav >> text=Newer")
    follow(page, "nav >> text=Older")
    assert titles(page) == last
    follow(page, "nav >> text=Newest")
    assert titles(page) == first


@pytest.mark.parametrize(
    ("action", "told"),
    [("pin", "Pinned 2 conversations."), ("archive", "Archived 2 conversations.")],
)
def test_actions(open_page, three, action, told):
    """Chosen, done, told."""
    page = open_page(LIST)
    choose(page, "Hue", "Saigon")
    act(page, action)
    assert page.get_by_text(told).is_visible()


def test_export(open_page, three):
    """The chosen ones come as a file; the next page says so."""
    page = open_page(LIST)
    choose(page, "Hue", "Hanoi")
    page.select_option("[name=action]", "export_jsonl")
    with page.expect_download() as download:
        page.click(".actions button")
    lines = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert {line["title"] for line in lines} == {"Hue", "Hanoi"}
    assert download.value.suggested_filename.startswith("conversations-")
    page.reload()
    assert page.get_by_text("Exported 2 conversations.").is_visible()


def test_delete(open_page, three):
    """Chosen, asked, done, told."""
    page = open_page(LIST)
    choose(page, "Hue")
    act(page, "delete_selected")
    follow(page, "[type=submit] >> nth=-1")
    assert page.get_by_text("Successfully deleted 1 conversation.").is_visible()
    assert sorted(titles(page)) == ["Hanoi", "Saigon"]


def test_an_owner(open_page, three, owner):
    """From his name in the list to his page; exported; erased after a question; all on record."""
    page = open_page(LIST)
    follow(page, "#result_list .field-of_whom a >> nth=0")
    assert page.locator("h1").inner_text() == "an"
    with page.expect_download() as download:
        page.click("text=Export conversations as JSONL")
    assert len(download.value.path().read_text().splitlines()) == 3
    follow(page, "text=Erase all of this")
    follow(page, "text=Yes, erase it")
    assert page.get_by_text("Deleted: conversations: 3.").is_visible()
    assert set(AuditEntry.objects.values_list("action", "kind")) == {("export", "owner"), ("erase", "owner")}


def test_the_front_page(open_page, three):
    """The box leads to what it names."""
    page = open_page("/admin/")
    assert page.locator("svg.aistore-plot").is_visible()
    follow(page, ".aistore-front >> text=gpt-5")
    assert "/change/?at=2" in page.url


WORD = "W" * 5000


@pytest.fixture
def wide(owner, three):
    """Words of 5,000 letters wherever one can be."""
    conversation = Conversation.objects.create(owner=owner, title=WORD, model=WORD, tags=[WORD], source=WORD)
    conversation.append("user", WORD, model=WORD, status="failed", input_tokens=10**15, output_tokens=10**15)
    Memory.objects.create(owner=owner, content=WORD, tags=[WORD], conversation=conversation)
    Upload.objects.create(owner=owner, name=WORD, content_type=WORD, file="x")
    AuditEntry.objects.create(action=WORD, kind=WORD, object_id=WORD, owner=owner)
    get_user_model().objects.filter(pk=owner.pk).update(username="W" * 150)


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_is_wider_than_its_window(open_page, wide, owner, width, dark):
    """Lists, front pages, the page of an owner and of a user: at any width, light and dark."""
    paths = ["/admin/", "/admin/aistore/", f"{LIST}owner/{owner.pk}/", f"{LIST}owner/{owner.pk}/erase/"]
    paths += [f"/admin/aistore/{name}/" for name in ("conversation", "memory", "upload", "auditentry")]
    for path in paths:
        page = open_page(path, width=width, dark=dark)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate("document.querySelector('#content').scrollWidth") <= width, path
