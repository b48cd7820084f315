"""What an owner used by month."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from aistore.admin import usage
from aistore.models import Conversation, Message


@pytest.fixture
def used(conversation):
    def add(month, **values):
        message = conversation.append("assistant", "x", **values)
        Message.objects.filter(pk=message.pk).update(created_at=datetime(2026, month, 3, tzinfo=UTC))

    return add


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr(usage.timezone, "now", lambda: datetime(2026, 11, 24, tzinfo=UTC))


def test_by_month(used, owner):
    """Twelve months, this one last; a month without a message is empty, not left out."""
    used(11, input_tokens=5, output_tokens=2, cost=Decimal("0.5"))
    used(11, input_tokens=1)
    used(9, output_tokens=7)
    months = usage.usage_of(owner.pk, "default").months
    assert [month.begin.month for month in months] == [12, *range(1, 12)]
    assert (months[-1].messages, months[-1].input_tokens, months[-1].output_tokens) == (2, 6, 2)
    assert months[-1].cost == Decimal("0.5")
    assert (months[-2].messages, months[-3].output_tokens, months[-3].cost) == (0, 7, None)


def test_of_him_only(used, owner, django_user_model):
    """Nobody pays for another one."""
    used(11, input_tokens=5)
    other = django_user_model.objects.create(username="binh")
    Conversation.objects.create(owner=other).append("assistant", "x", input_tokens=100)
    assert sum(month.input_tokens for month in usage.usage_of(owner.pk, "default").months) == 5


def test_the_plot(used, owner):
    """Tokens in and out; a plot of costs only where somebody told one."""
    used(11, input_tokens=5, output_tokens=2)
    found = usage.usage_of(owner.pk, "default")
    assert "November 2026: 5 tokens in, 2 tokens out" in found.tokens
    assert found.costs == ""
    used(11, cost=Decimal("0.25"))
    assert "November 2026: 0.25 cost" in usage.usage_of(owner.pk, "default").costs


def test_it_ends_somewhere(used, owner, monkeypatch):
    """Of an owner with very many messages the newest are counted, and it is said."""
    monkeypatch.setattr(usage, "MOST_MESSAGES", 2)
    used(11)
    assert not usage.usage_of(owner.pk, "default").is_cut
    used(11)
    used(11)
    found = usage.usage_of(owner.pk, "default")
    assert (found.is_cut, found.months[-1].messages) == (True, 2)
