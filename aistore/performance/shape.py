"""The shape of a statement: its text without values, so that it may be logged, counted and shown.

Literals, placeholders and comments go; lists of values and rows of VALUES count as one. What stands between double
quotes is a name, and stays, but for savepoints, which Django numbers. Assumes ``standard_conforming_strings``, which
is on since PostgreSQL 9.1.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

LONGEST = 10_000  # characters of a statement that are looked at: an INSERT of 10 MB must not take a second
REMEMBERED = 1024  # statements whose shape is known: the same text costs 0.1 µs, a new one some 50
CUT = " …"

# Alternatives in the order in which PostgreSQL would take them. A literal that does not end goes to the end.
TOKEN = re.compile(
    r"""
      (?P<line_comment> --[^\n]* )
    | (?P<comment>      /\* )
    | (?P<name>         "(?:[^"]|"")*(?:"|$) )
    | (?P<escaped>      \b[eE]'(?:[^'\\]|\\.|'')*(?:'|$) )
    | (?P<literal>      (?:\b[bBxXnN]|\b[uU]&)?'(?:[^']|'')*(?:'|$) )
    | (?P<dollar>       (?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|$) )
    | (?P<placeholder>  %\(\w+\)[sbt] | %[sbt] | (?<![\w$])\$\d+ )
    | (?P<number>       (?<![\w$])\.?\d[\w.]*(?:(?<=[eE])[+-]\d+)? )
    | (?P<space>        \s+ )
    """,
    re.VERBOSE | re.DOTALL,
)
IS_VALUE = {"escaped", "literal", "dollar", "placeholder", "number"}
CAST = r"(?:::[\w.\[\]]+)?"
LIST = re.compile(rf"\?{CAST}(?: ?, ?\?{CAST})+")
ROWS = re.compile(r"(\([^()]*\))(?: ?, ?\1)+")
IN = re.compile(rf"(\bIN ?)\(\?(?:{CAST}|, …)\)", re.IGNORECASE)
SPACES = re.compile(r"  +")
SAVEPOINT = re.compile(r"(SAVEPOINT )\S+", re.IGNORECASE)
BRACKET = re.compile(r"/\*|\*/")


def shape_of(sql: Any) -> str:
    """Of whatever a cursor takes: a string, bytes, or a composition of psycopg's."""
    text = sql if type(sql) is str else _text(sql)
    return _shape(text[: LONGEST + 1])


def _text(sql: Any) -> str:
    if isinstance(sql, bytes):
        return sql.decode("utf-8", "replace")
    if hasattr(sql, "as_string"):
        return str(sql.as_string(None))
    return str(sql)


@lru_cache(maxsize=REMEMBERED)
def _shape(text: str) -> str:
    end = CUT if len(text) > LONGEST else ""
    folded = "".join(_tokens(text[:LONGEST])).strip()
    folded = ROWS.sub(r"\1", LIST.sub("?, …", SPACES.sub(" ", folded)))
    folded = IN.sub(r"\1(…)", folded)  # also of a list of one
    # A lone surrogate, which the statement itself does not survive, would not survive the way to the cache either.
    return SAVEPOINT.sub(r"\1…", folded).encode("utf-8", "replace").decode() + end


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while found := TOKEN.search(text, at):
        yield text[at : found.start()]
        at = found.end()
        kind = found.lastgroup
        if kind == "name":
            yield found.group()
        elif kind == "comment":
            at = _end_of_comment(text, found.start())
            yield " "
        else:
            yield "?" if kind in IS_VALUE else " "
    yield text[at:]


def _end_of_comment(text: str, at: int) -> int:
    """PostgreSQL's comments may hold others."""
    depth = 0
    for bracket in BRACKET.finditer(text, at):
        depth += 1 if bracket.group() == "/*" else -1
        if not depth:
            return bracket.end()
    return len(text)
