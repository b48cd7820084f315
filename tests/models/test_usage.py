"""The five spellings of usage, and what is none."""

import math
from decimal import Decimal

import pytest

from aistore.models.usage import normalised

HUGE = pytest.param(10**5000, id="5000 digits")  # more than str() takes
ROUNDED_UP = "9999999999.99999999999"  # to 10^10, one more than the column holds
SAME_CALL = {"input_tokens": 1000, "output_tokens": 50, "cached_tokens": 700, "reasoning_tokens": 20}
SPELLINGS = {
    "openai chat": {
        "prompt_tokens": 1000,
        "completion_tokens": 50,
        "total_tokens": 1050,
        "prompt_tokens_details": {"cached_tokens": 700, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 20},
    },
    "openai responses": {
        "input_tokens": 1000,
        "output_tokens": 50,
        "total_tokens": 1050,
        "input_tokens_details": {"cached_tokens": 700},
        "output_tokens_details": {"reasoning_tokens": 20},
    },
    "anthropic": {
        "input_tokens": 300,
        "output_tokens": 50,
        "cache_read_input_tokens": 700,
        "cache_creation_input_tokens": None,
        "output_tokens_details": {"thinking_tokens": 20},
    },
    "langchain": {
        "input_tokens": 1000,
        "output_tokens": 50,
        "total_tokens": 1050,
        "input_token_details": {"cache_read": 700},
        "output_token_details": {"reasoning": 20},
    },
    "pydantic ai": {
        "input_tokens": 1000,
        "output_tokens": 50,
        "cache_read_tokens": 700,
        "details": {"reasoning_tokens": 20},
    },
}


@pytest.mark.parametrize("usage", SPELLINGS.values(), ids=SPELLINGS)
def test_same_call_in_every_spelling(usage):
    """One call means the same numbers, whoever counted it."""
    assert normalised(usage) == SAME_CALL


def test_anthropic_counts_cached_input_beside():
    """Anthropic's input_tokens leave out what was cached; ours is the sum, comparable with all others."""
    usage = {"input_tokens": 10, "cache_read_input_tokens": 200, "cache_creation_input_tokens": 3000}
    assert normalised(usage) == {"input_tokens": 3210, "cached_tokens": 200, "cache_write_tokens": 3000}


def test_gateway_with_keys_of_both():
    """Anthropic's keys beside prompt_tokens, as gateways send them, are not added again."""
    usage = {"prompt_tokens": 210, "completion_tokens": 1, "cache_read_input_tokens": 200}
    assert normalised(usage) == {"input_tokens": 210, "output_tokens": 1, "cached_tokens": 200}


@pytest.mark.parametrize("usage", SPELLINGS.values(), ids=SPELLINGS)
def test_our_own_spelling(usage):
    """What came out may go in again."""
    ours = normalised(usage | {"cost": 0.25})
    assert normalised(ours) == ours


@pytest.mark.parametrize(
    "count", [-1, "12", True, None, 1.5, math.nan, math.inf, 2**63, HUGE, [], {}, {"input_tokens": 1}]
)
def test_hostile_count(count):
    """What is no count is as good as absent, and the others stand."""
    assert normalised({"input_tokens": count, "output_tokens": 7}) == {"output_tokens": 7}


def test_sum_that_is_too_large():
    """A sum that the column cannot hold is left out like a count that it cannot hold."""
    usage = {"input_tokens": 2**63 - 1, "cache_read_input_tokens": 1, "output_tokens": 7}
    assert normalised(usage) == {"output_tokens": 7, "cached_tokens": 1}


def test_sum_with_a_hostile_count():
    """What is no count is not added either."""
    assert normalised({"input_tokens": 5, "cache_read_input_tokens": 2**63}) == {"input_tokens": 5}


def test_next_spelling_when_the_first_is_no_count():
    """A broken count does not hide a good one."""
    assert normalised({"input_tokens": "many", "prompt_tokens": 5}) == {"input_tokens": 5}


@pytest.mark.parametrize(
    "details",
    [{"prompt_tokens_details": 5}, {"prompt_tokens_details": [{"cached_tokens": 5}]}, {"details": 0}],
)
def test_details_of_another_shape(details):
    """Details that are no object are ignored."""
    assert normalised({"prompt_tokens": 1, **details}) == {"input_tokens": 1}


@pytest.mark.parametrize("usage", [None, [], "12", 5, True, {}])
def test_no_usage(usage):
    """Nothing in, nothing out."""
    assert normalised(usage) == {}


@pytest.mark.parametrize(
    ("cost", "kept"),
    [
        (0.1, "0.1000000000"),
        (2, "2"),
        (0, "0"),
        ("1E-7", "0.0000001"),
        (Decimal("0.00000000005"), "0"),
        (9999999999.5, "9999999999.5"),
    ],
)
def test_cost(cost, kept):
    """A cost is a Decimal with the ten places of the column."""
    assert normalised({"cost": cost}) == {"cost": Decimal(kept)}


@pytest.mark.parametrize(
    "cost", [-0.1, -1, True, "free", "", None, math.nan, math.inf, 1e10, HUGE, ROUNDED_UP, "1" * 5000, {}, []]
)
def test_hostile_cost(cost):
    """What the column cannot hold as a price is as good as absent."""
    assert normalised({"cost": cost}) == {}
