"""Five kinds of staff and every page and action of ours: who gets what, as docs/reference/admin.md prints it."""

from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile

from aistore.models import AuditEntry, Conversation, Memory, Upload

from .conftest import address
from .page import Page

LIST = "/admin/aistore/conversation/"
DOC = Path(__file__).resolve().parents[2] / "docs" / "reference" / "admin.md"

LISTER = ["view_conversation", "view_memory", "view_upload"]
READER = [*LISTER, "view_message"]
EXPORTER = [*READER, "export_conversation"]
MANAGER = [
    *EXPORTER, "change_conversation", "delete_conversation", "delete_memory", "delete_upload", "view_auditentry",
    "view_reports",
]  # fmt: skip
KINDS = {"no rights": [], "lister": LISTER, "reader": READER, "exporter": EXPORTER, "manager": MANAGER}
SECRET = "Ngoc Lan has a secret"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20

# What is asked for; then what each kind of staff gets, in the order of KINDS. "shown": with what people wrote;
# "named": without a word of it; "no": refused; "done": it happened.
MATRIX = {
    "front page": "nothing named shown shown shown",
    "front page of the app": "no named shown shown shown",
    "list of conversations": "no named shown shown shown",
    "search in it": "no named shown shown shown",
    "filter by tag": "no refused shown shown shown",
    "page of a conversation": "no named shown shown shown",
    "history of a conversation": "no named shown shown shown",
    "page that asks before deleting": "no no no no shown",
    "page that asks before deleting several": "no no no no shown",
    "list of memories": "no named shown shown shown",
    "page of a memory": "no named shown shown shown",
    "list of uploads": "no named shown shown shown",
    "page of an upload": "no named shown shown shown",
    "preview of an upload": "no no done done done",
    "list of audit entries": "no no no no named",
    "page of an owner": "no named shown shown shown",
    "usage of an owner": "no no no no done",
    "figures on the front page": "no no no no done",
    "pin": "no no no no done",
    "export as JSONL": "no no no done done",
    "export as Markdown": "no no no done done",
    "export an owner": "no no no done done",
    "edit a title": "no no no no done",
    "delete a conversation": "no no no no done",
    "delete several": "no no no no done",
    "delete a memory": "no no no no done",
    "delete an upload": "no no no no done",
    "erase an owner": "no no no no done",
}


@pytest.fixture
def secret(owner, settings, tmp_path):
    """A row of each kind, each with the same words wherever words can be."""
    settings.MEDIA_ROOT = tmp_path
    conversation = Conversation.objects.create(owner=owner, title=SECRET, tags=[SECRET], system_prompt=SECRET)
    message = conversation.append("user", SECRET, status="failed")
    origin = {"owner": owner, "conversation": conversation, "message": message}
    new = Memory.objects.create(owner=owner, content=f"{SECRET} now")
    memory = Memory.objects.create(
        content=SECRET, question=SECRET, tags=[SECRET], superseded_by=new, **origin
    )
    upload = Upload(name=SECRET, text=SECRET, error=SECRET, content_type="image/png", size=28, **origin)
    upload.file.save("x", ContentFile(PNG))
    return {"conversation": conversation, "memory": memory, "upload": upload, "owner": owner}


def cells():
    for case, outcomes in MATRIX.items():
        for kind, outcome in zip(KINDS, outcomes.split(), strict=True):
            yield pytest.param(case, kind, outcome, id=f"{case}-{kind}")


@pytest.mark.parametrize(("case", "kind", "outcome"), list(cells()))
def test_each_gets_what_is_his(staff, secret, case, kind, outcome):
    """And nobody gets more, neither by a page nor by a request made by hand."""
    client = staff(*KINDS[kind])
    assert CASES[case](client, secret) == outcome


def test_a_superuser_may_all(admin_client, secret):
    """Nothing is asked twice of him."""
    for case in MATRIX:
        if "delete" not in case and "erase" not in case and case != "edit a title":
            assert CASES[case](admin_client, secret) in ("shown", "done", "named"), case


