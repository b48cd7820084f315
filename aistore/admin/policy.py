"""What a browser may do on our pages: the second net below the sanitiser.

Should a text of a stranger ever become markup, no script of it runs, no style of it applies, nothing is fetched and
no form of it is sent elsewhere. Django's own admin needs nothing inline; a theme may, so where one stands in its place,
or a template of the host's around it, styles and scripts are the theme's affair, and the rest holds.
"""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import URLPattern

from ..conf import settings

HEADER = "Content-Security-Policy"
FRAME = ("admin/base.html", "admin/base_site.html")
DJANGOS = Path(admin.__file__).parent


class GuardedPages(admin.ModelAdmin):
    @property
    def urls(self) -> list[URLPattern]:
        """Around all views, also those that a subclass adds."""
        patterns = super().urls
        for pattern in patterns:
            pattern.callback = _guarded(pattern.callback)
        return patterns


def policy() -> str:
    if settings.ADMIN_CSP is not None:
        return settings.ADMIN_CSP
    ours = " ".join(["'self'", *_origin_of_static_files()])
    rules = {
        "img-src": f"{ours} data:",
        "media-src": "'none'",
        "object-src": "'none'",
        "frame-src": "'none'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'self'",
    }
    if _is_stock():
        rules |= {"default-src": "'none'", "script-src": ours, "style-src": ours, "font-src": ours}
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def _guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @functools.wraps(view)
    def guarded(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        response = view(request, *arguments, **named)
        allowed = policy()
        if allowed:
            response.headers.setdefault(HEADER, allowed)
        return response

    return guarded


def _is_stock() -> bool:
    """Whether the frame around our pages is Django's own."""
    origins = (getattr(get_template(name), "origin", None) for name in FRAME)
    return all(origin and DJANGOS in Path(str(origin.name)).parents for origin in origins)


def _origin_of_static_files() -> list[str]:
    """Empty where they come from the same host."""
    address = urlsplit(static("aistore/admin.css"))
    return [f"{address.scheme or 'https'}://{address.netloc}"] if address.netloc else []
