"""Floors for the corpus: understanding must not get worse unnoticed. The figures themselves: `python -m evals.lexical.run`."""

import pytest

from evals.lexical.run import entries, measure


@pytest.mark.parametrize(("split", "carts", "everything"), [("develop", 0.97, 0.96), ("report", 0.95, 0.93)])
async def test_the_corpus_is_understood_as_well_as_before(split: str, carts: float, everything: float) -> None:
    # When
    report = await measure(split)

    # Then
    figures = "\n".join(report.lines())
    assert report.share("cart") >= carts, figures
    assert report.share() >= everything, figures


def test_the_splits_share_no_message_and_are_large_enough() -> None:
    develop, report = entries("develop"), entries("report")
    said = [
        {str(entry["say"]) + entry["shop"] + str(entry.get("pending")) + str(entry.get("state")) for entry in split}
        for split in (develop, report)
    ]
    assert len(develop) + len(report) >= 300
    assert len(said[0] & said[1]) <= 2
