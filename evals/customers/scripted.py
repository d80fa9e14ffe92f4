"""The scripted customer: says what the task's file says, answers what it knows, and is the same for the same seed."""

import re
from collections import Counter, deque
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import yaml

from evals import world
from evals.customers import reading
from evals.customers.noise import in_pieces, mistyped, seeded
from evals.phone import Bubble
from evals.tasks import Asked, Step, Task

MOST_REPEATS = 3
"""How often the same kind of question is answered before the customer gives up."""

MOST_NUDGES = 2
_REFERENCE = re.compile(r"\d{5,}|\d[\d -]{6,}\d")
_DETAILS = (Asked.FULFILMENT, Asked.ADDRESS, Asked.STORE, Asked.NAME, Asked.PHONE, Asked.PAYMENT)


@lru_cache
def _phrases() -> dict[str, dict[str, list[str]]]:
    content: dict[str, dict[str, list[str]]] = yaml.safe_load(
        (Path(__file__).parent / "phrases.yaml").read_text(encoding="utf-8")
    )
    return content


class ScriptedCustomer:
    """Plays one task. The first attempt is as written; later ones slip on the keys as the task's style says."""

    def __init__(self, task: Task, attempt: int = 1, seed: int = 0) -> None:
        self._task = task
        self._shop = world.load(task.world)
        self._attempt = attempt
        self._chance = seeded(task.id, attempt, seed)
        self._script = deque(task.script)
        self._afterwards = deque(task.then)
        self._answered: Counter[Asked] = Counter()
        self._nudges = 0
        self._said: str | None = None
        self._has_confirmed = False
        self._screen: list[Bubble] = []
        self.troubles: list[str] = []

    async def respond(self, fresh: Sequence[Bubble]) -> list[Step]:
        """What to do after these new messages of the shop."""
        self._screen.extend(fresh)
        kinds = [kind for kind in reading.asked(fresh) if kind not in self._task.silent_on]
        answer = self._answer(kinds) if fresh else []
        if answer:
            return answer
        if self._script:
            return self._next(self._script)
        if self._has_confirmed or not self._task.wants_order:
            return self._next(self._afterwards) if self._afterwards else []
        return self._nudge(kinds)

    # What is asked

    def _answer(self, kinds: list[Asked]) -> list[Step]:
        if Asked.CONFIRM in kinds:
            return self._confirm()
        if Asked.CHOOSE in kinds and (agreed := self._agree()):
            return [agreed]
        if Asked.PAYMENT in kinds and self._has_confirmed and self._afterwards:
            return self._next(self._afterwards)
        explicit = next((kind for kind in kinds if self._has_answer(kind)), None)
        if explicit is not None:
            return self._scripted(explicit)
        if Asked.CHOOSE in kinds and (step := self._choose()):
            return [step]
        if Asked.QUANTITY in kinds and (step := self._quantity()):
            return [step]
        known = [words for kind in kinds if kind in _DETAILS and (words := self._known(kind))]
        if known:
            return [Step(say=(", ".join(known),))]
        if Asked.REPHRASE in kinds and self._said and self._is_in_earnest and self._may(Asked.REPHRASE):
            return [Step(say=(self._said,))]
        # A placed order is answered with the ways of paying: that needs no answer from who pays later.
        unknown = [kind for kind in kinds if kind in _DETAILS and not (kind is Asked.PAYMENT and self._has_confirmed)]
        if unknown and not self._script:
            return self._pass(unknown)
        return []

    def _has_answer(self, kind: Asked) -> bool:
        """Whether the task has an answer left: what else is wanted is said once, all other answers are repeated."""
        steps = self._task.answers.get(kind, ())
        if kind is Asked.MORE and (self._script or self._answered[kind] >= len(steps)):
            return False
        return bool(steps)

    @property
    def _is_in_earnest(self) -> bool:
        """Whether the customer wants something, and so says it again to a shop that did not understand; but not for ever."""
        expect = self._task.expect
        return self._answered[Asked.REPHRASE] == 0 and bool(expect.orders or expect.payments or expect.told or expect.handoff)

    def _may(self, kind: Asked) -> bool:
        self._answered[kind] += 1
        return self._answered[kind] <= MOST_REPEATS

    def _scripted(self, kind: Asked) -> list[Step]:
        steps = self._task.answers[kind]
        if not self._may(kind):
            return []
        step = steps[min(self._answered[kind], len(steps)) - 1]
        self._has_confirmed = self._has_confirmed or (kind is Asked.CONFIRM and self._is_yes(step))
        return [self._as_said(step)]

    @staticmethod
    def _is_yes(step: Step) -> bool:
        """Whether an answer to the summary agrees to it: the button, or a step that says only words of assent."""
        return step.press == "confirm" or (len(step.say) == 1 and len(step.say[0].split()) <= 3)

    def _confirm(self) -> list[Step]:
        if Asked.CONFIRM in self._task.answers:
            return self._scripted(Asked.CONFIRM)
        if self._script or not self._task.wants_order:
            return []
        if not self._may(Asked.CONFIRM):
            return []
        self._has_confirmed = True
        return [Step(press="confirm")]

    def _choose(self) -> Step | None:
        row = reading.row_of(self._screen[-4:], list(self._liked))
        sku = row[2] if row is not None else reading.named(self._screen[-1:], self._liked)
        if sku is None or not self._may(Asked.CHOOSE):
            return None
        return Step(press=sku)

    @property
    def _liked(self) -> dict[str, str]:
        """The products that this customer would take, by SKU, with their names."""
        return {sku: self._shop.name_of(sku) for sku in (*self._task.knows.likes, *self._task.wanted)}

    def _agree(self) -> Step | None:
        """A yes to a shop that asks whether just this product is meant."""
        last = self._screen[-1:]
        if not reading.offers_one(last) or reading.named(last, self._liked) is None or not self._may(Asked.CHOOSE):
            return None
        return Step(say=(self._phrase("agree"),))

    def _quantity(self) -> Step | None:
        """The wanted quantity of the product that the shop's question names, or of the only one."""
        wanted = self._task.wanted
        sku = reading.named(self._screen[-1:], {sku: self._shop.name_of(sku) for sku in wanted})
        sku = sku or (next(iter(wanted)) if len(wanted) == 1 else None)
        if sku is None or self._script or not self._may(Asked.QUANTITY):
            return None
        return Step(say=(f"{wanted[sku].normalize():f}",))

    def _known(self, kind: Asked) -> str | None:
        knows = self._task.knows
        value = getattr(knows, kind.value)
        if value is None or not self._may(kind):
            return None
        key = value if kind is Asked.FULFILMENT else kind.value
        return self._phrase(key).replace("{value}", value)

    def _pass(self, unknown: list[Asked]) -> list[Step]:
        if not self._may(unknown[0]):
            return []
        self.troubles.append(f"was asked for {', '.join(unknown)}, which the task does not know")
        return [Step(say=(self._phrase("cannot_say"),))]

    def _nudge(self, kinds: list[Asked]) -> list[Step]:
        if self._nudges >= MOST_NUDGES:
            return []
        self._nudges += 1
        key = "done" if Asked.MORE in kinds and self._nudges == 1 else "order"
        return [Step(say=(self._phrase(key),))]

    # What is said

    def _next(self, steps: deque[Step]) -> list[Step]:
        """The next step, and those that follow without waiting for the shop."""
        taken = [steps.popleft()]
        while steps and not taken[-1].waits:
            taken.append(steps.popleft())
        return [self._as_said(step) for step in taken]

    def _as_said(self, step: Step) -> Step:
        if not step.say:
            return step
        self._said = " ".join(step.say)
        if self._attempt == 1:
            return step
        pieces: list[str] = []
        for text in step.say:
            if self._is_exact(text):
                pieces.append(text)
                continue
            split = in_pieces(text, self._task.style.splits, self._chance)
            pieces.extend(mistyped(piece, self._task.style.typos, self._chance) for piece in split)
        return step.model_copy(update={"say": tuple(pieces)})

    def _is_exact(self, text: str) -> bool:
        """Whether the text holds what must arrive letter by letter: a reference, a telephone, a name, an address."""
        orders = [order for state in (self._task.expect, *self._task.expect.alternatives) for order in state.orders]
        exact = [word for order in orders for word in (*order.address_has, order.recipient_has) if word]
        return bool(_REFERENCE.search(text)) or any(word.casefold() in text.casefold() for word in exact)

    def _phrase(self, key: str) -> str:
        language = "en" if self._task.language == "en" else "es"
        found = _phrases()[language][key]
        return found[0] if self._attempt == 1 else self._chance.choice(found)
