"""What a session holds is changed by the verbs of `agent/sessions.py` and by nobody else."""

import ast

from agent.models import AgentSession
from tests.house.test_rules import trees

FIELDS = {column.key for column in AgentSession.__table__.columns}
HOME = "agent/sessions.py"


def targets(node: ast.AST) -> list[ast.expr]:
    """What a statement assigns to, each name of a pair by itself."""
    found = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
    return [one for target in found for one in (target.elts if isinstance(target, ast.Tuple) else [target])]


def is_of_session(target: ast.expr) -> bool:
    """Whether it is a field of something called a session: `session.x`, `fence.session.x`, `self._session.x`."""
    if not isinstance(target, ast.Attribute) or target.attr not in FIELDS:
        return False
    return ast.unparse(target.value).rpartition(".")[2].lstrip("_") == "session"


def test_a_sessions_fields_change_in_one_module() -> None:
    changed = [
        f"{path}:{node.lineno} {ast.unparse(target)}"
        for path, tree in trees("agent", "app", "tools", "domain")
        if str(path) != HOME
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AugAssign)
        for target in targets(node)
        if is_of_session(target)
    ]
    assert changed == []


def test_the_rule_finds_the_verbs_themselves() -> None:
    [tree] = [tree for path, tree in trees("agent") if str(path) == HOME]
    assert sum(is_of_session(target) for node in ast.walk(tree) for target in targets(node)) > 10
