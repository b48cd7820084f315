"""Pictures of uploads: four harmless kinds, by their own bytes."""

import pytest
from django.contrib import admin
from django.core.files.base import ContentFile
from django.urls import include, path

from aistore.admin.preview import MOST_BYTES, kind_of
from aistore.models import Upload

from .conftest import address

PICTURES = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/gif": b"GIF89a",
    "image/webp": b"RIFF\x00\x00\x00\x00WEBP",
}
OTHERS = [
    b"", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"<html><script>alert(1)</script>",
    b"%PDF-1.7", b"GIF8", b"RIFF\x00\x00\x00\x00WAVE", b" \x89PNG\r\n\x1a\n", b"PK\x03\x04",
]  # fmt: skip

ADMIN = [path("admin/", admin.site.urls)]
DOWNLOAD = path("uploads/<uuid:upload_id>", lambda request, upload_id: None, name="upload")
DOWNLOADS = [path("", include(([DOWNLOAD], "aistore")))]


@pytest.fixture
def upload(owner, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path

    def make(data, **values):
        upload = Upload(owner=owner, name="map", size=len(data), **values)
        upload.file.save("x", ContentFile(data))
        return upload

    return make


def preview(client, upload):
    response = client.get(address(upload).replace("change", "preview"))
    return response, b"".join(response.streaming_content) if response.streaming else b""


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture(upload, admin_client, kind):
    """Is served as what its bytes say, whatever somebody called it, and can do nothing in a browser."""
    response, data = preview(admin_client, upload(PICTURES[kind], content_type="text/html"))
    assert (response.status_code, response["Content-Type"], data) == (200, kind, PICTURES[kind])
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("data", OTHERS)
def test_anything_else(upload, admin_client, data):
    """Is not shown, even if it calls itself a picture."""
    response, shown = preview(admin_client, upload(data, content_type="image/png"))
    assert (response.status_code, shown) == (404, b"")
    assert kind_of(data) == ""


def test_a_picture_that_is_too_large(upload, admin_client):
    """Nobody's browser is made to load it."""
    large = upload(PICTURES["image/png"] + bytes(MOST_BYTES), content_type="image/png")
    assert preview(admin_client, large)[0].status_code == 404


def test_a_file_that_is_gone(upload, admin_client):
    """A row whose bytes are lost, or never were, has no picture; its page is there."""
    lost = upload(PICTURES["image/png"], content_type="image/png")
    lost.file.storage.delete(lost.file.name)
    assert preview(admin_client, lost)[0].status_code == 404
    Upload.objects.update(file="")
    assert preview(admin_client, lost)[0].status_code == 404
    assert admin_client.get(address(lost)).status_code == 200


def test_the_page_shows_it(upload, read):
    """Where the type says that it is a picture; of others there is only the text."""
    image = upload(PICTURES["image/png"], content_type="image/png")
    assert address(image).replace("change", "preview") in read(address(image)).attributes("src")
    Upload.objects.update(content_type="image/svg+xml")
    assert not [src for src in read(address(image)).attributes("src") if "preview" in src]


def test_a_download_where_there_is_one(upload, read, settings):
    """With the addresses of aistore included, the file is a click away; without them there is no dead link."""
    image = upload(PICTURES["image/png"])
    settings.ROOT_URLCONF = tuple(ADMIN + DOWNLOADS)
    assert f"/uploads/{image.pk}" in read(address(image)).attributes("href")
    settings.ROOT_URLCONF = tuple(ADMIN)
    assert f"/uploads/{image.pk}" not in read(address(image)).html
