"""Numbers as options of commands."""

from argparse import ArgumentTypeError


def whole_number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ArgumentTypeError(f"{text!r} is no number from 0")
    return int(text)
