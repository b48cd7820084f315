"""What the answers of the demo cost. The prices are invented: round figures, so that sums and plots have something
to show. Do not plan with them."""

from decimal import Decimal

from msgspec.structs import replace

from ..interop.canonical import CanonicalMessage

# invented: money for a million tokens of input, and of output
PRICES = {
    "gpt-5": (Decimal(2), Decimal(10)),
    "gpt-5-mini": (Decimal("0.4"), Decimal(2)),
    "o4-mini": (Decimal(1), Decimal(5)),
    "claude-opus-4-1": (Decimal(12), Decimal(60)),
    "claude-sonnet-4-5": (Decimal(3), Decimal(15)),
    "gemini-2.5-pro": (Decimal(2), Decimal(9)),
    "gemini-2.5-flash": (Decimal("0.2"), Decimal("1.5")),
    "deepseek-r1": (Decimal("0.5"), Decimal(2)),
    "mistral-large-latest": (Decimal(2), Decimal(6)),
    "llama-3.3-70b": (Decimal("0.3"), Decimal("0.5")),
}
MILLION = 1_000_000


def priced(message: CanonicalMessage) -> CanonicalMessage:
    """With the cost of its tokens; as it is where nobody counted them."""
    if message.output_tokens is None or message.model not in PRICES:
        return message
    price_read, price_written = PRICES[message.model]
    cost = (message.input_tokens or 0) * price_read + message.output_tokens * price_written
    return replace(message, cost=cost / MILLION)


def tokens(message: CanonicalMessage) -> int:
    """What a model has counted or, roughly, would have: four bytes a token, and four tokens for the role."""
    return message.output_tokens or len(message.content.encode()) // 4 + 4
