"""Markdown, as models and people write it, into HTML."""

import re
from collections.abc import Sequence
from typing import Any

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from . import mathematics
from .budget import Budget
from .highlighting import code
from .linking import Sources, is_web, with_links
from .sanitiser import BLOCKS, sanitised

MOST_CHARACTERS = 20_000  # of a text made to be slow, 0.3 s; it grows with the square
NESTING = 20
LABEL = 60  # characters of a language
# The title of the page is h1, who speaks is h2.
HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}
ALIGNMENTS = {"text-align:right": "aistore-end", "text-align:center": "aistore-center"}
BREAK = re.compile(r"<br\s{0,9}/?>", re.IGNORECASE)
TASKS = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}


def markdown(text: str, budget: Budget, *, sources: Sources | None = None, cites: Sequence[int] = ()) -> str:
    """The text in type, sanitised; the text itself, which the template escapes, if that is too dear.
    ``cites``: numbers of footnotes to stand at its end."""
    if len(text) > MOST_CHARACTERS or budget.is_late:
        return text
    html = _MARKDOWN.render(text, {"budget": budget, "sources": sources or Sources(), "cites": cites})
    return sanitised(html)


class _Markdown(MarkdownIt):
    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False, "breaks": True, "maxNesting": NESTING})
        self.enable(["table", "strikethrough"])
        self.disable("reference")  # See Note [Nothing is hidden]
        mathematics.add_to(self)
        self.inline.ruler.before("autolink", "break", _break)
        self.core.ruler.push("finish", _finish)
        for name, rule in RULES.items():
            self.add_render_rule(name, rule)

    def validateLink(self, url: str) -> bool:
        return is_web(url)


def _break(state: StateInline, silent: bool) -> bool:
    """The one tag that models write because Markdown has nothing for it: a new line in a table."""
    found = BREAK.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    if not silent:
        state.push("hardbreak", "br", 0)
    state.pos = found.end()
    return True


def _finish(state: StateCore) -> None:
    sources = state.env["sources"]
    for token in state.tokens:
        token.tag = HEADINGS.get(token.tag, token.tag)
        # Only the outermost: a list whose items had a direction each would have none of its own to be found.
        if token.nesting == 1 and token.level == 0 and token.tag in BLOCKS:
            token.attrSet("dir", "auto")
        alignment = ALIGNMENTS.get(str(token.attrs.pop("style", "")))
        if alignment:
            token.attrSet("class", alignment)
        if token.type == "inline":
            token.children = _with_tasks(list(with_links(token.children or [], sources)))
    _cite(state, sources)


def _with_tasks(tokens: list[Token]) -> list[Token]:
    first = tokens[0] if tokens else None
    if first and first.type == "text" and first.content[:4] in TASKS:
        first.content = TASKS[first.content[:4]] + first.content[4:]
    return tokens


def _cite(state: StateCore, sources: Sources) -> None:
    """At the end of the last paragraph, or in one of its own."""
    cites = [token for number in state.env["cites"] for token in sources.cite(number)]
    if not cites:
        return
    last = [token.type for token in state.tokens[-2:]]
    if last != ["inline", "paragraph_close"]:
        state.tokens.append(Token("paragraph_open", "p", 1))
        state.tokens.append(Token("inline", "", 0, children=[]))
        state.tokens.append(Token("paragraph_close", "p", -1))
    state.tokens[-2].children = [*(state.tokens[-2].children or []), *cites]


def figure(content: str, label: str) -> SafeString:
    """``content`` is safe already; the button to copy it is put there by the script, which it needs."""
    return format_html(
        '<div class="aistore-code"><div class="aistore-code-label" dir="auto">{}</div>'
        '<pre class="aistore-pre" dir="ltr" tabindex="0"><code>{}</code></pre></div>\n',
        label[:LABEL],
        mark_safe(content),  # noqa: S308
    )


def _code(_self: Any, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
    token = tokens[index]
    language, *_ = token.info.split() or [""]
    return figure(code(token.content, language, env["budget"]), token.info.strip())


def _formula(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    token = tokens[index]
    focus = ' tabindex="0"' if token.block else ""
    return f'<{token.tag} class="aistore-math" dir="ltr"{focus}>{escape(token.content)}</{token.tag}>'


def _table_open(_self: Any, *_: Any) -> str:
    return '<div class="aistore-table" tabindex="0"><table dir="auto">\n'


def _table_close(_self: Any, *_: Any) -> str:
    return "</table></div>\n"


RULES = {
    "fence": _code,
    "code_block": _code,
    "mathematics": _formula,
    "table_open": _table_open,
    "table_close": _table_close,
}
_MARKDOWN = _Markdown()
