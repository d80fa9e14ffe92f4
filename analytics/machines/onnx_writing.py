"""Models as files of ONNX: physics, trees and calibration in one graph, with the card of what it takes to serve it."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

from analytics.machines.cards import EXAMPLES, KEY, Card, Regimes
from analytics.machines.labelled import FailureModel
from analytics.machines.life_features import CAP
from analytics.machines.onnx_reading import OPSETS
from analytics.machines.onnx_trees import trees
from analytics.machines.remaining_life import RemainingLife

_IR: Final = 8


def regimes_of(model: RemainingLife) -> Regimes:
    """What has to be known to make the inputs of a remaining life."""
    known = model.conditions
    return Regimes.model_validate(
        {
            "scale": known.scale.tolist(),
            "centres": known.centres.tolist(),
            "informative": known.informative.tolist(),
            "means": known.means.tolist(),
            "spreads": known.spreads.tolist(),
            "centre": model.centre.tolist(),
            "indices": model.indices.tolist(),
        }
    )


def of_failure(model: FailureModel, card: Card) -> bytes:
    """The file of a classifier: sensors in, probability out; physics, trees and calibration within."""
    nodes: list[NodeProto] = []
    columns = ["rows"]
    for number, (one, act, other) in enumerate(model.physics):
        for side, place in (("a", one), ("b", other)):
            nodes.append(helper.make_node("Gather", ["rows", f"place_{place}"], [f"{side}{number}"], axis=1))
        made = f"made{number}"
        nodes.append(helper.make_node("Sub" if act == "-" else "Mul", [f"a{number}", f"b{number}"], [made]))
        columns.append(made)
    nodes.append(helper.make_node("Concat", columns, ["inputs"], axis=1))
    nodes.append(trees(model.booster, "inputs", "raw"))
    nodes.append(helper.make_node("Mul", ["raw", "scale"], ["scaled"]))
    nodes.append(helper.make_node("Add", ["scaled", "shift"], ["odds"]))
    nodes.append(helper.make_node("Sigmoid", ["odds"], ["answer"]))
    places = {place for one, _, other in model.physics for place in (one, other)}
    constants = [numpy_helper.from_array(np.array([place], dtype=np.int64), f"place_{place}") for place in sorted(places)]
    constants += [_constant("scale", model.scale), _constant("shift", model.shift)]
    return _written(nodes, constants, len(model.sensors), card)


def of_remaining_life(model: RemainingLife, width: int, card: Card) -> bytes:
    """The file of a remaining life: `width` features in, hours out; the mean of the trees within their bounds."""
    said = [f"said{number}" for number in range(len(model.models))]
    nodes = [trees(booster, "rows", name) for booster, name in zip(model.models, said, strict=True)]
    nodes.append(helper.make_node("Mean", said, ["mean"]))
    nodes.append(helper.make_node("Clip", ["mean", "least", "most"], ["answer"]))
    bounds = [
        numpy_helper.from_array(np.array(value, dtype=np.float32), name) for name, value in (("least", 0.0), ("most", CAP))
    ]
    return _written(nodes, bounds, width, card)


def _constant(name: str, value: float) -> TensorProto:
    return numpy_helper.from_array(np.array([value], dtype=np.float32), name)


def _written(nodes: Sequence[NodeProto], constants: Sequence[TensorProto], width: int, card: Card) -> bytes:
    graph = helper.make_graph(
        nodes,
        "nexova",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, [None, 1])],
        constants,
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR, producer_name="nexova")
    helper.set_model_props(model, {KEY: card.model_dump_json()})
    return bytes(model.SerializeToString(deterministic=True))


def examples_of(rows: Any, answers: Any) -> dict[str, Any]:
    """A few rows, spread over what was learned from, with what is said of them."""
    places = np.unique(np.linspace(0, len(rows) - 1, EXAMPLES).astype(int))
    return {
        "examples": np.asarray(rows, dtype=np.float32)[places].astype(float).tolist(),
        "answers": np.asarray(answers, dtype=float)[places].tolist(),
    }
