"""The last gate: it does not trust those who make HTML before it."""

import pytest

from aistore.admin.typesetting.sanitiser import sanitised
from tests.attacks import FETCHES, HANDLERS, RUN, SCRIPTS

REL = 'rel="noopener noreferrer nofollow"'


@pytest.mark.parametrize("text", [*SCRIPTS, *HANDLERS, *FETCHES])
def test_nothing_passes(text):
    """Not an attack alone either, should Markdown ever let one through."""
    shown = sanitised(text.encode("utf-8", "replace").decode())
    assert "<script" not in shown.lower()
    assert f"={RUN}" not in shown
    for piece in ("<img", "<iframe", "<svg", "style=", "src=", "<form", "<link", "<meta", "<base"):
        assert piece not in shown.lower()


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ('<p class="evil" id="x" dir="auto">a</p>', '<p dir="auto">a</p>'),
        ('<span class="hl-k fixed">a</span>', '<span class="hl-k">a</span>'),
        (
            '<a href="#message-1-source-2">a</a>',
            '<a href="#message-1-source-2" rel="noopener noreferrer nofollow">a</a>',
        ),
        ('<a href="#elsewhere">a</a>', '<a rel="noopener noreferrer nofollow">a</a>'),
        ('<pre tabindex="5">a</pre>', "<pre>a</pre>"),
    ],
)
def test_what_passes(html, kept):
    """Our own classes, directions and footnotes, with our own values."""
    assert sanitised(html) == kept
