"""The words of a text, as the database makes them."""

import pytest
from django.db import connection, transaction

from aistore.exceptions import MissingExtension, UnknownSearchConfig
from aistore.search import schema

pytestmark = pytest.mark.django_db


def one(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0]


def is_found(text, *items):
    return one("SELECT aistore_words(%s) @@ aistore_query(%s::text[])", text, list(items))


FOLDED = {
    "HUẾ": "hue",
    "Đường phố": "duong pho",
    "e\u0301le\u0300ve": "eleve",
    "Straße, Œuvre, Ærø": "strasse, oeuvre, aero",
    "ﬁne ＡＢＣ": "fine abc",
    "ﾀﾜｰ が": "タワー が",
    "ёлка Й": "елка и",
    "Ίσως": "ισως",
    "İstanbul": "istanbul",
    "한국어": "한국어",
    "مُحَمَّد": "محمد",
    "so\u00adft\u200b": "soft",
    "a\ufdd00000b": "a b",
}


@pytest.mark.parametrize(("text", "folded"), FOLDED.items(), ids=ascii)
def test_fold(text, folded):
    """Lower case, no marks, compatible forms; nothing of our escapes. Twice is once."""
    assert one("SELECT aistore_fold(%s)", text) == folded
    assert one("SELECT aistore_fold(%s)", folded) == folded


FOUND = [
    ("The night train to Huế", "+night", "*tra"),
    ("The night train to Huế", "+night train"),
    ("PostgreSQL-Graphs", "*graph"),
    ("see foo_bar.baz:12", "+foo_bar.baz"),
    ("see foo_bar.baz:12", "+baz"),
    ("mail an@example.com now", "*example"),
    ("/usr/local/bin", "+local"),
    ("<div class='wide'>", "+wide"),
    ("don't panic", "+don't"),
    ("我们去北京天气怎么样", "+北京"),
    ("我们去北京天气怎么样", "+京天气"),
    ("我们去北京天气怎么样", "+样"),
    ("2024年北京", "+2024年"),
    ("สวัสดีครับ ยินดีต้อนรับ", "+ต้อนรับ"),
    ("ສະບາຍດີ", "+ບາຍ"),
    ("ជំរាបសួរ", "+រាប"),
    ("မင်္ဂလာပါ", "+ဂလာ"),
    ("東京タワーへ行く", "+ﾀﾜｰ"),
    ("데이터베이스를 검색합니다", "+검색"),
    ("हिन्दी में लिखो", "+हिन्दी"),
    ("привет, Мир", "*мир"),
    ("tea", "+coffee", "|", "+tea"),
    ("tea", "+tea", "-coffee"),
]
MISSED = [
    ("The night train to Huế", "+train night"),
    ("The night train to Huế", "+nigh"),
    ("我们去北京天气怎么样", "+京北"),
    ("tea with milk", "+tea", "-milk"),
    ("tea", "+tea", "+coffee"),
    ("tea", "+???"),
]


@pytest.mark.parametrize(("text", "items"), [(text, items) for text, *items in FOUND], ids=ascii)
def test_found(text, items):
    assert is_found(text, *items)


@pytest.mark.parametrize(("text", "items"), [(text, items) for text, *items in MISSED], ids=ascii)
def test_not_found(text, items):
    assert not is_found(text, *items)


LARGE = {
    "words": " ".join(f"{number:x}" for number in range(1_500_000)),
    "one word": "x" * 10_000_000,
    "Chinese": "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(3_000_000)),
    "beyond the plane": "".join(chr(0x20000 + number * 7919 % 40_000) for number in range(200_000)),
    "Cyrillic": " ".join(
        chr(0x430 + n % 32) + chr(0x430 + n // 32 % 32) + chr(0x430 + n // 1024) for n in range(30_000)
    )
    * 20,
    "ligatures": "\ufdfa" * 200_000,
}


@pytest.mark.parametrize("name", LARGE)
def test_large_texts(name):
    """10 MB of whatever have words: what is beyond the limits of a tsvector is left out, and nothing is refused."""
    assert one("SELECT length(aistore_words(%s)) < 200000", LARGE[name])


def test_an_unknown_configuration():
    """Is refused by name, with those that are known."""
    with pytest.raises(UnknownSearchConfig, match=r"'klingon'.*english"), transaction.atomic():
        schema.install(connection, "klingon")


def test_with_a_stemmer():
    """More is found, never less: neither stop words nor beginnings are lost."""
    with transaction.atomic():
        schema.install(connection, "pg_catalog.english")
        assert is_found("He was running", "+runs")
        assert is_found("to be or not to be", "+or not to be")
        assert is_found("He was running", "*runni")
        assert not is_found("He was running", "+walks")
        transaction.set_rollback(True)


def test_an_extension_that_is_not_there():
    """Says so, and what to do."""
    with pytest.raises(MissingExtension, match=r"nonesuch.*does not have it.*CREATE EXTENSION nonesuch"):
        schema.add_extension(connection, "nonesuch")


def test_an_extension_that_may_not_be_created():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE ROLE poor; SET LOCAL ROLE poor")
        with pytest.raises(MissingExtension, match="may not create"):
            schema.add_extension(connection, "citext")
        transaction.set_rollback(True)


def test_an_extension_that_the_host_had():
    """Stays when the migration is taken back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION citext")
        schema.add_extension(connection, "citext")
        schema.drop_extension(connection, "citext")
        assert one("SELECT count(*) FROM pg_extension WHERE extname = 'citext'") == 1
        transaction.set_rollback(True)
