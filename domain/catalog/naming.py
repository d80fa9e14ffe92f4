"""How products go on to be called once their whole name was read."""

import re
from collections.abc import Sequence

_SIZE = re.compile(r"(?: x ?\d{1,3}| \d+(?:[.,/]\d+)? ?[a-z]{1,3}\.?)$", re.IGNORECASE)


def with_short_names(text: str, names: Sequence[str], heard: Sequence[str]) -> str:
    """Say a product's name without its size once the customer has read it whole, if nothing else is called so.

    Lines of a list keep the whole name: they are what is looked up later.
    """
    for name in sorted(set(names), key=len, reverse=True):
        short = _SIZE.sub("", name)
        if short == name or any(other != name and other.startswith(short) for other in names):
            continue
        if any(re.search(re.escape(short) + r" (?!" + re.escape(name[len(short) + 1 :]) + r")\d", past) for past in heard):
            continue
        known = any(name in past for past in heard)
        lines = []
        for line in text.split("\n"):
            if not line.startswith("•"):
                first, found, rest = line.partition(name)
                if found:
                    line = first + (short if known else name) + rest.replace(name, short)
            known = known or name in line
            lines.append(line)
        text = "\n".join(lines)
    return text
