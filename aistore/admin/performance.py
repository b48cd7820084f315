"""The performance report as a page of the admin, for staff who may see the reports."""

import datetime as dt
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..performance.page import shown
from ..performance.reporting import HOUR, report
from ..performance.words import span

RIGHT = "aistore.view_reports"
SPANS = ["15m", "1h", "6h", "1d"]
DEFAULT = "1h"


class PerformancePages(admin.ModelAdmin):
    """One address below those of a model: a site has it where it has that model."""

    def performance_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.performance_view))
        return [path("performance/", view, name="aistore_performance")]

    def performance_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(RIGHT):
            raise PermissionDenied
        since = self._since(request)
        request.current_app = self.admin_site.name
        context: dict[str, Any] = self.admin_site.each_context(request) | shown(report(since))
        context |= {"title": _("Performance"), "opts": self.opts, "spans": SPANS}
        context |= {"chosen": next((text for text in SPANS if span(text) == since), "")}
        return TemplateResponse(request, "aistore/admin/performance.html", context)

    def _since(self, request: HttpRequest) -> dt.timedelta:
        try:
            return span(request.GET.get("since", DEFAULT))
        except ValueError as error:
            self.message_user(request, str(error), messages.ERROR)
            return HOUR
