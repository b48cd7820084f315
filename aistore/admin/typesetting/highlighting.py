"""Code in colours, as far as it can be had cheaply."""

from collections.abc import Iterator
from typing import Any

from django.utils.html import escape
from pygments import format as formatted
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import Text

from .budget import Budget
from .sanitiser import CLASS_PREFIX

# Most lexers take the square of the time for some texts. Within these bounds each step of the lexers below took less
# than 0.2 s for every text that we made to be slow, and between two steps there is the clock. Not here, because of
# steps of seconds: make, terraform, nix, ini, vim.
MOST_CHARACTERS = 10_000
LONGEST_LINE = 1_000
LANGUAGES = {
    name: lexer
    for lexer, names in {
        "bash": "bash sh shell zsh",
        "c": "c h",
        "console": "console shell-session",
        "cpp": "cpp c++ cc hpp",
        "csharp": "csharp c# cs",
        "css": "css",
        "dart": "dart",
        "diff": "diff patch udiff",
        "django": "django jinja jinja2",
        "docker": "docker dockerfile",
        "elixir": "elixir ex exs",
        "go": "go golang",
        "graphql": "graphql",
        "haskell": "haskell hs",
        "html": "html htm",
        "http": "http",
        "java": "java",
        "javascript": "javascript js node mjs",
        "json": "json jsonc json5",
        "jsx": "jsx",
        "julia": "julia jl",
        "kotlin": "kotlin kt",
        "lua": "lua",
        "nginx": "nginx",
        "perl": "perl pl",
        "php": "php",
        "postgresql": "postgresql postgres plpgsql psql",
        "powershell": "powershell ps1 pwsh",
        "pycon": "pycon",
        "pytb": "pytb traceback",
        "python": "python py python3 py3",
        "r": "r",
        "ruby": "ruby rb",
        "rust": "rust rs",
        "scala": "scala",
        "scss": "scss sass",
        "sql": "sql sqlite mysql",
        "swift": "swift",
        "toml": "toml",
        "tsx": "tsx",
        "typescript": "typescript ts",
        "xml": "xml svg",
        "yaml": "yaml yml",
    }.items()
    for name in names.split()
}
_HTML = HtmlFormatter(nowrap=True, classprefix=CLASS_PREFIX)


def code(text: str, language: str, budget: Budget) -> str:
    """The text as HTML, with its spans of colour if there are any; to be sanitised by the caller."""
    lexer = LANGUAGES.get(language.strip().lower())
    if lexer is None or not text or len(text) > MOST_CHARACTERS or budget.is_late:
        return escape(text)
    if any(len(line) > LONGEST_LINE for line in text.splitlines()):
        return escape(text)
    whole = text if text.endswith("\n") else text + "\n"  # some lexers know a line by its end
    return formatted(_tokens(whole, lexer, budget), _HTML)


def _tokens(text: str, lexer: str, budget: Budget) -> Iterator[tuple[Any, str]]:
    """Until it is too late; the rest is text."""
    end = 0
    for start, kind, value in get_lexer_by_name(lexer).get_tokens_unprocessed(text):
        yield kind, value
        end = start + len(value)
        if budget.is_late:
            break
    if text[end:]:
        yield Text, text[end:]
