"""Uploads: a file of an owner, with what was extracted from it.

Note [Two rows, one file]. The same file sent to two conversations is two uploads, each with its own name, state and
end, and one file. It is called after the upload that brought it, so of the same bytes of one owner at most one upload
may have a file of its own (``upload_bytes_once``); the others share it. Who shares locks a row that has it until the
commit; who deletes the last of them deletes the file after his. So neither finds the file gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Concat
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..fields import ExactJSONField, ExactTextField, UUID7Field, readable
from ..files.names import safe_name
from ..files.storage import UPLOADS, path_of
from . import claiming, storing
from .conversation import Conversation
from .message import Message
from .rules import is_object, is_set
from .searching import SearchableQuerySet

# The file that is called after its upload. See Note [Two rows, one file]
TEXT = models.TextField()
OWN_FILE = Q(
    Exact(
        F("file"),
        Concat(Value("aistore/"), Cast("owner", TEXT), Value("/"), Cast("id", TEXT), output_field=TEXT),
    )
)


class UploadStatus(models.TextChoices):
    PENDING = "pending", _("pending")
    PROCESSED = "processed", _("processed")
    FAILED = "failed", _("failed")


def storage_name(upload: Upload, _filename: str) -> str:
    """Where the bytes lie: by owner and id, so that no name given by a user becomes a path."""
    return path_of(upload.owner_id, upload.pk)


class UploadQuerySet(SearchableQuerySet["Upload"]):
    told_by = ("file",)

    def _tell(self, using: str, rows: Iterable[Sequence[Any]]) -> None:
        """Nobody: uploads are in no cache."""

    def _text_of_hit(self, row: Any) -> str:
        return "\n".join(filter(None, (row.__dict__.get("name"), row.__dict__.get("text"))))

    def owned_by(self, owner: Any) -> UploadQuerySet:
        return self.filter(owner=owner)

    def pending(self) -> UploadQuerySet:
        return self.filter(status=UploadStatus.PENDING)

    def store(
        self,
        owner: Any,
        file: Any,
        *,
        name: str | None = None,
        conversation: Conversation | None = None,
        message: Message | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> Upload:
        """Store a file: bytes, a File of Django, or whatever is open for reading bytes.

        It is read once, in chunks, and closed by nobody here. Size, hash and type come from its bytes; ``name`` is
        that of the file if nothing is said. The same bytes in the same place (conversation and message) again return
        the first upload; in another place they are an upload of its own with the same file.

        Raises InvalidUpload, UploadTooLarge, UploadTypeRefused; then neither row nor file is left.
        """
        self._for_write = True
        upload = self.model(
            owner=owner,
            conversation=conversation,
            message=message,
            name=storing.name_of(file) if name is None else name,
            metadata={} if metadata is None else metadata,
        )
        return storing.store(self.model._default_manager.using(self.db), upload, file)

    def claim(self, limit: int = 1, *, seconds: float | None = None) -> list[Upload]:
        """Take up to so many that are pending and that no other worker has, the oldest first, for so many seconds
        (UPLOAD_CLAIM_SECONDS). Without a result by then, others may take them: see processed(), failed(), hold()."""
        self._for_write = True
        return claiming.claim(self, limit, seconds)

    def retry(self) -> int:
        """Those that failed are pending again, with all attempts before them. How many they were."""
        fresh = {"status": UploadStatus.PENDING, "error": "", "processed_at": None, "attempts": 0}
        return self.filter(status=UploadStatus.FAILED).update(**fresh)

    def delete(self) -> tuple[int, dict[str, int]]:
        """The files go after the commit, as far as no other upload has them."""
        self._for_write = True
        with storing.files_deleted_with(self):
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    # Functions, because a manager takes over nothing else.
    async def astore(
        self,
        owner: Any,
        file: Any,
        *,
        name: str | None = None,
        conversation: Conversation | None = None,
        message: Message | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> Upload:
        place = {"conversation": conversation, "message": message}
        return await sync_to_async(self.store)(owner, file, name=name, metadata=metadata, **place)  # type: ignore[arg-type]

    async def aclaim(self, limit: int = 1, *, seconds: float | None = None) -> list[Upload]:
        return await sync_to_async(self.claim)(limit, seconds=seconds)

    async def aretry(self) -> int:
        return await sync_to_async(self.retry)()


class Upload(models.Model):
    id = UUID7Field()
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        # See Note [References]
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="uploads",
        verbose_name=_("owner"),
    )
    conversation = models.ForeignKey(
        Conversation,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="uploads",
        verbose_name=_("conversation"),
    )
    message = models.ForeignKey(
        Message,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="uploads",
        verbose_name=_("message"),
    )
    file = models.FileField(_("file"), upload_to=storage_name, storage=UPLOADS, max_length=500)
    name = ExactTextField(_("name"), blank=True, default="")
    content_type = ExactTextField(_("content type"), blank=True, default="")
    size = models.PositiveBigIntegerField(_("size"), default=0)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True, default="")
    status = models.CharField(_("status"), max_length=9, choices=UploadStatus, default=UploadStatus.PENDING)
    text = ExactTextField(_("text"), blank=True, default="")
    error = ExactTextField(_("error"), blank=True, default="")
    metadata = ExactJSONField(_("metadata"), blank=True, default=dict)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    processed_at = models.DateTimeField(_("processed"), null=True, blank=True)
    # Which claim it is, too: no later one ends at the same moment.
    claim_ends_at = models.DateTimeField(_("claim ends"), null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=UploadStatus.values), name="upload_status"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^([0-9a-f]{64})?$"), name="upload_sha256"),
            models.CheckConstraint(condition=is_object("metadata"), name="upload_metadata_object"),
            models.CheckConstraint(
                condition=~Q(status="pending") | Q(processed_at__isnull=True),
                name="upload_pending_not_processed",
            ),
            # See Note [Two rows, one file]
            models.UniqueConstraint(
                fields=["owner", "sha256"], condition=is_set("sha256") & OWN_FILE, name="upload_bytes_once"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="upload_newest"),
            models.Index(fields=["-created_at", "-id"], name="upload_latest"),
            models.Index(fields=["created_at"], condition=Q(status="pending"), name="upload_pending"),
            models.Index(fields=["owner", "sha256"], name="upload_bytes", condition=is_set("sha256")),
            models.Index(fields=["file"], name="upload_file"),  # does anybody else have it?
        ]

    def __str__(self) -> str:
        return readable(self.name[:100]) or str(self.pk)

    @property
    def safe_name(self) -> str:
        """The name to hand the file out under: no path, no tricks, and an extension that its bytes deserve."""
        return safe_name(self.name, self.content_type)

    def processed(self, text: str = "") -> None:
        """Keep what was extracted; the end of pending. Raises ClaimLost, and writes nothing, when somebody else has
        claimed or ended it since."""
        claiming.finish(self, status=UploadStatus.PROCESSED, text=text, error="")

    def failed(self, why: Any) -> None:
        """Keep why nothing could be extracted: words, or the exception. Raises ClaimLost as processed() does."""
        claiming.finish(self, status=UploadStatus.FAILED, error=str(why))

    def hold(self, seconds: float | None = None) -> None:
        """The claim ends so many seconds from now, for work that takes long. Raises ClaimLost."""
        claiming.hold(self, seconds)

    def release(self) -> None:
        """Give the claim back, for a worker that stops before it has begun. Raises ClaimLost."""
        claiming.release(self)

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """The file goes after the commit, if no other upload has it."""
        rows = type(self)._base_manager.using(using or self._state.db).filter(pk=self.pk)
        with storing.files_deleted_with(rows):
            return super().delete(using, keep_parents)

    aprocessed = sync_to_async(processed)
    afailed = sync_to_async(failed)
    ahold = sync_to_async(hold)
    arelease = sync_to_async(release)
