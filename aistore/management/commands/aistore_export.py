import io
import os
import sys
import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from ... import interop
from ...models import Conversation
from ..owners import owner_named


class Command(BaseCommand):
    help = "Export the conversations of an owner: all of them as JSONL, or as transcripts in Markdown."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--owner", required=True, metavar="NAME", help="whose conversations")
        parser.add_argument("--format", default="jsonl", choices=interop.writable())
        parser.add_argument("--output", metavar="FILE", help="default: standard output; .gz is compressed")
        parser.add_argument("--conversation", metavar="ID", help="only this one")

    def handle(self, *args: Any, **options: Any) -> None:
        conversations = Conversation.objects.owned_by(owner_named(options["owner"]))
        if options["conversation"]:
            conversations = _only(conversations, options["conversation"])
        try:
            count = interop.write(conversations, options["output"] or self._binary(), options["format"])
        except BrokenPipeError:
            _say_no_more()
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error.strerror}.") from error
        else:
            if options["output"]:
                self.stdout.write(f"{count:,} conversations written to {options['output']}.")

    def _binary(self) -> Any:
        """Where self.stdout goes; call_command() may have given it a text stream that has no bytes below."""
        return getattr(self.stdout, "buffer", None) or _Decoded(self.stdout)


def _only(conversations: Any, id: str) -> Any:
    by_own_id = Q(pk=id) if _is_uuid(id) else Q(pk=None)
    found = conversations.filter(by_own_id | Q(external_id=id))
    if not found.exists():
        raise CommandError(f"There is no conversation {id!r} of this owner. Its id stands in the admin.")
    return found


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _say_no_more() -> None:
    """Whoever read the pipe has enough: without this, Python complains when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Decoded(io.RawIOBase):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, data: Any) -> int:
        self._stream.write(bytes(data).decode(), ending="")
        return len(data)
