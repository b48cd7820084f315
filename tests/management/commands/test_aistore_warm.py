import io
import json
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from aistore import cache
from aistore.cache import maintenance
from aistore.models import Conversation, Message


@pytest.fixture(autouse=True)
def rows(transactional_db: None) -> list[Conversation]:
    maintenance.forget_kept()
    owners = [get_user_model().objects.create(username=name) for name in ("an", "binh")]
    made = [Conversation.objects.create(owner=owner, title=title) for title in "abc" for owner in owners]
    for row in made:
        row.append("user", "x")
    maintenance.forget_kept()
    return made


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_was_warmed_is_a_hit(
    rows: list[Conversation], django_assert_num_queries: Any, capsys: Any
) -> None:
    call_command("aistore_warm")
    assert capsys.readouterr().out == "8 warmed\n"  # 6 conversations, 2 owners
    with django_assert_num_queries(0):
        for row in rows:
            Conversation.objects.cached.get(row.pk)
            Message.objects.cached.last(row.pk, 50)
            Conversation.objects.cached.newest(row.owner_id)
            cache.user(row.owner_id)


def test_the_newest_come_first(rows: list[Conversation], django_assert_num_queries: Any, capsys: Any) -> None:
    call_command("aistore_warm", limit=1, json=True)
    assert json.loads(capsys.readouterr().out) == {"warmed": 2}
    with django_assert_num_queries(0):
        Conversation.objects.cached.get(rows[-1].pk)
    with django_assert_num_queries(1):
        Conversation.objects.cached.get(rows[0].pk)


def test_a_bar_on_a_terminal_and_nothing_elsewhere(capsys: Any) -> None:
    terminal, elsewhere = Terminal(), io.StringIO()
    call_command("aistore_warm", stderr=terminal)
    call_command("aistore_warm", stderr=elsewhere)
    assert "Warming" in terminal.getvalue()
    assert elsewhere.getvalue() == ""


def test_without_a_cache_it_says_so(settings: Any) -> None:
    settings.AISTORE = {"CACHE_ALIAS": None}
    with pytest.raises(CommandError, match="does not answer, or CACHE_ALIAS"):
        call_command("aistore_warm")


@pytest.mark.parametrize("wrong", ["-1", "x", "1.5"])
def test_a_limit_is_a_number(wrong: str) -> None:
    with pytest.raises(CommandError, match="is no number from 0"):
        call_command("aistore_warm", f"--limit={wrong}")


def test_what_is_deleted_meanwhile_is_passed_over(rows: list[Conversation]) -> None:
    warmer = maintenance.WARMERS["conversations"](10)
    next(warmer)
    Conversation.objects.all().delete()
    assert len(list(warmer)) == 5
