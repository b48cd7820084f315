r"""Formulas as models write them, ``\(…\)``, ``\[…\]``, ``$$…$$``, ``$…$``, left as they are.

Without these rules Markdown reads them as its own: a backslash goes, an underscore begins emphasis, a line that begins
with a minus becomes a list.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

CLOSERS = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}
# A dollar is a price more often than not: a formula begins and ends with something, no digit follows it, and it has
# something that prices have not.
SINGLE = re.compile(r"\$(?!\s)((?:\\.|[^\\$\n]){1,500})(?<!\s)\$(?![0-9])")
FORMULA = re.compile(r"[\\^_={}]|^[A-Za-z]$")


def add_to(markdown: MarkdownIt) -> None:
    markdown.inline.ruler.before("escape", "mathematics", _inline)
    markdown.block.ruler.before("fence", "mathematics", _block, {"alt": ["paragraph", "blockquote", "list"]})


def _inline(state: StateInline, silent: bool) -> bool:
    end = _end_of_formula(state.src, state.pos, state.posMax)
    if not end:
        return False
    if not silent:
        state.push("mathematics", "span", 0).content = state.src[state.pos : end]
    state.pos = end
    return True


def _end_of_formula(text: str, start: int, limit: int) -> int:
    """0 if there is none."""
    closer = CLOSERS.get(text[start : start + 2])
    if closer:
        end = text.find(closer, start + 2, limit)
        return end + len(closer) if end > start + 2 else 0
    found = SINGLE.match(text, start, limit) if text[start] == "$" else None
    return found.end() if found and FORMULA.search(found[1]) else 0


def _block(state: StateBlock, first: int, limit: int, silent: bool) -> bool:
    """From a line that begins with an opener to the line that ends with its closer."""
    start = state.bMarks[first] + state.tShift[first]
    closer = CLOSERS.get(state.src[start : start + 2], "\\)")
    if closer == "\\)" or state.is_code_block(first):
        return False
    end = state.src.find(closer, start + 2, state.eMarks[limit - 1])
    if end < 0:
        return False
    last = next(number for number in range(first, limit) if state.eMarks[number] >= end + 2)
    if state.src[
        end + 2 : state.eMarks[last]
    ].strip():  # more text on the line: this is a formula inside a paragraph
        return False
    if not silent:
        token = state.push("mathematics", "div", 0)
        token.content = state.getLines(first, last + 1, state.blkIndent, False).strip()
        token.block, token.map = True, [first, last + 1]
    state.line = last + 1
    return True
