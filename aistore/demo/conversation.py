"""The conversations of the demo: those written by hand belong to the owner, the small ones are shared out."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import router

from ..interop import store
from ..models import Conversation
from .content import SOURCE
from .small import PREFIX, external_id, small_conversations
from .written import written_conversations

SHARE = 6  # of ten small conversations are the owner's; the rest goes round among the others


def store_conversations(owner: Any, people: Sequence[Any], *, small: int, now: dt.datetime) -> list[str]:
    """What is there stays as its owner has left it; only what is missing is stored. Returns a line for each
    conversation that could not be: the host's settings may refuse what others take."""
    known = set(of([owner, *people]).values_list("external_id", flat=True))
    numbers = [number for number in range(1, small + 1) if external_id(number) not in known]
    written = written_conversations(now)
    report = store([one for one in written if one.external_id not in known], owner)
    refused = list(report.errors)
    for user in [owner, *people]:
        share = [number for number in numbers if whose(number, owner, people) == user]
        report = store(small_conversations(written, numbers=share, now=now), user)
        refused += report.errors
    return refused


def of(owners: Sequence[Any]) -> Any:
    """All of the demo that these own, read where it is written: a replica may be behind."""
    rows = Conversation.objects.using(router.db_for_write(Conversation))
    return rows.filter(source=SOURCE, owner__in=owners)


def written_of(owner: Any) -> dict[str, Conversation]:
    """By external id: where memories were learnt and files were sent. One that was deleted is missing."""
    rows = of([owner]).exclude(external_id__startswith=PREFIX)
    return {conversation.external_id: conversation for conversation in rows}


def whose(number: int, owner: Any, people: Sequence[Any]) -> Any:
    place = number % 10 - SHARE
    return people[(number // 10 + place) % len(people)] if people and place >= 0 else owner
