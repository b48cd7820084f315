"""Which messages of a conversation are on a page."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aistore.admin.branch import MOST_CHARACTERS, PAGE, NoSuchPlace, Place, window
from aistore.models import Conversation, Message

from .conftest import line


def numbers(window):
    return [message.sequence_number for message in window.messages]


def test_the_active_branch(tree):
    """Without a wish: from the root to the head."""
    shown = window(tree, Place())
    assert numbers(shown) == [1, 2, 3, 4, 5]
    assert (shown.is_active, shown.has_earlier, shown.has_later) == (True, False, False)


@pytest.mark.parametrize(
    ("at", "path"),
    [
        (1, [1, 2, 3, 4, 5]),  # on the way to the head: the active branch, though a newer one begins there
        (4, [1, 2, 3, 4, 5]),
        (6, [1, 6]),
        (7, [1, 7, 8]),  # with what follows it
        (8, [1, 7, 8]),
    ],
)
def test_the_branch_through_a_message(tree, at, path):
    """Every message can be reached, in its own line."""
    shown = window(tree, Place(at=at))
    assert numbers(shown) == path
    assert shown.is_active == (path[-1] == 5)


def test_the_newest_answer_below(tree):
    """Below a message that has several answers the newest is followed, and its newest, and so on."""
    seventh = tree.messages.get(sequence_number=7)
    tree.append("user", "text 9", parent=seventh)
    tree.append("assistant", "text 10")
    tree.checkout(tree.messages.get(sequence_number=5))
    assert numbers(window(Conversation.objects.get(), Place(at=7))) == [1, 7, 9, 10]


def test_siblings(tree):
    """Each message knows the numbers of all that answer the same one."""
    shown = window(tree, Place())
    assert [message.siblings for message in shown.messages] == [[1], [2, 6, 7], [3], [4], [5]]


def test_roots_are_siblings(tree):
    """A second beginning of a conversation is a branch like any other."""
    tree.append("user", "again from the start", parent=None)
    shown = window(Conversation.objects.get(), Place())
    assert [message.siblings for message in shown.messages] == [[1, 9]]
    assert numbers(window(Conversation.objects.get(), Place(at=1))) == [1, 7, 8]


def test_the_last_page(conversation):
    """The end of a long conversation comes first."""
    line(conversation, 125)
    shown = window(conversation, Place())
    assert numbers(shown) == list(range(76, 126))
    assert (shown.has_earlier, shown.has_later) == (True, False)


def test_pages_fit_together(conversation):
    """Up to the beginning and down again: nothing left out, nothing twice."""
    line(conversation, 125)
    up = [numbers(window(conversation, Place(before=number))) for number in (76, 26)]
    assert up == [list(range(26, 76)), list(range(1, 26))]
    assert numbers(window(conversation, Place(after=25))) == list(range(26, 76))


def test_the_lowest_page_is_whole(conversation):
    """Down from the middle the last page is the one that opened first, also if it overlaps."""
    line(conversation, 125)
    shown = window(conversation, Place(after=100))
    assert numbers(shown) == list(range(76, 126))
    assert not shown.has_later


def test_the_page_with_a_message(conversation):
    """A message is shown with ten before it, so that a link to it has its context."""
    line(conversation, 250)
    assert numbers(window(conversation, Place(at=100)))[:12] == list(range(90, 102))
    assert numbers(window(conversation, Place(at=3)))[:3] == [1, 2, 3]


def test_paging_on_another_branch(conversation):
    """Earlier and later pages stay on the branch that is read."""
    line(conversation, 150)
    conversation.extend(
        ({"role": "user", "content": "other"} for _ in range(150)),
        parent=conversation.messages.get(sequence_number=1),
    )
    conversation.checkout(conversation.messages.get(sequence_number=150))
    conversation = Conversation.objects.get()
    assert numbers(window(conversation, Place(at=300, before=201))) == list(range(151, 201))
    assert numbers(window(conversation, Place(at=300, after=1))) == list(range(151, 201))


@pytest.mark.parametrize(
    "place", [Place(at=99), Place(before=99), Place(after=99), Place(before=6), Place(at=6, after=3)]
)
def test_no_such_place(tree, place):
    """A number that is not in the conversation, or not on the branch."""
    with pytest.raises(NoSuchPlace):
        window(tree, place)


def test_another_conversation_stays_closed(tree, owner):
    """Numbers are those of this conversation."""
    other = Conversation.objects.create(owner=owner)
    for _ in range(20):
        other.append("user", "secret")
    with pytest.raises(NoSuchPlace):
        window(tree, Place(at=15))
    assert numbers(window(tree, Place(at=7))) == [1, 7, 8]


def test_an_empty_conversation(conversation):
    """Nothing to show is no error."""
    assert window(conversation, Place()).messages == []


def test_without_a_head(tree):
    """Rows that something else has stored may lack a head: then the newest message is the tip."""
    Conversation.objects.update(head=None)
    assert numbers(window(Conversation.objects.get(), Place())) == [1, 7, 8]


@pytest.mark.parametrize("place", [Place(), Place(at=2), Place(before=2)])
def test_a_circle_ends(tree, place):
    """No rule of the database keeps raw SQL from making a message its own ancestor; a page must not hang."""
    Message.objects.filter(sequence_number=1).update(parent=tree.messages.get(sequence_number=3))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10s'")
    window(tree, place)


def test_long_texts_stay_in_the_database(conversation):
    """Of ten million characters the beginning comes, and how many there are."""
    conversation.append("user", "x" * 10_000_000)
    (message,) = window(conversation, Place()).messages
    assert (len(message.content), message.content_length) == (MOST_CHARACTERS, 10_000_000)


def test_long_parts_stay_in_the_database(conversation):
    """Parts of megabytes are not fetched; None says that there are some."""
    conversation.append("user", "", parts=[{"type": "text", "text": "x" * 2_000_000}])
    assert window(conversation, Place()).messages[0].parts is None


def test_exact_text(conversation):
    """What PostgreSQL cannot keep comes back from raw SQL as well."""
    conversation.append("user", "NUL \x00 and \ud83d", parts=[{"type": "text", "text": "\x00"}])
    (message,) = window(conversation, Place()).messages
    assert (message.content, message.parts[0]["text"]) == ("NUL \x00 and \ud83d", "\x00")


@pytest.mark.parametrize(("place", "count"), [(Place(), 1), (Place(before=500), 1), (Place(at=500), 1)])
def test_the_price(conversation, place, count):
    """One statement for a page, also to find the branch through a message."""
    line(conversation, 1000)
    with CaptureQueriesContext(connection) as captured:
        assert len(window(conversation, place).messages) == PAGE
    assert len(captured) == count
