"""Small files of many kinds: the bytes by which they are known, and something behind."""

import io
import zipfile
from pathlib import Path

import aistore

REST = bytes(200)


def zipped(*names, mimetype=""):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        if mimetype:
            archive.writestr("mimetype", mimetype)
        for name in names:
            archive.writestr(name, "<a/>" * 20, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def open_xml(*parts):
    return zipped("[Content_Types].xml", "_rels/.rels", "docProps/app.xml", *parts)


def ole(stream, *, directory=3):
    """A header that says where the directory begins, and a directory with this stream."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(22) + b"\x09\x00" + bytes(16)
    header += directory.to_bytes(4, "little")
    return header.ljust(512 * (directory + 1), b"\0") + f"{stream}\0".encode("utf-16-le") + REST


def box(brand):
    return b"\x00\x00\x00\x18ftyp" + brand + b"\x00\x00\x00\x00mif1" + brand + REST


PNG = (Path(aistore.__file__).parent / "demo" / "uploads" / "training.png").read_bytes()
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n" + REST
OPEN_XML = "application/vnd.openxmlformats-officedocument"

SAMPLES = {
    "png": (PNG, "image/png"),
    "jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01" + REST, "image/jpeg"),
    "gif": (b"GIF89a\x01\x00\x01\x00\x80" + REST, "image/gif"),
    "webp": (b"RIFF\x24\x00\x00\x00WEBPVP8 " + REST, "image/webp"),
    "heic": (box(b"heic"), "image/heic"),
    "avif": (box(b"avif"), "image/avif"),
    "bmp": (b"BM\x46\x00\x00\x00\x00\x00" + REST, "image/bmp"),
    "pdf": (PDF, "application/pdf"),
    "pdf in letters": (b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\n", "application/pdf"),
    "rtf": (b"{\\rtf1\\ansi Hello}", "application/rtf"),
    "postscript": (b"%!PS-Adobe-3.0\n/Helvetica findfont\n", "application/postscript"),
    "mp3": (b"ID3\x03\x00\x00\x00\x00\x00\x21" + REST, "audio/mpeg"),
    "wav": (b"RIFF\x24\x00\x00\x00WAVEfmt " + REST, "audio/wav"),
    "flac": (b"fLaC\x00\x00\x00\x22" + REST, "audio/flac"),
    "mp4": (box(b"isom"), "video/mp4"),
    "webm": (b"\x1a\x45\xdf\xa3\x42\x82\x84webm" + REST, "video/webm"),
    "zip": (zipped("a.txt"), "application/zip"),
    "docx": (open_xml("word/document.xml"), f"{OPEN_XML}.wordprocessingml.document"),
    "xlsx": (open_xml("xl/workbook.xml"), f"{OPEN_XML}.spreadsheetml.sheet"),
    "pptx": (open_xml("ppt/presentation.xml"), f"{OPEN_XML}.presentationml.presentation"),
    "docx, its text first": (
        zipped("word/document.xml", "[Content_Types].xml"),
        f"{OPEN_XML}.wordprocessingml.document",
    ),
    "docm": (open_xml("word/document.xml", "word/vbaProject.bin"), "application/vnd.ms-office.macroEnabled"),
    "odt": (
        zipped("content.xml", mimetype="application/vnd.oasis.opendocument.text"),
        "application/vnd.oasis.opendocument.text",
    ),
    "epub": (zipped("a.xhtml", mimetype="application/epub+zip"), "application/epub+zip"),
    "zip that calls itself a pdf": (zipped("a.js", mimetype="application/pdf"), "application/zip"),
    "jar": (zipped("META-INF/MANIFEST.MF", "Main.class"), "application/java-archive"),
    "apk": (zipped("AndroidManifest.xml", "classes.dex"), "application/vnd.android.package-archive"),
    "doc": (ole("WordDocument"), "application/msword"),
    "xls": (ole("Workbook"), "application/vnd.ms-excel"),
    "ppt": (ole("PowerPoint Document"), "application/vnd.ms-powerpoint"),
    "msi": (ole("Installer"), "application/x-ole-storage"),
    "exe": (b"MZ\x90\x00\x03\x00\x00\x00" + REST, "application/x-msdownload"),
    "elf": (b"\x7fELF\x02\x01\x01" + REST, "application/x-executable"),
    "noise": (bytes(number * 7919 % 256 for number in range(500)), "application/octet-stream"),
    "nothing but zeros": (bytes(100), "application/octet-stream"),
}
TEXTS = {
    "words": (b"Hello\n", "text/plain"),
    "a car": (b"BMW ist ein Auto.\n", "text/plain"),
    "a script that begins as a picture": (b"GIF89a/*" + b"x" * 50 + b"*/=1;alert(1)", "text/plain"),
    "Vietnamese": ("Huế, sông Hương".encode(), "text/plain"),
    "utf-16": ("Huế".encode("utf-16"), "text/plain"),
    "utf-32": ("Huế".encode("utf-32"), "text/plain"),
    "with a mark": ("\ufeffHuế".encode(), "text/plain"),
    "of an older encoding": ("Привет, мир".encode("cp1251"), "text/plain"),
    "a terminal": (b"\x1b[31mred\x1b[0m\n", "text/plain"),
    "json": (b'{"a": 1}', "text/plain"),
    "html": (b"<!DOCTYPE html><html><body>", "text/html"),
    "html after space": (b"\r\n\t <hTmL\n lang=vi>", "text/html"),
    "html after a mark": (b"\xef\xbb\xbf<html>", "text/html"),
    "html in utf-16": ("<script>alert(1)</script>".encode("utf-16"), "text/html"),
    "html of an older encoding": ("<title>Привет</title>".encode("cp1251"), "text/html"),
    "html after a comment": (b"<!-- a --> <html>", "text/html"),
    "a script": (b"<script>alert(1)</script>", "text/html"),
    "a picture tag": (b"<img src=x onerror=alert(1)>", "text/html"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', "image/svg+xml"),
    "svg with all before it": (
        b'<?xml version="1.0"?>\n<!-- a --><!DOCTYPE svg [<!ENTITY a "b">]>\n<s:svg xmlns:s="x"/>',
        "image/svg+xml",
    ),
    "xhtml": (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "text/html"),
    "xml": (b'<?xml version="1.0"?><note/>', "application/xml"),
    "a list of people": (b"<ada@example.org>, <an@example.org>", "text/plain"),
    "words about html": (b"To make it bold write <b>.", "text/plain"),
}
