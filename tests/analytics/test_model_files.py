"""A model in a file says what its trainer says, and what is no model of this house is refused before it is asked."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from analytics.data import BadData
from analytics.machines import training
from analytics.machines.drift import DRIFTED, LEAST_ROWS, Reference
from analytics.machines.labelled import LEAST_FAILURES, Labelled, learn
from analytics.machines.onnx_reading import open_model
from tests.analytics import plant

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


def _changed(content: bytes, change) -> bytes:  # type: ignore[no-untyped-def]  # a function of one model
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
        (_narrow, "model_unusable"),
    ],
)
def test_a_model_that_does_other_things_is_refused(failure: training.Trained, change, code: str) -> None:  # type: ignore[no-untyped-def]
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
