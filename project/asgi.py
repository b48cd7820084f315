"""The project behind a ASGI server."""

import os

from django.core.asgi import get_asgi_application

from project import services

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

application = get_asgi_application()
services.ensure()
