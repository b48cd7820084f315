"""The tag for the front page of a host's admin."""

import subprocess
import sys

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template

TAG = "{% load aistore_admin %}{% aistore_front %}"


def test_once_in_a_page(rf, admin_user):
    """Whoever extends a page that has the box gets it once."""
    request = rf.get("/")
    request.user = admin_user
    assert Template(TAG * 2).render(Context({"request": request})).count("aistore-front") == 1


def test_nothing_for_strangers(rf, db):
    """Who may see nothing gets nothing, not even an empty box."""
    request = rf.get("/")
    request.user = AnonymousUser()
    assert Template(TAG).render(Context({"request": request})).strip() == ""


def test_a_site_of_the_hosts(rf, admin_user):
    """Its links stay within that site."""
    request = rf.get("/")
    request.user = admin_user
    context = Context({"request": request, "site": admin.site})
    assert "/admin/" in Template(TAG.replace("front %", "front site %")).render(context)


def test_where_there_is_no_admin():
    """Django imports every library of tags at start-up: ours asks for no admin before somebody uses it."""
    code = (
        "import django; from django.conf import settings;"
        "settings.configure(INSTALLED_APPS=['django.contrib.contenttypes', 'django.contrib.auth', 'aistore'],"
        " DATABASES={'default': {'ENGINE': 'django.db.backends.postgresql'}});"
        "django.setup(); import aistore.templatetags.aistore_admin"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
