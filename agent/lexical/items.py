"""What a sentence without a question does to the lines of an order: adds, sets, takes out, replaces, keeps."""

import re
from dataclasses import replace
from decimal import Decimal

from agent.lexical.acts import Act, ActKind
from agent.lexical.phrases import Mention, mentions
from agent.lexical.vocabulary import Vocabulary
from domain.catalog.words import read
from tools.measures import is_tray


def blank(text: str, match: re.Match[str], mark: str = " ") -> str:
    """The text without a match, every other character in its place; a mark keeps what stands around it apart."""
    return text[: match.start()] + mark + " " * (match.end() - match.start() - 1) + text[match.end() :]


def filled(match: re.Match[str]) -> list[tuple[str, str]]:
    """The named groups of a match that took part in it."""
    return [(name, value) for name, value in match.groupdict().items() if value is not None]


def without_verbs(text: str, words: Vocabulary) -> str:
    """The text without the verbs of ordering."""
    while match := words.matches("order_verb", text):
        text = blank(text, match, "|")
    return text


def replacement(text: str, words: Vocabulary) -> Act | None:
    """One thing for another: `cambia el arroz por azúcar`, `en vez de 2 que sean 3`."""
    match = words.matches("replace_from", text)
    if match is None:
        return None
    groups = {key: value for key, value in match.groupdict().items() if value is not None}
    old = next((value for key, value in groups.items() if key.startswith("old")), "")
    new = next((value for key, value in groups.items() if key.startswith("new")), "")
    before, after = mentions(_bare(old, words)), mentions(_bare(new, words))
    if not after or words.matches("remove", new):
        return None
    fresh = after[0]
    if fresh.is_bare and fresh.container and before and fresh.container not in before[0].phrase.split():
        # `la pepsi de 2 litros por 6 latas`
        fresh = replace(fresh, phrase=fresh.container)
    if before and before[0].is_bare and fresh.quantity is not None:
        # `6 abrazaderas en lugar de 4`
        return Act(ActKind.SET, fresh.phrase, fresh.quantity, fresh.unit)
    if fresh.is_bare:
        phrase = before[0].phrase if before else ""
        return Act(ActKind.SET, phrase, fresh.quantity, fresh.unit)
    target = before[0].phrase if before else ""
    details = {"unsure": "1"} if any(key.startswith("older") for key in groups) else {}
    # `cambia una remera por un jean`: so many of it, and not the whole line.
    one = Decimal(1) if before and before[0].is_single and not before[0].is_known else None
    count = (before[0].quantity or one) if before and before[0].unit is None else None
    return Act(ActKind.REPLACE, target, count, details=details, new=_act(ActKind.ADD, fresh))


def keeping(text: str, words: Vocabulary) -> Act | None:
    """`quita todo menos el arroz`, `solo déjame la sal`: everything else is taken out."""
    match = words.matches("all_but", text)
    kept = mentions(_bare(text[match.end() :], words)) if match else []
    if not kept or any(mention.quantity is not None or not mention.phrase for mention in kept):
        return None
    return Act(ActKind.REMOVE, details={"except": "|".join(mention.phrase for mention in kept)})


def _bare(text: str, words: Vocabulary) -> str:
    return without_verbs(without("more", without("set_quantity", text, words, " "), words, " "), words)


def _act(kind: ActKind, mention: Mention) -> Act:
    details = {"size": "1"} if mention.size else {}
    if mention.container:
        details["container"] = mention.container
    if mention.is_single:
        details["single"] = "1"
    if mention.is_known:
        details["known"] = "1"
    if mention.is_some:
        details["some"] = "1"
    if mention.is_of:
        details["of"] = "1"
    if mention.dozen:
        details["dozen"] = f"{mention.dozen}"
    if mention.is_told:
        details["told"] = "1"
    if mention.is_pack:
        details["pack"] = "1"
    # How many pieces a carton of eggs holds only the product can tell.
    tray = mention.container if mention.container and is_tray(mention.container) else None
    return Act(kind, mention.phrase, mention.quantity, mention.unit or tray, details)


