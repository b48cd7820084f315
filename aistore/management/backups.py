"""What the commands of backups print, and how their errors end."""

import dataclasses
import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError
from django.core.serializers.json import DjangoJSONEncoder

from ..exceptions import BackupError

MIB = 1024**2


def add_directory(parser: ArgumentParser) -> None:
    parser.add_argument("--directory", metavar="DIR", help="another folder than BACKUP_DIRECTORY")


def add_json(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def add_identity(parser: ArgumentParser) -> None:
    parser.add_argument("--identity", metavar="FILE", help="the private key of age, where it is encrypted")


def count_from(least: int) -> Any:
    def number(text: str) -> int:
        if not text.isascii() or not text.isdigit() or int(text) < least:
            raise ArgumentTypeError(f"{text!r} is no number from {least}")
        return int(text)

    return number


@contextmanager
def in_one_line() -> Iterator[None]:
    try:
        yield
    except BackupError as error:
        raise CommandError(str(error)) from error


def as_json(result: Any) -> str:
    return json.dumps(plain(result), cls=DjangoJSONEncoder)


def plain(result: Any) -> Any:
    return [plain(one) for one in result] if isinstance(result, tuple) else dataclasses.asdict(result)


def mebibytes(size: int | None) -> str:
    return "" if size is None else f"{size / MIB:,.1f} MiB"


def in_words(age: timedelta | None) -> str:
    if age is None:
        return ""
    hours = age.total_seconds() / 3600
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"


def rows_in_words(rows: Mapping[str, int]) -> str:
    """Those of the app that people know by name."""
    return ", ".join(f"{rows.get(f'aistore_{name}', 0):,} {plural}" for name, plural in KNOWN.items())


KNOWN = {"conversation": "conversations", "message": "messages", "memory": "memories", "upload": "uploads"}
