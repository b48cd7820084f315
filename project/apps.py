"""The project as an app: for its commands `demo`, `services` and `test`."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "project"
