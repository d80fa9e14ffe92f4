"""A template as the gate reads it: slots and product names as single marks, letters without case or accents, clauses."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from agent.receipts.lexicon import Lexicon
from agent.receipts.verdict import Reason

SLOT = re.compile(r"\{([^{}]*)\}")
FIRST_SLOT, FIRST_NAME, LAST_MARK = 0xE000, 0xE800, 0xF000
"""Private characters that stand for slots and names in the text that the rules read."""

SLOT_MARK = re.compile("[\ue000-\ue7ff]")
NAME_MARK = re.compile("[\ue800-\uefff]")
WORD = re.compile(r"[a-z]+(?:'[a-z]+)*|[\ue000-\uefff]")

_NUMERIC_PICTURES = frozenset("🔟💯🔢🥇🥈🥉") | {chr(code) for code in range(0x1F550, 0x1F568)}
_LETTER_PICTURES = frozenset(chr(code) for code in range(0x1F130, 0x1F18A))
_MARKUP = frozenset("*_~`")
_DASHES = str.maketrans("’‘´`‐‑‒−", "''''----")
_CLAUSE_END = re.compile(
    r"(?P<sentence>[!?¡¿;…\n]+|\.(?=\s|$)(?<![\s.][a-z]\.))"
    r"|(?P<comma>[,:()\[\]\"«»“”—–•|✅✔☑→]|\s-+\s|[\U0001F000-\U0001FAFF☀-➿])"
    r"|(?P<joint>\b(?:y|e|o|u|pero|porque|aunque|mientras|entonces|and|but|or|so|because)\b)"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of the text with at most one statement, and what surrounds it."""

    start: int
    end: int
    head: int
    """Where the stretch between two commas begins, of which this is a part."""
    sentence: tuple[int, int]
    question: bool


@dataclass(frozen=True)
class Reading:
    """The text as the rules read it. `spoken` keeps accents, `plain` has none; both have the same length."""

    spoken: str
    plain: str
    slots: tuple[str, ...]
    names: tuple[str, ...]
    marked_up: bool

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """The clauses in order."""
        return tuple(_clauses(self.plain))

    def clause_at(self, position: int) -> Clause:
        """The clause in which a position stands."""
        for clause in self.clauses:
            if position < clause.end:
                return clause
        return self.clauses[-1]

    def excerpt(self, start: int, end: int) -> str:
        """A stretch of the text as the model wrote it, near enough to be found again."""
        text = self.spoken[start:end]
        text = SLOT_MARK.sub(lambda mark: "{" + self.slots[ord(mark[0]) - FIRST_SLOT] + "}", text)
        text = NAME_MARK.sub(lambda mark: self.names[ord(mark[0]) - FIRST_NAME], text)
        return text.strip()[:120]

    def without(self, lexicon: Lexicon, patterns: tuple[str, ...]) -> str:
        """The plain text with the given harmless wordings blanked out; positions stay."""
        return lexicon.any_of(patterns).sub(lambda found: " " * len(found[0]), self.plain)


def fold(text: str) -> str:
    """Lower case without accents, character by character where it can be done."""
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text)).lower().translate(_DASHES)
    return "".join(unicodedata.normalize("NFD", character)[0] for character in composed)


def read(template: str, names: Iterable[str]) -> Reading | list[Reason]:
    """Read a template, or tell why it cannot be read."""
    slots: list[str] = []

    def mark(found: re.Match[str]) -> str:
        slots.append(found[1].strip())
        return f"{chr(FIRST_SLOT + len(slots) - 1)}"

    reasons = _disguises(template)
    marked = SLOT.sub(mark, template)
    if reasons or len(slots) >= FIRST_NAME - FIRST_SLOT:
        return reasons or [Reason("bad_slot", template[:60], "Write far fewer slots.")]
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", marked)).lower().translate(_DASHES)
    marked_up = any(character in _MARKUP for character in composed)
    spoken = "".join(character for character in composed if character not in _MARKUP and character not in "\ufe0f\u200d")
    plain = "".join(unicodedata.normalize("NFD", character)[0] for character in spoken)
    known = tuple(sorted({name for name in names if _is_maskable(name)}, key=lambda name: (-len(name), name)))[:2000]
    spoken, plain = _mask(spoken, _affirmed(spoken, plain), known)
    reasons = _foreign(plain) + _numbers(plain, template)
    return reasons or Reading(spoken, plain, tuple(slots), known, marked_up)


YES = "sj"
"""How `plain` spells a Spanish yes, so that it is not taken for an if."""

_SPOKEN_YES = re.compile(r"\bsí\b")
_BARE_YES = re.compile(r"\bsi\b(?=\s*(?:[,.!?;:)\n]|$))")


