"""Which extensions a type may have in a name: the first one is given to a name that has none of them."""

EXTENSIONS: dict[str, tuple[str, ...]] = {
    # no js, bat, ps1 and the like, which a double click may run
    "text/plain": (
        "txt", "text", "log", "conf", "cfg", "ini", "env", "lst", "srt", "vtt", "asc", "diff", "patch", "bib",
        "c", "cc", "clj", "cpp", "cs", "css", "dart", "erl", "ex", "go", "h", "hpp", "hs", "ipynb", "java", "jl", "jsx",
        "kt", "less", "lua", "m", "ml", "php", "pl", "proto", "py", "r", "rb", "rs", "rst", "scala", "scss", "sh",
        "sql", "swift", "tex", "ts", "tsx", "vue", "zig",
    ),
    "text/markdown": ("md", "markdown"),
    "text/csv": ("csv",),
    "text/tab-separated-values": ("tsv", "tab"),
    "text/calendar": ("ics",),
    "text/vcard": ("vcf",),
    "text/html": ("html", "htm", "xhtml"),
    "application/json": ("json", "geojson"),
    "application/x-ndjson": ("jsonl", "ndjson"),
    "application/yaml": ("yaml", "yml"),
    "application/toml": ("toml",),
    "application/xml": ("xml", "xsd", "xsl", "rss", "atom", "gpx", "kml"),
    "image/svg+xml": ("svg",),
    "application/pdf": ("pdf",),
    "application/rtf": ("rtf",),
    "application/postscript": ("ps", "eps"),
    "application/epub+zip": ("epub",),
    "application/msword": ("doc", "dot"),
    "application/vnd.ms-excel": ("xls", "xlt"),
    "application/vnd.ms-powerpoint": ("ppt", "pps"),
    "application/vnd.ms-outlook": ("msg",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx", "dotx"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx", "xltx"),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("pptx", "ppsx", "potx"),
    "application/vnd.oasis.opendocument.text": ("odt",),
    "application/vnd.oasis.opendocument.spreadsheet": ("ods",),
    "application/vnd.oasis.opendocument.presentation": ("odp",),
    "application/zip": ("zip",),
    "application/gzip": ("gz", "tgz"),
    "application/x-tar": ("tar",),
    "application/x-7z-compressed": ("7z",),
    "application/vnd.rar": ("rar",),
    "application/x-sqlite3": ("sqlite", "db"),
    "image/png": ("png",),
    "image/apng": ("apng", "png"),
    "image/jpeg": ("jpg", "jpeg", "jfif"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "image/avif": ("avif",),
    "image/heic": ("heic", "heif"),
    "image/bmp": ("bmp",),
    "image/tiff": ("tif", "tiff"),
    "image/x-icon": ("ico",),
    "image/vnd.adobe.photoshop": ("psd",),
    "audio/mpeg": ("mp3",),
    "audio/mp4": ("m4a",),
    "audio/aac": ("aac",),
    "audio/ogg": ("ogg", "oga", "opus"),
    "audio/flac": ("flac",),
    "audio/wav": ("wav",),
    "audio/aiff": ("aiff", "aif"),
    "audio/amr": ("amr",),
    "audio/midi": ("mid", "midi"),
    "video/mp4": ("mp4", "m4v"),
    "video/x-m4v": ("m4v",),
    "video/quicktime": ("mov",),
    "video/webm": ("webm",),
    "video/x-matroska": ("mkv",),
    "video/x-msvideo": ("avi",),
    "video/mpeg": ("mpg", "mpeg"),
    "video/3gpp": ("3gp",),
    "video/x-ms-wmv": ("wmv",),
    "video/x-flv": ("flv",),
}  # fmt: skip

# What a name may say of a text: none of these runs in a browser.
_TEXT_KINDS = {
    extension: kind
    for kind in (
        "text/markdown", "text/csv", "text/tab-separated-values", "text/calendar", "text/vcard", "application/json",
        "application/x-ndjson", "application/yaml", "application/toml",
    )
    for extension in EXTENSIONS[kind]
}  # fmt: skip


def text_kind(name: str) -> str:
    return _TEXT_KINDS.get(extension_of(name), "text/plain")


def extension_of(name: str) -> str:
    return name.rpartition(".")[2].strip().lower() if "." in name else ""
