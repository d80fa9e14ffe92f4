"""The words and patterns of each language, read once from `words/*.yaml` and compiled."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from agent.receipts.verbs import Tense, english_forms, spanish_forms, unaccented
from tools.outcome import Claim

WORDS = Path(__file__).parent / "words"
Receipt = Claim | Literal["any", "fact"]
"""What makes a statement true: a claim of this turn, any writing claim, or any fact at all."""


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NumberWords(_Words):
    """Words that state a number, what they are worth, and idioms in which they state none."""

    words: str
    values: dict[str, int]
    scales: dict[str, int]
    halves: tuple[str, ...]
    spoken_only_here: tuple[str, ...]
    idioms: tuple[str, ...]
    quantified_article: str
    quantified_idioms: tuple[str, ...]


class AvailabilityWords(_Words):
    """Words that state what there is, and uses in which they speak of something else."""

    available: tuple[str, ...]
    unavailable: tuple[str, ...]
    scarce: tuple[str, ...]
    """Words that say that little is left."""
    not_stock: tuple[str, ...]


class Action(_Words):
    """Verbs of one deed and the claims that make it true."""

    claims: tuple[Receipt, ...]
    verbs: tuple[str, ...]
    future: tuple[Receipt, ...] | None = None
    about: Literal["product"] | None = None


class ObjectWords(_Words):
    """Things a deed can be done to; they narrow the claims of the verb."""

    words: tuple[str, ...]
    claims: tuple[Receipt, ...]
    agents: bool = False
    """Whether these are people, who act more often than they are acted on."""
    facts: tuple[str, ...] = ()
    """Kinds of facts of which the turn must hold one, if a deed is said to be done to them."""


class Phrase(_Words):
    """A wording that states a deed without one of the verbs."""

    pattern: str
    claims: tuple[Receipt, ...]
    about: Literal["product"] | None = None


class DoneWords(_Words):
    """How the language says that something was done."""

    actions: tuple[Action, ...]
    irregular: dict[str, dict[str, tuple[str, ...] | str]]
    nouns: tuple[str, ...]
    objects: tuple[ObjectWords, ...]
    harmless_objects: dict[str, tuple[str, ...]]
    harmless_slots: dict[str, tuple[str, ...]]
    phrases: tuple[Phrase, ...]
    harmless_past: str
    harmless_words: str
    harmless_participles: str
    looked_up: tuple[str, ...]
    auxiliary_have: tuple[str, ...]
    auxiliary_passive: tuple[str, ...]
    participle: str


class MoodWords(_Words):
    """What turns a statement into a denial, a condition, a wish or a plan. Tested on the words before the verb."""

    negation: str
    conditional_here: str
    conditional_before: str
    wish: str
    presupposition: str
    asked: str
    """Words of asking right before a verb, by their accents: `cuéntame qué te llegó`."""
    future_auxiliary: str
    soon: str
    just_done: str
    gerund_lead: str
    clitics: str
    present_lead: str | None = None


class PromiseWords(_Words):
    """Promises of a time, of opening hours, of something for nothing."""

    delivery_verbs: str
    time_words: str
    unsure: str
    exempt: tuple[str, ...]
    hours: str
    fact_kinds: tuple[str, ...]
    free: tuple[str, ...]
    free_exempt: tuple[str, ...]


class KindRule(_Words):
    """A word, and the kinds of facts that a slot beside it may hold."""

    pattern: str
    kinds: tuple[str, ...]
    unless: str | None = None
    """Words in the same clause that make the rule void."""
    following: bool = False
    """Whether the word stands right after the slot, not before it."""
    weak: bool = False
    """Whether another word beside the slot tells more of it: `el envío cuesta` is a fee."""


class CurrencyRule(_Words):
    """The name of a currency, and its codes."""

    pattern: str
    codes: tuple[str, ...]


class MoneyWords(_Words):
    """Words around amounts."""

    price_words: str
    kinds: tuple[KindRule, ...]
    currencies: tuple[CurrencyRule, ...]
    hedges: str
    echo_claims: str
    echo_attributed: str
    generic_heads: str


class NounWords(_Words):
    """What stands around nouns, and words that only look like the name of a product."""

    determiners: str
    fillers: str
    function_words: str
    joints: str
    affirmations: str


class ContactWords(_Words):
    """Accounts, links, addresses and numbers to reach somebody."""

    patterns: tuple[str, ...]
    in_questions_fine: str
    fact_kinds: tuple[str, ...]


class Asked(_Words):
    """A question of the customer that a bare yes would answer with a claim."""

    pattern: str
    claims: tuple[Claim, ...]


class AssentWords(_Words):
    """A yes that says more than yes."""

    affirm: str
    asked: tuple[Asked, ...]
    not_about: str


class Kept(_Words):
    """What somebody may be said to do next, once a claim of the turn has set it going."""

    claims: tuple[Receipt, ...]
    verbs: str


class PledgeWords(_Words):
    """How the language promises deeds of the shop; each pattern names its `verb`. Read with their accents."""

    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    staff: tuple[str, ...]
    staff_steps: str
    """What a person can do about a conversation that is passed to them, so that it may be said."""
    yours: tuple[str, ...]
    your_steps: str
    """What the customer can do in this chat, so that it may be proposed."""
    next_steps: str
    """What the assistant itself can do when it next answers, so that it may offer it."""
    brings: str
    """What follows the verb if it is about a `noun` that nobody has spoken of."""
    talk: str
    """Forms that promise nothing."""
    wishes: str
    condition: str
    kept: tuple[Kept, ...]


class StatementWords(_Words):
    """What a statement about the shop's affairs speaks of, and what keeps a clause from being one."""

    affairs: tuple[str, ...]
    open: tuple[str, ...]
    requests: str
    """What asks or requests by its accent or ending; read with the accents."""
    onward: tuple[str, ...]
    """Openings of what is only supposed, wished for or told by the customer; they excuse what follows them."""
    topic: str
    exclaims: str
    own_verb: str
    consequence: str
    joins: str
    """What goes on with a list, at the end of what stands before."""
    fragment: str
    """A thing that is only named, to go on with a request."""
    kitchen: str
    """Words that only talk of cooking has."""
    labels: str
    """Words that may stand beside a slot or a measured verb, as they say no more than it does."""
    asks_for_goods: str
    ordinary: str
    small_talk: str
    infinitive: str
    harmless: tuple[str, ...]


