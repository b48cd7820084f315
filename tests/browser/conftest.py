"""Chromium, found on this machine and driven by playwright; without one of them these tests say so and are skipped."""

import os
import shutil

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium():
    given = os.environ.get("CHROMIUM")
    return given or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="THE ADMIN WAS NOT TRIED IN A BROWSER: playwright is not installed"
    )
    path = chromium()
    if path is None:
        pytest.skip(
            f"THE ADMIN WAS NOT TRIED IN A BROWSER: none of {', '.join(NAMES)} is on PATH; set CHROMIUM"
        )
    with playwright.sync_playwright() as running, pytest.MonkeyPatch.context() as patch:
        # The synchronous API runs an event loop in this thread, so Django takes each query of a test, and of the
        # cleaning after it, for one from asynchronous code. It is none: nothing here is awaited.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        # --no-sandbox: Chromium refuses to start as root without it. It only ever sees the server of the test.
        # No name of the texts is looked up. (A route of playwright would do so, too, and switch the cache off.)
        nowhere = "--host-resolver-rules=MAP *.example ~NOTFOUND"
        browser = running.chromium.launch(executable_path=path, args=["--no-sandbox", nowhere])
        yield browser
        browser.close()


@pytest.fixture
def admin(transactional_db):
    return get_user_model().objects.create_superuser("admin", password="secret")


@pytest.fixture
def open_page(browser, live_server, admin):
    """A page of the admin as the logged-in superuser sees it. What must never happen is watched: a dialog,
    a request to another host, an error in the console."""
    trouble, contexts = [], []

    def open_page(path, *, width=1280, dark=False):
        client = Client()
        client.force_login(admin)
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
        )
        page = context.new_page()
        page.on("dialog", lambda dialog: (trouble.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: trouble.append(f"script {error}"))
        page.on("request", lambda request: foreign(request.url) and trouble.append(f"asked {request.url}"))
        page.goto(live_server.url + path)
        return page

    def foreign(url):
        return not url.startswith((live_server.url, "data:"))

    yield open_page
    for context in contexts:
        context.close()
    assert trouble == []
