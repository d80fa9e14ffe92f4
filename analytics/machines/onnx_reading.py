"""Files of models, read with mistrust and run by onnxruntime.

A file is a model of this house only if it names its sensors, holds nothing but the few operators that trees need, and says for
the rows that it brings what it says that it says. Anything else is refused with a reason before it is asked for anything.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import onnx
import onnxruntime
from onnx import ModelProto, TensorProto
from pydantic import ValidationError

from analytics.data import BadData
from analytics.machines.cards import EQUAL, KEY, Card, Served
from analytics.machines.life_features import CAP
from analytics.machines.onnx_bounds import width_of

MOST_BYTES: Final = 8_000_000
TREES: Final = "ai.onnx.ml"
OPSETS: Final = {"": 17, TREES: 3}
_OPERATORS: Final = frozenset({"TreeEnsembleRegressor", "Gather", "Sub", "Mul", "Add", "Concat", "Sigmoid", "Mean", "Clip"})


def open_model(content: bytes) -> Served:
    """A file as a model that can be asked; raises `BadData` where it is none of this house."""
    if len(content) > MOST_BYTES:
        raise BadData("model_too_large", bytes=len(content), most=MOST_BYTES)
    model = _read(content)
    card = _card({each.key: each.value for each in model.metadata_props})
    _require_plain(model)
    _require_width(card, width_of(model.graph))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        served = Served(card, session)
        said = served.ask(np.array(card.examples))
        if card.kind == "remaining_life":
            served.hours_left(np.tile(np.array(card.sound_mean), (3, 1)))
    except Exception as error:
        # What a file from anywhere makes the runtime raise is of no one kind.
        raise BadData("model_unusable", reason=type(error).__name__) from error
    scale = CAP if card.kind == "remaining_life" else 1.0
    if said.shape != (len(card.answers),) or not np.allclose(said, card.answers, rtol=0, atol=EQUAL * scale):
        raise BadData("model_disagrees", rows=len(card.answers))
    return served


def _read(content: bytes) -> ModelProto:
    try:
        return onnx.load_model_from_string(content)
    except Exception as error:
        raise BadData("model_unreadable", reason=type(error).__name__) from error


def _card(told: Mapping[str, str]) -> Card:
    if KEY not in told:
        raise BadData("model_foreign")
    try:
        card = Card.model_validate_json(told[KEY])
    except ValidationError as error:
        raise BadData("model_card_unreadable", faults=error.error_count()) from None
    count = len(card.sensors)
    rows = (card.units, card.sound_mean, card.sound_spread, card.weights, card.reference.edges, card.reference.shares)
    is_whole = all(len(each) == count for each in rows) and len(card.examples) == len(card.answers)
    bins = zip(card.reference.edges, card.reference.shares, strict=False)
    is_whole &= all(len(shares) == len(edges) + 1 and min(shares) > 0 for edges, shares in bins)
    is_life = card.kind == "remaining_life"
    if not is_whole or len(set(card.sensors)) != count or (card.regimes is not None) != is_life or min(card.sound_spread) <= 0:
        raise BadData("model_card_unreadable", faults=1)
    return card


def _require_plain(model: ModelProto) -> None:
    """Raises `BadData` for a graph that does more than trees do, or that keeps a part of itself elsewhere."""
    graph = model.graph
    strange = {node.op_type for node in graph.node} - _OPERATORS
    outside = any(each.data_location == TensorProto.EXTERNAL or each.external_data for each in graph.initializer)
    other = {each.domain: each.version for each in model.opset_import} != OPSETS
    if strange or outside or other or model.functions or graph.sparse_initializer:
        raise BadData("model_operators", operators=", ".join(sorted(strange))[:200] or "external data")
    if [each.name for each in graph.input] != ["rows"] or [each.name for each in graph.output] != ["answer"]:
        raise BadData("model_operators", operators="inputs")


def _require_width(card: Card, width: int) -> None:
    """Raises `BadData` where the graph takes other rows than those that it will be asked of."""
    is_of_sensors = card.kind == "remaining_life" or len(card.sensors) == width
    if not is_of_sensors or any(len(row) != width for row in card.examples):
        raise BadData("model_operators", operators="inputs")
