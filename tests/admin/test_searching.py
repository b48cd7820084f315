"""Search in a list: over titles and messages, best first, with the words in their place."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aistore.admin.searching import is_ranked
from aistore.models import Conversation

from .conftest import address
from .page import Page, assert_inert

LIST = "/admin/aistore/conversation/"
pytestmark = pytest.mark.skipif(not is_ranked(Conversation), reason="there is no full-text search")


def test_in_messages(read, conversation):
    """A word that somebody said finds the conversation, shows the word and leads to the message."""
    conversation.append("user", "Where do I start?")
    conversation.append("assistant", "At the citadel, in the morning.")
    page = read(LIST, data={"q": "citadel"})
    assert "<mark>citadel</mark>" in page.html
    assert page.href("message 2") == address(conversation, "?at=2#message-2")


def test_in_titles(read, conversation):
    """As well, with the word marked."""
    assert "<mark>Hue</mark>" in read(LIST, data={"q": "hue"}).html


def test_filters_apply(read, many, owner):
    """Hits are among what the filters leave."""
    many(2, title="citadel pinned", is_pinned=True)
    many(3, title="citadel")
    page = read(LIST, data={"q": "citadel", "pinned": "yes"})
    assert page.text.count("pinned") - page.html.count(">Pinned<") >= 2
    assert len([name for name in page.attributes("name") if name == "_selected_action"]) == 2


def test_the_best_of_many(read, many):
    """No pages of hits: the best, and a word about the others."""
    many(60, title="citadel")
    page = read(LIST, data={"q": "citadel"})
    assert "These are the best 50 hits." in page.text
    assert "Older" not in page.html


def test_who_may_not_read_cannot_search(staff, conversation):
    """A word in the address finds nothing out: the list is the whole list."""
    conversation.append("user", "a secret")
    client = staff("view_conversation")
    with_word, without = (Page(client.get(LIST, {"q": word})).text for word in ("secret", "nothing"))
    assert str(conversation.pk) in without
    assert with_word == without


def test_hostile_hits(read, conversation):
    """What surrounds the word is text."""
    conversation.append(
        "user", '<img src=x onerror=alert(1)> citadel <script>alert(2)</script> "><svg onload=x>'
    )
    page = read(LIST, data={"q": "citadel"})
    assert "<mark>citadel</mark>" in page.html
    assert_inert(page)


def test_the_price(admin_client, many):
    """As many queries as a list without words, none of which counts or skips."""
    many(60, title="citadel")
    with CaptureQueriesContext(connection) as plain:
        admin_client.get(LIST)
    with CaptureQueriesContext(connection) as searched:
        admin_client.get(LIST, {"q": "citadel"})
    assert len(searched) == len(plain)
    assert "OFFSET" not in "".join(query["sql"] for query in searched.captured_queries)


@pytest.mark.parametrize("name", ["memory", "upload"])
def test_other_lists(read, rows, name):
    """Memories by their content, uploads by their name: one search, one way to type."""
    words = {"memory": "lives hue", "upload": "map"}[name]
    assert address(rows[name]) in read(f"/admin/aistore/{name}/", data={"q": words}).html
    assert "Nothing here." in read(f"/admin/aistore/{name}/", data={"q": "hanoi"}).text
