"""Rights of their own for exports and reports, and the indexes behind the filters and figures of the admin."""

import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("aistore", "0006_uploads"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="conversation",
            options={
                "base_manager_name": "objects",
                "permissions": [
                    ("export_conversation", "Can export conversations"),
                    ("view_reports", "Can see the reports"),
                ],
                "verbose_name": "conversation",
                "verbose_name_plural": "conversations",
            },
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("is_pinned", True)),
                fields=["-last_message_at", "-id"],
                name="conversation_latest_pinned",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("is_archived", True)),
                fields=["-last_message_at", "-id"],
                name="conversation_latest_kept",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(
                    models.Q(("source", ""), _negated=True),
                    django.db.models.lookups.LessThanOrEqual(
                        models.Func(
                            models.F("source"), function="char_length", output_field=models.IntegerField()
                        ),
                        models.Value(255),
                    ),
                ),
                fields=["source", "-last_message_at", "-id"],
                name="conversation_latest_source",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(
                    models.Q(("model", ""), _negated=True),
                    django.db.models.lookups.LessThanOrEqual(
                        models.Func(
                            models.F("model"), function="char_length", output_field=models.IntegerField()
                        ),
                        models.Value(255),
                    ),
                ),
                fields=["model", "conversation"],
                name="message_model",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("rating__isnull", False)),
                fields=["conversation", "rating"],
                name="message_rated",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("status__in", ["incomplete", "failed", "cancelled"])),
                fields=["conversation", "status"],
                name="message_unfinished",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(
                    ("status", "failed"), ("parts__contains", [{"is_error": True}]), _connector="OR"
                ),
                fields=["-created_at", "conversation"],
                name="message_wrong",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["created_at"], include=("sequence_number",), name="message_created"),
        ),
    ]
