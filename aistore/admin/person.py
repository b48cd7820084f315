"""The page of an owner: what is stored of him, what he used, and both taken along or erased.

A page of our own, and not of the host's user model: that one keeps its ModelAdmin. AistoreOwnerMixin brings the same to
the user's page, where the host wants it.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.messages import SUCCESS, WARNING
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ..models import Conversation
from .erasing import erase_all, rows_of
from .exporting import download
from .owner import owner_url
from .recording import ERASE, EXPORT, record_owner
from .rights import may_list
from .summary import Summary, counted_to, summary


class OwnerPages(admin.ModelAdmin):
    """Three addresses below those of conversations: a site has them where it has these."""

    def owner_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("owner/<str:owner_id>/", view(self.owner_view), name="aistore_owner"),
            path("owner/<str:owner_id>/export/", view(require_POST(self.owner_export)), name="aistore_owner_export"),
            path("owner/<str:owner_id>/erase/", view(self.owner_erase), name="aistore_owner_erase"),
        ]  # fmt: skip

    def owner_view(self, request: HttpRequest, owner_id: str) -> HttpResponse:
        found = self._summary(request, owner_id)
        return self._answer(request, "aistore/admin/owner.html", found, title=found.name, subtitle=None)

    def owner_export(self, request: HttpRequest, owner_id: str) -> StreamingHttpResponse:
        found = self._summary(request, owner_id)
        if not found.may_export:
            raise PermissionDenied
        record_owner(request, EXPORT, found.owner_id)
        rows = Conversation.objects.owned_by(found.owner_id)
        return download(request, rows, "jsonl", name=f"owner-{found.owner_id}")

    def owner_erase(self, request: HttpRequest, owner_id: str) -> HttpResponse:
        """Asks first; then deletes for as long as an answer may take, and asks again if something is left."""
        found = self._summary(request, owner_id)
        if not found.may_erase:
            raise PermissionDenied
        if request.method != "POST":
            counts = [
                (rows.model._meta.verbose_name_plural, counted_to(rows)) for rows in rows_of(found.owner_id)
            ]
            title = _("Erase what is stored of %(owner)s") % {"owner": found.name}
            return self._answer(request, "aistore/admin/owner_erase.html", found, counts=counts, title=title)
        record_owner(request, ERASE, found.owner_id)
        erased = erase_all(found.owner_id)
        told = ", ".join(f"{name}: {count}" for name, count in erased.rows.items())
        if not erased.is_done:
            text = _("Deleted so far: %(rows)s. Not everything fitted into one answer: go on.")
            self.message_user(request, text % {"rows": told}, WARNING)
            return HttpResponseRedirect(request.path)
        self.message_user(
            request, _("Deleted: %(rows)s.") % {"rows": told or _("nothing was there")}, SUCCESS
        )
        return HttpResponseRedirect(owner_url(self.admin_site.name, found.owner_id))

    def _summary(self, request: HttpRequest, owner_id: str) -> Summary:
        if not may_list(request, Conversation):
            raise PermissionDenied
        owner = _owner(owner_id)
        return summary(request, self.admin_site, owner)

    def _answer(self, request: HttpRequest, template: str, found: Summary, **context: Any) -> HttpResponse:
        request.current_app = self.admin_site.name
        context |= {"summary": found, "opts": self.opts, "media": self.media}
        return TemplateResponse(request, template, self.admin_site.each_context(request) | context)


class AistoreOwnerMixin:
    """For the ModelAdmin of the host's users: adds to the page of a user what is stored of him.

    ``class MyUserAdmin(AistoreOwnerMixin, UserAdmin): …``. Who has a template of his own for that page includes
    ``aistore/admin/summary.html`` in it.
    """

    change_form_template: Any = "aistore/admin/user_change_form.html"
    admin_site: admin.AdminSite

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> Any:
        user = options.get("obj") or context.get("original")
        if user is not None and may_list(request, Conversation):
            context["summary"] = summary(request, self.admin_site, user)
        return super().render_change_form(request, context, *args, **options)  # type: ignore[misc]


def _owner(owner_id: str) -> Any:
    """Also one whose account is gone, as long as something of his is there."""
    model = get_user_model()
    try:
        key = model._meta.pk.to_python(owner_id)
        owner = model._default_manager.filter(pk=key).first()
        if owner is None and any(rows.exists() for rows in rows_of(key)):
            owner = model(pk=key)
    except (ValueError, ValidationError) as error:
        raise Http404 from error
    if owner is None:
        raise Http404
    return owner
