"""A path as turns with every call answered: the one form that the projections to model services print.

Note [Repairs]. Services refuse a whole history for one flaw, so a path is sent as it should have been, and
stays stored as it is:

- a result goes to the first open call of its id before it, wherever it stands in the path; calls since the
  user last spoke come before older ones; a result without an id goes to the first open call of any id;
- a result that answers no call is left out (its call lies before a cut path, or it came twice);
- a call that was never answered gets the result "interrupted"; one that was closed that way and got its
  result later has the later one;
- an assistant message with results inside is split after each group of them;
- an id that is empty, in no form that services take, or used before gets one made from its message and
  place, so that the same history always looks the same and a prompt cache holds;
- blank texts are left out, and a turn of which nothing is left.

Hidden, failed, cancelled and half-streamed messages are sent with what they say.
"""

import re
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from .pieces import UNANSWERED, Call, Result, Row, Said, pieces

SPEAKERS = ("system", "developer", "user", "assistant")
ANY = None  # the queue of a result without an id
_ID = re.compile("[a-zA-Z0-9_-]{1,40}")  # Anthropic's letters, OpenAI's length
_WORD = re.compile("[a-zA-Z0-9_-]+")
_OTHER = re.compile("[^a-zA-Z0-9_-]+")


@dataclass(slots=True)
class Turn:
    """One speaker's words and then, if it is the assistant, calls with their results."""

    role: str
    name: str = ""
    said: list[Said] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)


@dataclass(slots=True)
class _Queue:
    """Calls that wait for a result, in their order, made since the user spoke for the ``question``th time."""

    question: int
    calls: deque[Call] = field(default_factory=deque)


def turns(messages: Iterable[Row]) -> list[Turn]:
    """``messages`` runs from the root to the head. See Note [Repairs]."""
    history = _History()
    for position, message in enumerate(messages):
        history.take(message, position)
    return history.turns


def function_name(name: str, *, longest: int) -> str:
    """The name itself where services take it, else a name of its own: always the same one for this name."""
    if len(name) <= longest and _WORD.fullmatch(name):
        return name
    mark = _digest(name)[:12]
    return f"{_OTHER.sub('_', name)[: longest - len(mark) - 1]}_{mark}"


class _History:
    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.question = 0  # how often the user has spoken
        self.ids: set[str] = set()
        self.open: dict[str | None, _Queue] = {}
        self.interrupted: defaultdict[str, deque[Call]] = defaultdict(deque)

    def take(self, message: Row, position: int) -> None:
        turn: Turn | None = None
        for number, piece in enumerate(pieces(message)):
            if isinstance(piece, Result):
                self.answer(piece)
                turn = None if turn and turn.calls else turn
                continue
            if message.role not in SPEAKERS or (isinstance(piece, Call) and message.role != "assistant"):
                continue
            turn = turn or self.begin(message)
            if isinstance(piece, Call):
                self.call(turn, piece, f"{_identity(message, position)} {number}")
            else:
                turn.said.append(piece)

    def begin(self, message: Row) -> Turn:
        turn = Turn(str(message.role), message.name or "")
        self.question += turn.role == "user"
        self.turns.append(turn)
        return turn

    def call(self, turn: Turn, call: Call, place: str) -> None:
        turn.calls.append(call)
        for key in (call.id, ANY):
            self.queue(key).append(call)
        self.interrupted.pop(call.id, None)
        call.id = self.unused(call.id, place)

    def queue(self, key: str | None) -> deque[Call]:
        """Of the calls under this id since the user last spoke: they take the id over from older ones."""
        queue = self.open.get(key)
        if queue is None or queue.question != self.question:
            queue = self.open[key] = _Queue(self.question)
        return queue.calls

    def answer(self, result: Result) -> None:
        call = self.waiting(result.call_id)
        if call is None:
            return
        call.result = result
        if result.is_interruption:
            self.interrupted[result.call_id].append(call)

    def waiting(self, id: str) -> Call | None:
        for key in (id,) if id else (id, ANY):
            queue = self.open[key].calls if key in self.open else ()
            while queue:
                call = queue.popleft()
                if call.result is UNANSWERED:  # else it was answered under the other key
                    return call
        return self.interrupted[id].popleft() if self.interrupted[id] else None

    def unused(self, id: str, place: str) -> str:
        while id in self.ids or not _ID.fullmatch(id):
            place = _digest(place)
            id = f"call_{place[:24]}"
        self.ids.add(id)
        return id


def _identity(message: Row, position: int) -> str:
    """What stays the same for this message when the path is cut elsewhere."""
    return str(getattr(message, "id", None) or getattr(message, "external_id", None) or position)


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
