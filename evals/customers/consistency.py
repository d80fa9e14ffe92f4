"""Whether a simulated customer stayed in the part: facts from nowhere, products beyond the goal, leaving too early."""

import re
from collections.abc import Sequence

from evals import world
from evals.claims import public_words, values_of
from evals.customers import reading
from evals.phone import Bubble
from evals.tasks import Step, Task

_LONG = 3
"""Shorter numbers are quantities, which a goal may say in words."""

_SHOP_WORDS = re.compile(
    r"(en qué (te|le) puedo ayudar|cómo puedo ayudarte|how can i help|as an ai|como (modelo|asistente)|language model)",
    re.IGNORECASE,
)


def _given(task: Task) -> str:
    """All words of the task from which a customer may know something."""
    steps: list[Step] = [*task.script, *task.then, *(step for steps in task.answers.values() for step in steps)]
    written = [words for step in steps for words in step.say]
    known = [str(value) for value in task.knows.model_dump(exclude={"likes"}).values() if value]
    return "\n".join([task.goal, task.hides or "", *written, *known])


def check(task: Task, said: Sequence[str], thread: Sequence[Bubble], *, left: bool = False) -> list[str]:
    """What a customer did that the goal does not bear out; nothing if the part was played."""
    shown = "\n".join(
        [*(bubble.text or "" for bubble in thread), *(choice.title for bubble in thread for choice in bubble.choices)]
    )
    public = "\n".join(public_words(world.load(task.world)))
    found = [*_invented("\n".join([_given(task), shown, public]), said), *_beyond(task, said, shown)]
    if any(_SHOP_WORDS.search(words) for words in said):
        found.append("spoke as the shop")
    if left and task.wants_order and reading.confirm_button(thread[-3:]) is not None:
        found.append("left while the shop waited for the confirmation that the goal wants")
    if not said and not thread:
        found.append("never wrote anything")
    return found


def _invented(known: str, said: Sequence[str]) -> list[str]:
    """Numbers that neither the task nor the shop gave."""
    digits = re.sub(r"\D+", " ", known).split()
    joined = [re.sub(r"\D", "", line) for line in known.splitlines()]
    found = []
    for words in said:
        for token, _ in values_of(words):
            bare = re.sub(r"\D", "", token)
            if len(bare) >= _LONG and bare not in digits and not any(bare in line for line in joined):
                found.append(f"gave the number {token}, which is in no fact of the goal")
    return found


def _beyond(task: Task, said: Sequence[str], shown: str) -> list[str]:
    """Products that the customer named, and that are neither in the goal nor offered by the shop."""
    shop = world.load(task.world)
    allowed = (_given(task) + "\n" + shown).casefold()
    wanted = {*task.wanted, *task.knows.likes}
    found = []
    for product in shop.products:
        names = {product.name.casefold(), *(name.casefold() for name in product.synonyms)}
        if wanted & set(product.skus) or any(name in allowed for name in names):
            continue
        if any(re.search(rf"\b{re.escape(name)}\b", words.casefold()) for name in names for words in said):
            found.append(f"asked for {product.name}, which is not in the goal")
    return found
