"""How people really type: slips of the thumb and messages sent in pieces, the same for the same seed."""

import hashlib
import random
import re
import unicodedata

_WORD = re.compile(r"[^\W\d_]{5,}")
_NEIGHBOURS = {
    "a": "s",
    "s": "a",
    "e": "r",
    "r": "e",
    "i": "o",
    "o": "i",
    "n": "m",
    "m": "n",
    "t": "r",
    "d": "f",
    "l": "k",
    "c": "v",
}


def seeded(*parts: object) -> random.Random:
    """A source of chance that depends on these values only."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return random.Random(int.from_bytes(digest[:8], "big"))


def without_accents(word: str) -> str:
    """The word as typed by somebody who does not bother with accents; ñ stays a letter of its own."""
    kept = word.replace("ñ", "\0").replace("Ñ", "\1")
    plain = "".join(char for char in unicodedata.normalize("NFD", kept) if not unicodedata.combining(char))
    return plain.replace("\0", "ñ").replace("\1", "Ñ")


def _slip(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word) - 1)
    match chance.randrange(4):
        case 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case 1:
            return word[:at] + word[at + 1 :]
        case 2:
            return word[:at] + word[at] + word[at:]
        case _:
            return word[:at] + _NEIGHBOURS.get(word[at], word[at]) + word[at + 1 :]


def mistyped(text: str, rate: float, chance: random.Random) -> str:
    """The text with slips in about `rate` of its longer words; numbers and short words stay."""

    def maybe(found: re.Match[str]) -> str:
        word = found[0]
        if chance.random() < rate:
            return _slip(word, chance)
        return without_accents(word) if chance.random() < 3 * rate else word

    typed = _WORD.sub(maybe, text)
    return typed.replace("¿", "").replace("¡", "") if chance.random() < 0.5 else typed


def in_pieces(text: str, rate: float, chance: random.Random) -> list[str]:
    """The text as one message, or sometimes as two, parted where a thought ends."""
    cuts = [match.start() for match in re.finditer(r"(?<=[,.;!?])\s+|\s+(?=(?:y|and)\s)", text)]
    if not cuts or chance.random() >= rate:
        return [text]
    at = chance.choice(cuts)
    return [piece for piece in (text[:at].strip(" ,;"), text[at:].strip(" ,;")) if piece]
