"""Invented prices."""

from decimal import Decimal

from aistore.demo.prices import PRICES, priced, tokens
from aistore.interop.canonical import CanonicalMessage


def answer(**fields):
    return CanonicalMessage(external_id="1", role="assistant", **fields)


def test_priced():
    """Input and output, each at its price for a million."""
    assert priced(answer(model="gpt-5", input_tokens=1_000_000, output_tokens=100_000)).cost == Decimal(3)


def test_nobody_counted():
    """Without counts there is no cost, not a cost of zero."""
    assert priced(answer(model="gpt-5")).cost is None


def test_unknown_model():
    """A model without a price costs nothing that we know."""
    assert priced(answer(model="other", output_tokens=1)).cost is None


def test_every_model_has_a_price(conversations):
    """No answer of the demo is left out."""
    assert {message.model for one in conversations for message in one.messages} <= {"", *PRICES}


def test_tokens():
    """The provider's count where there is one, a guess elsewhere."""
    assert tokens(answer(output_tokens=7)) == 7
    assert tokens(answer(content="x" * 40)) == 14
