"""Result files, their comparison, the baseline that CI holds them to, and the page."""

from pathlib import Path

from evals import baseline, results
from evals.difference import compare
from evals.report import page
from tests.factories.attempts import attempt, run


def test_figures_count_failures_of_the_harness_as_nothing() -> None:
    # Given two tasks played twice, one of which fails once, and one that could not be played
    found = run(
        attempt("a"),
        attempt("a", number=2),
        attempt("b"),
        attempt("b", number=2, passed=False),
        attempt("c", passed=False, fault="harness"),
    ).figures()["all"]
    # Then only the played ones count
    assert (found.tasks, found.attempts) == (2, 4)
    assert found.passes[1].value == 0.75
    assert found.passes[2].value == 0.5


def test_a_result_file_is_read_back_as_it_was(tmp_path: Path) -> None:
    before = run(attempt("a"), attempt("b", passed=False))
    results.save(before, tmp_path / "deep" / "run.json")
    assert results.load(tmp_path / "deep" / "run.json") == before


def test_two_runs_are_compared_task_by_task_on_what_both_have() -> None:
    # Given a later run that broke one task, repaired another, and has one of its own
    before = run(attempt("a"), attempt("b", passed=False), attempt("old"))
    after = run(attempt("a", passed=False), attempt("b"), attempt("new"))
    found = compare(before, after)
    # Then each is named with its reason
    assert [(flip.task, flip.reason) for flip in found.broken] == [("a", "there is no order with 2 HARPAN")]
    assert [flip.task for flip in found.repaired] == ["b"]
    assert (found.only_before, found.only_after) == (["old"], ["new"])
    assert found.shifts[0].family == "all"
    assert found.shifts[0].change == 0.0


def test_a_drop_below_the_baseline_fails_and_a_rise_is_only_named(tmp_path: Path) -> None:
    # Given a baseline in which a passes and b does not
    path = tmp_path / "baseline.json"
    baseline.update(run(attempt("a"), attempt("b", passed=False)), path)
    kept = baseline.load(path)
    assert kept is not None
    # Then losing a fails, winning b does not change the file, and tasks that were not played are not judged
    lost = baseline.check(run(attempt("a", passed=False), attempt("b")), kept)
    assert (lost.lost, lost.won, lost.kept) == (["a"], ["b"], False)
    assert baseline.check(run(attempt("b")), kept).kept
    assert baseline.load(path) == kept


def test_a_new_lie_or_unauthorised_effect_fails_whatever_passes() -> None:
    kept = baseline.of(run(attempt("a")))
    verdict = baseline.check(run(attempt("a", lies=1)), kept)
    assert verdict.violations == ["lies: 1, and no more than 0 are allowed"]
    assert not verdict.kept


def test_a_task_passes_for_the_baseline_only_if_every_attempt_did() -> None:
    assert baseline.of(run(attempt("a"), attempt("a", number=2, passed=False))).families["order_simple"].passing == []


def test_updating_keeps_the_families_that_were_not_played(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    baseline.update(run(attempt("a", family="one")), path)
    assert set(baseline.update(run(attempt("b", family="two")), path).families) == {"one", "two"}


def test_the_page_shows_each_failed_conversation_and_nothing_of_it_runs() -> None:
    # Given a failed conversation in which the customer wrote markup
    found = page.render(run(attempt("works"), attempt("breaks", passed=False)))
    # Then it stands there as text, with its reason, its turn and its tools, and the page loads nothing
    assert "hola &lt;script&gt;" in found
    assert "<script>alert" not in found
    assert "there is no order with 2 HARPAN" in found
    assert "first wrong step" in found
    assert "list_products(" in found
    assert "http://" not in found
    assert "https://" not in found
    assert "works" in found


def test_the_page_of_a_run_without_failures_says_so() -> None:
    assert "Failed conversations (0)" in page.render(run(attempt("works")))
