"""What a call to a model used, whoever counted it: five spellings, one meaning.

Known are the counts of OpenAI Chat Completions and Responses, Anthropic, LangChain and Pydantic AI, and our
own. The original stays in ``Message.usage``; what is read from it here goes into the columns that people sum.
"""

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate

MOST_TOKENS = 2**63 - 1  # what the columns hold
MOST_COST = Decimal(10) ** 10

# The first path that leads to a count is taken.
_SPELLINGS = {
    "input_tokens": ("input_tokens", "prompt_tokens"),
    "output_tokens": ("output_tokens", "completion_tokens"),
    "cached_tokens": (
        "cached_tokens",
        "cache_read_input_tokens",
        "cache_read_tokens",
        "input_tokens_details.cached_tokens",
        "prompt_tokens_details.cached_tokens",
        "input_token_details.cache_read",
    ),
    "cache_write_tokens": (
        "cache_write_tokens",
        "cache_creation_input_tokens",
        "input_tokens_details.cache_write_tokens",
        "prompt_tokens_details.cache_write_tokens",
        "input_token_details.cache_creation",
    ),
    "reasoning_tokens": (
        "reasoning_tokens",
        "output_tokens_details.reasoning_tokens",
        "output_tokens_details.thinking_tokens",
        "completion_tokens_details.reasoning_tokens",
        "output_token_details.reasoning",
        "details.reasoning_tokens",
    ),
}


def normalised(usage: Any) -> dict[str, Any]:
    """Those that ``usage`` knows of ``input_tokens, output_tokens, cached_tokens, cache_write_tokens,
    reasoning_tokens`` (int) and ``cost`` (Decimal, in the currency of the provider).

    ``input_tokens`` is all of the input, with what was read from a cache or written to it; ``output_tokens``
    is all of the output, with the reasoning. A value that is no count (negative, a string, true, too large
    for the column …) is as good as absent; nothing raises.
    """
    if not isinstance(usage, dict):
        return {}
    counts = {name: _count(usage, paths) for name, paths in _SPELLINGS.items()}
    if counts["input_tokens"] is not None and _leaves_cache_out(usage):
        counts["input_tokens"] += (counts["cached_tokens"] or 0) + (counts["cache_write_tokens"] or 0)
    known = {name: count for name, count in counts.items() if count is not None and count <= MOST_TOKENS}
    cost = _cost(usage.get("cost"))
    return known if cost is None else {**known, "cost": cost}


def _leaves_cache_out(usage: dict[str, Any]) -> bool:
    """Anthropic counts cached input beside ``input_tokens``, all others within it. Gateways put Anthropic's
    keys beside ``prompt_tokens``, which is OpenAI's and has them in."""
    keys = usage.keys()
    return "prompt_tokens" not in keys and not keys.isdisjoint(
        ("cache_read_input_tokens", "cache_creation_input_tokens")
    )


def _count(usage: dict[str, Any], paths: tuple[str, ...]) -> int | None:
    for path in paths:
        value: Any = usage
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if type(value) is int and 0 <= value <= MOST_TOKENS:
            return value
    return None


def _cost(value: Any) -> Decimal | None:
    """A string is read too: it is what a Decimal, as Pydantic AI counts, becomes in JSON."""
    if not isinstance(value, int | float | Decimal | str):
        return None
    if isinstance(value, int) and not 0 <= value < MOST_COST:
        return None  # before str(), which refuses thousands of digits
    try:
        cost = Decimal(str(value))
    except InvalidOperation:
        return None
    if not cost.is_finite() or not 0 <= cost < MOST_COST:
        return None
    cost = round(cost, 10)
    return cost if cost < MOST_COST else None


def usage_by(messages: Any, by: str) -> Any:
    """A queryset of dicts {by, messages, input_tokens, output_tokens, cost}, ordered by the first."""
    if by not in GROUPS:
        raise ValueError(f"usage(by={by!r}) is not known; it sums by {', '.join(GROUPS)}.")
    groups = messages.order_by().annotate(**GROUPS[by])
    sums = {name: Sum(name) for name in ("input_tokens", "output_tokens", "cost")}
    return groups.values(by).annotate(messages=Count("pk"), **sums).order_by(by)


# What is no column of a message.
GROUPS: dict[str, dict[str, Any]] = {
    "day": {"day": TruncDate("created_at", tzinfo=dt.UTC)},
    "owner": {},
    "model": {},
}
