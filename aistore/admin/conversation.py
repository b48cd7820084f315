"""Conversations: the list, and the page on which one is read."""

from typing import Any

from django.contrib import admin
from django.contrib.messages import WARNING
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Left
from django.forms import Media, Script
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..fields import ExactTextField
from ..models import Conversation, Message, Upload
from . import date, filters
from .branch import NoSuchPlace, Place
from .browsing import BrowsingAdmin
from .display import ago, badge, counted, isolated, line, names, tags, votes
from .editing import ConversationForm, MarksForm
from .exporting import ExportActions
from .finding import finding_in
from .marking import MarkActions
from .owner import PARAMETER as OWNER
from .owner import OwnerFilter, owner_link
from .performance import PerformancePages
from .person import OwnerPages
from .rights import identity, is_wordless, may_read, words_of
from .searching import is_ranked
from .transcript import Transcript, place_in, transcript
from .whole import WholeMessages

UNREAD = ["metadata", "open_tool_calls"]  # what nobody sees here, and may be long
LOOKED_AT = 20  # messages of each row, the newest, for their models; all that are rated or went wrong, up to:
COUNTED = 100
OWN = Message.objects.filter(conversation=OuterRef("pk"))
FIRST_WORDS = OWN.filter(role="user").order_by("sequence_number")
LATEST_MODELS = OWN.order_by("-sequence_number").values("model")[:LOOKED_AT]
RATINGS = OWN.filter(rating__isnull=False).values("rating")[:COUNTED]
UNFINISHED = OWN.filter(status__in=filters.UNFINISHED).values("status")[:COUNTED]
FILTERS = [
    filters.ModelFilter,
    filters.TagFilter,
    filters.SourceFilter,
    filters.StatusFilter,
    filters.RatingFilter,
    filters.ErrorFilter,
    filters.PinnedFilter,
    filters.ArchivedFilter,
]


