"""The texts of a page set in type, as far as its budget goes."""

import re
from collections.abc import Sequence
from typing import Any

from .blocks import Block, Text
from .typesetting import Budget, code, markdown
from .typesetting.linking import CITED, Sources
from .typesetting.sanitiser import sanitised

FOLDED_FROM = 20_000  # characters; a longer text shows its beginning, the rest on request
SHOWN_OF_FOLDED = 6_000
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)


def print_entries(entries: Sequence[Any], budget: Budget) -> None:
    """From the end upwards: where the budget ends, the old ones stay plain."""
    for entry in reversed(entries):
        sources = Sources(f"{entry.anchor}-source-", len(entry.sources))
        for block in reversed([*entry.blocks, *entry.sources]):
            _print_block(block, budget, sources)
        for revision in entry.revisions:
            for block in revision.blocks:
                _print_block(block, budget, Sources())


def print_text(text: Text, budget: Budget, sources: Sources | None = None, cites: Sequence[int] = ()) -> None:
    kept = text.source[: budget.take(len(text.source))]
    text.is_cut = text.is_cut or len(kept) < len(text.source)
    split = len(kept) if len(kept) <= FOLDED_FROM else good_split(kept)
    text.start, text.rest = kept[:split], kept[split:]
    if text.form == "code":
        text.start = sanitised(code(text.start, text.language, budget))
        text.rest = sanitised(code(text.rest, text.language, budget))
    elif text.form == "markdown":
        text.start = markdown(text.start, budget, sources=sources, cites=cites)
        text.rest = markdown(text.rest, budget, sources=sources)


def _print_block(block: Block, budget: Budget, sources: Sources) -> None:
    for result in block.results:
        if not isinstance(result, Block):
            print_entries([result], budget)
    for text in block.texts():
        cited_already = any(int(number) <= sources.count for number in CITED.findall(text.source))
        print_text(text, budget, sources, () if cited_already else block.cites)


def good_split(text: str) -> int:
    """Where the beginning of a long text ends: between two paragraphs and not inside code, if it can be; or after
    a line."""
    start = text[:SHOWN_OF_FOLDED]
    fences = [found.start() for found in FENCE.finditer(start)]
    end = fences[-1] if len(fences) % 2 else len(start)
    least = SHOWN_OF_FOLDED // 3
    between = start.rfind("\n\n", least, end) + 2
    if between > 1:
        return between
    if end < len(start) and end > least:
        return end
    return start.rfind("\n", least) + 1 or len(start)
