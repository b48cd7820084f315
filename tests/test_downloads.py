"""Who gets a file, and as what: only its owner and staff who may read, and never as a page."""

import asyncio
import uuid

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Permission
from django.db import connections
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client
from django.urls import reverse

from aistore import downloads
from aistore.models import AuditEntry, Upload

from .files.samples import PNG

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def owner(db):
    return get_user_model().objects.create(username="an")


@pytest.fixture
def upload(owner):
    return Upload.objects.store(owner, PNG, name="map.png")


def as_(user):
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def staff(*rights, **fields):
    person = get_user_model().objects.create(username=f"staff {rights}", **{"is_staff": True, **fields})
    person.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return person


def url(upload):
    return reverse("aistore:upload", args=[upload.pk])


def body(response):
    """Read to its end, which closes it."""
    return b"".join(response.streaming_content)


def test_its_owner(owner, upload):
    """The bytes, and no entry: everybody may read what is his."""
    response = as_(owner).get(url(upload))
    assert (response.status_code, body(response)) == (200, PNG)
    assert url(upload) == f"/uploads/{upload.pk}"
    assert not AuditEntry.objects.exists()


HEADERS = {
    "Content-Type": "image/png",
    "Content-Length": str(len(PNG)),
    "Content-Disposition": 'attachment; filename="map.png"',
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
    "X-Frame-Options": "DENY",
}


@pytest.mark.parametrize("method", ["get", "head"])
def test_headers(owner, upload, method):
    """A download, whatever it is: not shown, not run, not kept by anybody on the way."""
    response = getattr(as_(owner), method)(url(upload))
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
    assert method == "head" or body(response) == PNG


def test_head(owner, upload):
    """Without the bytes."""
    response = as_(owner).head(url(upload))
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_no_other_method(owner, upload, method):
    assert getattr(as_(owner), method)(url(upload)).status_code == 405


STRANGERS = {
    "nobody": lambda: None,
    "another user": lambda: staff(is_staff=False),
    "staff": lambda: staff(),
    "staff who may see uploads": lambda: staff("view_upload"),
    "staff who may read messages": lambda: staff("view_message"),
    "no staff, with both rights": lambda: staff("view_upload", "view_message", is_staff=False),
}


@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
def test_a_stranger(upload, stranger):
    """Gets what he gets for an id that is none, and leaves no entry."""
    client = as_(stranger())
    for address in (url(upload), f"/uploads/{uuid.uuid4()}"):
        response = client.get(address)
        assert (response.status_code, response.headers.get("Content-Disposition")) == (404, None)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("name", ["owner", "staff"])
def test_an_account_that_was_closed(rf, owner, upload, name):
    """Whatever the host's own way to sign in says."""
    user = owner if name == "owner" else staff("view_upload", "view_message")
    user.is_active = False
    assert not downloads._may_read(user, upload)
    assert not downloads._may_read(AnonymousUser(), upload)


@pytest.mark.parametrize("method", ["get", "head"])
def test_staff_with_both_rights(owner, upload, method):
    """Who read whose file stands in the audit."""
    person = staff("view_upload", "view_message")
    response = getattr(as_(person), method)(url(upload))
    assert response.status_code == 200
    assert method == "head" or body(response) == PNG
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.kind) == (person, "read", "upload")
    assert (entry.object_id, entry.owner) == (str(upload.pk), owner)


@pytest.mark.parametrize(
    "path", ["uploads/1", "uploads/", "uploads/../x", f"uploads/{uuid.UUID(int=7)}/map.png"]
)
def test_no_id(owner, path):
    assert as_(owner).get(f"/{path}").status_code == 404


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_file_that_is_lost(owner, upload, method, caplog):
    """404, and the operator learns which."""
    upload.file.storage.delete(upload.file.name)
    assert getattr(as_(owner), method)(url(upload)).status_code == 404
    assert f"Upload {upload.pk} has no file" in caplog.text


def test_a_row_without_a_file(owner):
    assert as_(owner).get(url(Upload.objects.create(owner=owner))).status_code == 404


PAGES = [b"<html><script>alert(1)</script>", b"<svg onload='alert(1)'/>", b"<?xml version='1.0'?><a/>"]


@pytest.mark.parametrize("page", PAGES)
def test_what_a_browser_would_run(owner, page):
    """Bytes, if all other headers were lost on the way."""
    response = as_(owner).get(url(Upload.objects.store(owner, page, name="a.txt")))
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert body(response) == page


@pytest.mark.parametrize(
    "content_type",
    ["", "text/html; charset=utf-8", "TEXT/HTML", "a\r\nX-Evil: 1", "x", "text/javascript", "\x00/\x00"],
)
def test_a_type_that_was_written_by_hand(owner, upload, content_type):
    Upload.objects.update(content_type=content_type)
    response = as_(owner).get(url(upload))
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert "X-Evil" not in response.headers
    body(response)


def test_a_size_that_was_written_by_hand(owner, upload):
    """Is not announced: the connection would wait for the rest."""
    Upload.objects.update(size=10**9, sha256="")
    response = as_(owner).get(url(upload))
    assert "Content-Length" not in response.headers
    assert body(response) == PNG


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("Huế.png", "attachment; filename*=utf-8''Hu%E1%BA%BF.png"),
        ("a\r\nSet-Cookie: x=1.exe", 'attachment; filename="aSet-Cookie_ x=1.png"'),
        ('a"; filename="b.exe', 'attachment; filename="a_; filename=_b.png"'),
        ("../../etc/\u202egnp.exe", 'attachment; filename="gnp.png"'),
        ("\ud800", 'attachment; filename="upload.png"'),
    ],
)
def test_its_name(owner, upload, name, disposition):
    """Of the type that its bytes have; nothing in it ends the header or turns the reading direction."""
    Upload.objects.update(name=name)
    response = as_(owner).get(url(upload))
    assert response.headers["Content-Disposition"] == disposition
    assert "Set-Cookie" not in response.headers
    body(response)


def test_the_price(owner, upload, django_assert_num_queries):
    """Session, user, upload: the text that was extracted is not read."""
    client = as_(owner)
    with django_assert_num_queries(3) as queries:
        body(client.get(url(upload)))
    assert '"text"' not in queries.captured_queries[-1]["sql"]


def test_chunk_by_chunk(owner):
    """A large file is never in memory as a whole."""
    data = b"x" * (downloads.CHUNK * 2 + 1)
    response = as_(owner).get(url(Upload.objects.store(owner, data)))
    assert [len(chunk) for chunk in response.streaming_content] == [downloads.CHUNK, downloads.CHUNK, 1]


def test_a_reader_who_leaves_at_once(upload):
    """The file is closed, though its first chunk was never read."""
    file = upload.file.open()
    StreamingHttpResponse(downloads.Chunks(file)).close()
    assert file.closed


@pytest.mark.django_db(transaction=True)
def test_under_asgi(owner):
    """Chunk by chunk, too."""
    data = b"x" * (downloads.CHUNK + 1)
    upload = Upload.objects.store(owner, data)

    async def read():
        client = AsyncClient()
        await client.aforce_login(owner)
        response = await client.get(url(upload))
        assert response.is_async
        chunks = [len(chunk) async for chunk in response.streaming_content]
        await sync_to_async(response.close)()
        await sync_to_async(connections.close_all)()
        return chunks

    assert asyncio.run(read()) == [downloads.CHUNK, 1]
