"""450 things that nobody should type: each is answered within a second, and none is an error."""

import itertools

import pytest
from django.db import connection, transaction

from aistore.models import Conversation, Memory, Message

ALPHABETS = [
    "a",
    "é",
    "天",
    "ก",
    "한",
    "'",
    '"',
    "\\",
    "\x00",
    "\ud800",
    "\ufdd0",
    "%",
    "_",
    " ",
    "\n",
    "-",
    "|",
    "&",
    "!",
]
ALPHABETS += [
    "(",
    ")",
    ":",
    "*",
    "<",
    ">",
    "$",
    "?",
    "+",
    ".",
    "/",
    "@",
    "#",
    "😀",
    "\u202e",
    "\u0301",
    "ﷺ",
    "\U0002a6d6",
]
OPERATORS = [
    "OR",
    "AND",
    "NOT",
    "|",
    "&",
    "!",
    "<->",
    "<2>",
    ":*",
    ":A",
    "-",
    "--",
    '"',
    "''",
    "$$",
    "\\'",
    "%s",
    "{0}",
]
FIXED = [
    "'; DROP TABLE aistore_message; --",
    "' OR '1'='1",
    "a' & 'b",
    "a:*&!b|c<->d",
    "((((((((((",
    "!!!!!!!!a",
    "a <-> b <-> ",
    "'unclosed",
    '"unclosed',
    '""""""""',
    '-"" - -" -a',
    "OR OR OR",
    "or",
    "-a -b -c",
    "a OR -b OR",
    "%%%%_____%%%%",
    "\\\\\\\\%",
    "(a+)+$" * 20,
    "(.*a){30}",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "[[:alnum:]]{1,255}" * 10,
    "(?i)(?=.*a)(?=.*b)",
    "{t}.content {folded} {0} %(x)s %s %%",
    "aistore_query('x')",
    "\u0000\u0000\u0000",
    "\ud83d \ude00",
    "\ufdd0d83d\ufdd00000",
    "a\u0301" * 300,
    "\u202e\u2066abc\u2069",
    "<script>alert(1)</script>",
    "&lt;b&gt;",
    "https://example.com/?a=1&b=2#c",
    "C:\\Windows\\System32\\*.dll",
    "/(?<=a)b/",
    "0x00 1e999 -1 NaN Infinity",
    "..........",
    "💣" * 300,
    "ﷺ" * 300,
    "天" * 10_000,
    "ก็" * 5_000,
    "x" * 10_000,
    "x " * 5_000,
    " ".join(str(number) for number in range(3_000)),
    " OR ".join("abcdefghij" * 10),
    "-" * 10_000,
    '"' * 9_999,
    "'" * 10_000,
    "\\" * 10_000,
    "%" * 10_000,
    "\n" * 10_000,
    "the the the the " * 500,
    "a-" * 5_000,
    "a.b/c@d:e+" * 1_000,
]
QUERIES = list(
    dict.fromkeys(
        [
            *FIXED,
            *("".join(pair) for pair in itertools.product(ALPHABETS, repeat=2)),
            *(f"train {operator} hue" for operator in OPERATORS),
            *(f"{operator}train" for operator in OPERATORS),
            *(letter * 1_000 for letter in ALPHABETS),
            *(f'"{letter} {letter}"' for letter in ALPHABETS),
        ]
    )
)
STEP = len(QUERIES) // 450
HOSTILE = list(dict.fromkeys([*FIXED, *QUERIES[:: max(1, STEP)]]))[:450]


@pytest.fixture
def patience(db, owner, other_owner):
    """Some rows of each kind, hostile themselves; and a bound for each statement."""
    for person in (owner, other_owner):
        conversation = Conversation.objects.create(owner=person, title="'; -- a天 Trip")
        conversation.extend({"role": "user", "content": text[:2000]} for text in QUERIES)
        conversation.append("user", "a天 x " * 200_000)
        Memory.objects.bulk_create(
            Memory(owner=person, content=f"{n} {text[:500]}") for n, text in enumerate(FIXED)
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE aistore_message, aistore_memory, aistore_conversation")
        # 400 ms are enough on two cores with nothing else to do; the rest is for those that are busy.
        cursor.execute("SET LOCAL statement_timeout = '5s'")
    return owner


def test_there_are_enough():
    assert len(HOSTILE) == 450


@pytest.mark.parametrize("part", range(3))
def test_hostile(patience, part):
    """Messages, conversations and memories, of one owner and of everybody; with snippets."""
    for typed in HOSTILE[part::3]:
        with transaction.atomic():
            for rows in (
                Message.objects.owned_by(patience),
                Message.objects.of_everyone(),
                Conversation.objects.owned_by(patience),
                Conversation.objects.of_everyone(),
                Memory.objects.owned_by(patience),
            ):
                for hit in rows.search(typed)[:10]:
                    assert "<script" not in hit.snippet
            Memory.objects.cached.search(patience, typed)


@pytest.mark.parametrize("typed", ["'; DROP TABLE aistore_message; --", "C:\\Windows\\System32\\*.dll"])
def test_hostile_texts_are_found(patience, typed):
    """Odd as they are, they are texts like others."""
    assert typed in [hit.content for hit in Message.objects.owned_by(patience).search(typed)[:10]]