class WordFile(_Words):
    """One file of `words/`."""

    numbers: NumberWords
    availability: AvailabilityWords
    done: DoneWords
    mood: MoodWords
    promises: PromiseWords
    money: MoneyWords
    nouns: NounWords
    contacts: ContactWords
    assent: AssentWords
    pledges: PledgeWords
    statements: StatementWords
    harmless: tuple[str, ...]
    suffix: str


@dataclass(frozen=True, slots=True)
class Form:
    """One spelling of a verb: which deed, and in which tense."""

    verb: str
    action: Action
    tense: Tense


@dataclass(frozen=True)
class Lexicon:
    """The compiled words of a language."""

    language: str
    words: WordFile
    forms: dict[str, Form]
    objects: dict[str, ObjectWords]
    numbers: frozenset[str]
    phonetic_numbers: frozenset[str]
    generic_heads: frozenset[str]
    function_words: frozenset[str]
    harmless_past: frozenset[str]
    harmless_words: frozenset[str]
    small_talk: frozenset[str]
    labels: frozenset[str]

    def find(self, pattern: str) -> re.Pattern[str]:
        """The compiled form of one of this lexicon's patterns."""
        return compiled(pattern)

    def any_of(self, patterns: tuple[str, ...]) -> re.Pattern[str]:
        """One pattern that matches wherever one of the given ones does."""
        return alternatives(patterns)


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """A regular expression, compiled once."""
    return re.compile(pattern, re.MULTILINE)


@lru_cache(maxsize=256)
def from_word_starts(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One regular expression for patterns that all begin where a word begins, which is much faster to search."""
    return re.compile(rf"(?:\b|^)(?:{'|'.join(patterns)})", re.MULTILINE)


@lru_cache(maxsize=256)
def alternatives(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One regular expression that matches wherever one of the given ones does."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.MULTILINE)


def phonetic(word: str) -> str:
    """A key that is the same for Spanish spellings that sound the same: `sinco` is `cinco`."""
    key = re.sub(r"c(?=[ei])|z", "s", word)
    key = re.sub(r"qu(?=[ei])|c|q", "k", key).replace("v", "b").replace("h", "").replace("ll", "y")
    return re.sub(r"(.)\1+", r"\1", key)


def _forms(language: str, done: DoneWords) -> dict[str, Form]:
    forms: dict[str, Form] = {}
    for action in done.actions:
        for verb in action.verbs:
            entry = done.irregular.get(verb, {})
            lists = {name: list(value) for name, value in entry.items() if isinstance(value, tuple)}
            stem = entry.get("stem")
            if language == "es":
                spelled = spanish_forms(verb, lists, stem if isinstance(stem, str) else None)
            else:
                spelled = english_forms(verb, lists)
            for spelling, tense in spelled.items():
                forms.setdefault(spelling, Form(unaccented(verb), action, tense))
    return forms


@lru_cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of a language that has a file in `words/`."""
    words = WordFile.model_validate(yaml.safe_load((WORDS / f"{language}.yaml").read_text("utf-8")))
    numbers = frozenset(words.numbers.words.split())
    forms = _forms(language, words.done)
    objects = {word: entry for entry in words.done.objects for word in entry.words}
    labels = {
        *words.statements.labels.split(),
        *words.money.generic_heads.split(),
        *words.nouns.function_words.split(),
        *map(unaccented, forms),
        *map(unaccented, words.done.harmless_past.split()),
        *objects,
    }
    return Lexicon(
        language=language,
        words=words,
        forms=forms,
        objects=objects,
        numbers=numbers,
        phonetic_numbers=frozenset(map(phonetic, numbers)) if language == "es" else frozenset(),
        generic_heads=frozenset(words.money.generic_heads.split()),
        function_words=frozenset(words.nouns.function_words.split()),
        harmless_past=frozenset(words.done.harmless_past.split()),
        harmless_words=frozenset(words.done.harmless_words.split()),
        small_talk=frozenset(words.statements.small_talk.split()),
        labels=frozenset(labels),
    )


@lru_cache
def lexicons(first: str) -> tuple[Lexicon, ...]:
    """All lexicons, the one of the conversation's language first: a lie in another language is still a lie."""
    names = sorted((path.stem for path in WORDS.glob("*.yaml")), key=lambda name: (name != first, name))
    return tuple(lexicon(name) for name in names)