def test_the_matrix_is_printed():
    """The reference shows this very table."""
    table = ["| | " + " | ".join(KINDS) + " |", "|---" * (len(KINDS) + 1) + "|"]
    table += [f"| {case} | " + " | ".join(outcomes.split()) + " |" for case, outcomes in MATRIX.items()]
    assert "\n".join(table) in DOC.read_text()


def test_the_kinds_are_printed():
    """With the rights that make them."""
    text = DOC.read_text()
    assert not [right for right in MANAGER if f"`{right}`" not in text]


def seen(path, query=None, *, mark=None):
    """Open a page and look for the words. ``mark``: what must be there, or the page shows nothing of ours."""

    def look(client, secret):
        response = client.get(path(secret), query or {}, follow=True)
        if response.status_code == 403:
            return "no"
        if response.status_code in (400, 404) or "e" in response.wsgi_request.GET:
            return {404: "no", 400: "refused"}.get(response.status_code, "refused")
        html = response.content.decode()
        if SECRET in html:
            return "shown"
        return "named" if mark is None or mark(secret) in html else "nothing"

    return look


def present(path, words):
    def look(client, secret):
        return "done" if words in client.get(path(secret)).content.decode() else "no"

    return look


def answered(path):
    def ask(client, secret):
        response = client.get(path(secret))
        response.getvalue()
        return "done" if response.status_code == 200 else "no"

    return ask


def action(name, happened):
    def act(client, secret):
        chosen = [str(secret["conversation"].pk)]
        data = {"action": name, "_selected_action": chosen, "post": "yes"}
        response = client.post(LIST, data)
        return "done" if happened(response) else "no"

    return act


def posted(path, data, happened):
    def post(client, secret):
        response = client.post(path(secret), data)
        return "done" if happened(response) else "no"

    return post


def asks_before_deleting_several(client, secret):
    data = {"action": "delete_selected", "_selected_action": [str(secret["conversation"].pk)], "index": "0"}
    html = client.post(LIST, data).content.decode()
    if "Are you sure" not in html:
        return "no"
    return "shown" if SECRET in html else "named"


def is_file(response):
    return response.has_header("Content-Disposition") and SECRET.encode() in response.getvalue()


def at(name, end="change/"):
    return lambda secret: f"/admin/aistore/{name}/{secret[name].pk}/{end}"


def of_owner(end=""):
    return lambda secret: f"{LIST}owner/{secret['owner'].pk}/{end}"


def fixed(path):
    return lambda secret: path


def key(name):
    return lambda secret: str(secret[name].pk)


def gone(model):
    return lambda response: not model.objects.exists()


CASES = {
    "front page": seen(fixed("/admin/"), mark=key("conversation")),
    "front page of the app": seen(fixed("/admin/aistore/"), mark=key("conversation")),
    "list of conversations": seen(fixed(LIST), mark=key("conversation")),
    "search in it": seen(fixed(LIST), {"q": "secret"}, mark=key("conversation")),
    "filter by tag": seen(fixed(LIST), {"tag": SECRET}),
    "page of a conversation": seen(at("conversation"), mark=key("conversation")),
    "history of a conversation": seen(at("conversation", "history/"), mark=key("conversation")),
    "page that asks before deleting": seen(at("conversation", "delete/")),
    "page that asks before deleting several": asks_before_deleting_several,
    "list of memories": seen(fixed("/admin/aistore/memory/"), mark=key("memory")),
    "page of a memory": seen(at("memory"), mark=key("memory")),
    "list of uploads": seen(fixed("/admin/aistore/upload/"), mark=key("upload")),
    "page of an upload": seen(at("upload"), mark=key("upload")),
    "preview of an upload": answered(at("upload", "preview/")),
    "list of audit entries": seen(fixed("/admin/aistore/auditentry/")),
    "page of an owner": seen(of_owner(), mark=key("conversation")),
    "usage of an owner": present(of_owner(), "the last twelve months"),
    "figures on the front page": present(fixed("/admin/"), "The last 30 days"),
    "pin": action("pin", lambda response: Conversation.objects.pinned().exists()),
    "export as JSONL": action("export_jsonl", is_file),
    "export as Markdown": action("export_markdown", is_file),
    "export an owner": posted(of_owner("export/"), {}, is_file),
    "edit a title": posted(
        at("conversation"),
        {"title": "other", "tags": "", "_continue": "1"},
        lambda response: Conversation.objects.filter(title="other").exists(),
    ),
    "delete a conversation": posted(at("conversation", "delete/"), {"post": "yes"}, gone(Conversation)),
    "delete several": action("delete_selected", gone(Conversation)),
    "delete a memory": posted(
        at("memory", "delete/"), {"post": "yes"}, lambda response: Memory.objects.count() == 1
    ),
    "delete an upload": posted(at("upload", "delete/"), {"post": "yes"}, gone(Upload)),
    "erase an owner": posted(of_owner("erase/"), {}, gone(Conversation)),
}


