"""What the documentation promises: names, defaults, options and examples are the ones in the code."""

import ast
import contextlib
import dataclasses
import io
import re
import shlex
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand
from django.db.models import Model, QuerySet

from aistore import checks, conf, exceptions, interop
from aistore.interop.jsonl_shape import KEYS, MESSAGE_KEYS

CHECKOUT = Path(__file__).resolve().parent.parent
REFERENCE = CHECKOUT / "docs" / "reference"
PAGES = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]
EXAMPLE = "python example"  # what stands behind the fence of a block that is run

MODELS = list(apps.get_app_config("aistore").get_models())
COMMANDS = {name: app for name, app in get_commands().items() if app in ("aistore", "project")}
FENCE = re.compile(r"^```(.*)\n((?:.*\n)*?)^```$", re.MULTILINE)


def shown(page):
    return str(page.relative_to(CHECKOUT))


every_page = pytest.mark.parametrize("page", PAGES, ids=shown)


def blocks(page, kind):
    """What stands between the fences of this kind."""
    return [body for info, body in FENCE.findall(page.read_text()) if info == kind]


def section(page, heading):
    """A page's text from this heading to the next of its level."""
    level = heading.split()[0]
    _, _, rest = page.read_text().partition(f"\n{heading}\n")
    return re.split(rf"^{level} ", rest, flags=re.MULTILINE)[0]


def rows(text):
    """The tables of a text: the cells of each row, by its first cell without the backticks."""
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    return {cells[0].strip(" `"): [cell.strip() for cell in cells[1:]] for cells in lines}


def options(command):
    """Those of the command itself, without Django's. Those of `test` are pytest's."""
    if command == "test":
        return set()
    own = load_command_class(COMMANDS[command], command).create_parser("manage.py", command)
    shared = BaseCommand().create_parser("manage.py", command)
    names = {name for action in own._actions for name in action.option_strings}
    return names - {name for action in shared._actions for name in action.option_strings}


def test_settings():
    """The reference of settings lists every key with its default and its type, and no other."""
    listed = rows((REFERENCE / "settings.md").read_text())
    assert {name: ast.literal_eval(cells[1].strip("`")) for name, cells in listed.items()} == (
        dataclasses.asdict(conf.Defaults())
    )
    for name, (kind, *_) in listed.items():
        named = re.findall(r"`(\w+)`", kind)
        assert {str: "str", int: "int", float: "float"}.get(conf.TYPES[name], named[0]) == named[0]


def test_errors():
    """The reference of errors lists every exception and every system check, and no other."""
    listed = set(rows((REFERENCE / "errors.md").read_text()))
    errors = {name for name, error in vars(exceptions).items() if isinstance(error, type)} - {"Any"}
    numbers = set(re.findall(r"^aistore\.\w+", checks.__doc__, re.MULTILINE))
    assert listed == errors | numbers


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_models(model):
    """The reference of models lists every field of every model, in order."""
    listed = list(rows(section(REFERENCE / "models.md", f"## {model.__name__}")))
    assert listed == [field.name for field in model._meta.concrete_fields]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_methods(model):
    """It names every public method of a model and of its querysets that Django does not have."""
    text = section(REFERENCE / "models.md", f"## {model.__name__}")
    kinds = {model: Model, type(model._default_manager.all()): QuerySet}
    names = {
        name
        for kind, django in kinds.items()
        for name, value in vars(kind).items()
        if callable(value) and name[0] != "_" and not hasattr(django, name)
    }
    added = {"DoesNotExist", "MultipleObjectsReturned", "NotUpdated"}  # by Django, as is get_…_display
    described = {name for name in names - added if not name.startswith("get_")}
    assert {name for name in described if not re.search(rf"`[^`]*\b{name}\b", text)} == set()


def test_formats():
    """The reference of formats lists each with what can be done with it, and every key of our own."""
    page = REFERENCE / "interop.md"
    told = {name: cells[:2] for name, cells in rows(page.read_text().partition("\n## ")[0]).items()}
    assert {name for name, (read, _) in told.items() if read == "yes"} == set(interop.readable())
    assert {name for name, (_, written) in told.items() if written == "yes"} == set(interop.writable())
    conversation, message = section(page, "## A line of `jsonl`").split("\nA message:\n")
    assert (set(rows(conversation)), set(rows(message))) == (KEYS, MESSAGE_KEYS)


def test_interop():
    """It names everything that can be imported from the package."""
    text = (REFERENCE / "interop.md").read_text()
    assert {name for name in interop.__all__ if f"`{name}" not in text} == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_commands(command):
    """The reference of commands has a section for each, with every option of its own."""
    text = section(REFERENCE / "commands.md", f"## `{command}`")
    assert text
    assert {option for option in options(command) if f"`{option}" not in text} == set()


def test_no_other_commands():
    """What is gone from the code is gone from the reference."""
    listed = re.findall(r"^## `(\w+)`$", (REFERENCE / "commands.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)


@every_page
def test_console_blocks(page):
    """Every manage.py line that a reader may copy is one that its command's parser accepts."""
    lines = [line for block in blocks(page, "console") for line in block.splitlines() if "manage.py" in line]
    for line in lines:
        name, *words = shlex.split(
            line.partition("manage.py")[2].replace("database chats", "database default")
        )
        assert name in get_commands(), line
        if name != "test":  # goes to pytest as it is
            load_command_class(get_commands()[name], name).create_parser("manage.py", name).parse_args(words)


@every_page
def test_links(page):
    """Every relative link leads to a file that is there, and to a heading in it."""
    for target in re.findall(r"\]\(([^)#]*#?[^)]*)\)", page.read_text()):
        path, _, heading = target.partition("#")
        if "://" in target or path.startswith("docs/images/"):
            continue
        file = (page.parent / path) if path else page
        assert file.exists(), target
        headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", text).replace(" ", "-").lower() for text in headings}
        assert not heading or heading in anchors, target


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, EXAMPLE)], ids=shown)
@pytest.mark.django_db(transaction=True)
def test_examples(page, tmp_path, monkeypatch):
    """Every block marked as an example runs, those of a page one after the other.

    They find a user ``user``, and stand in an empty folder.
    """
    monkeypatch.chdir(tmp_path)
    names = {"user": get_user_model().objects.create_superuser("admin")}
    for example in blocks(page, EXAMPLE):
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(example, str(page), "exec"), names)  # noqa: S102


@every_page
def test_python_blocks(page):
    """Every other Python block is at least Python."""
    for block in blocks(page, "python") + blocks(page, EXAMPLE):
        ast.parse(block)
