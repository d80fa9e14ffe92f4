"""A model in a file says what its trainer says, and what is no model of this house is refused before it is asked."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnx.numpy_helper
import pytest
from onnx import ModelProto, TensorProto, helper

from analytics.data import BadData, read_text, unzipped
from analytics.machines import files, training
from analytics.machines.drift import DRIFTED, LEAST_ROWS, Reference
from analytics.machines.labelled import LEAST_FAILURES, Labelled, learn
from analytics.machines.onnx_reading import open_model
from tests.analytics import plant

Change = Callable[[ModelProto], None]

ROLES = {name: name for name in ("air_temperature", "process_temperature", "speed", "torque", "tool_wear")}


def labelled(count: int = 3000) -> Labelled:
    """Rows of a mill that fails beyond documented limits, each a group of its own."""
    of = plant.readings(count, 3)
    values = np.column_stack([of.air, of.process, of.speed, of.torque, of.wear])
    return Labelled(tuple(ROLES), values, plant.failed(of), np.arange(count), np.full(count, np.nan))


@pytest.fixture(scope="module")
def failure() -> training.Trained:
    return training.failure_model(labelled(), ROLES, ["K", "K", "rpm", "N*m", "min"], 24.0)


@pytest.fixture(scope="module")
def life() -> training.Trained:
    runs = plant.fleet(12)
    names = [f"s{number}" for number in range(12)]
    return training.life_model(runs, names, ["mm/s"] * 12, (), 24.0)


def test_a_classifier_learns_says_how_good_it_is_and_stays_the_same_in_its_file(failure: training.Trained) -> None:
    figures = failure.figures
    assert figures["f1"] > 0.75
    assert figures["brier"] < figures["base_rate"] * (1 - figures["base_rate"]) / 2, "better than always saying the rate"
    assert figures["apart"] < 1e-5
    served, of = open_model(failure.content), labelled()
    model, _ = learn(of, ROLES)
    # On thresholds themselves too: a reading of 32 bits beside one of 64 decides the same
    edge = np.repeat(of.values[:1], 400, axis=0)
    edge[:, 3] = np.nextafter(np.float32(57.3), np.float32(np.inf)) + np.arange(-200, 200) * 1e-5
    assert np.allclose(served.ask(edge), model.probability(edge), atol=1e-5)
    # And its probabilities are kept: of those that it calls likely, so many fail
    said = served.ask(of.values)
    likely = said > 0.5
    assert of.failed[likely].mean() == pytest.approx(said[likely].mean(), abs=0.15)


def test_a_remaining_life_in_a_file_is_that_of_the_trainer(life: training.Trained) -> None:
    assert life.figures["rmse_hours"] < 25
    assert life.figures["apart"] < 1e-5
    served = open_model(life.content)
    (run,) = plant.fleet(1, seed=50)
    early, late = served.hours_left(run.sensors[:60]), served.hours_left(run.sensors[:-5])
    assert late < 30 < early


def test_the_answers_that_were_learned_are_those_of_other_folds(failure: training.Trained) -> None:
    # Given labels that no sensor tells, as often as before
    of = labelled(1200)
    random = np.random.default_rng(0).random(1200) < 0.1
    _, figures = learn(Labelled(of.sensors, of.values, random, of.groups, of.hours_before), ROLES)
    # Then nothing good is said of what was learned by heart
    assert figures.pr_auc < 0.2
    with pytest.raises(BadData) as few:
        learn(
            Labelled(of.sensors, of.values, of.failed & (np.cumsum(of.failed) < LEAST_FAILURES), of.groups, of.hours_before), {}
        )
    assert few.value.code == "failures_too_few"


def _changed(content: bytes, change: Change) -> bytes:
    model = onnx.load_model_from_string(content)
    change(model)
    return bytes(model.SerializeToString())


def _loop(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("If", ["answer"], ["other"], then_branch=model.graph, else_branch=model.graph))


def _outside(model: onnx.ModelProto) -> None:
    one = model.graph.initializer[0]
    one.data_location = TensorProto.EXTERNAL
    one.external_data.add(key="location", value="/etc/passwd")


def _wrong(model: onnx.ModelProto) -> None:
    for one in model.graph.initializer:
        if one.name == "scale":
            one.raw_data = np.array([-3.0], dtype=np.float32).tobytes()


def _foreign(model: onnx.ModelProto) -> None:
    del model.metadata_props[:]


def _untrue(model: onnx.ModelProto) -> None:
    model.metadata_props[0].value = model.metadata_props[0].value.replace('"version":1', '"version":1,"also":2')


def _narrow(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 3


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_loop, "model_operators"),
        (_outside, "model_operators"),
        (_wrong, "model_disagrees"),
        (_foreign, "model_foreign"),
        (_untrue, "model_card_unreadable"),
        (_narrow, "model_operators"),
    ],
)
def test_a_model_that_does_other_things_is_refused(failure: training.Trained, change: Change, code: str) -> None:
    with pytest.raises(BadData) as refused:
        open_model(_changed(failure.content, change))
    assert refused.value.code == code


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"\x00" * 4096, b"unit,cycle\n1,1\n", b"\x80\x04\x95pickle"])
def test_what_is_no_model_is_refused(content: bytes, failure: training.Trained) -> None:
    for each in (content, failure.content[: len(failure.content) // 2] + content):
        with pytest.raises(BadData) as refused:
            open_model(each)
        assert refused.value.code in {"model_unreadable", "model_foreign", "model_unusable", "model_operators"}


def test_the_stability_index_tells_what_has_moved_from_what_has_not() -> None:
    random = np.random.default_rng(2)
    before = random.normal(0, 1, (2000, 3))
    reference = Reference.of(np.column_stack([before, np.full(2000, 7.0)]))
    now = random.normal((0, 1.5, 0), (1, 1, 3), (LEAST_ROWS, 3))
    index = reference.index(np.column_stack([now, np.full(LEAST_ROWS, 7.0)]))
    assert (index > DRIFTED).tolist() == [False, True, True, False]
    # By hand: two bins of one half, of which one holds all (the other counts as half a per cent)
    half = Reference(edges=((0.0,),), shares=((0.5, 0.5),))
    assert half.index(np.ones((10, 1)))[0] == pytest.approx(0.5 * np.log(2) + (0.005 - 0.5) * np.log(0.005 / 0.5))


def _wide(model: onnx.ModelProto) -> None:
    """Thirty nodes that each put a row beside itself: a thousand million numbers of one."""
    last = "rows"
    for number in range(30):
        model.graph.node.insert(number, helper.make_node("Concat", [last, last], [f"wide{number}"], axis=1))
        last = f"wide{number}"


def _outer(model: onnx.ModelProto) -> None:
    one = onnx.numpy_helper.from_array(np.ones((1_000_000, 1), dtype=np.float32), "column")
    model.graph.initializer.append(one)
    model.graph.node.insert(0, helper.make_node("Mul", ["rows", "column"], ["outer"]))


def _flat(model: onnx.ModelProto) -> None:
    """A place without an axis gives a row of rows, and rows by a row are all of them squared."""
    one = model.graph.initializer[0]
    del one.dims[:]


def _deep(model: onnx.ModelProto) -> None:
    """A chain of decisions: of a longer one the runtime dies, and the process with it."""
    depth = 400
    branches, leaves = [2 * each for each in range(depth)], [2 * each + 1 for each in range(depth)] + [2 * depth]
    count = len(branches) + len(leaves)
    modes = ["LEAF" if number % 2 or number == 2 * depth else "BRANCH_LEQ" for number in range(count)]
    told = {
        "nodes_treeids": [0] * count,
        "nodes_nodeids": list(range(count)),
        "nodes_featureids": [0] * count,
        "nodes_values": [0.0] * count,
        "nodes_modes": modes,
        "nodes_truenodeids": [0 if mode == "LEAF" else number + 1 for number, mode in enumerate(modes)],
        "nodes_falsenodeids": [0 if mode == "LEAF" else number + 2 for number, mode in enumerate(modes)],
        "nodes_missing_value_tracks_true": [0] * count,
        "target_treeids": [0] * len(leaves),
        "target_nodeids": leaves,
        "target_ids": [0] * len(leaves),
        "target_weights": [1.0] * len(leaves),
    }
    _retold(model, told)


def _shared(model: onnx.ModelProto) -> None:
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "nodes_falsenodeids":
                attribute.ints[0] = 1


def _targets(model: onnx.ModelProto) -> None:
    _retold(model, {"n_targets": 2**31})


def _retold(model: onnx.ModelProto, told: dict[str, object]) -> None:
    for node in model.graph.node:
        if node.op_type == "TreeEnsembleRegressor":
            kept = [each for each in node.attribute if each.name not in told]
            del node.attribute[:]
            node.attribute.extend([*kept, *(helper.make_attribute(name, value) for name, value in told.items())])


def _tensor(model: onnx.ModelProto) -> None:
    outside = TensorProto(data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    outside.external_data.add(key="location", value="/etc/passwd")
    _retold(model, {"base_values_as_tensor": outside})


@pytest.mark.parametrize("change", [_wide, _outer, _flat, _deep, _shared, _targets, _tensor])
def test_a_model_that_grows_when_it_is_run_is_refused_before_it_is(failure: training.Trained, change: Change) -> None:
    with pytest.raises(BadData) as refused:
        open_model(_changed(failure.content, change))
    assert refused.value.code == "model_operators"


def _told(content: bytes, **values: object) -> bytes:
    model = onnx.load_model_from_string(content)
    card = json.loads(model.metadata_props[0].value)
    model.metadata_props[0].value = json.dumps(card | values)
    return bytes(model.SerializeToString())


def test_a_card_that_fits_no_sensors_or_asks_for_more_than_a_plant_has_is_refused(
    failure: training.Trained, life: training.Trained
) -> None:
    regimes = open_model(life.content).card.regimes
    assert regimes is not None
    many = regimes.model_dump() | {name: getattr(regimes, name) * 60 for name in ("centres", "means", "spreads")}
    fewer = {name: value[:3] for name, value in open_model(failure.content).card.model_dump().items() if name in _BY_SENSOR} | {
        "reference": {"edges": [[0.0]] * 3, "shares": [[0.5, 0.5]] * 3}
    }
    for content, code in (
        (_told(life.content, regimes=many), "model_card_unreadable"),
        (_told(failure.content, **fewer), "model_operators"),
    ):
        with pytest.raises(BadData) as refused:
            open_model(content)
        assert refused.value.code == code


_BY_SENSOR = ("sensors", "units", "sound_mean", "sound_spread", "weights")


def test_what_a_card_exaggerates_stays_a_number(failure: training.Trained) -> None:
    far = [1e308] * 5
    shares = {"edges": [[0.0]] * 5, "shares": [[5e-324, 1.0]] * 5}
    served = open_model(_told(failure.content, sound_mean=far, sound_spread=[5e-324] * 5, reference=shares))
    said = [*served.strayed(np.zeros(5)).values(), *served.card.reference.index(-np.ones((100, 5)))]
    assert np.isfinite(said).all()


def test_a_file_that_unpacks_to_more_than_it_may_is_refused_before_it_has(tmp_path: Path) -> None:
    bomb, path = gzip.compress(b"0" * 5_000_000), tmp_path / "given"
    for content, code in ((bomb, "file_too_large"), (gzip.compress(bomb), "file_unreadable"), (bomb[:-9], "file_unreadable")):
        with pytest.raises(BadData) as refused:
            unzipped(content, 4_999_999, "f")
        assert refused.value.code == code
    path.write_bytes(gzip.compress(bomb))
    with pytest.raises(BadData):
        read_text(path)
    assert len(unzipped(bomb, 5_000_000, "f")) == 5_000_000


def test_runs_and_groups_are_told_apart_by_their_units_however_long_and_many(tmp_path: Path) -> None:
    path, names = tmp_path / "runs.csv", ["b", "a" * 100_000, *map(str, range(20_000))]
    path.write_text("unit,cycle,s,failure\n" + "".join(f"{name},{cycle},7,0\n" for cycle in (2, 1) for name in names))
    runs, known = files.read_own_runs(path, ["s"], [])
    assert (known, [run.unit for run in runs], {len(run.sensors) for run in runs}) == (["s"], sorted(names), {2})
    groups = files.read_labelled(path, ["s"]).groups
    assert len(np.unique(groups)) == len(names)
    assert (groups[: len(names)] == groups[len(names) :]).all()
