"""Memory.objects.cached.search(): the same answers, from the cache."""

import datetime as dt

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from aistore.cache import maintenance
from aistore.models import Memory

from .asynchronously import run

FACTS = ["likes tea", "drinks coffee at night", "喜欢北京烤鸭", "needs a <b>bold</b> tea"]
ASKED = ["tea", "ffe", "北京烤", "drinks night", '"coffee at" OR tea', "nothing here", "x\x00\ud800", ""]


@pytest.fixture
def owner(transactional_db):
    maintenance.forget_kept()
    owner = get_user_model().objects.create(username="an")
    for fact in FACTS:
        Memory.objects.create(owner=owner, content=fact)
    return owner


@pytest.mark.parametrize("asked", ASKED, ids=ascii)
def test_as_uncached(owner, asked, django_assert_num_queries):
    """The second time without the database, with the same rows, ranks and snippets."""
    first = Memory.objects.cached.search(owner, asked)
    with django_assert_num_queries(0):
        assert Memory.objects.cached.search(owner, asked) == first
    rows = list(Memory.objects.owned_by(owner).search(asked, limit=10))
    assert [(row.pk, row.snippet) for row in first] == [(row.pk, row.snippet) for row in rows]
    assert [row.rank for row in first] == pytest.approx([row.rank for row in rows], rel=1e-3)


def test_after_a_write(owner):
    """What was written is found, and what was deleted is not."""
    assert len(Memory.objects.cached.search(owner, "tea")) == 2
    Memory.objects.create(owner=owner, content="tea again")
    assert len(Memory.objects.cached.search(owner, "tea")) == 3
    Memory.objects.filter(content="likes tea").delete()
    assert len(Memory.objects.cached.search(owner, "tea")) == 2


def test_what_expires_meanwhile(owner):
    """Is not returned, though the entry lives on."""
    at = timezone.now() + dt.timedelta(seconds=60)
    Memory.objects.create(owner=owner, content="tea until then", expires_at=at)
    assert len(Memory.objects.cached.search(owner, "tea")) == 3
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(timezone, "now", lambda: at)
        assert len(Memory.objects.cached.search(owner, "tea")) == 2


def test_another_owner(owner):
    """Has entries of his own; nobody has none."""
    other = get_user_model().objects.create(username="binh")
    Memory.objects.cached.search(owner, "tea")
    assert Memory.objects.cached.search(other, "tea") == ()
    assert Memory.objects.cached.search(None, "tea") == ()


def test_how_many(owner):
    assert len(Memory.objects.cached.search(owner, "tea", limit=1)) == 1
    assert Memory.objects.cached.search(owner, "tea", limit=0) == ()
    with pytest.raises(ValueError, match="-1 rows"):
        Memory.objects.cached.search(owner, "tea", limit=-1)


def test_asynchronously(owner):
    async def main():
        return await Memory.objects.cached.asearch(owner, "tea")

    assert run(main()) == Memory.objects.cached.search(owner, "tea")
