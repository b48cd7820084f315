"""From the messages of a window to what the page prints: entries of blocks, each tool call with its result."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.formats import localize
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..fields import readable
from ..models import Conversation, Message
from .blocks import Block, Text, blocks_of, parts_as_blocks
from .branch import MOST_CHARACTERS, NoSuchPlace, Place, Window, window
from .difference import difference
from .display import ago, clock, line
from .printing import print_entries, print_text
from .reference import File, files_of
from .typesetting import Budget

JUMP_FROM = 10  # entries
GOOD_ENDINGS = ("", "stop", "tool_calls", "end_turn", "tool_use", "stop_sequence", "unknown")


@dataclass(frozen=True)
class Branch:
    """This message among all that answer the same one: "2 of 3"."""

    position: int
    count: int
    previous: str  # addresses; empty at the ends
    next: str


@dataclass(frozen=True)
class Revision:
    """What an edit replaced."""

    until: SafeString
    changes: SafeString | str  # what the edit took away and put there; empty where that is too long
    blocks: list[Block]


@dataclass
class Entry:
    """One message. A tool message whose call is on the page stands inside that call, not in the list."""

    message: Any  # a Message, with what a Window adds
    speaker: str
    blocks: list[Block]
    badges: list[tuple[str, str]]
    branch: Branch | None
    revisions: list[Revision] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    sources: list[Block] = field(default_factory=list)

    kind = "entry"

    @property
    def anchor(self) -> str:
        return f"message-{self.message.sequence_number}"

    @property
    def number(self) -> str:
        return str(self.message.sequence_number)

    @property
    def when(self) -> SafeString:
        return clock(self.message.created_at)

    @property
    def edited(self) -> SafeString | str:
        return ago(self.message.edited_at) if self.message.edited_at else ""

    @property
    def model(self) -> str:
        return line(self.message.model, 60)

    @property
    def comment(self) -> str:
        return line(self.message.rating_comment, 1000)

    @property
    def price(self) -> list[str]:
        """What the turn took, as far as it is known."""
        message = self.message
        known = [
            (_("%s tokens in"), message.input_tokens),
            (_("%s tokens out"), message.output_tokens),
            (_("cost %s"), message.cost and message.cost.normalize()),
        ]
        return [text % localize(value) for text, value in known if value is not None]

    @property
    def is_instruction(self) -> bool:
        """Said to the model by the developer, not by anybody in the conversation."""
        return self.message.role in ("system", "developer")

    @property
    def is_error(self) -> bool:
        return self.message.status in ("failed", "cancelled")


@dataclass(frozen=True)
class Transcript:
    entries: list[Entry]
    system_prompt: Text | None
    is_active: bool = True
    earlier_url: str = ""
    later_url: str = ""
    files: list[File] = field(default_factory=list)  # of the conversation, at no message

    @property
    def newest(self) -> str:
        """Where to jump on a page that nobody sees the end of; empty on a short one."""
        return self.entries[-1].anchor if len(self.entries) > JUMP_FROM else ""


def place_in(query: QueryDict) -> Place:
    """What the address of the page asks for; NoSuchPlace if it is no number."""
    numbers: dict[str, int] = {}
    for name in ("at", "before", "after"):
        text = query.get(name, "")
        if text:
            numbers[name] = _number(text)
    return Place(**numbers)


def transcript(conversation: Conversation, place: Place) -> Transcript:
    shown, budget = window(conversation, place), Budget()
    entries = [_entry(message, budget) for message in shown.messages]
    loose = files_of(shown.loose_files)
    for entry in entries:
        entry.files = _not_in_place(entry, loose)
        _move_sources(entry)
    shown_entries = _with_results_in_their_calls(entries)
    prompt = _system_prompt(conversation, budget)
    print_entries(shown_entries, budget)
    return Transcript(
        shown_entries, prompt, shown.is_active, *_neighbours(shown, place), list(loose.values())
    )


def _system_prompt(conversation: Conversation, budget: Budget) -> Text | None:
    prompt = conversation.system_prompt
    if not prompt:
        return None
    text = Text.of(prompt[:MOST_CHARACTERS], len(prompt))
    print_text(text, budget)
    return text


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10):
        raise NoSuchPlace
    return int(text)


def _neighbours(shown: Window, place: Place) -> tuple[str, str]:
    """The addresses of the pages above and below, on the same branch."""
    branch = "" if shown.is_active else f"&at={place.at}"
    earlier = f"?before={shown.messages[0].sequence_number}{branch}" if shown.has_earlier else ""
    later = f"?after={shown.messages[-1].sequence_number}{branch}" if shown.has_later else ""
    return earlier, later


def _entry(message: Any, budget: Budget) -> Entry:
    entry = Entry(message, _speaker(message), blocks_of(message), _badges(message), _branch(message))
    entry.revisions = _revisions(message, budget)
    return entry


def _speaker(message: Message) -> str:
    role = capfirst(message.get_role_display())
    return f"{role} · {line(message.name, 60)}" if message.name else role


def _badges(message: Message) -> list[tuple[str, str]]:
    badges = []
    if message.status != "complete":
        badges.append((message.status, message.get_status_display()))
    if message.finish_reason not in GOOD_ENDINGS:
        badges.append(("note", line(message.finish_reason, 40)))
    if message.is_hidden:
        badges.append(("hidden", _("hidden")))
    if message.rating:
        badges.append(("good", _("rated good")) if message.rating > 0 else ("failed", _("rated bad")))
    return badges


def _branch(message: Any) -> Branch | None:
    siblings = message.siblings
    if len(siblings) < 2:
        return None
    index = siblings.index(message.sequence_number)
    before = siblings[index - 1] if index else None
    after = siblings[index + 1] if index + 1 < len(siblings) else None
    return Branch(index + 1, len(siblings), _address(before), _address(after))


def _address(number: int | None) -> str:
    return f"?at={number}#message-{number}" if number else ""


def _revisions(message: Any, budget: Budget) -> list[Revision]:
    revisions, after = [], message.content
    for kept in message.replaced:
        is_whole = kept["length"] <= MOST_CHARACTERS and message.content_length <= MOST_CHARACTERS
        changes = (
            difference(readable(kept["content"]), readable(after)) if is_whole and not budget.is_late else ""
        )
        blocks = parts_as_blocks(kept["parts"]) or [
            Block("text", text=Text.of(kept["content"], kept["length"]))
        ]
        until = ago(dt.datetime.fromisoformat(kept["replaced_at"]))
        revisions.append(Revision(until, changes, blocks))
        after = kept["content"]
    return revisions


def _not_in_place(entry: Entry, loose: dict[str, File]) -> list[File]:
    """The files of a message, but for those that a part of it stands for: these are put there."""
    own = files_of(entry.message.files)
    for block in entry.blocks:
        if block.upload_id:
            block.file = own.pop(block.upload_id, None) or loose.pop(block.upload_id, None)
    return list(own.values())


def _move_sources(entry: Entry) -> None:
    """To the end, as footnotes of the text that they follow."""
    said: Block | None = None
    others = []
    for block in entry.blocks:
        if block.kind != "source":
            others.append(block)
            said = block if block.kind == "text" else said
            continue
        entry.sources.append(block)
        if said:
            said.cites.append(len(entry.sources))
    entry.blocks = others


def _with_results_in_their_calls(entries: list[Entry]) -> list[Entry]:
    """Ids of calls are the provider's and come again in a later turn: a result belongs to the last call of its
    id that has none yet."""
    waiting: dict[str, Block] = {}
    shown = []
    for entry in entries:
        call = waiting.pop(_answered_by(entry), None) if entry.message.role == "tool" else None
        if call:
            call.answer(entry)
            continue
        entry.blocks = [block for block in entry.blocks if not _belongs_to_a_call(block, waiting)]
        shown.append(entry)
    return shown


def _answered_by(entry: Entry) -> str:
    results = (block.call_id for block in entry.blocks if block.kind == "result")
    return entry.message.tool_call_id or next(results, "")


def _belongs_to_a_call(block: Block, waiting: dict[str, Block]) -> bool:
    if block.kind == "call" and block.call_id:
        waiting[block.call_id] = block
    call = waiting.pop(block.call_id, None) if block.kind == "result" else None
    if call:
        call.answer(block)
    return call is not None
