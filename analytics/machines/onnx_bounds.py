"""What a graph may cost, known before any of it is run: the runtime takes any width, and dies of a tree that is too deep."""

import math
from typing import Final

from onnx import AttributeProto, GraphProto, NodeProto

from analytics.data import BadData

Kind = AttributeProto.AttributeType

MOST_NUMBERS: Final = 5_000
"""That a graph makes of one row, all its nodes together."""
MOST_DEPTH: Final = 100
"""Decisions of a tree below one another; the runtime reads trees by recursion."""

_PLAIN: Final = frozenset({Kind.INT, Kind.FLOAT, Kind.STRING, Kind.INTS, Kind.FLOATS, Kind.STRINGS})
"""Kinds of attributes that hold what they say; a tensor may keep it elsewhere, and a graph is one more program."""


def width_of(graph: GraphProto) -> int:
    """How many numbers a row of its input has; raises `BadData` for a graph whose rows could grow, or with a deep tree.

    Constants are single numbers, columns are only ever put beside one another, and every tree is one.
    """
    constants = {each.name: list(each.dims) for each in graph.initializer}
    if any(math.prod(dims) != 1 for dims in constants.values()):
        raise BadData("model_operators", operators="constants")
    shape = graph.input[0].type.tensor_type.shape.dim
    width = shape[1].dim_value if len(shape) == 2 else 0
    widths = dict.fromkeys(constants, 1) | {"rows": width}
    for node in graph.node:
        if not set(node.input) <= widths.keys() or len(node.output) != 1 or node.output[0] in widths:
            raise BadData("model_operators", operators="order")
        widths[node.output[0]] = _width(node, [widths[name] for name in node.input], constants)
    if width < 1 or sum(widths.values()) > MOST_NUMBERS or len(widths) != 1 + len(constants) + len(graph.node):
        raise BadData("model_operators", operators="width")
    return width


def _width(node: NodeProto, given: list[int], constants: dict[str, list[int]]) -> int:
    told = {each.name: each for each in node.attribute}
    is_by_column = "axis" in told and told["axis"].i == 1
    if any(each.type not in _PLAIN for each in node.attribute) or (node.op_type in {"Gather", "Concat"} and not is_by_column):
        raise BadData("model_operators", operators=node.op_type)
    match node.op_type:
        case "Concat":
            return sum(given)
        case "Gather":
            # A single place, or rows would be put beside rows.
            if len(node.input) != 2 or constants.get(node.input[1]) != [1]:
                raise BadData("model_operators", operators=node.op_type)
            return 1
        case "TreeEnsembleRegressor":
            _require_trees(told)
            return 1
        case _:
            return max(given, default=1)


def _require_trees(told: dict[str, AttributeProto]) -> None:
    """Raises `BadData` unless every node but a root has one parent, which stands before it, and none lies deep."""
    try:
        is_one = told["n_targets"].i == 1
        fields = [told[f"nodes_{name}"].ints for name in ("treeids", "nodeids", "truenodeids", "falsenodeids")]
        nodes = zip(*fields, told["nodes_modes"].strings, strict=True)
        depths: dict[tuple[int, int], int] = {}
        begun: set[int] = set()
        for tree, number, yes, no, mode in nodes:
            depth = depths.pop((tree, number)) if tree in begun else 0
            begun.add(tree)
            children = set() if mode == b"LEAF" else {(tree, yes), (tree, no)}
            is_one &= depth <= MOST_DEPTH and children.isdisjoint(depths) and len(children) != 1
            depths |= dict.fromkeys(children, depth + 1)
    except (KeyError, ValueError):
        raise BadData("model_operators", operators="trees") from None
    if not is_one or depths:
        raise BadData("model_operators", operators="trees")
