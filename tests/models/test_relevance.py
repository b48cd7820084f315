"""Relevance: by words and by meaning, in one statement, of the owner's current memories only."""

import datetime as dt
import re

import pytest
from django.utils import timezone

from aistore import embedding
from aistore.embedding import embedder, table
from aistore.exceptions import MissingOwner
from aistore.models import Memory, relevance
from tests.embedding.conftest import meaning  # noqa: F401
from tests.embedding.test_table import sql

from .asynchronously import run

FACTS = [
    "Severely allergic to peanuts, traces included",
    "My daughter plays the violin",
    "Works as a nurse on night shifts",
    "Vegetarian since 2019",
    "Bought a house in Hue",
    "Runs ten kilometres every Sunday",
    "Afraid of flying",
    "Speaks Portuguese and French",
    "Drives an old Toyota",
    "Likes tea with honey",
]
MEANT = {
    "music lessons for children": 1,
    "profession in a hospital": 2,
    "does not eat meat": 3,
    "real estate": 4,
    "jogging": 5,
    "airplane phobia": 6,
    "which languages": 7,
    "which car": 8,
    "hot drinks": 9,
}


def down(texts):
    raise ConnectionError("no route to the provider")


@pytest.fixture
def facts(meaning, owner, other_owner):  # noqa: F811
    """Of one owner, and the same of another."""
    for fact in FACTS:
        Memory.objects.remember(other_owner, fact)
    made = [Memory.objects.remember(owner, fact) for fact in FACTS]
    embedding.fill("default")
    return made


@pytest.fixture
def mine(facts, owner):
    return Memory.objects.owned_by(owner)


@pytest.mark.parametrize("sentence", MEANT)
def test_by_meaning(mine, sentence):
    """No word of the sentence stands in the memory."""
    assert mine.relevant(sentence)[0].content == FACTS[MEANT[sentence]]


def test_by_words(mine):
    """What has the words and the meaning stands before what has the meaning."""
    first, second, *_ = mine.relevant("peanuts")
    assert first.content == FACTS[0]
    assert first.rank > second.rank
    assert first.rank == pytest.approx(2 / 61)
    assert second.rank == pytest.approx(1 / 62)


def test_words_without_a_vector(mine, owner):
    """What was not embedded yet is found by its words."""
    Memory.objects.remember(owner, "Xylophone")
    assert "Xylophone" in [memory.content for memory in mine.relevant("xylophone")]


def test_ranks_and_limits(mine):
    rows = list(mine.relevant("hot drinks", limit=4))
    assert len(rows) == 4
    assert [row.rank for row in rows] == sorted((row.rank for row in rows), reverse=True)
    assert len(mine.relevant("hot drinks")) == 10
    assert {row.snippet for row in rows} < set(FACTS)
    assert mine.relevant("peanuts")[0].snippet == "Severely allergic to <mark>peanuts</mark>, traces included"
    assert len(mine.relevant("hot drinks", limit=0)) == 0


def test_one_statement(mine, django_assert_num_queries):
    rows = mine.relevant("hot drinks")
    table.is_ready("default")
    with django_assert_num_queries(1):
        list(rows)


def test_only_the_owners(mine, owner):
    assert {memory.owner_id for memory in mine.relevant("hot drinks", limit=50)} == {owner.pk}


def test_without_an_owner(facts):
    """As search() has it."""
    with pytest.raises(MissingOwner, match=r"^relevant\(\) would look into the memories of everybody"):
        Memory.objects.relevant("hot drinks")
    assert len(Memory.objects.of_everyone().relevant("hot drinks", limit=50)) == 20


def test_only_current_ones(facts, owner):
    """However the owner is said."""
    Memory.objects.filter(pk=facts[9].pk).update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    Memory.objects.remember(owner, "Likes coffee", supersedes=facts[8])
    for rows in (Memory.objects.owned_by(owner), Memory.objects.filter(owner=owner), owner.memories):
        found = {memory.pk for memory in rows.relevant("hot drinks", limit=50)}
        assert not found & {facts[8].pk, facts[9].pk}
        assert len(found) == 8


