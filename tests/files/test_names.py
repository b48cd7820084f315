"""A name that cannot lie."""

import pytest

from aistore.files.kinds import EXTENSIONS
from aistore.files.names import LONGEST, safe_name
from tests.models.edge_texts import every_text

PNG, TEXT, PDF = "image/png", "text/plain", "application/pdf"


@pytest.mark.parametrize(
    ("name", "content_type", "expected"),
    [
        ("map.png", PNG, "map.png"),
        ("MAP.PNG", PNG, "MAP.png"),
        ("map", PNG, "map.png"),
        ("map.jpg", PNG, "map.png"),
        ("map.png", "text/html", "map.html"),
        ("invoice.pdf.exe", PDF, "invoice.pdf"),
        ("invoice.exe.pdf", PDF, "invoice.pdf"),
        ("photo.jpg.js", TEXT, "photo.txt"),
        ("a.html.png", PNG, "a.png"),
        ("run.sh", TEXT, "run.sh"),
        ("main.py", TEXT, "main.py"),
        ("run.bat", TEXT, "run.txt"),
        ("a.tar.gz", "application/gzip", "a.tar.gz"),
        ("Meeting 24.11", TEXT, "Meeting 24.11.txt"),
        ("v1.2 of it.md", "text/markdown", "v1.2 of it.md"),
        ("whatever.png", "application/octet-stream", "whatever.bin"),
        ("Урок про Місяць.txt", TEXT, "Урок про Місяць.txt"),
        ("地図.png", PNG, "地図.png"),
        ("نامه‌ها.txt", TEXT, "نامه‌ها.txt"),
        ("../../etc/passwd", TEXT, "passwd.txt"),
        ("C:\\Users\\an\\map.png", PNG, "map.png"),
        (".htaccess", TEXT, "upload.txt"),
        (".png", PNG, "upload.png"),
        ("", PNG, "upload.png"),
        ("...", PNG, "upload.png"),
        ("a/", PNG, "upload.png"),
        ("\u202egnp.exe", PNG, "gnp.png"),
        ("invoice\u202efdp.exe", PDF, "invoicefdp.pdf"),
        ("a\r\nSet-Cookie: b.png", PNG, "aSet-Cookie_ b.png"),
        ("a\x00.png", PNG, "a.png"),
        ("a\u2028b.png", PNG, "a b.png"),
        ('a"b<c>.png', PNG, "a_b_c_.png"),
        ("\ud800.png", PNG, "upload.png"),
        ("CON.txt", TEXT, "upload CON.txt"),
        ("com1", TEXT, "upload com1.txt"),
        ("comic.txt", TEXT, "comic.txt"),
        ("a.png   ", PNG, "a.png"),
        ("a.exe .png", PNG, "a.png"),
    ],
)
def test_name(name, content_type, expected):
    assert safe_name(name, content_type) == expected


@every_text
def test_any_text(text):
    """One line, one part of a path, of a length that any disk takes, with the extension of its type."""
    name = safe_name(text, PNG)
    assert name.endswith(".png")
    assert len(name.encode()) <= LONGEST
    assert not set(name) & set('/\\\r\n\0"')
    assert all(one.isprintable() or one in "\u200c\u200d" for one in name)


@pytest.mark.parametrize("content_type", EXTENSIONS)
def test_again(content_type):
    """A safe name is a safe name."""
    name = safe_name("a" * 500, content_type)
    assert safe_name(name, content_type) == name
