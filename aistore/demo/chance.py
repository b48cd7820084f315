"""What happens to some conversations and not to others. Every function takes the dice and throws them as often
whatever comes, or else one number changed here would change all that follows."""

from random import Random

from msgspec.structs import replace

from ..interop.canonical import CanonicalMessage, CanonicalRevision

# Shares of all small conversations
PINNED = 0.004
ARCHIVED = 0.12
UNTITLED = 0.02
UNTAGGED = 0.4
OTHER_MODEL = 0.35  # than in the conversation that it was cut from
EDITED = 0.03
BROKEN = 0.06  # the last answer did not end well
ASKED_AGAIN = 0.5  # of the broken ones

RATED = 0.08  # of the answers
LIKED = 0.8  # of the rated

ENDINGS = {"failed": "error", "cancelled": "", "incomplete": "length"}  # status and finish_reason


def model(usual: str, known: list[str], random: Random) -> str:
    other, dice = random.choice(known), random.random()
    return other if dice < OTHER_MODEL else usual


def tags(all_tags: list[str], random: Random) -> list[str]:
    some, dice = [tag for tag in all_tags if random.random() < 0.7], random.random()
    return [] if dice < UNTAGGED else some


def is_titled(random: Random) -> bool:
    return random.random() >= UNTITLED


def is_pinned(random: Random) -> bool:
    return random.random() < PINNED


def is_archived(random: Random) -> bool:
    return random.random() < ARCHIVED


def rated(messages: list[CanonicalMessage], random: Random) -> list[CanonicalMessage]:
    ratings = [rating(random) for _ in messages]
    return [
        replace(message, rating=rating) if message.role == "assistant" and message.content else message
        for message, rating in zip(messages, ratings, strict=True)
    ]


def rating(random: Random) -> int | None:
    is_liked, dice = random.random() < LIKED, random.random()
    return (1 if is_liked else -1) if dice < RATED else None


def ended(messages: list[CanonicalMessage], random: Random) -> list[CanonicalMessage]:
    """Sometimes the last answer breaks off; then some ask again, and get the whole answer on a second branch."""
    status, share = random.choice(list(ENDINGS)), random.uniform(0.2, 0.8)
    is_broken, is_asked_again = random.random() < BROKEN, random.random() < ASKED_AGAIN
    answer = messages[-1]
    if not is_broken or answer.role != "assistant" or answer.parts or answer.tool_calls:
        return messages
    broken = broken_off(answer, status, share)
    again = [replace(answer, external_id=str(len(messages) + 1))] if is_asked_again else []
    return [*messages[:-1], broken, *again]


def broken_off(answer: CanonicalMessage, status: str, share: float) -> CanonicalMessage:
    return replace(
        answer,
        content=answer.content[: int(len(answer.content) * share)],
        status=status,
        finish_reason=ENDINGS[status],
        usage={},
        input_tokens=None,
        output_tokens=None,
        cost=None,
    )


def edited(messages: list[CanonicalMessage], random: Random) -> list[CanonicalMessage]:
    """Sometimes the question was sent in a hurry: half of it, and completed before the answer came."""
    question, answer, dice = messages[0], messages[1], random.random()
    if dice >= EDITED or question.parts or answer.created_at is None:
        return messages
    hasty = question.content[: len(question.content) * 2 // 3].rstrip()
    revision = CanonicalRevision(content=hasty, replaced_at=answer.created_at)
    return [replace(question, edited_at=answer.created_at, revisions=[revision]), *messages[1:]]
