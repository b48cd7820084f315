"""Small conversations out of the long ones: whole turns, so that no question loses its answer and no tool call
its result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from ..interop.canonical import CanonicalConversation, CanonicalMessage

Turn = list[CanonicalMessage]

SHORTEST, USUAL, LONGEST = 2, 4, 12  # messages
EVENNESS = 0.4  # 0: a conversation of 150 turns is taken as often as 150 of one turn; 1: as often as one


@dataclass(frozen=True)
class Excerpt:
    conversation: CanonicalConversation
    messages: list[CanonicalMessage]


class Excerpts:
    """All places in which a small conversation can begin."""

    def __init__(self, conversations: Iterable[CanonicalConversation]) -> None:
        self._places: list[tuple[CanonicalConversation, list[Turn]]] = []
        weights = []
        for conversation in conversations:
            turns = turns_of(active_path(conversation))
            for first, turn in enumerate(turns):
                if SHORTEST <= len(turn) <= LONGEST:
                    self._places.append((conversation, turns[first:]))
                    weights.append(len(turns) ** -EVENNESS)
        self._weights = list(accumulate(weights))

    def draw(self, random: Random) -> Excerpt:
        [(conversation, turns)] = random.choices(self._places, cum_weights=self._weights)
        most = round(random.triangular(SHORTEST, LONGEST, USUAL))
        return Excerpt(conversation, first_turns(turns, most=most))


def active_path(conversation: CanonicalConversation) -> list[CanonicalMessage]:
    messages = {message.external_id: message for message in conversation.messages}
    here: str | None = conversation.head or conversation.messages[-1].external_id
    path = []
    while here is not None:
        path.append(messages[here])
        here = messages[here].parent
    return path[::-1]


def turns_of(path: Sequence[CanonicalMessage]) -> list[Turn]:
    """What a user says and all that follows until he speaks again; what stands before him is left out."""
    turns: list[Turn] = []
    for message in path:
        if message.role == "user":
            turns.append([])
        if turns:
            turns[-1].append(message)
    return turns


def first_turns(turns: Sequence[Turn], *, most: int) -> list[CanonicalMessage]:
    """The first turn, and those after it that fit."""
    messages = list(turns[0])
    for turn in turns[1:]:
        if len(messages) + len(turn) > most:
            break
        messages += turn
    return messages
