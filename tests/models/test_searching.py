"""search() of messages and memories: hits as a queryset."""

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from aistore.exceptions import MissingOwner
from aistore.models import Conversation, Memory, Message

from .asynchronously import run
from .databases import alias
from .edge_texts import TEXTS


def found(rows):
    return [row.content for row in rows]


@pytest.fixture
def mine(owner):
    return Message.objects.owned_by(owner)


def test_a_hit(conversation, mine):
    """Carries its rank and the place where the words are."""
    conversation.append("user", "The night train to <b>Huế</b>")
    [hit] = mine.search("hue")
    assert hit.snippet == "The night train to &lt;b&gt;<mark>Huế</mark>&lt;/b&gt;"
    assert 0 < hit.rank < 1


def test_it_is_a_queryset(conversation, mine, django_assert_num_queries):
    """Filters in front and behind, values, counts, slices and sub-queries: one statement each."""
    conversation.extend([{"role": role, "content": "night train"} for role in ("user", "assistant", "user")])
    hits = mine.filter(role="user").search("train")
    with django_assert_num_queries(5):
        assert hits.count() == 2
        assert hits.filter(sequence_number=3).get().content == "night train"
        assert len(hits[:1]) == 1
        assert len(hits.values_list("rank", "pk")) == 2
        assert Message.objects.filter(pk__in=hits.values("pk")).exclude(sequence_number=1).count() == 1


def test_a_search_among_the_hits(conversation, mine):
    conversation.extend([{"role": "user", "content": content} for content in ("night train", "night bus")])
    assert found(mine.search("night").search("bus")) == ["night bus"]


def test_a_search_among_some(conversation, mine):
    """A slice is what it is searched in."""
    conversation.extend([{"role": "user", "content": f"train {number}"} for number in range(4)])
    assert len(mine.order_by("sequence_number")[:2].search("train")) == 2


def test_what_others_have(conversation, other_owner, owner):
    """Is never found, whatever is typed, nor through their conversations."""
    conversation.append("user", "secret plan")
    theirs = Message.objects.owned_by(other_owner)
    assert not theirs.search("secret OR plan")
    assert not theirs.search("ecre")
    assert not theirs.in_conversation(conversation).search("secret")
    assert not Memory.objects.owned_by(other_owner).search("secret")


@pytest.mark.parametrize("rows", [Message.objects, Conversation.objects, Memory.objects])
def test_without_an_owner(db, rows):
    """Nobody searches everybody's rows by mistake, not even for nothing."""
    for words in ("secret", ""):
        with pytest.raises(MissingOwner, match=r"objects\.owned_by\(user\)\.search"):
            rows.search(words)
    with pytest.raises(MissingOwner):
        rows.exclude(owner=1).search("secret")
    assert list(rows.of_everyone().search("secret")) == []


def test_ways_to_say_whose(conversation, owner):
    """By a filter of any kind, by a related manager, by the conversation."""
    conversation.append("user", "night train")
    for rows in (
        Message.objects.filter(owner=owner),
        Message.objects.filter(owner_id=owner.pk, role="user"),
        Message.objects.filter(owner__in=[owner]),
        Message.objects.filter(conversation__owner=owner),
        Message.objects.in_conversation(conversation),
        conversation.messages,
        conversation.messages.path(),
    ):
        assert found(rows.search("train")) == ["night train"]
    assert [row.pk for row in owner.conversations.search("train")] == [conversation.pk]


def test_of_everyone(conversation, other_owner):
    conversation.append("user", "night train")
    Conversation.objects.create(owner=other_owner).append("user", "train of thought")
    assert len(Message.objects.of_everyone().search("train")) == 2
    assert len(Message.objects.of_everyone().search("rai")) == 2


def test_many_hits_of_everyone(conversation):
    """Where the newest rows have enough, they are all; a rare word is found however old."""
    conversation.extend({"role": "user", "content": f"train {number}"} for number in range(300))
    assert Message.objects.of_everyone().search("train")[0].content.startswith("train")
    assert found(Message.objects.of_everyone().search("7 train ")) == ["train 7"]


def test_the_best_first(conversation, mine):
    """More of it, in fewer words; what was typed letter by letter; and the same again in the same order."""
    texts = ["a train " + "and other things " * 30, "train to hue", "to the train, from Hue, to train"]
    conversation.extend([{"role": "user", "content": text} for text in texts])
    hits = found(mine.search("train to hue"))
    assert hits[0] == "train to hue"
    assert found(mine.search("train"))[-1] == texts[0]
    assert found(mine.search("train to hue")) == hits


def test_the_newer_first(conversation, mine):
    at = timezone.now()
    for days in (400, 0, 40):
        conversation.append(
            "user", "night train", created_at=at - dt.timedelta(days=days), metadata={"days": days}
        )
    assert [row.metadata["days"] for row in mine.search("train")] == [0, 40, 400]


