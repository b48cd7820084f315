"""The last gate: of the HTML that was made of a text, what is not on these lists does not reach the page.

The makers of that HTML let nothing through themselves; this one does not trust them.
"""

import re

import nh3
from django.utils.safestring import SafeString, mark_safe
from pygments.token import STANDARD_TYPES

CLASS_PREFIX = "hl-"  # of the colours of code
COLOURS = {CLASS_PREFIX + name for name in STANDARD_TYPES.values() if name}

BLOCKS = {
    "p",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "ul",
    "ol",
    "li",
    "table",
    "th",
    "td",
    "pre",
    "div",
    "span",
}
TAGS = BLOCKS | {"a", "br", "code", "del", "em", "hr", "s", "strong", "sup", "thead", "tbody", "tr", "bdi"}

ATTRIBUTES = {
    "a": {"href", "target"},
    "ol": {"start"},
    "pre": {"tabindex"},
    "div": {"tabindex"},
    "*": {"dir"},
}
CLASSES = {
    "div": {"aistore-code", "aistore-code-label", "aistore-math", "aistore-table"},
    "pre": {"aistore-pre"},
    "span": {"aistore-math", "aistore-picture", *COLOURS},
    "sup": {"aistore-cite"},
    "th": {"aistore-center", "aistore-end"},
    "td": {"aistore-center", "aistore-end"},
}
VALUES = {
    "href": re.compile(r"(?i:https?|mailto):.*|#message-[0-9]+-source-[0-9]+", re.DOTALL),
    "rel": re.compile("noopener noreferrer nofollow"),
    "target": re.compile("_blank"),
    "start": re.compile("[0-9]{1,9}"),
    "tabindex": re.compile("0"),
    "dir": re.compile("auto|ltr"),
    "class": re.compile(r"[a-z0-9 -]+"),
}


def sanitised(html: str) -> SafeString:
    return mark_safe(_CLEANER.clean(html))  # noqa: S308  this is what it is for


def _kept(_tag: str, attribute: str, value: str) -> str | None:
    allowed = VALUES.get(attribute)
    return value if allowed and allowed.fullmatch(value) else None


_CLEANER = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    attribute_filter=_kept,
    allowed_classes=CLASSES,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
)
