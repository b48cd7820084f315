"""``{% load aistore_admin %}{% aistore_front %}``: the box of aistore, for the front page of a host's admin."""

from typing import Any

from django import template
from django.contrib import admin

register = template.Library()


@register.inclusion_tag("aistore/admin/front.html", takes_context=True)
def aistore_front(context: dict[str, Any], site: admin.AdminSite | None = None) -> dict[str, Any]:
    """Empty for who may see nothing of it. ``site`` is the AdminSite, where it is not Django's own."""
    # Not before now: Django imports all tag libraries at start-up, also where there is no admin to register with.
    from ..admin.front import front

    return {"front": front(context["request"], site or admin.site)}