@admin.register(Conversation)
class ConversationAdmin(
    MarkActions, ExportActions, OwnerPages, WholeMessages, PerformancePages, BrowsingAdmin
):
    ordering = ("-last_message_at", "-id")
    list_display = [
        "title_or_first_words",
        "of_whom",
        "models",
        "messages",
        "ratings",
        "tag_list",
        "latest",
    ]
    list_filter = [OwnerFilter, *FILTERS, date.DateFilter]
    allowed_lookups = frozenset(
        [OWNER, date.SINCE, date.UNTIL, *(str(each.parameter_name) for each in FILTERS)]
    )
    search_fields = ["title"]
    search_help_text = (
        gettext_lazy("Words in titles and messages; “words in order”, -without, this OR that.")
        if is_ranked(Conversation)
        else gettext_lazy("Words in the title.")
    )
    actions = ["pin", "unpin", "archive", "unarchive", "export_jsonl", "export_markdown"]
    form = ConversationForm
    change_form_template = "aistore/admin/conversation.html"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def for_list(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        """All in one statement: what is asked of messages costs an index a few steps for each row of the page."""
        rows = queryset.defer("system_prompt", *UNREAD).annotate(
            latest_models=ArraySubquery(LATEST_MODELS),
            rated=ArraySubquery(RATINGS),
            unfinished=ArraySubquery(UNFINISHED),
        )
        if not may_read(request):
            return rows.defer(*words_of(Conversation), *UNREAD)
        words = Subquery(FIRST_WORDS.values(start=Left("content", 200, output_field=ExactTextField()))[:1])
        untitled = When(title="", then=words)
        return rows.annotate(first_words=Case(untitled, default=Value(""), output_field=ExactTextField()))

    @admin.display(description=gettext_lazy("title"))
    def title_or_first_words(self, conversation: Any) -> SafeString:
        if is_wordless(conversation):
            return identity(conversation)
        if conversation.title.strip():
            return isolated(line(conversation.title))
        words = line(conversation.first_words or "") or _("(empty)")
        return format_html('<bdi class="aistore-untitled">{}</bdi>', words)

    @admin.display(description=gettext_lazy("owner"))
    def of_whom(self, conversation: Conversation) -> SafeString:
        return owner_link(self.admin_site.name, conversation.owner, "conversation")

    @admin.display(description=gettext_lazy("models"), empty_value="")
    def models(self, conversation: Any) -> SafeString:
        """That of the conversation, and those that its newest messages came from."""
        named = dict.fromkeys([conversation.model, *conversation.latest_models])
        return names([name for name in named if name])

    @admin.display(description=gettext_lazy("messages"))
    def messages(self, conversation: Conversation) -> SafeString:
        count = conversation.message_count
        return counted(count, ngettext("message", "messages", count))

    @admin.display(description=gettext_lazy("rating"))
    def ratings(self, conversation: Any) -> SafeString:
        good, bad = conversation.rated.count(1), conversation.rated.count(-1)
        return format_html(
            "{} {}",
            votes("good", f"+{good}", _("rated good")) if good else "",
            votes("failed", f"−{bad}", _("rated bad")) if bad else "",
        )

    @admin.display(description=gettext_lazy("tags"))
    def tag_list(self, conversation: Any) -> SafeString:
        """After the marks, so that these need no columns of their own."""
        pinned = badge("good", _("pinned")) if conversation.is_pinned else ""
        archived = badge("note", _("archived")) if conversation.is_archived else ""
        unfinished = [badge(name, filters.Status(name).label) for name in sorted({*conversation.unfinished})]
        return format_html(
            "{} {} {} {}", pinned, archived, SafeString(" ".join(unfinished)), tags(conversation.tags)
        )

    @admin.display(description=gettext_lazy("last message"))
    def latest(self, conversation: Conversation) -> SafeString:
        return ago(conversation.last_message_at)

    def get_urls(self) -> list[URLPattern]:
        urls = [*self.owner_urls(), *self.message_urls(), *self.performance_urls()]
        return [*urls, *super().get_urls()]

    # The page on which one is read.

    @property
    def media(self) -> Media:
        return super().media + Media(js=[Script("aistore/admin.js", defer=True)])  # type: ignore[list-item]

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
            "title": self._heading(obj),
            "subtitle": None,
            "facts": self._facts(obj),
            "transcript": self._transcript(request, obj),
            "finding": finding_in(obj, request.GET) if may_read(request) else None,
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """Who may not read a title may not write over it."""
        if not may_read(request):
            options["form"] = MarksForm
        return super().get_form(request, obj, change, **options)

    def save_model(self, request: HttpRequest, obj: Conversation, form: Any, change: bool) -> None:
        """Only what was edited: a message may have come meanwhile, and the row counts the messages."""
        if form.changed_data:
            obj.save(update_fields=[*form.changed_data, "updated_at"])

    def _heading(self, conversation: Conversation) -> str:
        if is_wordless(conversation):
            return _("Conversation %(id)s") % {"id": conversation.pk}
        return line(conversation.title) or _("Conversation without a title")

    def _facts(self, conversation: Conversation) -> list[tuple[Any, Any]]:
        facts = [
            (_("Owner"), self.of_whom(conversation)),
            (_("Model"), isolated(line(conversation.model, 40))),
            (_("Messages"), localize(conversation.message_count)),
            (_("Last message"), ago(conversation.last_message_at)),
            (_("Begun"), ago(conversation.created_at)),
            (_("Source"), isolated(line(conversation.source, 40))),
            (_("Tags"), tags(conversation.tags)),
        ]
        return [(label, value) for label, value in facts if value]

    def _transcript(self, request: HttpRequest, conversation: Conversation) -> Transcript | None:
        """None for who may see that there is a conversation, but not read it."""
        if not may_read(request):
            return None
        try:
            return transcript(conversation, place_in(request.GET))
        except NoSuchPlace:
            text = _("The message that this address asks for is not in this conversation. Here is its end.")
            self.message_user(request, text, WARNING)
            return transcript(conversation, Place())

    def goes_with(self, rows: QuerySet[Any]) -> dict[Any, int]:
        return {
            Message._meta.verbose_name_plural: rows.aggregate(sum=Sum("message_count"))["sum"] or 0,
            Upload._meta.verbose_name_plural: Upload.objects.filter(conversation__in=rows).count(),
        }
