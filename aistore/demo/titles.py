"""A title out of what the user said first."""

import re
import unicodedata
from random import Random

LENGTH = 48  # characters
WORTH_A_TITLE = 12  # characters; a shorter sentence is "ok" or "oh."
SENTENCES = re.compile(r"(?<=[.!?…؟।])\s+|(?<=[。！？])|\n+")
LEFT_OUT = " \t\"'*_#>`-–—:,.。、，।"


def title_from(text: str, random: Random) -> str:
    """One of the first two sentences, cut between words where the script has spaces."""
    sentences = [part.strip(LEFT_OUT) for part in SENTENCES.split(text)]
    good = [part for part in sentences if len(part) >= WORTH_A_TITLE][:2]
    return shortened(random.choice(good or [text.strip(LEFT_OUT)]))


def shortened(text: str) -> str:
    text = " ".join(text.split())
    if len(text) <= LENGTH:
        return text
    end = text.rfind(" ", LENGTH // 2, LENGTH)
    if end < 0:
        end = LENGTH
        while unicodedata.category(text[end]).startswith("M"):  # a mark belongs to the letter before it
            end -= 1
    return text[:end].rstrip(LEFT_OUT) + "…"
