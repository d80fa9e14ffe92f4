"""A message of a thread whose meaning is known never puts in, changes or takes out anything else, and loses nothing unasked."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.lexical.dialogue_acts import ACTS, Act, Scene
from tests.lexical.dialogues import play
from tests.properties import examples


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
@examples(8, suppress=(HealthCheck.too_slow,))
@given(st.data())
async def test_an_act_does_what_it_says_or_is_asked_about(act: Act, data: st.DataObject) -> None:
    judged = await play(act(Scene(lambda choices: data.draw(st.sampled_from(list(choices))))))
    assert not judged.faults, f"{judged.dialogue}\n   cart={judged.house.cart}\n   open={judged.house.points}"