def _clauses(text: str, words: Vocabulary) -> list[str]:
    """A sentence cut where a verb begins a new wish, and before `y quita…`, `pero sin…`."""
    cuts = {0}
    removals = [match.span() for match in words.patterns["remove"].finditer(text)]
    cuts.update(start for start, _ in removals)
    for match in words.patterns["order_verb"].finditer(text):
        if not any(start <= match.start() < end for start, end in removals):
            cuts.add(match.start())
    thoughts = [match.span() for match in words.patterns["second_thought"].finditer(text)]
    cuts.update(start for start, _ in thoughts)
    for match in (*re.finditer(r",(?!\d)|\|", text), *words.patterns["new_clause"].finditer(text)):
        if not any(end <= match.start() <= end + 1 for _, end in thoughts):
            cuts.add(match.start())
    ordered = sorted(cuts)
    return [text[start:end] for start, end in zip(ordered, [*ordered[1:], len(text)], strict=True)]


def read_items(text: str, words: Vocabulary) -> list[Act]:
    """What a sentence without a question adds, changes or takes out."""
    said = text
    text = words.patterns["not_that_many"].sub(lambda match: " " * len(match.group()), text)
    is_corrected = text != said
    text = _without_contrast(text, words)
    found: list[Act] = []
    is_taken_back = False
    for clause in _clauses(text, words):
        if found and _takes_back(clause, words):
            is_taken_back = True
            continue
        acts = _clause_items(clause, words, found[-1] if found else None)
        is_taken_back = is_taken_back or words.matches("second_thought", clause) is not None
        if acts and found and is_taken_back and _says_again(acts[0], found[-1]):
            acts[0] = replace(acts[0], phrase=acts[0].phrase or found[-1].phrase)
            found.pop()
        is_taken_back = False
        if acts and found and _corrects(acts[0], found[-1]):
            acts[0] = replace(acts[0], kind=ActKind.SET, phrase=found.pop().phrase, details={"named": "apart"})
        elif not acts and found and _is_open(found[-1]) and (removal := words.matches("remove", clause)):
            fewer = mentions(blank(clause, removal))[:1]
            acts = [Act(ActKind.REMOVE, found.pop().phrase, fewer[0].quantity if fewer else None)]
        found.extend(acts)
    if is_corrected and found and found[-1].kind is ActKind.ADD:
        # `quería dos gorras, no una`: so many shall it be.
        found[-1] = replace(found[-1], kind=ActKind.SET)
    return found


def _takes_back(clause: str, words: Vocabulary) -> bool:
    """`no`, `no, espera` within a sentence: what follows is said anew."""
    said = clause.lstrip(" ,|")
    return words.matches("refuse", said) is not None and not mentions(without("hold", without("refuse", said, words), words))


def _says_again(act: Act, last: Act) -> bool:
    """`3 más, no, 2 más`, `una malta, no, 2 maltas`: the same wish with another amount."""
    if act.kind is not last.kind or act.quantity is None or last.quantity is None:
        return False
    if not act.phrase:
        return act.kind is ActKind.MORE
    said, before = read(act.phrase).words, read(last.phrase).words
    return bool(said) and all(any(word.forms & other.forms for other in before) for word in said)


def _without_contrast(text: str, words: Vocabulary) -> str:
    """`era azul no negro`: behind what it shall be, what it shall not be says nothing more."""
    match = words.matches("not_that", text)
    if match is None or not words.matches("set_quantity", text[: match.start()]):
        return text
    return blank(text, match)


def _corrects(act: Act, last: Act) -> bool:
    """`la sal, mejor que sean 2`: how many of what was named just before without saying how many."""
    is_bare = act.kind is ActKind.SET and not act.phrase and act.quantity is not None
    return _is_open(last) and is_bare and not act.details.get("each")


def _is_open(act: Act) -> bool:
    """Whether a product was only named, with nothing said about it yet."""
    is_named = act.kind in (ActKind.ADD, ActKind.SET) and bool(act.phrase)
    return is_named and act.quantity is None and not act.details.get("asked")


def _clause_items(clause: str, words: Vocabulary, previous: Act | None) -> list[Act]:
    taken_out = _taken_out(clause, words, previous)
    if taken_out is not None:
        return taken_out
    setting = words.matches("set_quantity", clause) or words.matches("not_so_much", clause)
    is_more = _more_counts(clause, words)
    asked = words.matches("order_verb", clause) is not None and not _only_names(clause, words)
    plain = mentions(_bare(_without_manner(clause, words), words))
    if not plain and is_more:
        plain = [Mention("", quantity=None)]
    acts = []
    is_plain = not (setting or words.matches("more", clause) or asked)
    goes_on = is_plain and clause.startswith(",") and previous is not None and _goes_on(plain, previous)
    for mention in plain:
        kind = ActKind.REMOVE if goes_on else ActKind.ADD
        if is_more and mention is plain[-1]:
            kind = ActKind.MORE
        elif setting:
            kind = ActKind.SET
        act = _in_manner(_act(kind, mention), clause, words)
        acts.append(replace(act, details={**act.details, "asked": "1"}) if asked else act)
    return _torn(acts, previous)


