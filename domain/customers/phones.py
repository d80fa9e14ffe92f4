"""The canonical form of a sender's address: E.164 where it is a number, opaque where it is not.

Three countries changed how a mobile number is written, and channels still show the old form beside the new one. Which
form is right is read from the numbering plan of `phonenumbers`, not guessed from the length alone:

* Brazil: mobile numbers got a ninth digit after the area code (55 11 8765-4321 is 55 11 98765-4321).
* Mexico: the mobile prefix 1 was abolished (52 1 55… is 52 55…), and WhatsApp still shows it.
* Argentina: a mobile number is written with a 9 from abroad (54 9 11…) and without it at home. Both are in use and a
  landline never has it, so `e164` keeps what was written, and only the key by which a person is found leaves it out.
"""

import re

import phonenumbers
from phonenumbers import PhoneNumber

_SEPARATORS = re.compile(r"[\s().\-]+")
_DIGITS = re.compile(r"\+?\d+")

_ARGENTINA, _BRAZIL, _MEXICO = 54, 55, 52


def e164(raw: str | None, country: str | None = None) -> str | None:
    """The number in E.164 as it is dialled today if it is a possible one, else None.

    Channels give numbers in international form without the plus; a person may write a national one, which is read
    with the country.
    """
    number = _parsed(raw, country)
    return _written(number) if number is not None else None


def address_key(raw: str) -> str:
    """The key under which an address is found again: E.164 without a mobile mark, bare digits, or the address as it came.

    All spellings of one telephone have one key.
    """
    number = _parsed(raw, None)
    if number is not None:
        return _written(_without_mark(number))
    compact = _SEPARATORS.sub("", raw)
    return compact.lstrip("+") if _DIGITS.fullmatch(compact) else raw.strip()


def spellings(raw: str, country: str | None = None) -> frozenset[str]:
    """Every form in which channels and staff write this address, numbers without the plus; the given one among them."""
    forms = {raw, raw.lstrip("+")}
    number = _parsed(raw, country)
    if number is None:
        return frozenset(forms)
    digits = _written(number)[1:]
    forms.add(digits)
    code, national = str(number.country_code), str(_without_mark(number).national_number)
    if number.country_code == _ARGENTINA:
        forms |= {code + national, f"{code}9{national}"}
    elif number.country_code == _MEXICO:
        forms.add(f"{code}1{national}")
    elif number.country_code == _BRAZIL and len(national) == 11 and national[2] == "9":
        forms.add(code + national[:2] + national[3:])
    return frozenset(forms)


def _parsed(raw: str | None, country: str | None) -> PhoneNumber | None:
    if not raw:
        return None
    compact = _SEPARATORS.sub("", raw)
    if not _DIGITS.fullmatch(compact):
        return None
    national = country is not None and (compact.startswith("0") or len(compact) <= 10)
    candidate = compact if compact.startswith("+") or national else f"+{compact}"
    try:
        number = _as_dialled(phonenumbers.parse(candidate, country))
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def _as_dialled(number: PhoneNumber) -> PhoneNumber:
    """The number in the form that its country uses today."""
    national = str(number.national_number)
    if number.country_code == _MEXICO and len(national) == 11 and national.startswith("1"):
        return PhoneNumber(country_code=_MEXICO, national_number=int(national[1:]))
    if number.country_code == _BRAZIL and len(national) == 10 and not phonenumbers.is_valid_number(number):
        longer = PhoneNumber(country_code=_BRAZIL, national_number=int(f"{national[:2]}9{national[2:]}"))
        if phonenumbers.number_type(longer) == phonenumbers.PhoneNumberType.MOBILE:
            return longer
    return number


def _without_mark(number: PhoneNumber) -> PhoneNumber:
    """The number without the 9 that marks an Argentine mobile; the rest of it is unique in the country's plan."""
    national = str(number.national_number)
    if number.country_code == _ARGENTINA and len(national) == 11 and national.startswith("9"):
        return PhoneNumber(country_code=_ARGENTINA, national_number=int(national[1:]))
    return number


def _written(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
