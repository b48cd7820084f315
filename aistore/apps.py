from django.apps import AppConfig


class AistoreConfig(AppConfig):
    name = "aistore"
    verbose_name = "AI store"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks, wiring  # noqa: F401  (importing the checks registers them)

        wiring.connect()
