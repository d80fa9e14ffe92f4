"""The forms in which a verb states that something was, is being or will be done."""

from typing import Literal

Tense = Literal["past", "loose_past", "present", "future", "participle", "gerund", "infinitive"]

_ACCENTS = str.maketrans("áéíóúüñ", "aeiouun")


def unaccented(word: str) -> str:
    """The word without its accents; `ñ` becomes `n`."""
    return word.translate(_ACCENTS)


def spanish_forms(verb: str, irregular: dict[str, list[str]], stem: str | None) -> dict[str, Tense]:
    """Every form of a Spanish verb that states a deed, by its spelling; wishes and requests are left out.

    A past without its accent is a wish as well (`registre`), so it is listed apart as `loose_past`.
    """
    plain, ending = unaccented(verb), unaccented(verb)[-2:]
    root = verb[:-2]
    forms: dict[str, Tense] = {plain: "infinitive"}
    participles = irregular.get("participle", _participles(root, ending))
    presents = irregular.get("present", [root + "o"]) + irregular.get("plural", _plurals(root, ending))
    pasts = irregular.get("past", _pasts(root, ending))
    forms |= {unaccented(form): "participle" for form in participles}
    forms |= {unaccented(form): "present" for form in presents}
    base = unaccented(stem or verb)
    forms |= {unaccented(base + suffix): "future" for suffix in ("emos", "an", "a", "e")}
    forms[unaccented(root + ("ando" if ending == "ar" else "iendo"))] = "gerund"
    for past in pasts:
        if unaccented(past) == past:
            forms.setdefault(past, "past")
        else:
            forms[past] = "past"
            forms.setdefault(unaccented(past), "loose_past")
    return forms


def _participles(root: str, ending: str) -> list[str]:
    return [root + ("ad" if ending == "ar" else "id") + suffix for suffix in ("o", "a", "os", "as")]


def _plurals(root: str, ending: str) -> list[str]:
    if ending == "ar":
        return [root + "amos"]
    return [root + ("emos" if ending == "er" else "imos"), root + "imos"]


def _pasts(root: str, ending: str) -> list[str]:
    if ending != "ar":
        return [root + "í", root + "ió", root + "ieron"]
    hard = {"c": "qu", "g": "gu", "z": "c"}
    first = root[:-1] + hard[root[-1]] if root[-1] in hard else root
    return [first + "é", root + "ó", root + "aron"]


def english_forms(verb: str, irregular: dict[str, list[str]]) -> dict[str, Tense]:
    """Every form of an English verb that can state a deed, by its spelling."""
    silent = verb.endswith("e")
    if verb.endswith("y") and verb[-2] not in "aeo":
        past = verb[:-1] + "ied"
    else:
        past = verb + ("d" if silent else "ed")
    ing = verb[:-1] + "ing" if silent and not verb.endswith("ee") else verb + "ing"
    doubled = verb + verb[-1] + "ing"
    forms: dict[str, Tense] = dict.fromkeys(irregular.get("base", [verb]), "infinitive")
    forms |= dict.fromkeys(irregular.get("past", [past]), "past")
    forms |= {ing: "gerund", doubled: "gerund"}
    return forms
