"""The users of the project: Django's own page, with what aistore stores of each."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin  # registers the users
from django.contrib.auth.models import User

from aistore.admin.person import AistoreOwnerMixin

admin.site.unregister(User)


@admin.register(User)
class OwnerAdmin(AistoreOwnerMixin, UserAdmin):
    pass
