"""The names that other projects rely on: once here, a name is neither renamed nor removed without a release note."""

import dataclasses
import importlib
import inspect
import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from aistore import conf, exceptions, models
from aistore.models import Conversation, Message
from aistore.models.conversation import ConversationQuerySet
from aistore.models.memory import MemoryQuerySet
from aistore.models.message import MessageQuerySet
from aistore.models.upload import Upload, UploadQuerySet

EXPORTED = {
    "aistore.models": ["AuditEntry", "Conversation", "Memory", "Message", "MessageRevision", "Upload"],
    "aistore.backup": [
        "BackedUp",
        "Backup",
        "Plan",
        "Restored",
        "Rotated",
        "Verified",
        "back_up",
        "backups",
        "create",
        "newest_verified",
        "plan",
        "restore",
        "rotate",
        "verify",
    ],
    "aistore.embedding": ["Filled", "State", "embed", "fill", "in_background", "remarks", "state"],
    "aistore.interop": [
        "CanonicalConversation",
        "CanonicalMessage",
        "CanonicalRevision",
        "ImportReport",
        "as_anthropic",
        "as_markdown",
        "as_openai",
        "chunks",
        "import_file",
        "read",
        "readable",
        "store",
        "writable",
        "write",
    ],
    "aistore.performance": [
        "Alerts",
        "CacheUse",
        "Figures",
        "Moment",
        "PoolStats",
        "Report",
        "SlowQuery",
        "Statistics",
        "alerts",
        "cache_stats",
        "checkout_statistics",
        "pool_stats",
        "query_statistics",
        "query_timer",
        "report",
        "request_statistics",
        "slow_queries",
        "timer_statistics",
    ],
}
ERRORS = """
    AistoreError BackupDamaged BackupError BackupFailed BackupNotCopied BackupNotFound BackupRunning
    BackupUnfit BadConversation BadEmbedding ClaimLost ConflictingAppend ConversationGone ForeignMemory
    ForeignParent GapInNumbers InteropError InvalidMemory InvalidMessage InvalidRotation InvalidUpload
    MessageGone MissingConversation MissingExtension MissingOwner NoScratch NoVectors PoolExhausted
    RestoreFailed StaleEdit StorageUnreachable StreamEnded UnknownFormat UnknownSearchConfig UnreadableFile
    UnstorableValue UploadTooLarge UploadTypeRefused
"""
FIELDS = {
    "Conversation": """
        id owner title model system_prompt tags is_pinned is_archived metadata source external_id message_count
        head open_tool_calls created_at updated_at last_message_at""",
    "Message": """
        id conversation owner sequence_number parent external_id role content parts tool_calls tool_call_id name model
        status finish_reason is_hidden input_tokens output_tokens cost usage rating rating_comment metadata
        created_at edited_at beat_at""",
    "MessageRevision": "id message content parts replaced_at",
    "Memory": """
        id owner conversation message question content tags importance superseded_by metadata expires_at
        created_at updated_at last_used_at""",
    "AuditEntry": "id actor action kind object_id owner at",
    "Upload": """
        id owner conversation message file name content_type size sha256 status text error metadata created_at
        processed_at claim_ends_at attempts""",
}
# How a call is written: the parameters that may be given by name are a promise too.
CALLS = {
    Conversation: {
        "append": "role content parent",
        "extend": "messages parent",
        "checkout": "message",
        "fork": "at title",
        "stream": "role content",
        "close_tool_calls": "",
    },
    Message: {"edit": "content parts expected", "rate": "rating comment", "siblings": ""},
    ConversationQuerySet: {
        "owned_by": "owner",
        "active": "",
        "archived": "",
        "pinned": "",
        "newest": "limit before",
        "pin": "",
        "unpin": "",
        "archive": "",
        "unarchive": "",
        "search": "words limit",
        "of_everyone": "",
    },
    MessageQuerySet: {
        "owned_by": "owner",
        "search": "words limit",
        "of_everyone": "",
        "in_conversation": "conversation",
        "path": "last to",
        "last": "count",
        "before": "sequence_number count",
        "usage": "by",
    },
    MemoryQuerySet: {"owned_by": "owner", "tagged": "tags", "search": "words limit", "of_everyone": ""},
    Upload: {"processed": "text", "failed": "why", "hold": "seconds", "release": ""},
    UploadQuerySet: {
        "owned_by": "owner",
        "pending": "",
        "store": "owner file name conversation message metadata",
        "claim": "limit seconds",
        "retry": "",
    },
}
ASYNC = {
    Conversation: ["aappend", "aextend", "acheckout", "afork", "astream", "aclose_tool_calls"],
    Message: ["aedit", "arate", "adelete"],
    Upload: ["aprocessed", "afailed", "ahold", "arelease"],
    UploadQuerySet: ["astore", "aclaim", "aretry"],
}
SETTINGS = {"CACHE_ALIAS": "default", "UPLOAD_MAX_BYTES": 50 * 1024**2, "IMPORT_MAX_BYTES": 4 * 1024**3}
SETTINGS |= {"BACKUP_DIRECTORY": "backups", "BACKUP_KEEP": 7, "BACKUP_STORAGE": None, "BACKUP_RECIPIENTS": ()}
COMMANDS = (
    "aistore_alerts aistore_backup aistore_backups aistore_bench aistore_check aistore_demo aistore_embed"
    " aistore_export aistore_import aistore_purge aistore_reindex aistore_report aistore_restore"
    " aistore_verify aistore_warm demo services test"
)


