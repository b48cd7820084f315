"""``{% load aistore_admin %}{% aistore_front %}``: the box of aistore, for the front page of a host's admin."""

from typing import Any

from django import template
from django.contrib import admin

register = template.Library()


@register.inclusion_tag("aistore/admin/front.html", takes_context=True)
def aistore_front(context: dict[str, Any], site: admin.AdminSite | None = None) -> dict[str, Any]:
    """Empty for who may see nothing of it, and where it is there already: the front page of the app extends that of the
    site. ``site`` is the AdminSite, where it is not Django's own."""
    # Not before now: Django imports all tag libraries at start-up, also where there is no admin to register with.
    from ..admin.front import front

    request = context["request"]
    shown = getattr(request, "aistore_front_is_shown", False)
    request.aistore_front_is_shown = True
    return {"front": None if shown else front(request, site or admin.site)}
