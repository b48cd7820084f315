"""The house: which file may import which, read from the source.

A room may import what stands to its left in FLOORS, never to the right. So there are no circles, and any room
can be understood from the left to itself.
"""

import ast
from collections.abc import Container, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

FLOORS = [
    {"conf", "exceptions"},
    {"fields"},
    {"statements"},
    {"cache"},
    {"search"},
    {"embedding"},
    {"files"},
    {"models"},
    {"integrity"},
    {"interop"},
    {"performance"},
    {"middleware"},
    {"backup"},
    {"privacy"},
    {"demo"},
    {"integrations"},
    {"health"},
    {"checks"},
    {"downloads"},
    {"admin", "urls"},
    {"templatetags", "management"},
    {"wiring"},
    {"apps"},
]
# Migrations stand for themselves: they may use the models, and nobody uses them.
FLOOR_OF_MIGRATIONS = next(number for number, rooms in enumerate(FLOORS) if "models" in rooms) + 0.5

CHECKOUT = Path(__file__).resolve().parent.parent
FILES = sorted((CHECKOUT / "aistore").rglob("*.py"))
every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(CHECKOUT)))


def room(module: str) -> str:
    """aistore.models.message -> models; the package itself has no room: it imports nothing."""
    return module.split(".")[1] if "." in module else ""


def floor(room: str) -> float:
    if room == "migrations":
        return FLOOR_OF_MIGRATIONS
    return next((number for number, rooms in enumerate(FLOORS) if room in rooms), -1)


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")


def imports(file: Path) -> Iterator[str]:
    """The modules that a file imports when it runs, those inside functions included."""
    package = module_of(file) if file.name == "__init__.py" else module_of(file).rpartition(".")[0]
    for node in running(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            origin = ".".join([*above, *filter(None, [node.module])])
            # "from . import checks" names a module, "from .checks import x" a thing in it
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def running(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below, but for what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from running(child)


@every_file
def test_imports_only_to_the_left(file):
    """What a file imports of aistore lies in its own room or to the left of it."""
    own = room(module_of(file))
    used = {room(module) for module in imports(file) if module.split(".")[0] == "aistore"} - {own}
    wrong = {name for name in used if floor(name) >= floor(own) or name == "migrations"}
    assert not wrong, f"{file.relative_to(CHECKOUT)} imports {wrong}, which is not to its left"


def test_no_circles():
    """Nor do files of one room import each other in a circle, not even inside a function."""
    modules = {module_of(file): file for file in FILES}
    graph = {
        module: {owner(name, modules) for name in imports(file)} - {module, None}
        for module, file in modules.items()
    }
    TopologicalSorter(graph).prepare()


def owner(name: str, modules: Container[str]) -> str | None:
    """The module that holds what is imported: itself, or the one whose attribute it is."""
    return next((known for known in (name, name.rpartition(".")[0]) if known in modules), None)


@every_file
def test_imports_nothing_around_it(file):
    """The app runs in any project: it knows neither ours nor the tests nor the benchmarks."""
    assert not {module.split(".")[0] for module in imports(file)} & {"project", "tests", "benchmarks"}


@every_file
def test_every_room_has_a_floor(file):
    """A new room is put on a floor before it is built."""
    assert floor(room(module_of(file))) >= 0 or module_of(file) == "aistore"


@every_file
def test_only_conf_reads_the_settings_dict(file):
    """Everybody else asks conf.settings, so that a default stands in one place."""
    if file.name == "conf.py":
        return
    nodes = list(ast.walk(ast.parse(file.read_text())))
    assert not [node for node in nodes if isinstance(node, ast.Attribute) and node.attr == "AISTORE"]
    assert not [node for node in nodes if isinstance(node, ast.Constant) and node.value == "AISTORE"]


@every_file
def test_one_idea(file):
    """A file is one idea: 300 lines are enough for it. Generated migrations are not read."""
    if file.parent.name != "migrations":
        assert len(file.read_text().splitlines()) <= 300


@every_file
def test_no_drawers(file):
    """Modules are named for what they do: a drawer fills up with everything else."""
    drawers = {"utils", "helpers", "common", "base", "services", "managers", "misc"}
    assert not set(file.relative_to(CHECKOUT).with_suffix("").parts) & drawers


def test_demo_stands_between_privacy_and_integrations():
    """The demo may use all that stores, and nothing that stores may use the demo."""
    assert floor("privacy") < floor("demo") < floor("integrations")


def test_reads_imports_of_every_kind():
    """The reader above sees relative, absolute and hidden imports, and skips those for types."""
    file = CHECKOUT / "aistore" / "models" / "conversation.py"
    found = set(imports(file))
    assert {"aistore.fields.ExactTextField", "aistore.models.keyset.after_row"} <= found
    assert "aistore.models.message.Message" not in found or "TYPE_CHECKING" not in file.read_text()
