"""The nodes of a ChatGPT mapping in the order of the conversation.

Exports disagree with themselves: the keys of a mapping come in any order, children name nodes that are not
there, parents are missing. The parent decides where a node hangs, the children only in which order.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..exceptions import BadConversation
from .chatgpt_values import kind_of
from .soundness import shown

Nodes = dict[str, dict[str, Any]]


class Tree(NamedTuple):
    order: list[str]  # every node once, a parent before its children, siblings as their parent lists them
    parents: dict[str, str | None]  # as the export has them; one that is not in the mapping stays as it is
    children: dict[str, list[str]]  # only nodes that are there; no entry for a leaf


def tree(nodes: Nodes, *, called: str) -> Tree:
    """BadConversation for a node that is no object and for nodes in a circle; ``called`` names the
    conversation in it."""
    for node_id, node in nodes.items():
        if not isinstance(node, dict):
            why = f"node {shown(node_id)} is {kind_of(node)}, not an object"
            raise BadConversation(conversation=called, why=why)
    parents = _parents(nodes, called)
    roots, children = _sorted_children(nodes, parents)
    order = list(_walk(roots, children))
    if len(order) < len(nodes):
        why = f"its nodes answer each other in a circle: {_circle(parents, set(order))}"
        raise BadConversation(conversation=called, why=why)
    return Tree(order, parents, children)


def _parents(nodes: Nodes, called: str) -> dict[str, str | None]:
    if not any("parent" in node or "children" in node for node in nodes.values()):
        return _line(nodes)
    parents = {}
    listed: dict[str, str] | None = None
    for node_id, node in nodes.items():
        parent = node.get("parent")
        if parent is not None and type(parent) is not str:
            parent = _word(parent, node_id, called)
        if parent is None and "parent" not in node:
            if listed is None:
                listed = {child: each for each in nodes for child in listed_children(nodes[each])}
            parent = listed.get(node_id)
        parents[node_id] = parent
    return parents


def _line(nodes: Nodes) -> dict[str, str | None]:
    """The smallest exports join their nodes by nothing but the order in the file."""
    return dict(zip(nodes, [None, *nodes], strict=False))


def _word(parent: Any, node_id: str, called: str) -> str:
    if type(parent) is int:
        return str(parent)
    why = f"the parent of node {shown(node_id)} is {kind_of(parent)}, not the id of a node"
    raise BadConversation(conversation=called, why=why)


def listed_children(node: dict[str, Any]) -> list[str]:
    children = node.get("children")
    return [child for child in children if type(child) is str] if type(children) is list else []


def _sorted_children(nodes: Nodes, parents: dict[str, str | None]) -> tuple[list[str], dict[str, list[str]]]:
    roots: list[str] = []
    children: dict[str, list[str]] = {}
    for node_id, parent in parents.items():
        if parent is None or parent not in nodes:
            roots.append(node_id)
        elif parent in children:
            children[parent].append(node_id)
        else:
            children[parent] = [node_id]
    for parent, siblings in children.items():
        if len(siblings) > 1 and siblings != nodes[parent].get("children"):
            places = {child: place for place, child in enumerate(listed_children(nodes[parent]))}
            siblings.sort(key=lambda child: places.get(child, len(places)))
    return roots, children


def _walk(roots: list[str], children: dict[str, list[str]]) -> Iterator[str]:
    waiting = roots[::-1]
    while waiting:
        node_id = waiting.pop()
        yield node_id
        if node_id in children:
            waiting.extend(reversed(children[node_id]))


def _circle(parents: dict[str, str | None], reached: set[str]) -> str:
    """Such as 'a' → 'b' → 'a'. Above a node that no root reaches there is always one."""
    node_id = next(each for each in parents if each not in reached)
    passed: dict[str, None] = {}
    while node_id not in passed:
        passed[node_id] = None
        node_id = parents[node_id] or ""
    circle = list(passed)[list(passed).index(node_id) :]
    names = [shown(each) for each in circle[:3]]
    if len(circle) > 3:
        names.append(f"… ({len(circle):,} nodes)")
    return " → ".join([*names, shown(node_id)])