def test_it_chains(mine, facts):
    """Behind filters, in a subquery, counted, and as values."""
    Memory.objects.filter(pk__in=[facts[1].pk, facts[9].pk]).update(tags=["home"])
    assert [memory.content for memory in mine.tagged("home").relevant("hot drinks")] == [FACTS[9], FACTS[1]]
    rows = mine.relevant("hot drinks", limit=3)
    assert rows.count() == 3
    assert Memory.objects.filter(pk__in=rows.values("pk")).count() == 3
    assert rows.values_list("content", flat=True)[0] == FACTS[9]
    assert rows.select_related("owner")[0].owner.username == "an"
    assert mine.order_by("created_at")[:5].relevant("hot drinks").count() == 5


@pytest.mark.parametrize("few", [0, 20_000])
@pytest.mark.parametrize("sentence", MEANT)
def test_by_the_index(mine, monkeypatch, sentence, few):
    """Where there are many, the index of vectors is asked, and gives all that the owner has: not the nearest of all,
    of which most are another's."""
    sql("SET LOCAL enable_seqscan = off")
    sql("SET LOCAL enable_sort = off")
    monkeypatch.setattr(relevance, "FEW", few)
    plan = mine.relevant(sentence).explain(analyze=True)
    used = re.search(rf"Index Scan using {table.index_name(embedder.model(), 256)} .*", plan)[0]
    assert ("never executed" in used) == (few > 0)
    assert mine.relevant(sentence)[0].content == FACTS[MEANT[sentence]]
    assert len(mine.relevant(sentence)) == 10


def test_the_index_goes_on_until_there_is_enough(mine, other_owner, monkeypatch):
    """The nearest thousand are another's."""
    drinks, ways = "tea coffee cocoa milk juice soup broth punch".split(), "hot warm strong sweet".split()
    names = [
        user.lower() for user in "Ada Bao Chi Dan Eva Finn Gro Hoa Ida Jan Kim Lan Mai Nam Ole Per".split()
    ]
    said = [
        f"{way} {drink} for {name} and {name[::-1]}" for way in ways for drink in drinks for name in names
    ]
    Memory.objects.bulk_create([Memory(owner=other_owner, content=content) for content in said])
    embedding.fill("default")
    sql("SET LOCAL enable_seqscan = off")
    sql("SET LOCAL enable_sort = off")
    monkeypatch.setattr(relevance, "FEW", 0)
    assert len(mine.relevant("hot drinks")) == 10


def test_of_another_model_nothing_is_used(mine, meaning):  # noqa: F811
    meaning.AISTORE = meaning.AISTORE | {"EMBEDDER_MODEL": "another"}
    assert list(mine.relevant("hot drinks")) == []
    assert mine.relevant("peanuts")[0].content == FACTS[0]


def test_without_an_embedder(mine, meaning):  # noqa: F811
    """It is search()."""
    meaning.AISTORE = {}
    assert list(mine.relevant("hot drinks")) == []
    assert [memory.content for memory in mine.relevant("peanuts")] == [FACTS[0]]
    assert "<mark>" in mine.relevant("peanuts")[0].snippet


def test_without_vectors(mine):
    """By words, in a database without pgvector."""
    sql(table.DROP)
    table.forget_ready()
    assert [memory.content for memory in mine.relevant("peanuts")] == [FACTS[0]]
    assert list(mine.relevant("hot drinks")) == []


def test_an_embedder_that_is_down(mine, meaning, caplog):  # noqa: F811
    """Words are better than an error; the log says so."""
    meaning.AISTORE = meaning.AISTORE | {
        "EMBEDDER": f"{__name__}.down",
        "EMBEDDER_MODEL": meaning.AISTORE["EMBEDDER"],
    }
    assert [memory.content for memory in mine.relevant("peanuts")] == [FACTS[0]]
    assert "finds by words only" in caplog.text


@pytest.mark.parametrize(
    "sentence", [None, "", " ", "!?", "\0", "\ud800", "x" * 100_000, "'\"();--%s{}", "((((*", "北京"]
)
def test_any_sentence(mine, sentence):
    assert len(mine.relevant(sentence)) in (0, 10)


@pytest.mark.django_db(transaction=True)
def test_in_asynchronous_code(facts, owner):
    async def found():
        return [memory.content async for memory in Memory.objects.owned_by(owner).relevant("hot drinks")]

    assert run(found())[0] == FACTS[9]
