import io
import json

import pytest
from django.core.management import CommandError, call_command

from aistore.embedding import table
from aistore.models import Memory
from tests.embedding.conftest import meaning, stored  # noqa: F401
from tests.embedding.test_table import sql
from tests.models.conftest import owner  # noqa: F401

pytestmark = pytest.mark.django_db
PICKY = "tests.embedding.test_filling.picky"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def facts(meaning, owner):  # noqa: F811
    meaning.AISTORE = meaning.AISTORE | {"EMBEDDER_MODEL": "words"}
    return [Memory.objects.remember(owner, fact) for fact in ("likes tea", "works as a nurse", "likes rain")]


def test_it_says_what_it_did(capsys):
    call_command("aistore_embed")
    assert capsys.readouterr().out == "3 embedded with words, 0 still without\n"
    call_command("aistore_embed")
    assert capsys.readouterr().out == "0 embedded with words, 0 still without\n"


def test_a_limit(capsys):
    call_command("aistore_embed", limit=2)
    assert capsys.readouterr().out == "2 embedded with words, 1 still without\n"


def test_as_json(capsys):
    call_command("aistore_embed", json=True)
    assert json.loads(capsys.readouterr().out) == {
        "model": "words", "embedded": 3, "failed": {}, "missing": 0, "is_indexed": True, "removed": 0,
    }  # fmt: skip


def test_other_models_go_when_asked_for(meaning, capsys):  # noqa: F811
    call_command("aistore_embed")
    meaning.AISTORE = meaning.AISTORE | {"EMBEDDER_MODEL": "newer"}
    call_command("aistore_embed", remove_others=True)
    assert "3 vectors of other models removed" in capsys.readouterr().out


def test_one_that_fails_is_named(meaning, facts, capsys):  # noqa: F811
    meaning.AISTORE = meaning.AISTORE | {"EMBEDDER": PICKY}
    with pytest.raises(CommandError, match="1 memories could not be embedded; the others were"):
        call_command("aistore_embed")
    printed = capsys.readouterr()
    assert f"{facts[1].pk}  it raised ValueError: this text is refused" in printed.err
    assert printed.out == "2 embedded with words, 1 still without\n"


def test_a_bar_on_a_terminal_and_nothing_elsewhere():
    terminal, elsewhere = Terminal(), io.StringIO()
    call_command("aistore_embed", stderr=terminal)
    call_command("aistore_embed", stderr=elsewhere)
    assert "Embedding" in terminal.getvalue()
    assert elsewhere.getvalue() == ""


def test_without_an_embedder(meaning):  # noqa: F811
    meaning.AISTORE = {}
    with pytest.raises(CommandError, match="none is configured"):
        call_command("aistore_embed")


def test_without_pgvector(facts):
    """One line with what to do."""
    sql("UPDATE pg_extension SET extversion = '0.5.1' WHERE extname = 'vector'")
    with pytest.raises(CommandError, match="ALTER EXTENSION vector UPDATE") as caught:
        call_command("aistore_embed")
    assert "\n" not in str(caught.value)


def test_aistore_check_says_what_is_missing(facts, capsys):
    call_command("aistore_check", data=True)
    assert "3 memories have no vector of words: run aistore_embed" in capsys.readouterr().out
    sql(table.DROP)
    call_command("aistore_check", data=True, json=True)
    (remark,) = json.loads(capsys.readouterr().out)["remarks"]
    assert remark.startswith(
        "EMBEDDER is set, but relevant() finds by words only: CREATE EXTENSION vector was refused"
    )
