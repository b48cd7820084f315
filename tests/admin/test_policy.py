"""What a browser may do on our pages."""

import pytest
from django.test import override_settings

from aistore.admin.policy import HEADER, policy

from .conftest import address


@pytest.mark.parametrize("model", ["conversation", "memory", "upload", "auditentry"])
def test_every_page_has_it(admin_client, rows, model):
    """Lists, rows, histories and questions."""
    folder = f"/admin/aistore/{model}/"
    for path in (folder, address(rows[model]), f"{folder}{rows[model].pk}/history/"):
        given = admin_client.get(path).headers[HEADER]
        assert "default-src 'none'" in given
        assert "script-src 'self';" in given
        assert "unsafe" not in given


def test_other_pages_are_not_ours(admin_client):
    """The rest of the admin is the host's."""
    assert HEADER not in admin_client.get("/admin/auth/user/").headers


@override_settings(AISTORE={"ADMIN_CSP": "default-src 'self'"})
def test_another_one(admin_client, rows):
    """The host may say its own, or none."""
    assert admin_client.get("/admin/aistore/memory/").headers[HEADER] == "default-src 'self'"
    with override_settings(AISTORE={"ADMIN_CSP": ""}):
        assert HEADER not in admin_client.get("/admin/aistore/memory/").headers


def test_under_a_theme(settings, tmp_path):
    """Scripts and styles are the theme's affair; nothing is fetched for a message all the same."""
    (tmp_path / "admin").mkdir()
    (tmp_path / "admin" / "base_site.html").write_text("{% extends 'admin/base.html' %}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [str(tmp_path)]}]
    assert "script-src" not in policy()
    assert "img-src 'self' data:" in policy()


@override_settings(STATIC_URL="https://static.example/a/")
def test_static_files_elsewhere():
    """Their host is allowed, and no other."""
    assert "script-src 'self' https://static.example;" in policy()