def _affirmed(spoken: str, plain: str) -> str:
    """Tell `sí` from `si`, also where the accent is left out before a comma or at the end."""
    for found in [*_SPOKEN_YES.finditer(spoken), *_BARE_YES.finditer(plain)]:
        plain = plain[: found.start()] + YES + plain[found.end() :]
    return plain


def _disguises(template: str) -> list[Reason]:
    reasons: list[Reason] = []
    stripped = SLOT.sub("", template)
    if "{" in stripped or "}" in stripped:
        reasons.append(Reason("bad_slot", template[:60], "Slots are written {f1.0}, {s1} or {echo:5}; no other braces."))
    composed = unicodedata.normalize("NFC", template)
    for index, character in enumerate(composed):
        if _is_hidden(character) and not (character in "\ufe0f\u200d" and _near_picture(composed, index)):
            reasons.append(Reason("disguised_text", f"U+{ord(character):04X}", "Write plain letters, nothing invisible."))
            break
    if any(character in _LETTER_PICTURES for character in composed):
        reasons.append(Reason("disguised_text", "boxed letters", "Write words with plain letters."))
    return reasons


def _is_hidden(character: str) -> bool:
    if character in "\n\t":
        return False
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me", "Zl", "Zp"}


def _near_picture(text: str, index: int) -> bool:
    before = text[index - 1] if index else " "
    return unicodedata.category(before) in {"So", "Sk", "Sm", "Po", "Mn"} and not before.isalnum()


def _is_maskable(name: str) -> bool:
    letters = sum(character.isalpha() for character in name)
    digits = sum(character.isdigit() for character in name)
    if letters < 3 and not (letters >= 2 and digits == 1):
        return False
    if digits and " " not in name.strip():
        return letters > digits
    return bool(digits or " " in name.strip() or "." in name or "-" in name)


def _mask(spoken: str, plain: str, names: tuple[str, ...]) -> tuple[str, str]:
    for index, name in enumerate(names):
        folded = fold(name).strip()
        if folded not in plain:
            continue
        character = chr(FIRST_NAME + index)
        for found in reversed(list(re.finditer(rf"(?<![^\W_])(?<!\d[.,]){re.escape(folded)}(?![^\W_])(?![.,]\d)", plain))):
            spoken = spoken[: found.start()] + character + spoken[found.end() :]
            plain = plain[: found.start()] + character + plain[found.end() :]
    return spoken, plain


def _foreign(plain: str) -> list[Reason]:
    for index, character in enumerate(plain):
        if character > "\x7f" and unicodedata.category(character).startswith("L"):
            excerpt = plain[max(0, index - 10) : index + 10]
            return [Reason("foreign_script", excerpt, "Write in the customer's language with Latin letters only.")]
    return []


def _numbers(plain: str, template: str) -> list[Reason]:
    for index, character in enumerate(plain):
        if character in _NUMERIC_PICTURES or unicodedata.numeric(character, None) is not None:
            excerpt = SLOT_MARK.sub("{…}", NAME_MARK.sub("…", plain[max(0, index - 15) : index + 15])).strip()
            return [_invented(excerpt)]
    for character in SLOT.sub("", template):
        if character in _NUMERIC_PICTURES or _is_letter_number(character):
            return [_invented(character)]
    return []


def _is_letter_number(character: str) -> bool:
    """Whether a number turns into letters when it is normalised, as a Roman numeral does."""
    if character < "\x80" or unicodedata.numeric(character, None) is None:
        return False
    return not any(plain.isdigit() for plain in unicodedata.normalize("NFKC", character))


def _invented(excerpt: str) -> Reason:
    return Reason(
        "invented_number",
        excerpt,
        "Numbers only come out of slots: {f1.0} of a tool result, {s1} of the session, {echo:…} for a number the "
        "customer wrote. Call a tool for the value, or say it without a number.",
    )


def _clauses(plain: str) -> Iterable[Clause]:
    """Cut the text at sentence ends, commas and joining words; tell which stretches are questions."""
    cuts = [(found.start(), found.end(), str(found.lastgroup)) for found in _CLAUSE_END.finditer(plain)]
    cuts.append((len(plain), len(plain), "sentence"))
    sentence_start = head = start = 0
    waiting: list[tuple[int, int, int]] = []
    for cut_start, cut_end, kind in cuts:
        waiting.append((start, cut_end, head))
        start = cut_end
        if kind != "joint":
            head = cut_end
        if kind == "sentence":
            opened = "¿" in plain[max(0, sentence_start - 1) : sentence_start + 1]
            asked = "?" in plain[cut_start:cut_end]
            last_head = waiting[-1][2]
            for clause_start, clause_end, clause_head in waiting:
                question = asked and (opened or clause_head == last_head)
                yield Clause(clause_start, clause_end, clause_head, (sentence_start, cut_end), question)
            waiting, sentence_start = [], cut_end
