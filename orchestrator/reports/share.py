"""Files for a vendor's case: addresses, names and secrets replaced, everywhere by the same.

What has to stay readable stays: ports, protocols, times, counters, zones, policies and interfaces (unless asked for).
A parser reads the result as it read the original, and the verdict is the same.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from orchestrator.model.flow import Address
from orchestrator.reports.share_addresses import Addresses
from orchestrator.reports.share_names import Names, without_secrets

_OCTET = r"\d{1,3}"
_V4 = rf"(?:{_OCTET}\.){{3}}{_OCTET}"
_LENGTH = r"(?:/(?P<{}>\d{{1,3}})(?!\d))?"
# In the order in which they are tried where they begin at the same place.
_TOKEN = re.compile(
    rf"(?P<reverse>(?<!\d)(?<!\d\.){_V4})(?=\.in-addr\.arpa)"
    r"|(?P<nibbles>(?<!\w)(?:[0-9a-fA-F]\.){31}[0-9a-fA-F])(?=\.ip6\.arpa)"
    # An interface with its unit: its colon is not one of the address behind it.
    r"|(?P<unit>(?<![\w:])[A-Za-z.][\w/-]*\.{1,2}\d+(?=:))"
    r"|(?P<mac>(?<![\w:.-])[0-9a-fA-F]{2}(?P<by>[:-])(?:[0-9a-fA-F]{2}(?P=by)){4}[0-9a-fA-F]{2}(?![\w:])"
    r"|(?<![\w.])[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}(?![\w.]))"
    rf"|(?P<six>(?<!\w)(?=[0-9a-fA-F]{{0,4}}:)[0-9a-fA-F:]{{2,39}}(?:(?:\.{_OCTET}){{3}})?(?!\w))"
    + _LENGTH.format("six_length")
    + rf"|(?P<four>(?<!\d)(?<!\d\.){_V4}(?!\d)(?!\.\d+\.\d))"
    + _LENGTH.format("four_length")
    # Forms that are an address only when that address is known from elsewhere.
    + rf"|(?P<dashed>(?<![\w-]){_OCTET}(?:-{_OCTET}){{3}}(?![\w-])|(?<=ip-){_OCTET}(?:-{_OCTET}){{3}}(?!\d))"
    r"|(?P<hex>(?<![0-9a-zA-Z])(?:0[xX])?(?P<digits>[0-9a-fA-F]{8}|[0-9a-fA-F]{32})(?![0-9a-zA-Z]))"
    r"|(?P<decimal>(?<![\w.])\d{8,10}(?![\w.]))"
)
# Words after which the device prints an address, in a trace perhaps in hexadecimal.
_HEX_ADDRESS = re.compile(
    r"\b(?:sa|da|src|dst|src_ip|dst_ip|x_dst_ip|dst_adr|addr|address|dest-ip|next-hop)[ :=]{1,2}"
    r"0[xX]([0-9a-fA-F]{8})\b",
    re.IGNORECASE,
)


class Pseudonyms:
    """Consistent replacements, by one salt. Let it ``learn`` every file of a case before the first ``scrub``."""

    def __init__(self, salt: str | bytes, *, names: bool = False) -> None:
        self._salt = salt.encode() if isinstance(salt, str) else salt
        self._addresses = Addresses(self._salt)
        self._names = Names(self._salt, names)
        self._seen: set[Address] = set()
        self._forms: dict[str, tuple[Address, str]] = {}

    def learn(self, text: str) -> None:
        """Take note of the addresses and names of a text."""
        self._names.learn(text)
        for found in _HEX_ADDRESS.finditer(text):
            self._note(ipaddress.IPv4Address(int(found[1], 16)))
        for found in _TOKEN.finditer(text):
            text_of, _ = _spelled(found)
            address = _address(text_of) if text_of else None
            if address is not None:
                self._note(address)

    def learn_result(self, result: Mapping[str, Any]) -> None:
        """Take note of what a result document speaks of."""
        self._names.learn_document(result)
        for text in _strings(result):
            self.learn(text)

    def add_name(self, kind: str, name: str) -> None:
        """Say that a ``device``, ``host`` or ``user`` is called so: for names that stand in no known place."""
        self._names.add(kind, name)

    def scrub(self, text: str) -> str:
        """The text without addresses, names and secrets of anybody."""
        self.learn(text)
        return self._scrubbed(text)

    def scrub_result(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """The result document likewise, of the same shape. Checksums stay those of the originals."""
        self.learn_result(result)
        made = self._walk(result)
        assert isinstance(made, dict)
        return made

    def table(self) -> dict[str, str]:
        """What each replacement stands for: to read the vendor's answer. It stays at home."""
        made = {str(shown): str(real) for real, shown in self._addresses.known.items() if real != shown}
        for real, shown in self._names.known.items():
            made.setdefault(shown, real)
        return made

    def _walk(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {self._key(str(key)): self._walk(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._walk(each) for each in value]
        return self._scrubbed(value) if isinstance(value, str) else value

    def _key(self, key: str) -> str:
        """The document's own keys stay; those that are data, such as reasons, do not."""
        return key if key.isidentifier() else self._scrubbed(key)

    def _scrubbed(self, text: str) -> str:
        return _TOKEN.sub(self._one, self._names.replace(without_secrets(text, self._salt)))

    def _note(self, address: Address) -> None:
        if address in self._seen:
            return
        self._seen.add(address)
        self._addresses.learn(address)
        for form in ("hex", "swapped", "decimal", "dashed"):
            if text := _in_form(address, form):
                self._forms.setdefault(text, (address, form))

    def _one(self, found: re.Match[str]) -> str:
        if found["unit"]:
            return found[0]
        if found["mac"]:
            return self._mac(found["mac"])
        if found["reverse"] or found["nibbles"]:
            return self._reverse(found)
        if found["dashed"] or found["hex"] or found["decimal"]:
            return self._known_form(found)
        return self._plain_address(found)

    def _plain_address(self, found: re.Match[str]) -> str:
        text, behind = _spelled(found)
        address = _address(text)
        if address is None:
            return found[0]
        length = found["six_length"] or found["four_length"]
        end = f"/{length}" if length else ""
        if length and not _is_endpoint(found) and (network := _network(address, int(length))):
            shown = self._addresses.replace_network(network)
            return f"{shown.network_address}/{shown.prefixlen}"
        return f"{self._addresses.replace(address)}{behind}{end}"

    def _known_form(self, found: re.Match[str]) -> str:
        text = (found["digits"] or found[0]).lower()
        known = self._forms.get(text)
        if known is None:
            return found[0]
        shown = _in_form(self._addresses.replace(known[0]), known[1])
        return found[0][: len(found[0]) - len(text)] + shown

    def _reverse(self, found: re.Match[str]) -> str:
        if found["reverse"]:
            address = _address(".".join(reversed(found[0].split("."))))
            return found[0] if address is None else ".".join(reversed(str(self._addresses.replace(address)).split(".")))
        number = int(found[0].replace(".", "")[::-1], 16)
        shown = int(self._addresses.replace(ipaddress.IPv6Address(number)))
        return ".".join(reversed(f"{shown:032x}"))

    def _mac(self, text: str) -> str:
        digits = re.sub(r"[^0-9a-fA-F]", "", text).lower()
        if digits in {"f" * 12, "0" * 12}:
            return text
        made = iter("02" + hmac.new(self._salt, digits.encode(), hashlib.sha256).hexdigest()[:10])
        return "".join(char if char in ":.-" else next(made) for char in text)


def _strings(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [*map(str, value), *(text for each in value.values() for text in _strings(each))]
    if isinstance(value, list):
        return [text for each in value for text in _strings(each)]
    return [value] if isinstance(value, str) else []


def _spelled(found: re.Match[str]) -> tuple[str, str]:
    """The address of a match as it is written, and the colon behind it that is not part of it."""
    if found["four"]:
        return found["four"], ""
    six = found["six"] or ""
    if six.endswith(":") and not six.endswith("::"):
        return six[:-1], ":"
    return six, ""


def _address(text: str) -> Address | None:
    """An address, also one whose octets are filled up with zeros; ``None`` for a time or a version."""
    if ":" not in text:
        text = ".".join(str(int(each)) for each in text.split(".")) if "." in text else ""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_endpoint(found: re.Match[str]) -> bool:
    """Whether what follows the slash is a port: the trace writes ``A/P->B/P;PROTOCOL``."""
    behind = found.string[found.end() : found.end() + 2]
    return behind[:2] == "->" or behind[:1] == ";" or found.string[: found.start()].endswith("->")


def _network(address: Address, length: int) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if length >= address.max_prefixlen:
        return None
    try:
        return (
            ipaddress.ip_network((int(address), length))
            if address.version == 4
            else ipaddress.IPv6Network((int(address), length))
        )
    except ValueError:
        return None  # bits are set behind the prefix: an address


def _in_form(address: Address, form: str) -> str:
    """An address the way other programs write it; empty where there is no such form."""
    number = int(address)
    if address.version == 6:
        return f"{number:032x}" if form == "hex" else ""
    match form:
        case "hex":
            return f"{number:08x}"
        case "swapped":
            return int.to_bytes(number, 4, "little").hex()
        case "decimal":
            return str(number) if number >= 10_000_000 else ""
        case _:
            return str(address).replace(".", "-")
