"""What a person types, taken apart.

The syntax is that of ``websearch_to_tsquery``: "words in order", -unwanted, this OR that. It is not used itself,
because the last word may only be begun, and because scripts without spaces need a query of their own: aistore_query()
in the database makes both, see Note [Words]. Nothing that is typed is an error; what means nothing finds nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..fields import ESCAPE
from .scripts import UNSPACED

LONGEST = 1000  # characters that are looked at
LONGEST_TERM = 300  # characters; a lexeme has 2,046 bytes at most
MOST_TERMS = 32

_UNSEARCHED = re.compile(f"[\x00-\x1f\x7f\ud800-\udfff{ESCAPE}]")
_QUOTES = str.maketrans("“”„‟«»＂", '"' * 7)
_TERM = re.compile(r'(-?)"([^"]*)(?:"|$)|([^\s"]+)')
_UNWANTED = re.compile(r"-[^\W_]")
_RUN = re.compile(f"[{UNSPACED}]{{3,}}")  # two characters are one lexeme, and so exact by themselves

Condition = tuple[str, list[Any]]


@dataclass(frozen=True)
class Term:
    text: str
    is_wanted: bool = True
    is_beginning: bool = False  # the word may go on

    @property
    def item(self) -> str:
        """As aistore_query() takes it."""
        return f"{'-' if not self.is_wanted else '*' if self.is_beginning else '+'}{self.text}"

    @property
    def is_plain(self) -> bool:
        """One word, and nothing else."""
        return self.text.isalnum()


@dataclass(frozen=True)
class Query:
    """Alternatives, each of terms that must all be met."""

    text: str  # what was typed, as far as it is looked at
    alternatives: tuple[tuple[Term, ...], ...]

    def __bool__(self) -> bool:
        return bool(self.alternatives)

    @cached_property
    def items(self) -> list[str]:
        items: list[str] = []
        for terms in self.alternatives:
            items += ["|"] * bool(items) + [term.item for term in terms]
        return items

    @cached_property
    def wanted(self) -> list[str]:
        return [term.text for terms in self.alternatives for term in terms if term.is_wanted]

    def contained(self, folded: str) -> Condition:
        """SQL: whether the folded text has all pieces, wherever they stand, inside of words too."""
        pieces = [[(term.text, term.is_wanted) for term in terms] for terms in self.alternatives]
        return _any_of([_all_of(some) for some in pieces], folded)

    def exact(self, folded: str) -> Condition | None:
        """SQL: whether fragments of scripts without spaces stand there as they were typed: having all of their pairs
        does not say so. None where that needs no asking."""
        runs = [
            [(run, True) for term in terms if term.is_wanted for run in _RUN.findall(term.text)]
            for terms in self.alternatives
        ]
        return _any_of([_all_of(some) for some in runs], folded) if all(runs) else None

    def verbatim(self, folded: str) -> Condition | None:
        """SQL: whether the text has what was typed, letter by letter. None where it is one word: every hit has it."""
        typed = [term for term in self.alternatives[0] if term.is_wanted]
        if len(self.alternatives) > 1 or (len(typed) == 1 and typed[0].is_plain):
            return None
        return _any_of([_all_of([(" ".join(term.text for term in typed), True)])], folded)


def parse(words: Any) -> Query:
    """Of any text, and of None, which is an empty one."""
    text = _UNSEARCHED.sub(" ", str(words or "")[:LONGEST]).translate(_QUOTES)
    alternatives: list[list[Term]] = [[]]
    for place, found in enumerate(_TERM.finditer(text)):
        if place == MOST_TERMS:
            break
        if found[0].upper() == "OR" and alternatives[-1]:
            alternatives.append([])
        elif (term := _term(found, is_last=found.end() == len(text))) is not None:
            alternatives[-1].append(term)
    wanted = (tuple(terms) for terms in alternatives if any(term.is_wanted for term in terms))
    return Query(text, tuple(wanted))


def _term(found: re.Match[str], *, is_last: bool) -> Term | None:
    sign, phrase, word = found.groups()
    if phrase is None:
        is_wanted = not _UNWANTED.match(word)
        text = word if is_wanted else word[1:]
    else:
        is_wanted, text = not sign, " ".join(phrase.split())
    if not text:
        return None
    is_beginning = is_wanted and phrase is None and (is_last or len(text) > LONGEST_TERM)
    return Term(text[:LONGEST_TERM], is_wanted, is_beginning)


def _all_of(pieces: list[tuple[str, bool]]) -> Condition:
    conditions = [
        f"strpos({{folded}}, aistore_fold(%s)) {'>' if is_wanted else '='} 0" for _, is_wanted in pieces
    ]
    return " AND ".join(conditions), [piece for piece, _ in pieces]


def _any_of(conditions: list[Condition], folded: str) -> Condition:
    sql = " OR ".join(f"({condition})" for condition, _ in conditions)
    return f"({sql.replace('{folded}', folded)})", [piece for _, pieces in conditions for piece in pieces]
