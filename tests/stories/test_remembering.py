"""Two who remember at the same moment: the fact is there once, and one fact is current."""

from aistore.models import Memory


def remember(conversation, content, **fields):
    return Memory.objects.remember(conversation.owner_id, content, **fields)


def test_the_same_fact_from_two(an, binh):
    """The second waits for the first, and gets his."""
    with an.transaction():
        first = an.does(remember, "likes tea", tags=["drinks"])
        second = binh.begins(remember, "Likes  tea", tags=["food"], importance=9)
        second.waits()
    assert second.ends() == first
    assert (second.ends().tags, second.ends().importance) == (["drinks", "food"], 9)
    assert Memory.objects.count() == 1


def test_the_same_fact_with_nothing_to_add(an, binh):
    """The row was not there when the second's statement began: it looks once more."""
    with an.transaction():
        first = an.does(remember, "likes tea", importance=9)
        second = binh.begins(remember, "likes tea")
        second.waits()
    assert (second.ends(), second.ends().is_written) == (first, False)


def test_the_first_rolls_back(an, binh):
    with an.transaction():
        an.does(remember, "likes tea", tags=["drinks"])
        second = binh.begins(remember, "likes tea")
        second.waits()
        an.rolls_back()
    assert second.ends().is_new
    assert list(Memory.objects.all()) == [second.ends()]


def test_two_replace_the_same_fact(an, binh):
    """The later one replaces what the first has written."""
    tea = an.does(remember, "likes tea")
    with an.transaction():
        coffee = an.does(remember, "likes coffee", supersedes=tea)
        second = binh.begins(remember, "likes water", supersedes=tea)
        second.waits()
    water = second.ends()
    assert list(Memory.objects.current()) == [water]
    coffee.refresh_from_db()
    assert coffee.superseded_by == water


def test_two_that_replace_each_other(an, binh):
    """No circle: the second finds its fact superseded, and says it anew."""
    tea, coffee = an.does(remember, "likes tea"), an.does(remember, "likes coffee")
    with an.transaction():
        an.does(remember, "likes coffee", supersedes=tea)
        second = binh.begins(remember, "likes tea", supersedes=coffee)
        second.waits()
    assert second.ends().is_new
    assert list(Memory.objects.current()) == [second.ends()]


def test_another_fact_waits_for_nobody(an, binh):
    with an.transaction():
        an.does(remember, "likes tea")
        assert binh.does(remember, "likes coffee").is_new
    assert Memory.objects.count() == 2
