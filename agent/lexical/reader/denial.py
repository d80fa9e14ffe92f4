"""Clauses that name nothing on sale and still answer: `no, así está mal`, `eso no`, `la enteriza no`, `somos 6 personas`."""

from collections.abc import Iterator, Mapping, Sequence

from agent.lexical.reader.arcs import Arc
from agent.lexical.reader.closed import DENIALS, Role
from agent.lexical.reader.lines import Line, Mode
from agent.lexical.reader.tokens import Token
from agent.lexical.vocabulary import vocabulary
from core.language.folding import fold
from tools.context import Pending

_PRONOUNS = frozenset({"it", "them", "lo", "la", "los", "las"})
_SILENT = frozenset({Role.FILLER, Role.REFUSE, Role.CORRECT, Role.LET_GO, Role.AND, Role.BUT})
_SAID_OF = _SILENT | {Role.UNKNOWN}
_TELLING = frozenset({Role.PEOPLE, Role.TIME, Role.REASON, Role.PURPOSE})
_NAMING = frozenset({Role.PRODUCT, Role.QUANTITY})


def _clauses(arcs: Sequence[Arc], tokens: Sequence[Token]) -> Iterator[list[Arc]]:
    clause: list[Arc] = []
    for arc in arcs:
        if arc.role is Role.MARK and tokens[arc.start].text not in "¡¿'\"":
            yield clause
            clause = []
        else:
            clause.append(arc)
    yield clause


def denies(arcs: Sequence[Arc], tokens: Sequence[Token]) -> bool:
    """Whether a clause refuses and says nothing else, before anything is named or counted: `mejor no`, `ninguno`."""
    for clause in _clauses(arcs, tokens):
        if any(arc.role in _NAMING for arc in clause):
            return False
        said = " ".join(token.text for token in tokens[clause[0].start : clause[-1].end]) if clause else ""
        is_told = vocabulary().matches("told_no", said) is not None
        if is_told or (clause and all(arc.role in _SILENT for arc in clause) and _refuses(clause, tokens)):
            return True
    return False


def _refuses(clause: Sequence[Arc], tokens: Sequence[Token]) -> bool:
    words, said = vocabulary(), " ".join(token.text for token in tokens[clause[0].start : clause[-1].end])
    is_none = words.matches("none", said) is not None and words.matches("finish", said) is None
    return is_none or any(arc.role is Role.REFUSE and tokens[arc.start].text in DENIALS for arc in clause)


def dropped(
    left: Mapping[int, Pending], lines: Sequence[Line], arcs: Sequence[Arc], tokens: Sequence[Token], *, is_free: bool
) -> list[int]:
    """The places of the open questions about which nothing is wanted.

    Numbers that are told of something else, what is refused in the words that the question quotes, and behind a no whatever
    is proposed; `is_free` if the no is about nothing else that the message names.
    """
    told = {token.text for arc in arcs if arc.role in _TELLING for token in tokens[arc.start : arc.end]}
    taken = {line.quantity.value for line in lines if line.quantity is not None and line.mode in (Mode.TELL, Mode.REFUSE)}
    refused = _refused_words(arcs, tokens)
    found = []
    for place, point in left.items():
        words = set(fold(point.words).split())
        is_told = (bool(words) and words <= told) or point.arguments.get("quantity") in taken
        if (point.kind == "number" and is_told) or any(said <= words for said in refused):
            found.append(place)
    if not is_free or not denies(arcs, tokens):
        return found
    proposed = [place for place, point in left.items() if (point.is_proposal or point.kind == "number") and place not in found]
    return [*found, *(proposed or ([] if lines or found else list(left)[:1]))]


def _refused_words(arcs: Sequence[Arc], tokens: Sequence[Token]) -> list[set[str]]:
    """The words that nobody knows of each clause that refuses nothing else: `la enteriza no`."""
    clauses = [clause for clause in _clauses(arcs, tokens) if clause and all(arc.role in _SAID_OF for arc in clause)]
    unknown = [[arc for arc in clause if arc.role is Role.UNKNOWN] for clause in clauses if _refuses(clause, tokens)]
    return [{token.text for arc in arcs for token in tokens[arc.start : arc.end]} for arcs in unknown if arcs]


def has_pronoun(word: str) -> bool:
    """`sácalo`, `quítelas`, `don't want it`: a word of taking out that is or has in itself its object; `cancela` has none."""
    if word in _PRONOUNS:
        return True
    stem = word.removesuffix("s")
    return stem[-2:] in ("lo", "la") and vocabulary().matches("remove", stem[:-2]) is not None


def denied_numbers(lines: Sequence[Line]) -> list[Line]:
    """`dos gorras, no una`: the number that is denied only tells what is corrected; it goes with the line before it."""
    left: list[Line] = []
    for line in lines:
        last = left[-1] if left else None
        if last is None or line.mode is not Mode.REFUSE:
            left.append(line)
            continue
        is_size = line.mention is not None and not line.mention.has_head and last.mode is not Mode.REFUSE
        is_bare = line.quantity is not None and line.mention is None and not line.is_out
        if is_size and (last.sized or (last.mention is not None and last.mention.label)):
            # `la remera es talle L, no M`
            last.is_set = True
        elif is_bare and not line.is_taken and not line.touched:
            last.instead_of = line.quantity
        elif is_bare and line.is_taken and last.mode is Mode.ADD and not last.is_wished and last.clause == line.clause:
            # `de las 6 maltas quítame 2`
            last.quantity, last.mode, last.is_taken, last.end = line.quantity, Mode.REFUSE, True, line.end
        else:
            left.append(line)
    return left
