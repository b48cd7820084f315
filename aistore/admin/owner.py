"""The owner in lists: chosen by autocomplete, never from a list of all users; his name leads to his page."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..fields import readable

PARAMETER = "owner"
FUNNEL = SafeString(
    '<svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true" focusable="false">'
    '<path d="M2 3h12l-4.5 5.5V13l-3 1.5v-6z" fill="none" stroke="currentColor" stroke-width="1.4"'
    ' stroke-linejoin="round"/></svg>'
)


class OwnerFilter(admin.SimpleListFilter):
    title = gettext_lazy("owner")
    parameter_name = PARAMETER
    template = "aistore/admin/owner_filter.html"

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.form = None
        if may_look_up(request, model, model_admin.admin_site):
            self.form = owner_form(model, model_admin.admin_site)(initial={PARAMETER: self.value()})

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Any]:
        return []

    def has_output(self) -> bool:
        return bool(self.form or self.value())

    def choices(self, changelist: Any) -> Any:
        """None to click; where there is no field to type in, the one who is chosen."""
        if self.value() and not self.form:
            yield {"selected": True, "value": self.value(), "display": self._chosen()}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        try:
            return queryset.filter(owner=self.value())
        except (ValueError, ValidationError) as error:
            raise IncorrectLookupParameters from error

    def _chosen(self) -> str:
        chosen = get_user_model()._default_manager.filter(pk=self.value() or "").first()
        return readable(str(chosen or self.value()))


def may_look_up(request: HttpRequest, model: Any, site: admin.AdminSite) -> bool:
    """Whether the admin's autocomplete will answer: users are registered, searchable, and this person may see
    them."""
    user_model = model._meta.get_field(PARAMETER).remote_field.model
    if not site.is_registered(user_model):
        return False
    users = site.get_model_admin(user_model)
    return bool(users.get_search_fields(request)) and users.has_view_permission(request)


def owner_form(model: Any, site: admin.AdminSite) -> type[forms.Form]:
    field = model._meta.get_field(PARAMETER)
    choice = forms.ModelChoiceField(
        field.remote_field.model._default_manager.all(),
        label=_("Owner"),
        label_suffix="",
        required=False,
        widget=AutocompleteSelect(field, site),
    )
    return type("OwnerForm", (forms.Form,), {PARAMETER: choice})


def owner_link(site: str, owner: Any, list_of: str) -> SafeString:
    """His name, which leads to his page, and a sign, which leaves only his rows in the list of this model."""
    name = readable(str(owner))
    hint = _("Only those of %(owner)s") % {"owner": name}
    return format_html(
        '<a href="{}"><bdi>{}</bdi></a> <a href="{}?{}={}" class="aistore-only" title="{}" aria-label="{}">{}</a>',
        owner_url(site, owner.pk),
        name,
        reverse(f"{site}:aistore_{list_of}_changelist"),
        PARAMETER,
        owner.pk,
        hint,
        hint,
        FUNNEL,
    )


def owner_url(site: str, owner_id: Any) -> str:
    return reverse(f"{site}:aistore_owner", args=[owner_id])
