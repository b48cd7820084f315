"""Addresses, pictures and footnotes in a text: links to the open web, in a tab of their own, and nothing fetched."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _
from markdown_it.token import Token

# Not in brackets that the sentence opened, nor with its full stop. 2,000: what browsers and servers agree on.
BARE = re.compile(r"https?://[^\s<>\"'`{}|\\^\u200b-\u200f\u202a-\u202e\u2066-\u2069]{3,2000}")
AFTER = ".,;:!?…。，、；：！？)]}*_~”’»"
CITED = re.compile(r"\[([0-9]{1,3})\]")


def is_web(address: str) -> bool:
    """Whether it may be a link: no script, no other program, nothing inside this admin."""
    return address.lower().startswith(("http://", "https://", "mailto:"))


def with_links(tokens: Iterable[Token], sources: "Sources") -> Iterator[Token]:
    """The pieces of a paragraph, where each picture is named and each bare address is a link."""
    inside = 0
    for token in tokens:
        inside += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "link_open":
            token.attrSet("target", "_blank")
        if token.type == "image":
            yield from _picture(token, is_in_link=inside > 0)
        elif token.type == "text" and not inside:
            yield from _linked(token.content, sources)
        else:
            yield token


class Sources:
    """The footnotes of a message: how many it has, and where they stand."""

    def __init__(self, prefix: str = "", count: int = 0) -> None:
        self.prefix = prefix
        self.count = count

    def cite(self, number: int) -> Iterator[Token]:
        yield Token("cite_open", "sup", 1, attrs={"class": "aistore-cite"})
        yield from _link(f"#{self.prefix}{number}", str(number))
        yield Token("cite_close", "sup", -1)


def _picture(token: Token, *, is_in_link: bool) -> Iterator[Token]:
    """What it is said to show, and where it lies."""
    address = str(token.attrs.get("src", ""))
    yield Token("picture_open", "span", 1, attrs={"class": "aistore-picture"})
    yield _text(" ".join(filter(None, [_("Image"), token.content])) + ": ")
    yield from [_text(address)] if is_in_link else _link(address, address, target="_blank")
    yield Token("picture_close", "span", -1)


def _linked(text: str, sources: Sources) -> Iterator[Token]:
    start = 0
    for found in BARE.finditer(text):
        address = _trimmed(found[0])
        yield from _cited(text[start : found.start()], sources)
        yield from _link(address, address, target="_blank")
        start = found.start() + len(address)
    yield from _cited(text[start:], sources)


def _trimmed(address: str) -> str:
    """Without what belongs to the sentence; a bracket stays that the address itself has opened."""
    while address[-1] in AFTER and not (address[-1] == ")" and address.count("(") >= address.count(")")):
        address = address[:-1]
    return address


def _cited(text: str, sources: Sources) -> Iterator[Token]:
    """A number in brackets is a footnote if there is one of that number."""
    start = 0
    for found in CITED.finditer(text) if sources.count else ():
        if 1 <= int(found[1]) <= sources.count:
            yield _text(text[start : found.start()])
            yield from sources.cite(int(found[1]))
            start = found.end()
    yield _text(text[start:])


def _link(address: str, text: str, **attributes: Any) -> Iterator[Token]:
    yield Token("link_open", "a", 1, attrs={"href": address, **attributes})
    yield _text(text)
    yield Token("link_close", "a", -1)


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
