"""Conversations on their way into the database, and how they stand there."""

import io

from aistore import interop
from aistore.models import Conversation
from tests.interop.files import lines


def message(role="user", content="Hello", **fields):
    return {"role": role, "content": content, **fields}


def conversation(*messages, id="c1", **fields):
    return {"id": id, **fields, "messages": list(messages or [message()])}


def imported(owner, *conversations, **options):
    return interop.import_file(io.BytesIO(lines(*conversations)), owner, **options)


def stored(owner, id="c1"):
    return Conversation.objects.get(owner=owner, external_id=id)


def messages(owner, id="c1"):
    return list(stored(owner, id).messages.order_by("sequence_number"))


def contents(owner, id="c1"):
    return [row.content for row in messages(owner, id)]


def exported(owner):
    file = io.BytesIO()
    interop.write(Conversation.objects.owned_by(owner), file)
    return file.getvalue()
