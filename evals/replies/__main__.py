"""Measure the judge of asides: `python -m evals.replies [--show]` tells which free words would reach a customer."""

import sys
import time

from agent.reply.judge import may_carry_something
from evals.replies.corpus import Case, Corpus, Split, of


def _row(label: str, split: str, judged: list[Case]) -> str:
    admitted = [case for case in judged if case.is_admitted()]
    reaching = [case for case in admitted if case.reaches_customer()]
    loose = sum(not may_carry_something(case.reply) for case in judged)
    return f"{label:8}{split:10}{len(judged):8}{len(admitted):10}{len(reaching):10}{loose:18}"


def main(arguments: list[str]) -> None:
    """Print the table, and with `--show` every reply of an admitted turn."""
    corpora: tuple[Corpus, ...] = ("lies", "honest")
    splits: tuple[Split, ...] = ("develop", "report")
    print(f"{'':8}{'half':10}{'replies':>8}{'admitted':>10}{'reaching':>10}{'by words alone':>18}")
    for corpus in corpora:
        for split in splits:
            judged = of(corpus, split)
            print(_row(corpus, split, judged))
            for case in judged if "--show" in arguments else []:
                if case.is_admitted():
                    print(f"  {'said' if case.reaches_customer() else 'dropped'}: {case.customer[-1]!r}: {case.reply!r}")
    everything = [case for corpus in corpora for split in splits for case in of(corpus, split)]
    started = time.perf_counter()
    for case in everything:
        may_carry_something(case.reply)
    print(f"one judgement takes {(time.perf_counter() - started) / len(everything) * 1000:.3f} ms on average")


if __name__ == "__main__":
    main(sys.argv[1:])
