"""The pictures of the admin, made of the running demo: ``python docs/screenshots.py http://127.0.0.1:8000 [FOLDER]``.

Needs playwright and a Chromium (CHROMIUM, or the first on PATH), and the settings that the demo runs with.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import django

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
    "1"  # playwright's loop runs in this thread, and nothing here is awaited
)
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from aistore.models import Conversation  # noqa: E402


class Picture(NamedTuple):
    name: str
    of: str = ""  # the external id of a conversation of the demo; empty: the list
    query: str = ""
    unfold: str = ""  # what is to be open
    width: int = 1280
    height: int = 900
    is_dark: bool = False


PICTURES = [
    Picture("list"),
    Picture("list-dark", is_dark=True),
    Picture("list-phone", width=390),
    Picture("conversation", "demo-django-n-plus-one"),
    Picture("tools", "demo-photo-walk", unfold=".aistore-call"),
    Picture("branches", "demo-lighthouse-story"),
    Picture("sources", "demo-sea-water-heat", "#message-5"),
    Picture("arabic", "demo-riyadh-midnight"),
    Picture("chinese", "demo-negative-times-negative"),
    Picture("mathematics", "demo-calculus-cans"),
    Picture("phone", "demo-trip-to-hue", width=390),
    Picture("dark", "demo-django-n-plus-one", is_dark=True),
]


def main(address: str, folder: Path) -> None:
    with sync_playwright() as running:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
        browser = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for picture in PICTURES:
            take(browser, picture, address, folder)
        browser.close()


def take(browser: Browser, picture: Picture, address: str, folder: Path) -> None:
    scheme = "dark" if picture.is_dark else "light"
    size = {"width": picture.width, "height": picture.height}
    context = browser.new_context(viewport=size, color_scheme=scheme)
    context.add_cookies([{"name": "sessionid", "value": session(), "url": address}])
    page = context.new_page()
    page.goto(address.rstrip("/") + path_of(picture))
    if picture.unfold:
        page.eval_on_selector_all(picture.unfold, "all => all.forEach(one => one.open = true)")
    page.screenshot(path=folder / f"{picture.name}.png")
    context.close()


def session() -> str:
    client = Client()
    client.force_login(get_user_model().objects.filter(is_superuser=True).order_by("pk")[0])
    return client.cookies["sessionid"].value


def path_of(picture: Picture) -> str:
    if not picture.of:
        return reverse("admin:aistore_conversation_changelist")
    conversation = Conversation.objects.get(external_id=picture.of)
    return reverse("admin:aistore_conversation_change", args=[conversation.pk]) + picture.query


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else CHECKOUT / "docs" / "images")
