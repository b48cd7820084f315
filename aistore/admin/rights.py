"""Who may do what, and a row without its words for who may list it but not read it.

list       aistore.view_conversation, view_memory, view_upload, view_auditentry: one list each
read       aistore.view_message: everything that people and models wrote, in whichever table it stands
export     aistore.export_conversation, together with the right to read
erase      aistore.delete_conversation, delete_memory, delete_upload
reports    aistore.view_reports: figures of everybody, the usage of an owner
"""

from typing import Any, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..fields import ExactTextField

ROW = TypeVar("ROW", bound=Model)
# Words that say how a row came about, not what is in it.
LISTED = frozenset({"model", "source", "content_type", "action", "kind", "object_id"})


def may_list(request: HttpRequest, model: type[Model]) -> bool:
    return _may(request, f"view_{model._meta.model_name}")


def may_read(request: HttpRequest) -> bool:
    return _may(request, "view_message")


def may_export(request: HttpRequest) -> bool:
    return may_read(request) and _may(request, "export_conversation")


def may_erase(request: HttpRequest, model: type[Model]) -> bool:
    return _may(request, f"delete_{model._meta.model_name}")


def may_see_reports(request: HttpRequest) -> bool:
    return _may(request, "view_reports")


def words_of(model: type[Model]) -> list[str]:
    """The columns that are read, not listed. By their type, so that a new one is hidden until somebody says that it
    need not be."""
    written = (ExactTextField, ArrayField)
    return [f.name for f in model._meta.fields if isinstance(f, written) and f.name not in LISTED]


def wordless(row: ROW) -> ROW:
    """The row with its words taken away, so that its name is its id; the rows that came with it, too. It is marked,
    because a row may be without words by itself. Never to be saved whole."""
    for name in words_of(type(row)):
        setattr(row, name, _column(row, name).get_default())
    for related in row._state.fields_cache.values():
        if isinstance(related, Model) and related._meta.app_label == row._meta.app_label:
            wordless(related)
    row._state.aistore_wordless = True  # type: ignore[attr-defined]
    return row


def _column(row: Model, name: str) -> Any:
    return row._meta.get_field(name)


def is_wordless(row: Model) -> bool:
    return getattr(row._state, "aistore_wordless", False)


def nameless(row: ROW) -> ROW:
    """For the admin's own log, which would keep a title after the conversation was erased."""
    return type(row)(pk=row.pk)


def identity(row: Model) -> SafeString:
    """What stands in place of a name that may not be read."""
    return format_html('<bdi class="aistore-identity">{}</bdi>', row.pk)


def _may(request: HttpRequest, right: str) -> bool:
    return request.user.has_perm(f"aistore.{right}")
