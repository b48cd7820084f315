"""Memories: facts to remember about an owner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models, router
from django.db.models import F, Func, Q, Value
from django.db.models.functions import MD5, Lower, Trim
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..embedding import embedder
from ..embedding.background import after_commit
from ..exceptions import MissingOwner
from ..fields import ExactJSONField, ExactTextField, UUID7Field, readable
from . import last_used, relevance, remembering, telling
from .cached import CachedMemories
from .conversation import Conversation
from .message import Message
from .rules import is_object
from .searching import SearchableQuerySet
from .told import Owned

if TYPE_CHECKING:
    import datetime as dt
    import uuid

# The same fact, apart from case and space. Hashed, because an index entry holds some 2,700 bytes.
SAME_CONTENT = MD5(
    Lower(Trim(Func(F("content"), Value(r"\s+"), Value(" "), Value("g"), function="regexp_replace")))
)


class MemoryQuerySet(SearchableQuerySet["Memory"]):
    told_by = ("owner_id", "id")

    def _tell(self, using: str, rows: Iterable[Sequence[Any]]) -> None:
        rows = list(rows)
        telling.memories_changed(using, (owner_id for owner_id, _ in rows))
        if self._embeds:
            after_commit(using, (memory_id for _, memory_id in rows))

    _embeds = False  # whether what is being written changes what a vector is made of

    def update(self, **values: Any) -> int:
        self._embeds = not telling.EMBEDDED.isdisjoint(values)
        return super().update(**values)

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[Memory], *args: Any, **options: Any) -> list[Memory]:
        self._embeds = True
        return super().bulk_create(objs, *args, **options)

    def remember(
        self,
        owner: Any,
        content: str,
        *,
        tags: Iterable[str] = (),
        importance: int | None = None,
        supersedes: Memory | uuid.UUID | str | None = None,
        question: str = "",
        conversation: Conversation | uuid.UUID | None = None,
        message: Message | uuid.UUID | None = None,
        expires_at: dt.datetime | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> Memory:
        """The memory of this fact: a new one, or the one that the owner has, apart from case and space.

        What is said of a known fact is added to it: tags, the higher importance, the later end, and question,
        provenance and metadata where it has none. One that has expired is current again, until ``expires_at`` or for
        good. One that was superseded stays so; the fact gets a new row. ``supersedes`` is a memory of the same owner
        (or its id): it, or what has taken its place already, is kept, linked and returned no more.

        ``importance`` is 1 to 10, of a new memory 5. The memory has ``is_new``. Signals of saving are not sent.
        One statement; with ``supersedes`` two, in a transaction. Raises InvalidMemory and ForeignMemory.
        """
        self._for_write = True
        memory: Any = remembering.remember(
            self, owner, content=content, tags=tags, importance=importance, supersedes=supersedes,
            question=question, conversation=conversation, message=message, expires_at=expires_at,
            metadata={} if metadata is None else metadata,
        )  # fmt: skip
        if memory.is_written or memory.superseded_count:
            self._embeds = memory.is_written  # a superseded one needs its vector no more
            self._tell(self.db, [(memory.owner_id, memory.pk)])
        return memory

    async def aremember(self, owner: Any, content: str, **fields: Any) -> Memory:
        return await sync_to_async(self.remember)(owner, content, **fields)

    def relevant(self, sentence: str, *, limit: int = 10) -> MemoryQuerySet:
        """Those that have most to do with a sentence, by words and by meaning, each with ``rank`` and ``snippet``.

        Without an embedder, or a database with pgvector, it is search(); when the embedder fails, words alone decide.
        Meaning finds something for every sentence: what is far off stands at the end.
        """
        try:
            if not embedder.is_configured():
                return self.search(sentence, limit=limit)
            rows = self._unsliced().current()
            rows._marks_use = not rows._is_of_everyone
            return relevance.relevant(rows, sentence, limit)
        except MissingOwner as error:
            raise MissingOwner(**error.facts | {"call": "relevant"}) from None

    def search(self, words: str, *, limit: int | None = None) -> MemoryQuerySet:
        """Current ones. Otherwise as everywhere."""
        rows = self._unsliced().current()
        rows._marks_use = not rows._is_of_everyone  # who looks through everybody's uses none of them
        return super(MemoryQuerySet, rows).search(words, limit=limit)

    def mark_used(self) -> int:
        """Set ``last_used_at`` of those where that is a minute ago or more: in one statement, which passes over rows
        that are locked. Returns how many. What search() and relevant() return marks itself."""
        self._for_write = True
        now = timezone.now()
        return last_used.mark(self.db, dict.fromkeys(self.values_list("pk", flat=True), now))

    mark_used.alters_data = True  # type: ignore[attr-defined]

    def _fetch_all(self) -> None:
        is_fetched = self._result_cache is not None
        super()._fetch_all()
        if self._marks_use and not is_fetched:
            using = getattr(self, "_db", None) or router.db_for_write(self.model)
            last_used.note(using, (row for row in self._result_cache or () if isinstance(row, Memory)))

    def _clone(self) -> Self:
        rows = super()._clone()
        rows._marks_use = self._marks_use
        return rows

    _marks_use = False

    def owned_by(self, owner: Any) -> MemoryQuerySet:
        return self.filter(owner=owner).current()

    def current(self) -> MemoryQuerySet:
        """Neither expired nor superseded."""
        alive = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
        return self.filter(alive, superseded_by__isnull=True)

    def tagged(self, *tags: str) -> MemoryQuerySet:
        """Those that carry all these tags."""
        return self.filter(tags__contains=list(tags))


class MemoryManager(models.Manager.from_queryset(MemoryQuerySet)):  # type: ignore[misc]
    @property
    def cached(self) -> CachedMemories:
        """search(), answered from the cache with records."""
        return CachedMemories(self.model, self._db)


class Memory(Owned):
    id = UUID7Field()
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        # See Note [References]
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="memories",
        verbose_name=_("owner"),
    )
    conversation = models.ForeignKey(
        Conversation,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="memories",
        verbose_name=_("conversation"),
    )
    message = models.ForeignKey(
        Message,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="memories",
        verbose_name=_("message"),
    )
    question = ExactTextField(_("question"), blank=True, default="")
    content = ExactTextField(_("content"))
    tags = ArrayField(ExactTextField(), verbose_name=_("tags"), blank=True, default=list)
    importance = models.PositiveSmallIntegerField(_("importance"), default=5)
    superseded_by = models.ForeignKey(
        "self",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="supersedes",
        verbose_name=_("superseded by"),
    )
    metadata = ExactJSONField(_("metadata"), blank=True, default=dict)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    objects = MemoryManager()

    class Meta:
        base_manager_name = "objects"  # related managers write through it
        verbose_name = _("memory")
        verbose_name_plural = _("memories")
        constraints = [
            models.UniqueConstraint(
                F("owner"), SAME_CONTENT, condition=Q(superseded_by__isnull=True), name="memory_once"
            ),
            models.CheckConstraint(
                condition=Q(importance__gte=1, importance__lte=10), name="memory_importance_1_to_10"
            ),
            models.CheckConstraint(condition=is_object("metadata"), name="memory_metadata_object"),
            models.CheckConstraint(
                condition=Q(superseded_by__isnull=True) | ~Q(superseded_by=F("id")),
                name="memory_not_superseded_by_itself",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="memory_newest"),
            models.Index(fields=["-created_at", "-id"], name="memory_latest"),
            GinIndex(fields=["tags"], name="memory_tags"),
        ]

    def __str__(self) -> str:
        return readable(self.content[:60]) or str(self.pk)

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        database = using or self._state.db or ""
        deleted = super().delete(using, keep_parents)
        telling.memories_changed(database, [self.owner_id])
        return deleted
