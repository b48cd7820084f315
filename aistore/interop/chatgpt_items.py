"""The pieces of a ChatGPT content that are not plain text (images, sounds, attached files) as parts, and back.

An asset pointer is no address: the file lies in the zip of the export, or nowhere.
"""

from typing import Any

from .chatgpt_values import Fields, without

Part = dict[str, Any]

_POINTERS = {
    "image_asset_pointer": "image",
    "audio_asset_pointer": "audio",
    "video_container_asset_pointer": "video",
}
_POINTER_TYPES = {part: kind for kind, part in _POINTERS.items()}
_OF_POINTER: dict[str, tuple[str, type]] = {
    "asset_pointer": ("file_id", str),
    "size_bytes": ("size", int),
    "width": ("width", int),
    "height": ("height", int),
}
_OF_ATTACHMENT: dict[str, tuple[str, type]] = {
    "id": ("file_id", str),
    "name": ("name", str),
    "mime_type": ("media_type", str),
    "size": ("size", int),
    "width": ("width", int),
    "height": ("height", int),
}


def read_item(item: Any) -> Part:
    if type(item) is str:
        return {"type": "text", "text": item}
    return read_pointer(item) or _read_speech(item) or {"type": "raw", "format": "chatgpt", "item": item}


def write_item(part: Part) -> Any:
    """The item that read_item() was given; of a call its text."""
    extra = part.get("extra", {})
    match part["type"]:
        case "text":
            return extra | {"text": part["text"]} if extra else part["text"]
        case "tool_call":
            return part["arguments"]
        case "raw":
            return part["item"]
    if "content_type" in extra:
        return extra
    return {"content_type": _POINTER_TYPES[part["type"]]} | _unnamed(part, _OF_POINTER)


def read_pointer(item: Any) -> Part | None:
    if type(item) is not dict or type(item.get("asset_pointer")) is not str:
        return None
    kind = item.get("content_type")
    if type(kind) is not str or kind not in _POINTERS:
        return None
    return {"type": _POINTERS[kind]} | _named(without(item, "content_type"), _OF_POINTER)


def _read_speech(item: Any) -> Part | None:
    """The text of something said, or the sound: in a live conversation the pointer lies one level deeper."""
    if type(item) is not dict:
        return None
    if item.get("content_type") == "audio_transcription" and type(item.get("text")) is str:
        return {"type": "text", "text": item["text"], "extra": without(item, "text")}
    if item.get("content_type") == "real_time_user_audio_video_asset_pointer":
        sound = read_pointer(item.get("audio_asset_pointer"))
        return {"type": "audio", "file_id": sound["file_id"], "extra": item} if sound else None
    return None


def read_attachments(attachments: Any) -> list[Part]:
    """Nothing where one of them is no object: then they stay where they are."""
    if type(attachments) is not list or not all(type(item) is dict for item in attachments):
        return []
    return [_read_attachment(item) for item in attachments]


def _read_attachment(item: Fields) -> Part:
    part = {"type": "file"} | _named(item, _OF_ATTACHMENT)
    if type(item.get("mimeType")) is str:  # exports of 2023
        part.setdefault("media_type", item["mimeType"])
    return part


def write_attachments(parts: list[Part]) -> list[Fields]:
    return [_unnamed(part, _OF_ATTACHMENT) for part in parts]


def _named(item: Fields, names: dict[str, tuple[str, type]]) -> Part:
    """Under our names what has one and is of the right type, the others under ``extra``."""
    part: Part = {}
    extra: Fields = {}
    for field, value in item.items():
        name, kind = names.get(field, ("", str))
        if name and type(value) is kind:
            part[name] = value
        else:
            extra[field] = value
    return part | {"extra": extra} if extra else part


def _unnamed(part: Part, names: dict[str, tuple[str, type]]) -> Fields:
    there = {field: part[name] for field, (name, _) in names.items() if name in part}
    return there | part.get("extra", {})
