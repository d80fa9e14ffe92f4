"""Boosted trees of LightGBM as nodes of ONNX: the same decisions, row for row, and the same sums.

A reading of 32 bits is at most a threshold of 64 bits exactly where it is at most the largest number of 32 bits that is not
above it, so thresholds are rounded down. What is left are the sums of leaves, which are of 32 bits.
"""

from collections.abc import Mapping
from typing import Any, Final

import lightgbm
import numpy as np
from onnx import NodeProto, helper

from analytics.data import BadData
from analytics.machines.onnx_reading import TREES


def trees(booster: lightgbm.Booster, given: str, made: str) -> NodeProto:
    """The node that adds up the trees of a booster: `given` (N, K) floats, `made` (N, 1) the raw score."""
    fields: dict[str, list[Any]] = {name: [] for name in (*_NODE_FIELDS, *_LEAF_FIELDS)}
    for number, tree in enumerate(booster.dump_model()["tree_info"]):
        _add(fields, number, tree["tree_structure"])
    node = helper.make_node("TreeEnsembleRegressor", [given], [made], domain=TREES)
    told: dict[str, Any] = {"n_targets": 1, "aggregate_function": "SUM", "post_transform": "NONE", **fields}
    node.attribute.extend(helper.make_attribute(name, value) for name, value in told.items())
    return node


_NODE_FIELDS: Final = (
    "nodes_treeids",
    "nodes_nodeids",
    "nodes_featureids",
    "nodes_values",
    "nodes_modes",
    "nodes_truenodeids",
    "nodes_falsenodeids",
    "nodes_missing_value_tracks_true",
)
_LEAF_FIELDS: Final = ("target_treeids", "target_nodeids", "target_ids", "target_weights")


def _add(fields: dict[str, list[Any]], tree: int, root: Mapping[str, Any]) -> None:
    """Add a tree, its nodes numbered as they are met."""
    waiting: list[tuple[int, Mapping[str, Any]]] = [(0, root)]
    numbered = 1
    while waiting:
        number, node = waiting.pop()
        if "leaf_value" in node:
            _row(fields, _NODE_FIELDS, (tree, number, 0, 0.0, "LEAF", 0, 0, 0))
            _row(fields, _LEAF_FIELDS, (tree, number, 0, float(node["leaf_value"])))
            continue
        if node["decision_type"] != "<=":
            raise BadData("model_unwritable", decision=node["decision_type"])
        left, right = numbered, numbered + 1
        numbered += 2
        threshold = float(node["threshold"])
        missing_left = node["default_left"] if node["missing_type"] == "NaN" else threshold >= 0
        decided = (tree, number, int(node["split_feature"]), _rounded_down(threshold), "BRANCH_LEQ", left, right)
        _row(fields, _NODE_FIELDS, (*decided, int(missing_left)))
        waiting += [(left, node["left_child"]), (right, node["right_child"])]


def _row(fields: dict[str, list[Any]], names: tuple[str, ...], values: tuple[Any, ...]) -> None:
    for name, value in zip(names, values, strict=True):
        fields[name].append(value)


def _rounded_down(threshold: float) -> float:
    near = np.float32(threshold)
    return float(np.nextafter(near, np.float32(-np.inf)) if float(near) > threshold else near)
