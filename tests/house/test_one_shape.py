"""Messages cross the rooms in one shape: no bag of anything beside it, and no further class that carries one."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.test_rules import trees

PRODUCT = ("core", "domain", "analytics", "tools", "agent", "channels", "app")
RAW_BODIES = ("channels/infobip/", "core/inbound.py")
"""Where a provider's own JSON is read and written, which is whatever the provider sends."""

CROSSINGS = (
    "channels/base.py",
    "domain/conversations/content.py",
    "domain/conversations/schemas.py",
    "domain/conversations/changes.py",
    "domain/conversations/delivery.py",
    "agent/brief.py",
)
"""What messages pass by on their way between the rooms."""

CARRIERS = {
    "domain/conversations/models.py": {"Message"},
    "domain/conversations/schemas.py": {"Worded", "Incoming", "OpenMessage", "MessageView", "ThreadMessage"},
    "domain/conversations/delivery.py": {"Taken"},
    "agent/brief.py": {"BriefMessage"},
}
"""A message as a row, as it comes in, open, in the thread, as staff read it, in the brief; what they share; one being sent."""


def annotations(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Every annotated name of a module: the name, the annotation as it is written, the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name | ast.Attribute):
            name = node.target.id if isinstance(node.target, ast.Name) else node.target.attr
            yield name, ast.unparse(node.annotation), node.lineno
        elif isinstance(node, ast.arg) and node.annotation is not None:
            yield node.arg, ast.unparse(node.annotation), node.lineno
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            yield node.name, ast.unparse(node.returns), node.lineno


def is_raw(path: Path) -> bool:
    return str(path).startswith(RAW_BODIES)


def test_no_payload_is_a_bag_of_anything() -> None:
    bags = [
        f"{path}:{line} {name}: {annotation}"
        for path, tree in trees(*PRODUCT, "sandbox", "evals", "bench")
        if not is_raw(path)
        for name, annotation, line in annotations(tree)
        if "payload" in name and ("Any" in annotation or "object" in annotation)
    ]
    assert bags == []


def test_nothing_untyped_crosses_with_a_message() -> None:
    untyped = [
        f"{path}:{line} {name}: {annotation}"
        for path, tree in trees("channels", "domain", "agent")
        if str(path) in CROSSINGS
        for name, annotation, line in annotations(tree)
        if "dict[str, Any]" in annotation or "Mapping[str, Any]" in annotation
    ]
    assert untyped == []


def test_no_further_class_carries_a_message() -> None:
    found: dict[str, set[str]] = {}
    for path, tree in trees(*PRODUCT):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and is_carrier(node):
                found.setdefault(str(path), set()).add(node.name)
    assert found == CARRIERS


def is_carrier(node: ast.ClassDef) -> bool:
    """Whether a class has a content of its own, or is one of those that have."""
    shares = any(isinstance(base, ast.Name) and base.id == "Worded" for base in node.bases)
    fields = (item for item in node.body if isinstance(item, ast.AnnAssign))
    return shares or any(ast.unparse(item.annotation) in ("Content", "Stored", "Mapped[Content]") for item in fields)