@pytest.mark.parametrize("module", EXPORTED)
def test_exported_names(module):
    """A module exports these names and no others, in this order, and each is there."""
    exporting = importlib.import_module(module)
    assert exporting.__all__ == EXPORTED[module]
    assert all(hasattr(exporting, name) for name in exporting.__all__)


def test_errors():
    """The errors that a host may catch."""
    assert {name for name, _ in inspect.getmembers(exceptions, inspect.isclass)} - {"Any"} == set(
        ERRORS.split()
    )


@pytest.mark.parametrize("name", FIELDS)
def test_fields(name):
    """The columns that a host may filter by."""
    assert [field.name for field in getattr(models, name)._meta.concrete_fields] == FIELDS[name].split()


@pytest.mark.parametrize(("owner", "name"), [(owner, name) for owner in CALLS for name in CALLS[owner]])
def test_calls(owner, name):
    """The methods that a host may call, and the parameters it may name."""
    parameters = inspect.signature(getattr(owner, name)).parameters
    promised = set(CALLS[owner][name].split())
    free = {one.name for one in parameters.values() if one.kind is one.VAR_KEYWORD}
    assert set(parameters) - {"self"} - free == promised


@pytest.mark.parametrize(("model", "name"), [(model, name) for model in ASYNC for name in ASYNC[model]])
def test_async_twins(model, name):
    """Each has the parameters of the call it is the twin of."""
    twin = getattr(model, name.removeprefix("a"))
    assert set(inspect.signature(getattr(model, name)).parameters) == set(inspect.signature(twin).parameters)


def test_settings():
    """The keys whose names and defaults are fixed."""
    defaults = dataclasses.asdict(conf.Defaults())
    assert {name: defaults.get(name) for name in SETTINGS} == SETTINGS


def test_commands():
    """The commands of the app and of the project."""
    ours = {name for name, app in get_commands().items() if app in ("aistore", "project")}
    assert ours == set(COMMANDS.split())


def test_map_of_the_package():
    """The head of the package names every public module, and each can be imported."""
    package = importlib.import_module("aistore")
    named = re.findall(r"^(aistore\.\w+)  ", package.__doc__, re.MULTILINE)
    assert set(EXPORTED) < set(named)
    assert all(importlib.import_module(name) for name in named)
    assert re.fullmatch(r"\d+\.\d+\.\d+", package.__version__)


def test_typed():
    """The package says that it brings its types."""
    assert Path(importlib.import_module("aistore").__file__).with_name("py.typed").exists()
