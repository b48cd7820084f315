"""The owner in lists: chosen by autocomplete, never from a list of all users; and a click shows his rows only."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..fields import readable

PARAMETER = "owner"


class OwnerFilter(admin.SimpleListFilter):
    title = gettext_lazy("owner")
    parameter_name = PARAMETER
    template = "aistore/admin/owner_filter.html"

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.kept: list[tuple[str, str]] = []
        self.form = None
        if may_look_up(request, model, model_admin.admin_site):
            self.form = owner_form(model, model_admin.admin_site)(initial={PARAMETER: self.value()})

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Any]:
        return []

    def has_output(self) -> bool:
        return bool(self.form or self.value())

    def choices(self, changelist: Any) -> Any:
        """What else is asked for stays in the form; the choices are "all" and the one that is chosen."""
        yield {
            "selected": not self.value(),
            "query_string": changelist.get_query_string(remove=[PARAMETER]),
            "display": _("All"),
        }
        others = changelist.params.items()
        self.kept = [(name, value) for name, value in others if name != PARAMETER]
        if self.value():
            yield {"selected": True, "query_string": changelist.get_query_string(), "display": self._chosen()}

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
        required=False,
        widget=AutocompleteSelect(field, site),
    )
    return type("OwnerForm", (forms.Form,), {PARAMETER: choice})


def only_of(owner: Any, list_url: str = "") -> SafeString:
    """His name, which leads to the list of his rows."""
    name = readable(str(owner))
    hint = _("Only those of %(owner)s") % {"owner": name}
    return format_html(
        '<a href="{}?{}={}" title="{}"><bdi>{}</bdi></a>', list_url, PARAMETER, owner.pk, hint, name
    )
