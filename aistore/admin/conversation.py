"""Conversations: the list, and the page on which one is read."""

from typing import Any

from django.contrib import admin
from django.contrib.messages import INFO, SUCCESS, WARNING
from django.db.models import Case, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..fields import ExactTextField
from ..models import AuditEntry, Conversation, Message, Upload
from .audit import entry
from .branch import NoSuchPlace, Place
from .browsing import BrowsingAdmin
from .deletion import Told, as_queryset, told
from .display import ago, badge, counted, isolated, line, tags
from .editing import ConversationForm
from .owner import PARAMETER as OWNER
from .owner import OwnerFilter, only_of
from .performance import PerformancePages
from .source import PARAMETER as SOURCE
from .source import SourceFilter
from .transcript import Transcript, place_in, transcript

UNREAD = ["metadata", "open_tool_calls"]  # what nobody sees here, and may be long
FIRST_WORDS = Message.objects.filter(conversation=OuterRef("pk"), role="user").order_by("sequence_number")


@admin.register(Conversation)
class ConversationAdmin(PerformancePages, BrowsingAdmin):
    ordering = ("-last_message_at", "-id")
    list_display = [
        "title_or_first_words",
        "of_whom",
        "model_name",
        "messages",
        "tag_list",
        "latest",
    ]
    list_filter = ["is_archived", "is_pinned", SourceFilter, OwnerFilter]
    allowed_lookups = frozenset({"is_archived__exact", "is_pinned__exact", SOURCE, OWNER})
    search_fields = ["title"]
    search_help_text = gettext_lazy("Words in the title.")
    actions = ["pin", "unpin", "archive", "unarchive"]
    form = ConversationForm
    change_form_template = "aistore/admin/conversation.html"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def for_list(self, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        words = Subquery(FIRST_WORDS.values(start=Left("content", 200, output_field=ExactTextField()))[:1])
        untitled = When(title="", then=words)
        first_words = Case(untitled, default=Value(""), output_field=ExactTextField())
        return queryset.defer("system_prompt", *UNREAD).annotate(first_words=first_words)

    @admin.display(description=gettext_lazy("title"))
    def title_or_first_words(self, conversation: Any) -> SafeString:
        if conversation.title.strip():
            return isolated(line(conversation.title))
        words = line(conversation.first_words or "") or _("(empty)")
        return format_html('<bdi class="aistore-untitled">{}</bdi>', words)

    @admin.display(description=gettext_lazy("owner"))
    def of_whom(self, conversation: Conversation) -> SafeString:
        return only_of(conversation.owner)

    @admin.display(description=gettext_lazy("model"), empty_value="")
    def model_name(self, conversation: Conversation) -> SafeString:
        return isolated(line(conversation.model, 40))

    @admin.display(description=gettext_lazy("messages"))
    def messages(self, conversation: Conversation) -> SafeString:
        count = conversation.message_count
        return counted(count, ngettext("message", "messages", count))

    @admin.display(description=gettext_lazy("tags"))
    def tag_list(self, conversation: Conversation) -> SafeString:
        """After the two marks, so that these need no columns of their own."""
        pinned = badge("good", _("pinned")) if conversation.is_pinned else ""
        archived = badge("note", _("archived")) if conversation.is_archived else ""
        return format_html("{} {} {}", pinned, archived, tags(conversation.tags))

    @admin.display(description=gettext_lazy("last message"))
    def latest(self, conversation: Conversation) -> SafeString:
        return ago(conversation.last_message_at)

    def get_urls(self) -> list[URLPattern]:
        return [*self.performance_urls(), *super().get_urls()]

    # The page on which one is read.

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        return super().get_queryset(request).select_related("owner").defer(*UNREAD)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        context |= {
            "title": line(obj.title) or _("Conversation without a title"),
            "subtitle": None,
            "facts": self._facts(obj),
            "transcript": self._transcript(request, obj),
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request: HttpRequest, obj: Conversation, form: Any, change: bool) -> None:
        """Only what was edited: a message may have come meanwhile, and the row counts the messages."""
        if form.changed_data:
            obj.save(update_fields=[*form.changed_data, "updated_at"])

    def _facts(self, conversation: Conversation) -> list[tuple[Any, Any]]:
        list_url = reverse(f"{self.admin_site.name}:aistore_conversation_changelist")
        facts = [
            (_("Owner"), only_of(conversation.owner, list_url)),
            (_("Model"), self.model_name(conversation)),
            (_("Messages"), localize(conversation.message_count)),
            (_("Last message"), ago(conversation.last_message_at)),
            (_("Begun"), ago(conversation.created_at)),
            (_("Source"), isolated(line(conversation.source, 40))),
            (_("Tags"), tags(conversation.tags)),
        ]
        return [(label, value) for label, value in facts if value]

    def _transcript(self, request: HttpRequest, conversation: Conversation) -> Transcript | None:
        """None for who may see that there is a conversation, but not read it."""
        if not request.user.has_perm("aistore.view_message"):
            return None
        entry(request, "read", conversation).save()
        try:
            return transcript(conversation, place_in(request.GET))
        except NoSuchPlace:
            text = _("The message that this address asks for is not in this conversation. Here is its end.")
            self.message_user(request, text, WARNING)
            return transcript(conversation, Place())

    # Actions, and deleting.

    @admin.action(description=gettext_lazy("Pin"), permissions=["change"])
    def pin(self, request: HttpRequest, queryset: Any) -> None:
        count = queryset.pin()
        text = ngettext("Pinned %(count)d conversation.", "Pinned %(count)d conversations.", count)
        self._tell(request, text, count)

    @admin.action(description=gettext_lazy("Unpin"), permissions=["change"])
    def unpin(self, request: HttpRequest, queryset: Any) -> None:
        count = queryset.unpin()
        text = ngettext("Unpinned %(count)d conversation.", "Unpinned %(count)d conversations.", count)
        self._tell(request, text, count)

    @admin.action(description=gettext_lazy("Archive"), permissions=["change"])
    def archive(self, request: HttpRequest, queryset: Any) -> None:
        count = queryset.archive()
        text = ngettext("Archived %(count)d conversation.", "Archived %(count)d conversations.", count)
        self._tell(request, text, count)

    @admin.action(description=gettext_lazy("Unarchive"), permissions=["change"])
    def unarchive(self, request: HttpRequest, queryset: Any) -> None:
        count = queryset.unarchive()
        text = ngettext("Unarchived %(count)d conversation.", "Unarchived %(count)d conversations.", count)
        self._tell(request, text, count)

    def _tell(self, request: HttpRequest, text: str, count: int) -> None:
        if count:
            self.message_user(request, text % {"count": count}, SUCCESS)
        else:
            self.message_user(request, _("Nothing changed: all of them were so already."), INFO)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Told:
        rows = as_queryset(self, objs)
        cascade = {
            Message._meta.verbose_name_plural: rows.aggregate(sum=Sum("message_count"))["sum"] or 0,
            Upload._meta.verbose_name_plural: Upload.objects.filter(conversation__in=rows).count(),
        }
        return told(rows, cascade)

    def delete_model(self, request: HttpRequest, obj: Conversation) -> None:
        entry(request, "erase", obj).save()
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> None:
        owners = queryset.select_related(None).only("owner")
        AuditEntry.objects.bulk_create(entry(request, "erase", conversation) for conversation in owners)
        super().delete_queryset(request, queryset)