def test_the_more_important_first(owner):
    for number, importance in enumerate((3, 9, 6)):
        Memory.objects.create(owner=owner, content=f"train {number}", importance=importance)
    assert [row.importance for row in Memory.objects.owned_by(owner).search("train")] == [9, 6, 3]


def test_a_memory_by_its_question(owner):
    Memory.objects.create(owner=owner, content="by train", question="How does she travel?")
    assert found(Memory.objects.owned_by(owner).search("travel")) == ["by train"]
    assert found(Memory.objects.owned_by(owner).search("rave")) == ["by train"]


def test_memories_that_are_over(owner):
    """Expired and superseded ones are not found."""
    past = timezone.now() - dt.timedelta(seconds=1)
    new = Memory.objects.create(owner=owner, content="train new")
    Memory.objects.create(owner=owner, content="train old", superseded_by=new)
    Memory.objects.create(owner=owner, content="train over", expires_at=past)
    assert found(Memory.objects.filter(owner=owner).search("train")) == ["train new"]


def test_exact_fragments(conversation, mine):
    """To have all pairs of characters is not enough."""
    conversation.append("user", "天气 怎么 气怎 么样 怎么样")
    assert not mine.search("天气怎么样")
    conversation.append("user", "北京天气怎么样")
    assert found(mine.search("天气怎么样")) == ["北京天气怎么样"]


def test_pieces_of_words(conversation, mine):
    """Are looked for where full text finds nothing, with all that must and must not be there."""
    conversation.extend(
        [{"role": "user", "content": content} for content in ("Donaudampfschiff", "Dampfmaschine")]
    )
    assert found(mine.search("ampfsch")) == ["Donaudampfschiff"]
    assert found(mine.search("ampf -onau")) == ["Dampfmaschine"]
    assert sorted(found(mine.search("ampfm OR onauda"))) == ["Dampfmaschine", "Donaudampfschiff"]


def test_what_is_edited(conversation, mine):
    """In the same transaction."""
    message = conversation.append("user", "night train")
    message.edit("morning bus")
    assert not mine.search("train")
    assert found(mine.search("bus")) == ["morning bus"]


def test_what_is_streamed(conversation, mine):
    """Has words when it has ended."""
    with conversation.stream() as reply:
        reply.write("night train")
    assert found(mine.search("train")) == ["night train"]


@pytest.mark.parametrize("count", [1, 5, 200])
def test_every_way_to_store(conversation, owner, mine, count):
    """One, some and many messages, a start and a fork: the owner is there, and the words."""
    turns = [{"role": "user", "content": "night train"}] * count
    conversation.extend(turns)
    started = Conversation.objects.start(owner, turns)
    forked = conversation.fork()
    for rows in (conversation, started, forked):
        assert len(rows.messages.search("train")) == count
        assert {message.owner_id for message in rows.messages.all()} == {owner.pk}


def test_another_owner(conversation, owner, other_owner):
    """A conversation takes its messages along."""
    message = conversation.append("user", "night train")
    conversation.owner = other_owner
    conversation.save()
    assert not Message.objects.owned_by(owner).search("train")
    assert found(Message.objects.owned_by(other_owner).search("train")) == ["night train"]
    message.save()  # read before: the owner that it knew is not written
    assert Message.objects.get().owner == other_owner


def test_exact_text_in_a_snippet(conversation, mine):
    """Whatever is in a text, its words are found."""
    for text in TEXTS.values():
        conversation.append("user", f"{text} needle")
    assert len(mine.search("needle")) == len(TEXTS)
    assert all("<mark>" in hit.snippet or len(hit.content) > 1000 for hit in mine.search("needle"))


def test_asynchronously(committed, conversation, mine):
    conversation.append("user", "night train")

    async def main():
        return [hit.snippet async for hit in mine.search("train")]

    assert run(main()) == ["night <mark>train</mark>"]


def test_using_an_alias(committed, conversation, owner):
    conversation.append("user", "night train")
    with alias("named"):
        assert found(Message.objects.using("named").owned_by(owner).search("train")) == ["night train"]


def test_a_text_that_was_deferred(conversation, mine, django_assert_num_queries):
    """Is not fetched for its snippet."""
    conversation.append("user", "night train")
    with django_assert_num_queries(1):
        [hit] = mine.search("train").defer("content")
    assert hit.snippet == ""


def test_a_very_large_text(conversation, mine):
    """10 MB can be stored and found by its beginning."""
    conversation.append("user", "needle " + "hay " * 2_500_000)
    [hit] = mine.search("needle")
    assert hit.snippet.startswith("<mark>needle</mark>")


def test_a_database_that_binds_itself(committed, conversation, owner):
    """With psycopg's server-side binding, too."""
    conversation.append("user", "night train")
    options = {**connection.settings_dict["OPTIONS"], "server_side_binding": True}
    with alias("binding", OPTIONS=options):
        rows = Message.objects.using("binding").owned_by(owner)
        assert found(rows.search('"night train" OR 北京天气')) == ["night train"]
        assert found(rows.search("rai")) == ["night train"]
        assert Conversation.objects.using("binding").of_everyone().search("train").count() == 1
