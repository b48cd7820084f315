"""What a file is, whatever it is called."""

import pytest

from aistore.files.receiving import received

from .samples import PDF, PNG, SAMPLES, TEXTS, ole, open_xml


def sniffed(data, name=""):
    with received(data, name=name, limit=10**9) as found:
        return found.content_type


def cases(samples):
    return pytest.mark.parametrize(("data", "content_type"), samples.values(), ids=samples)


@pytest.mark.parametrize("name", ["", "a.txt", "a.png", "a.html", "a.csv"])
@cases(SAMPLES)
def test_bytes_decide(data, content_type, name):
    """No name makes something else of it."""
    assert sniffed(data, name) == content_type


@cases(TEXTS)
def test_texts(data, content_type):
    """Whatever is Unicode throughout is text, whatever it begins with; pages are told from the rest."""
    assert sniffed(data) == content_type


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.md", "text/markdown"),
        ("A.CSV", "text/csv"),
        ("a.json", "application/json"),
        ("a.b.yml", "application/yaml"),
        ("a.png", "text/plain"),
        ("a.html", "text/plain"),
        ("a.svg", "text/plain"),
        ("a.pdf", "text/plain"),
        ("a.js", "text/plain"),
        ("csv", "text/plain"),
    ],
)
def test_the_kind_of_a_text_is_in_its_name(name, content_type):
    """Only among those that no browser runs."""
    assert sniffed(b"# Hue\n", name) == content_type


@pytest.mark.parametrize("name", ["a.md", "a.csv", "a.json", "a.txt"])
@pytest.mark.parametrize("page", [b"<html>", b"<!doctype html>", b"<script>", b"<svg/>", b"<body onload=x>"])
def test_a_page_stays_a_page(page, name):
    """Called whatever."""
    assert sniffed(page, name) in ("text/html", "image/svg+xml")


def test_markdown_may_begin_with_a_tag():
    """As half of all READMEs do."""
    assert sniffed(b'<p align="center">Hue</p>', "README.md") == "text/markdown"
    assert sniffed(b'<p align="center">Hue</p>', "README.txt") == "text/html"


@pytest.mark.parametrize("tail", [b"\x00", b"\xff\xfe\x00", b"\x07"])
def test_text_to_the_end(tail):
    """A megabyte of words does not make text of what comes behind."""
    assert sniffed(b"words " * 200_000 + tail) == "application/octet-stream"


def test_a_character_between_two_chunks():
    """Sixty-four kilobytes end in the midst of one."""
    assert sniffed(b"a" + "ế".encode() * 100_000) == "text/plain"


def test_half_a_character_at_the_end():
    """Is what is left of a text that was cut off."""
    assert sniffed(b"Hu\xe1\xba") == "text/plain"


def test_the_first_bytes_win():
    """A picture with a page behind it is a picture: it is never shown as a page."""
    assert sniffed(PNG + b"<script>alert(1)</script>") == "image/png"
    assert sniffed(PDF + b"<script>alert(1)</script>") == "application/pdf"


def test_macros_far_away():
    """Found in the directory, though their part lies deep in the file."""
    parts = [f"word/media/{number}.png" for number in range(3000)]
    assert sniffed(open_xml(*parts, "word/vbaProject.bin")) == "application/vnd.ms-office.macroEnabled"


def test_a_directory_that_is_nowhere():
    assert sniffed(ole("WordDocument", directory=2)[:1000].replace(b"\x02\0\0\0", b"\xff\xff\xff\xff")) == (
        "application/x-ole-storage"
    )


@pytest.mark.parametrize(
    "piece", [b"<?a?>", b"<!---->", b" ", b"<!DOCTYPE [a]>", b"<!DOCTYPE [", b"<", b"<?", b"]"]
)
def test_ten_thousand_pieces_before_no_tag(piece):
    """Cost their length, and not two to the power of it."""
    assert sniffed(b"<?xml " + piece * 20_000).partition("/")[0] in ("text", "application")