# Combinations that no kind of staff above has.


def test_who_may_delete_and_not_read(staff, secret):
    """Is asked, told and shown in the log without a word."""
    client = staff("view_conversation", "delete_conversation")
    url = f"{LIST}{secret['conversation'].pk}/delete/"
    asked = client.get(url).content.decode()
    told = client.post(url, {"post": "yes"}, follow=True).content.decode()
    assert "was deleted successfully" in told
    assert SECRET not in asked + told + client.get("/admin/").content.decode()


def test_who_may_delete_several_and_not_read(staff, secret):
    """The same for those that were chosen in the list."""
    client = staff("view_conversation", "delete_conversation")
    assert asks_before_deleting_several(client, secret) == "named"


def test_who_may_change_and_not_read(staff, secret):
    """Pins and archives; a title that he cannot read he cannot write over, not even by hand."""
    client = staff("view_conversation", "change_conversation")
    page = Page(client.get(address(secret["conversation"])))
    assert SECRET not in page.html
    assert "title" not in page.attributes("name")
    sent = {"title": "other", "tags": "", "is_pinned": "on", "_continue": "1"}
    assert SECRET not in client.post(address(secret["conversation"]), sent, follow=True).content.decode()
    stored = Conversation.objects.get()
    assert (stored.title, stored.tags, stored.is_pinned) == (SECRET, [SECRET], True)


def test_who_may_export_and_not_read(staff, secret):
    """Carries nothing away: the right to export is not one to read."""
    client = staff("view_conversation", "export_conversation")
    assert CASES["export as JSONL"](client, secret) == "no"
    assert CASES["export an owner"](client, secret) == "no"
    assert not AuditEntry.objects.exists()


def test_the_log_of_the_admin_keeps_no_title(admin_client, secret):
    """It outlives what was erased."""
    from django.contrib.admin.models import LogEntry

    admin_client.post(address(secret["conversation"]), {"title": f"{SECRET}!", "tags": "", "_continue": "1"})
    admin_client.post(f"{LIST}{secret['conversation'].pk}/delete/", {"post": "yes"})
    admin_client.post(f"/admin/aistore/memory/{secret['memory'].pk}/delete/", {"post": "yes"})
    entries = LogEntry.objects.all()
    assert {entry.object_repr for entry in entries} == {str(secret[n].pk) for n in ("conversation", "memory")}
    assert not [entry for entry in entries if SECRET in entry.get_change_message()]


def test_an_owner_is_not_the_staff(client, secret):
    """Who is no staff sees a login form, whatever rights he has."""
    user = get_user_model().objects.create(username="nobody")
    client.force_login(user)
    assert client.get(of_owner()(secret)).url.startswith("/admin/login/")
    assert client.get(at("upload", "preview/")(secret)).url.startswith("/admin/login/")
