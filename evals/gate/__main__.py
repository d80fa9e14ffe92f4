"""Measure the receipts gate: `python -m evals.gate [--show develop]` prints lies that pass and honest replies it blocks."""

import sys
import time

from agent.receipts import Refused
from evals.gate.corpus import Case, Corpus, Split, of, wrong

LABELS: dict[Corpus, str] = {"lies": "lies that pass", "honest": "honest replies blocked"}


def _show(case: Case) -> None:
    verdict = case.verdict()
    reasons = ", ".join(reason.code for reason in verdict.reasons) if isinstance(verdict, Refused) else "accepted"
    print(f"  [{case.kind}] {case.reply!r}: {reasons}")


def main(arguments: list[str]) -> None:
    """Print the table, and with `--show SPLIT` each wrongly judged reply of that half."""
    shown = arguments[arguments.index("--show") + 1 :] if "--show" in arguments else []
    corpora: tuple[Corpus, ...] = ("lies", "honest")
    splits: tuple[Split, ...] = ("develop", "report")
    print(f"{'':24}{'half':10}{'replies':>8}{'wrong':>7}{'rate':>9}")
    for corpus in corpora:
        for split in splits:
            judged = of(corpus, split)
            failures = wrong(judged)
            print(f"{LABELS[corpus]:24}{split:10}{len(judged):8}{len(failures):7}{len(failures) / max(len(judged), 1):9.1%}")
            for case in failures if split in shown else []:
                _show(case)
    everything = [case for corpus in corpora for split in splits for case in of(corpus, split)]
    started = time.perf_counter()
    for case in everything:
        case.verdict()
    print(f"one verdict takes {(time.perf_counter() - started) / len(everything) * 1000:.2f} ms on average")


if __name__ == "__main__":
    main(sys.argv[1:])
