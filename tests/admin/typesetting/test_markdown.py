"""Markdown into HTML that is safe whoever wrote it, and in which nothing is hidden."""

import pytest

from aistore.admin.typesetting import Budget, markdown
from aistore.admin.typesetting.linking import Sources
from aistore.admin.typesetting.markdown import MOST_CHARACTERS


def html(text, **options):
    return markdown(text, Budget(), **options)


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("| a |\n|--:|\n| 1 |", '<td class="aistore-end">1</td>'),
        ("| a |\n|---|\n| 1<br>2 |", "1<br>\n2"),
        ("- [x] done", "☑ done"),
        ("~~gone~~", "<s>gone</s>"),
        ("one\ntwo", "one<br>\ntwo"),
        ("1. نعم", '<ol dir="auto">\n<li>'),
        ("# Title", '<h3 dir="auto">Title</h3>'),
        ("```python\ndef f(): pass\n```", '<span class="hl-k">def</span>'),
        ("```unheard-of\nx\n```", "<code>x\n</code>"),
        ("\\(a_1 * b_1\\)", '<span class="aistore-math" dir="ltr">\\(a_1 * b_1\\)</span>'),
        ("$$\na\n- b\n$$", "$$\na\n- b\n$$</div>"),
        ("$x^2$", ">$x^2$</span>"),
        ("from $5 to $10", "from $5 to $10"),
        ("see https://a.example/b_(c).", 'href="https://a.example/b_(c)"'),
        ("![a map](https://a.example/x.png)", "Image a map: <a"),
        ("<b>bold</b>", "&lt;b&gt;bold&lt;/b&gt;"),
        ("[//]: # (a hidden note)", "a hidden note"),
        ("```py title=x.py\n1\n```", "py title=x.py"),
    ],
)
def test_what_it_makes(text, piece):
    """Tables, lists, code, formulas, links; what is not Markdown stays as it was written."""
    assert piece in html(text)


@pytest.mark.parametrize("address", ["https://a.example", "http://a.example", "mailto:a@a.example"])
def test_links(address):
    """To the web and by mail, in a tab that knows nothing of this one."""
    shown = html(f"[x]({address})")
    assert f'href="{address}"' in shown
    assert 'rel="noopener noreferrer nofollow"' in shown


@pytest.mark.parametrize(
    "address", ["javascript:x()", "data:text/html,x", "/admin/logout/", "//a.example", "ftp://a"]
)
def test_no_links(address):
    """Anything else is shown as it was written."""
    assert "href" not in html(f"[x]({address})")


def test_footnotes():
    """Numbers in brackets lead to the sources that there are."""
    shown = html("So it is [1], but not [3].", sources=Sources("message-1-source-", 2), cites=[2])
    assert 'href="#message-1-source-1"' in shown
    assert 'href="#message-1-source-2"' in shown
    assert "[3]" in shown


def test_too_long_or_too_late():
    """It is shown as it is, for the template to escape."""
    assert markdown("*" * (MOST_CHARACTERS + 1), Budget()) == "*" * (MOST_CHARACTERS + 1)
    assert markdown("*a*", Budget(seconds=0)) == "*a*"
