"""A reader beside somebody who holds the row."""

from aistore.models import Memory, last_used


def remember(conversation, content):
    return Memory.objects.remember(conversation.owner_id, content)


def change(conversation):
    Memory.objects.filter(owner=conversation.owner_id, content="likes tea").update(importance=9)


def search(conversation):
    return list(Memory.objects.filter(owner=conversation.owner_id).search("likes"))


def test_a_reader_does_not_wait_for_a_writer(an, binh):
    """He gets his answer; the row that is locked is passed over, the other one is marked."""
    last_used.noted.clear()
    an.does(remember, "likes tea")
    an.does(remember, "likes coffee")
    with an.transaction():
        an.does(change)
        assert len(binh.does(search)) == 2
    marked = Memory.objects.filter(last_used_at__isnull=False)
    assert [memory.content for memory in marked] == ["likes coffee"]