def _taken_out(clause: str, words: Vocabulary, previous: Act | None) -> list[Act] | None:
    """What a clause takes out of the order; None if it does something else."""
    if match := words.matches("not_this", clause):
        named = mentions(_bare(filled(match)[0][1], words))
        return [_act(ActKind.REMOVE, mention) for mention in named if mention.phrase]
    if (match := words.matches("remove", clause)) and not words.matches("not_so_much", clause):
        rest = mentions(_bare(blank(clause, match), words))
        # `no lo quiero` alone does not say what; `quítalo` is what was named last.
        nothing_named = Act(ActKind.REFUSE if words.matches("not_wanted", clause) else ActKind.REMOVE)
        again = previous.phrase if previous is not None and previous.kind is ActKind.REMOVE else ""
        removals = [_act(ActKind.REMOVE, replace(m, phrase=m.phrase or again)) for m in rest if m.phrase or again]
        return removals or ([] if previous else [nothing_named])
    if words.matches("so_many_less", clause):
        fewer = mentions(_bare(without("less", clause, words, " "), words))
        return [_act(ActKind.REMOVE, mention) for mention in fewer if mention.quantity is not None]
    return None


def _in_manner(act: Act, clause: str, words: Vocabulary) -> Act:
    """The act as its clause means it: only named, of each, one more."""
    if act.phrase and _only_names(clause, words):
        return replace(act, quantity=None, unit=None)
    if act.phrase and act.kind is ActKind.ADD and words.matches("lacking", clause):
        return replace(act, quantity=None, unit=None, details={"title": "1"})
    if act.phrase and act.quantity is None and words.matches("kept", clause):
        return replace(act, details={**act.details, "kept": "1"})
    if act.quantity is not None and words.matches("each", clause):
        return replace(act, details={**act.details, "each": "1"})
    if act.kind is ActKind.MORE and act.phrase and act.quantity is None and words.matches("one_more", clause):
        again = {"again": "1"} if words.matches("as_much_of", clause) else {}
        return replace(act, quantity=Decimal(1), details={**act.details, **again})
    return act


def _only_names(clause: str, words: Vocabulary) -> bool:
    """`de las 6 maltas quítame 2`, `no tanto queso, con 300 gramos basta`: named, to say how many of it."""
    return any(words.matches(name, clause) is not None for name in ("partitive", "not_so_much"))


def _without_manner(clause: str, words: Vocabulary) -> str:
    """The clause without what says how it is meant."""
    text = without("each", _without_setting(clause, words), words, ",")
    return without("not_so_much", without("lacking", text, words, " "), words, " ")


def _without_setting(clause: str, words: Vocabulary) -> str:
    """`sube el queso a un kilo` without what says that it is to be so much."""
    if words.matches("set_quantity", clause) is None:
        return clause
    return without("to_amount", without("set_quantity", clause, words, " "), words, " ")


def _goes_on(plain: list[Mention], previous: Act) -> bool:
    """`quita la sal, el arroz y el aceite`: what a comma adds to a list of things to take out."""
    is_counted = previous.quantity is not None
    return previous.kind is ActKind.REMOVE and all(m.phrase and (m.quantity is not None) is is_counted for m in plain)


def without(name: str, text: str, words: Vocabulary, mark: str = "|") -> str:
    """The text without anything that a pattern finds."""
    while match := words.matches(name, text):
        text = blank(text, match, mark)
    return text


def _more_counts(clause: str, words: Vocabulary) -> bool:
    """`2 más de azúcar`, `otro foco`, `uno más`; not `más una llave` nor `nada más`."""
    if words.matches("more", clause) is None:
        return False
    text = words.patterns["no_more"].sub(" ", clause)
    return words.matches("so_many_more", text) is not None


def _torn(acts: list[Act], previous: Act | None) -> list[Act]:
    """A lone quantity behind a comma belongs to the product before it: `queso, medio kilo`."""
    return [replace(act, kind=ActKind.SET) if act.kind is ActKind.ADD and not act.phrase and previous else act for act in acts]
