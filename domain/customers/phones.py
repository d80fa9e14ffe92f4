"""The canonical form of a sender's address: E.164 where it is a number, opaque where it is not."""

import re

import phonenumbers

_SEPARATORS = re.compile(r"[\s().\-]+")
_DIGITS = re.compile(r"\+?\d+")


def e164(raw: str | None, country: str | None = None) -> str | None:
    """The number in E.164 if it is a possible one, else None.

    Channels give numbers in international form without the plus; a person may write a national one, which is read
    with the country.
    """
    if not raw:
        return None
    compact = _SEPARATORS.sub("", raw)
    if not _DIGITS.fullmatch(compact):
        return None
    national = country is not None and (compact.startswith("0") or len(compact) <= 10)
    candidate = compact if compact.startswith("+") or national else f"+{compact}"
    try:
        number = phonenumbers.parse(candidate, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def address_key(raw: str) -> str:
    """The key under which an address is found again: E.164, bare digits, or the address as it came."""
    number = e164(raw)
    if number is not None:
        return number
    compact = _SEPARATORS.sub("", raw)
    return compact.lstrip("+") if _DIGITS.fullmatch(compact) else raw.strip()
