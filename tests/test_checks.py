"""System checks: each wrong setting is one numbered error with a hint."""

import dataclasses
import inspect
import re

import pytest
from django.core.checks import run_checks
from django.db import connections
from django.test import override_settings

from aistore import checks, conf
from aistore.embedding import table


def found(setting):
    with override_settings(AISTORE=setting):
        return [(error.id, error.msg, error.hint) for error in run_checks(tags=["aistore"], databases=[])]


def test_defaults_written_out():
    """Nothing to report: without AISTORE, and with every default written into it."""
    assert found({}) == []
    assert found(dataclasses.asdict(conf.Defaults())) == []


def test_misspelt_key():
    """E001 names the key and the one that was meant."""
    (error,) = found({"JSON_MAX_DEPHT": 3})
    assert error == (
        "aistore.E001",
        "AISTORE has the unknown key 'JSON_MAX_DEPHT'.",
        "Did you mean 'JSON_MAX_DEPTH'?",
    )


@pytest.mark.parametrize("key", ["COLOUR", 7, None, ("a", 1)])
def test_unknown_key(key):
    """A key like no other gets the list of those there are, whatever it is made of."""
    ((number, message, hint),) = found({key: 3})
    assert (number, message) == ("aistore.E001", f"AISTORE has the unknown key {key!r}.")
    assert hint.startswith("Known keys: ADMIN_CSP, ")


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("JSON_MAX_DEPTH", "200", "int of 0 or more"),
        ("JSON_MAX_DEPTH", 1.5, "int of 0 or more"),
        ("JSON_MAX_DEPTH", True, "int of 0 or more"),
        ("JSON_MAX_DEPTH", None, "int of 0 or more"),
        ("IMPORT_MAX_BYTES", -1, "int of 0 or more"),
        ("STREAM_FLUSH_SECONDS", -0.5, "float of 0 or more"),
        ("STREAM_FLUSH_SECONDS", float("nan"), "float of 0 or more"),
        ("CACHE_ALIAS", 7, "str | None"),
        ("UPLOAD_TYPES", "image/png", "list | tuple"),
    ],
)
def test_wrong_type(name, value, wanted):
    """E002 names the key, what it is, what it should be, and the default."""
    ((number, message, hint),) = found({name: value})
    assert number == "aistore.E002"
    assert message == f"AISTORE[{name!r}] is {value!r}, which is not of type {wanted}."
    assert hint == f"The default is {getattr(conf.Defaults, name)!r}."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STREAM_FLUSH_SECONDS", 1),
        ("STREAM_FLUSH_SECONDS", 0),
        ("CACHE_ALIAS", None),
        ("UPLOAD_TYPES", ["text/*"]),
    ],
)
def test_type_that_fits(name, value):
    """An int where a float is asked for, zero, and None where it has a meaning."""
    assert found({name: value}) == []


@pytest.mark.parametrize("value", [None, [], "x", 3])
def test_no_dict(value):
    """An AISTORE that is no dict is one error, not one for each key."""
    assert [number for number, _, _ in found(value)] == ["aistore.E002"]


def test_every_fault_is_reported():
    """Two faults are two errors: nobody mends a file one start at a time."""
    assert [number for number, _, _ in found({"COLOUR": 1, "JSON_MAX_DEPTH": "x"})] == [
        "aistore.E001",
        "aistore.E002",
    ]


def test_other_database(monkeypatch):
    """E003: the app's database is no PostgreSQL. Found by `check`, without a connection."""
    monkeypatch.setattr(connections["default"], "vendor", "sqlite")
    ((number, message, hint),) = found({})
    assert (number, "'default'" in message, "PostgreSQL 15" in hint) == ("aistore.E003", True, True)


@override_settings(MEDIA_ROOT="")
def test_no_folder_for_uploads():
    """W001: Django would scatter the files over the folders that processes are started in."""
    ((number, message, hint),) = found({})
    assert (number, "MEDIA_ROOT is empty" in message, "MEDIA_ROOT = " in hint) == ("aistore.W001", True, True)


@override_settings(
    MEDIA_ROOT="", STORAGES={"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
)
def test_another_storage():
    """A storage that is no folder needs none."""
    assert found({}) == []


@pytest.mark.parametrize("alias", ["nowhere", ""])
def test_a_storage_that_is_none(alias):
    """E004 names it and those there are, before the first file is lost."""
    ((number, message, hint),) = found({"UPLOAD_STORAGE": alias})
    assert (number, repr(alias) in message) == ("aistore.E004", True)
    assert hint == "Add it to STORAGES, or choose one of default, staticfiles."


def test_checks_are_listed():
    """The head of the module lists every number that the module reports."""
    reported = set(re.findall(r'id="(aistore\.\w+)"', inspect.getsource(checks)))
    assert set(re.findall(r"^aistore\.\w+", checks.__doc__, re.MULTILINE)) == reported


@pytest.mark.parametrize("backend", ["django.core.cache.backends.locmem.LocMemCache", None])
def test_a_cache_of_another_kind_is_warned_of(settings, backend):
    """W002: Django's own default serves one process, so cached reads would go to the database unnoticed."""
    settings.CACHES = {"default": {"BACKEND": backend}} if backend else settings.CACHES
    ((number, message, hint),) = found({} if backend else {"CACHE_ALIAS": "nowhere"})
    assert number == "aistore.W002"
    assert "which is no cache of django-redis" in message
    assert "django_redis.cache.RedisCache" in hint
    assert found({"CACHE_ALIAS": None}) == []


@pytest.mark.parametrize("name", ["EMBEDDER", "EMBEDDING_HOOK"])
@pytest.mark.parametrize("path", ["no.such.module", "embed", "", "django.conf.no.module.embed", "..x"])
def test_embedder_that_is_not_there(name, path):
    """E005 names the setting; the module is not loaded for it."""
    ((number, message, _),) = found({name: path})
    assert (number, message) == (
        "aistore.E005",
        f"AISTORE[{name!r}] is {path!r}, whose module cannot be found.",
    )


def test_embedder_that_is_there():
    assert found({"EMBEDDER": "tests.embedding.model.embed", "EMBEDDING_HOOK": None}) == []


@pytest.mark.django_db
@override_settings(AISTORE={"SEARCH_CONFIG": "english"})
def test_words_of_another_configuration():
    """W004: said where the database is looked at, and only there; not before the migrations."""

    def seen(**options):
        return [one.id for one in run_checks(tags=["aistore"], **options)]

    assert seen(databases=[]) == []  # not None, which is all of them since Django 6.1
    assert seen(databases=["default"]) == ["aistore.W004"]
    with connections["default"].cursor() as cursor:
        cursor.execute("ALTER FUNCTION aistore_search_config() RENAME TO not_migrated")
    assert seen(databases=["default"]) == []


@pytest.mark.django_db
@override_settings(AISTORE={"EMBEDDER": "tests.embedding.model.embed"})
def test_embedder_without_vectors():
    """W003: said where the database is looked at, and only there."""

    def seen(**options):
        return [(one.id, one.msg) for one in run_checks(tags=["aistore"], **options)]

    assert seen(databases=["default"]) == []
    with connections["default"].cursor() as cursor:
        cursor.execute(table.DROP)
    ((number, message),) = seen(databases=["default"])
    assert number == "aistore.W003"
    assert "finds by words only: CREATE EXTENSION vector was refused" in message
    assert seen(databases=[]) == []  # not None, which is all of them since Django 6.1
    with connections["default"].cursor() as cursor:
        cursor.execute("ALTER TABLE aistore_memory RENAME TO not_migrated")
    assert seen(databases=["default"]) == []
