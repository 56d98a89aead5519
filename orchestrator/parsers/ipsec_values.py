"""Single values of IKE and IPsec as the device prints them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import reduce

from orchestrator.model.ipsec import Lifetime, Selector
from orchestrator.parsers.labels import Labels
from orchestrator.parsers.values import integer

SEPARATORS = "/: "  # older releases keep them inside the values: ``ESP:``, ``aes-cbc-192/``
_SECONDS = re.compile(r"(\d{1,12})\s*sec(?:ond)?s?\b", re.IGNORECASE)
_KILOBYTES = re.compile(r"(\d{1,18})\s*(?:kilobytes?|kb)\b", re.IGNORECASE)
_IDENTITY = re.compile(
    r"(?P<kind>[\w-]+)\((?:(?P<protocol>[\w-]+):(?P<port>\d{1,5}),)?(?:\[0\.\.\d{1,4}\]=)?(?P<data>[^()]*)\)"
)
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{1,8}")


def spi(text: str, *, hexadecimal: bool) -> int | None:
    """Read an SPI; ``hexadecimal`` is how this layout prints it when nothing in the digits tells.

    ES PIC and services cards print decimal unless ``hex`` is asked for, the SRX unpadded hexadecimal digits, an MX
    with inline IPsec ``0x`` before them (facts: documentation, live 24.4R1.9, MX 24.x).
    """
    digits = text.strip().lower()
    if digits.startswith("0x"):
        digits, hexadecimal = digits.removeprefix("0x"), True
    if hexadecimal or not digits.isdecimal():
        return int(digits, 16) if _HEXADECIMAL.fullmatch(digits) else None
    return int(digits) if len(digits) <= len(str(2**32)) else None


def lifetime_of(labels: Labels, name: str, kilobytes: str = "") -> Lifetime | None:
    """Take a lifetime from the values; what cannot be read of it stays."""
    texts = [text for text in labels.take_all(name) if text]
    apart = labels.take(kilobytes) if kilobytes else ""
    found = lifetime([text.strip(SEPARATORS) for text in texts], apart)
    for text in texts:
        if _one_lifetime(text.strip(SEPARATORS)) is None:
            labels.add(name, text)
    return found


def lifetime(texts: Iterable[str], kilobytes: str = "") -> Lifetime | None:
    """Read what is printed of one lifetime, ``None`` when that is nothing.

    ``Expires in N seconds``, ``Expires in N kilobytes``, ``Expired``, a bare number of seconds (SRX, brief);
    ``kilobytes`` is what an SRX prints apart: ``unlim``, ``Unlimited`` or a number.
    """
    said = [one for one in map(_one_lifetime, texts) if one is not None]
    if kilobytes.strip():
        apart = integer(kilobytes)
        said.append(Lifetime(kilobytes=apart, unlimited_kilobytes=kilobytes.strip().lower().startswith("unlim")))
    return reduce(_both, said) if said else None


def _one_lifetime(text: str) -> Lifetime | None:
    if text.strip().lower() == "expired":
        return Lifetime(expired=True)
    seconds, kilobytes = _SECONDS.search(text), _KILOBYTES.search(text)
    if seconds or kilobytes:
        return Lifetime(
            seconds=int(seconds[1]) if seconds else None, kilobytes=int(kilobytes[1]) if kilobytes else None
        )
    bare = integer(text)
    return None if bare is None else Lifetime(seconds=bare)


def _both(one: Lifetime, other: Lifetime) -> Lifetime:
    return Lifetime(
        seconds=one.seconds if one.seconds is not None else other.seconds,
        kilobytes=one.kilobytes if one.kilobytes is not None else other.kilobytes,
        expired=one.expired or other.expired,
        unlimited_kilobytes=one.unlimited_kilobytes or other.unlimited_kilobytes,
    )


def selector(text: str) -> Selector | None:
    """Read an identity, ``None`` when none is printed."""
    text = text.strip()
    if not text:
        return None
    found = _IDENTITY.fullmatch(text)
    if found is None:
        return Selector(text=text)
    return Selector(
        text=text, kind=found["kind"], protocol=found["protocol"] or "", port=integer(found["port"]), data=found["data"]
    )


def flags(text: str) -> tuple[str, ...]:
    """Flags of a negotiation, in lower case; an SRX ends each with a full stop."""
    return tuple(" ".join(part.lower().split()) for part in re.split(r",|\.(?=\s|$)", text) if part.strip())


def address_and_port(text: str) -> tuple[str, int | None]:
    """``192.0.2.1:500`` or ``2001:db8::1:500``, as one end of a negotiation is printed in text."""
    address, _, port = text.strip().rpartition(":")
    return (address, integer(port)) if address and integer(port) is not None else (text.strip(), None)
