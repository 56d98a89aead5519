"""Names and secrets for others to see: who and what a text speaks of, by the places where names stand."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.parsers import key_material

# Where a result document has names, and of what.
_KEYS = {"device": "device", "host_name": "device", "user": "user", "username": "user", "machine": "host",
         "hostname": "host"}  # fmt: skip
_MORE_KEYS = {"from_zone": "zone", "to_zone": "zone", "policy": "policy"}

_NAME = r"[A-Za-z][\w.-]*"
_STAMP = r"(?m)^(?:<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?: \d{4})?"
_PLACES = (
    ("device", rf"{_STAMP} ({_NAME}) [\w/-]+(?:\[\d+\])?:"),
    ("device", rf"(?m)^(?:\d+ )?<\d{{1,3}}>1 \S+ ({_NAME}) \S+ "),
    ("device", rf"<host-name>\s*({_NAME})\s*<"),
    ("host", rf"\bhostname=\"({_NAME})"),
    ("user", r"<(?:user|username|user-name|login-name)>\s*([^<>\s]+)\s*<"),
    ("user", r"\busername=\"([^\"\s]+)\""),
    ("user", r"/(?:home|Users)/([A-Za-z][\w.-]*)"),
    ("user", rf"\bby ({_NAME}) via "),
    ("user", rf"\blogin user ({_NAME})"),
)  # fmt: skip
_MORE_PLACES = (
    ("zone", r"\b(?:from[- ])?(?:to-)?zone ([\w.-]*\w)"),
    ("zone", r"\bzone\(\d+:([\w.-]*\w)\)"),
    ("zone", r"-zone(?:-name)?(?:=\"|>\s*)([\w.-]*\w)"),
    ("zone", r"\brouted \(x_dst_ip \S+\) from (\S+) \("),
    ("policy", r"\bby policy ([\w.-]*\w)\("),
    ("policy", r"\bpolicy-name=\"([^\"()]+)[\"(]"),
    ("policy", r"<policy(?:-name)?>\s*([^<>/\s]+)(?:/\d+)?\s*<"),
    ("policy", r"[Bb]y Policy +([\w.-]*\w)"),
    ("interface", r"\b((?:[gxef]e|et|mge)-\d+/\d+/\d+|(?:reth|ae)\d+)\b"),
)
# Words of Junos' own, which name nobody; replacing them would make a text unreadable for its parser.
_NOT_NAMES = frozenset(
    "root any all self none null unknown default global junos-host trace flow packet session policy policies zone "
    "tcp udp icmp icmp6 esp ah gre in out to from for by of the permit permitted deny denied drop dropped pkt pak "
    "sa da sp dp proto tok found matched filter route search lookup host user device time key source destination "
    "node node0 node1 localre primary secondary "
    "n/a rt rt_flow junos log name status error true false text lines file number".split()
)
_REMOVED = "SECRET-"
_FILE_ENDINGS = r"(?:xml|jsonl?|log|txt|gz|ya?ml|html|pcap|\d+)\b"
_SECRETS = re.compile(
    r"(?P<block>-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----)"
    r"|(?P<hash>\$(?:1|5|6|8|9|2[aby])\$[^\s\"'<>;,\\]+)"
    r"|(?P<key>\b(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\w+) AAAA[\w+/=]+)"
    r"|(?<=://)(?P<login>[^\s/:@\"<>]+:[^\s/@\"<>]+)(?=@)"
    r"|(?P<before>(?:pass(?:word|wd|phrase)|secret|community|api[-_]key|authentication-key"
    r"|pre-shared-key(?: (?:ascii-text|hexadecimal))?)"
    r"(?:\\?\"? ?[:=] ?\\?\"?| \\?\"|>\s*))(?P<value>[^\s\"<>;,\\]+)"
    r"|(?P<snmp>\bsnmp community )(?P<word>[^\s\";]+)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(slots=True)
class Names:
    """Replacements of names, by one salt; with ``everything`` also zones, policies and interfaces."""

    salt: bytes
    everything: bool = False
    known: dict[str, str] = field(default_factory=dict)
    _pattern: re.Pattern[str] | None = None
    _used: set[str] = field(default_factory=set)

    def learn(self, text: str) -> None:
        """Find names in the places of a text where names stand."""
        for kind, place in (*_PLACES, *(_MORE_PLACES if self.everything else ())):
            for found in re.finditer(place, text):
                self.add(kind, found[1])

    def learn_document(self, document: Any) -> None:
        """Find names under the keys of a result document that hold names."""
        keys = _KEYS | (_MORE_KEYS if self.everything else {})
        if isinstance(document, Mapping):
            for key, value in document.items():
                if key in keys and isinstance(value, str):
                    self.add(keys[key], value)
                self.learn_document(value)
        elif isinstance(document, list):
            for each in document:
                self.learn_document(each)

    def add(self, kind: str, name: str) -> None:
        """Say that something of a kind is called so."""
        if len(name) < 2 or name.isdigit() or name.lower() in _NOT_NAMES or name in self._used:
            return
        if name not in self.known:
            self.known[name] = self._replacement(kind, name)
            self._pattern = None
            for spelled in {name.lower(), name.upper()} if kind in {"device", "host"} else ():
                self.known.setdefault(spelled, self.known[name])

    def replace(self, text: str) -> str:
        """A text without the names that are known; a domain behind one goes with it."""
        if not self.known:
            return text
        if self._pattern is None:
            words = "|".join(re.escape(name) for name in sorted(self.known, key=len, reverse=True))
            domain = rf"(?:\.(?!{_FILE_ENDINGS})[A-Za-z][\w-]*)*"
            self._pattern = re.compile(rf"(?<!\w)(?<!\w-)(?P<name>{words})(?!\w)(?!-\w)(?P<domain>{domain})")
        return self._pattern.sub(self._one, text)

    def _one(self, found: re.Match[str]) -> str:
        return self.known[found["name"]]

    def _replacement(self, kind: str, name: str) -> str:
        digest = hmac.new(self.salt, f"{kind}:{name.lower()}".encode(), hashlib.sha256).hexdigest()
        if kind == "interface":
            start = name.rstrip("0123456789")
            made = next(f"{start}{at}" for at in range(100 + int(digest[:4], 16) % 800, 100_000)
                        if f"{start}{at}" not in self._used)  # fmt: skip
        else:
            made = next(
                f"{kind}-{digest[:size]}" for size in range(6, 64) if f"{kind}-{digest[:size]}" not in self._used
            )
        self._used.add(made)
        return made


def without_secrets(text: str, salt: bytes) -> str:
    """A text without passwords, hashes and keys; the same secret becomes the same word."""

    def word(secret: str) -> str:
        if secret.startswith((_REMOVED, key_material.REMOVED)):
            return secret
        return f"{_REMOVED}{hmac.new(salt, secret.encode('utf-8', 'replace'), hashlib.sha256).hexdigest()[:8]}"

    def one(found: re.Match[str]) -> str:
        if found["value"]:
            return found["before"] + word(found["value"])
        if found["word"]:
            return found["snmp"] + word(found["word"])
        return word(found[0])

    def quoted(key: str) -> str:
        bare = key.strip().strip('"')
        return key.replace(bare, word(bare)) if bare else key

    return key_material.replace_keys(_SECRETS.sub(one, text), quoted)
