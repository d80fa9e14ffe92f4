"""What the receipts gate answers: the text as it may leave, or the reasons why it may not."""

from dataclasses import dataclass
from typing import Literal

Code = Literal[
    "bad_slot",
    "unknown_slot",
    "slot_context",
    "wrong_kind",
    "wrong_currency",
    "wrong_subject",
    "not_an_echo",
    "echo_as_fact",
    "invented_number",
    "number_in_words",
    "disguised_text",
    "foreign_script",
    "availability_without_receipt",
    "claim_without_receipt",
    "promise_without_receipt",
    "free_without_receipt",
    "contact_without_receipt",
    "statement_without_receipt",
    "bare_assent",
    "empty",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that must not be said, where it stands, and what the model can do about it (in English)."""

    code: Code
    excerpt: str
    advice: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The text with its slots filled; it may leave."""

    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The text may not leave."""

    reasons: tuple[Reason, ...]

    def for_model(self) -> str:
        """What the model is told, in English, so that it can write an honest reply."""
        lines = [f"- “{reason.excerpt}”: {reason.advice}" for reason in self.reasons]
        return "The reply was not sent, because it states what no tool result supports.\n" + "\n".join(lines)


Verdict = Accepted | Refused
