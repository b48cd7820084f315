"""The project behind a WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

from project import services

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

application = get_wsgi_application()
services.ensure()
