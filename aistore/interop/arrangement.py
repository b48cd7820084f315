"""The order in which the messages of a conversation get their numbers: parents before children, otherwise as in
the file. What has no such order (a cycle, one id for two messages) is refused before a transaction begins."""

import heapq
from dataclasses import dataclass

from ..exceptions import BadConversation
from .canonical import CanonicalConversation, CanonicalMessage
from .soundness import called, shown, sound


@dataclass(frozen=True)
class Arranged:
    """``messages`` in the order of their numbers; ``ids`` are their external ids."""

    conversation: CanonicalConversation
    messages: list[CanonicalMessage]
    ids: frozenset[str]


def arranged(conversation: CanonicalConversation) -> Arranged:
    """Raises BadConversation, which says what is wrong."""
    conversation = sound(conversation)
    messages = _once(conversation)
    if not _is_in_order(messages):
        messages = _in_order(messages, conversation)
    return Arranged(conversation, list(messages.values()), frozenset(messages))


def _once(conversation: CanonicalConversation) -> dict[str, CanonicalMessage]:
    """By id. A message that stands there twice is taken once, if it says the same both times."""
    messages: dict[str, CanonicalMessage] = {}
    for message in conversation.messages:
        first = messages.setdefault(message.external_id, message)
        if first is not message and first != message:
            raise BadConversation(
                conversation=called(conversation),
                why=f"two different messages have the id {shown(message.external_id)}",
            )
    return messages


def _is_in_order(messages: dict[str, CanonicalMessage]) -> bool:
    seen: set[str] = set()
    for external_id, message in messages.items():
        if message.parent is not None and message.parent not in seen and message.parent in messages:
            return False
        seen.add(external_id)
    return True


def _in_order(
    messages: dict[str, CanonicalMessage], conversation: CanonicalConversation
) -> dict[str, CanonicalMessage]:
    """Always the first of the file among those whose parent has its number already."""
    ids = list(messages)
    ready, waiting = _sorted_by_parent(messages)
    ordered: dict[str, CanonicalMessage] = {}
    while ready:
        external_id = ids[heapq.heappop(ready)]
        ordered[external_id] = messages[external_id]
        for place in waiting.pop(external_id, ()):
            heapq.heappush(ready, place)
    if waiting:
        raise BadConversation(conversation=called(conversation), why=_cycle(messages, next(iter(waiting))))
    return ordered


def _sorted_by_parent(messages: dict[str, CanonicalMessage]) -> tuple[list[int], dict[str, list[int]]]:
    """Places in the file: of those that wait for none of these messages, and of the others by what they wait for."""
    ready: list[int] = []
    waiting: dict[str, list[int]] = {}
    for place, message in enumerate(messages.values()):
        if message.parent is None or message.parent not in messages:
            ready.append(place)
        else:
            waiting.setdefault(message.parent, []).append(place)
    return ready, waiting


def _cycle(messages: dict[str, CanonicalMessage], waited_for: str) -> str:
    seen: set[str] = set()
    here = waited_for
    while here not in seen:
        seen.add(here)
        here = messages[here].parent or here
    return f"its messages answer each other in a circle, message {shown(here)} among them"
