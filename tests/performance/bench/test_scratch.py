import contextlib

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections, router
from django_redis import get_redis_connection

from aistore.cache import stats
from aistore.cache.counters import counters
from aistore.cache.link import link
from aistore.conf import settings
from aistore.exceptions import NoScratch
from aistore.models import Conversation
from aistore.performance.bench.scratch import MARK, believe_again, scratch

POOL = {"min_size": 1, "max_size": 2}


def run(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None


@pytest.fixture
def as_user(monkeypatch):
    """A database user with these rights and no others."""

    @contextlib.contextmanager
    def as_user(rights=""):
        run("CREATE ROLE limited LOGIN")
        if rights:
            run(f"{rights} limited")
        try:
            with monkeypatch.context() as patch:
                patch.setitem(connection.settings_dict, "USER", "limited")
                yield
        finally:
            run("DROP OWNED BY limited")
            run("DROP ROLE limited")

    return as_user


def store(using):
    owner = get_user_model().objects.using(using).create(username="an")
    return Conversation.objects.using(using).start(owner, [{"role": "user", "content": "x"}])


def counts():
    return run("SELECT (SELECT count(*) FROM auth_user), (SELECT count(*) FROM aistore_message)")


def test_a_database_of_its_own(left):
    """With all tables; the host's stay as they were, and afterwards it is gone."""
    with scratch(POOL) as place:
        assert (place.kind, left()) == ("DATABASE", [place.name])
        store(place.using)
        assert Conversation.objects.using(place.using).count() == 1
        assert counts() == [(0, 0)]
    assert left() == []
    assert place.using not in connections.settings


def test_a_schema_where_no_database_may_be_made(left, as_user):
    """Nothing of the host's can be reached from there, not by any name."""
    database = connection.settings_dict["NAME"]
    with as_user(f"GRANT CREATE ON DATABASE {database} TO"), scratch(POOL) as place:
        assert (place.kind, left()) == ("SCHEMA", [place.name])
        store(place.using)
        with connections[place.using].cursor() as cursor:
            cursor.execute(
                "SELECT to_regclass('aistore_message')::oid = %s::regclass::oid",
                [f"{place.name}.aistore_message"],
            )
            assert cursor.fetchone() == (True,)
            cursor.execute("SELECT current_schemas(false)::text[]")
            assert cursor.fetchone() == ([place.name],)
        assert counts() == [(0, 0)]
    assert left() == []


def test_no_rights(as_user, left):
    """One clear error, and nothing was made."""
    with as_user(), pytest.raises(NoScratch, match="Grant it CREATEDB"), scratch(POOL):
        pass
    assert left() == []


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_gone_after_an_error(left, error):
    """And after Ctrl-C."""

    def fail():
        with scratch(POOL) as place:
            store(place.using)
            raise error

    with pytest.raises(error):
        fail()
    assert left() == []
    assert router.db_for_write(Conversation) == "default"


def test_goes_where_the_models_go():
    """Cached reads ask the router; so he leads there, and back afterwards."""
    with scratch(POOL) as place:
        assert router.db_for_write(Conversation) == place.using
        conversation = store(place.using)
        assert Conversation.objects.cached.get(conversation.pk).id == conversation.pk
    with pytest.raises(Conversation.DoesNotExist):
        Conversation.objects.cached.get(conversation.pk)


def test_leaves_nothing_in_the_cache():
    """Neither entries nor sums: the hit rate of the host is not ours."""
    counters.all("")
    before = stats().queries
    with scratch(POOL) as place:
        assert place.name == settings.CACHE_ALIAS
        conversation = store(place.using)
        for _ in range(3):
            Conversation.objects.cached.get(conversation.pk)
    assert stats().queries == before
    assert not [key for key in get_redis_connection("default").scan_iter() if place.name.encode() in key]


def test_believes_again():
    """A cache that came late once is measured all the same, by whoever is alone with it."""
    with scratch(POOL):
        assert not believe_again()
        link().doubt()
        assert believe_again()
        assert link().is_trusted


def test_drops_what_a_killed_run_has_left(left):
    """After an hour; a run that goes on, and what is not ours, stays."""
    for name, comment in (
        ("aistore_bench_old", f"{MARK}2026-01-01T00:00:00+00:00"),
        ("aistore_bench_new", f"{MARK}2999-01-01T00:00:00+00:00"),
        ("aistore_bench_other", "somebody's own"),
    ):
        run(f"CREATE DATABASE {name}")
        run(f"COMMENT ON DATABASE {name} IS '{comment}'".replace("somebody's", "somebody''s"))
    try:
        with scratch(POOL):
            assert "aistore_bench_old" not in left()
            assert {"aistore_bench_new", "aistore_bench_other"} <= set(left())
    finally:
        for name in left():
            run(f"DROP DATABASE {name} WITH (FORCE)")
