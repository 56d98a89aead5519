"""Session tables in the grammar of the device (facts: live vSRX 24.4R1.9), seeded, of any size."""

from __future__ import annotations

import random
from collections.abc import Iterator

_HEAD = (
    '<flow-session junos:style="brief">', "<session-identifier>", "{id}", "</session-identifier>", "<status>",
    "Normal", "</status>", "<session-flag>", "0x40/0x0/0x2/0x{flag:x}", "</session-flag>", "<policy>", "{policy}",
    "</policy>", "<nat-source-pool-name>", "{pool}", "</nat-source-pool-name>",
)  # fmt: skip
_NAMED = (
    "<application-name>", "{application}", "</application-name>", "<application-value>", "{number}",
    "</application-value>",
)  # fmt: skip
_REST = (
    "<dynamic-application-name>", "junos:UNKNOWN", "</dynamic-application-name>", "<encryption-traffic-name>",
    " Unknown", "</encryption-traffic-name>", "<url-category-name>", " Unknown", "</url-category-name>",
    "<application-traffic-control-rule-set-name>", "INVALID", "</application-traffic-control-rule-set-name>",
    "<application-traffic-control-rule-name>", "INVALID", "</application-traffic-control-rule-name>",
    "<configured-timeout>", "{configured}", "</configured-timeout>", "<timeout>", "{timeout}", "</timeout>",
    "<sess-state>", "Valid", "</sess-state>", "<wan-acceleration>", "</wan-acceleration>", "<start-time>", "{start}",
    "</start-time>", "<duration>", "{duration}", "</duration>", "<session-mask>", "0", "</session-mask>",
)  # fmt: skip
_WING = (
    '<flow-information junos:style="brief">', "<direction>", "{direction}", "</direction>", "<source-address>",
    "{source}", "</source-address>", "<source-port>", "{source_port}", "</source-port>", "<destination-address>",
    "{destination}", "</destination-address>", "<destination-port>", "{destination_port}", "</destination-port>",
    "<protocol>", "{protocol}", "</protocol>", "<conn-tag>", "0x0", "</conn-tag>",
)  # fmt: skip
_ARRIVING = (
    "<attachment-id>", "0", "</attachment-id>", "<gw-endpoint-id>", "0", "</gw-endpoint-id>", "<flow-cookie>", "0",
    "</flow-cookie>",
)  # fmt: skip
_TAIL = (
    "<interface-name>", "{interface}", "</interface-name>", "<session-token>", "0x8", "</session-token>", "<flag>",
    "0x21", "</flag>", "<power-mode-express-path>", "False", "</power-mode-express-path>", "<route>", "0xd0010",
    "</route>", "<gateway>", "{gateway}", "</gateway>", "<tunnel-id>", "0", "</tunnel-id>", "<tunnel-type>", "None",
    "</tunnel-type>", "<port-sequence>", "0", "</port-sequence>", "<fin-sequence>", "0", "</fin-sequence>",
    "<fin-state>", "0", "</fin-state>", "<seq-ack-diff>", "0", "</seq-ack-diff>", "<pkt-cnt>", "{packets}",
    "</pkt-cnt>", "<byte-cnt>", "{size}", "</byte-cnt>", "</flow-information>",
)  # fmt: skip
_END = "</flow-session>"
_OPEN = (
    '<nc:rpc-reply xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" '
    'xmlns:junos="http://xml.juniper.net/junos/24.4R1.9/junos" message-id="2">\n'
    '<flow-session-information xmlns="http://xml.juniper.net/junos/24.4R0/junos-flow">\n'
)


def table(sessions: int, seed: int = 1, ending: str = "\n") -> Iterator[str]:
    """Yield one reply in pieces; ``ending`` stands between tags and text (the device puts a line end there)."""
    chance = random.Random(seed)
    templates = {named: _template(ending, named=named) for named in (False, True)}
    yield _OPEN
    for number in range(1, sessions + 1):
        yield templates[chance.random() < 0.6].format_map(_values(chance, number))
    yield f"<displayed-session-count>{sessions}</displayed-session-count>\n"
    yield "</flow-session-information>\n</nc:rpc-reply>\n"


def _template(ending: str, *, named: bool) -> str:
    def wing(prefix: str, between: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(part.replace("{", "{" + prefix) for part in (*_WING, *between, *_TAIL))

    parts = (*_HEAD, *(_NAMED if named else ()), *_REST, *wing("in_", _ARRIVING), *wing("out_", ()), _END)
    return ending.join(parts) + "\n"


def _values(chance: random.Random, number: int) -> dict[str, object]:
    client = f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(1, 255)}"
    server = f"198.51.100.{chance.randrange(1, 255)}"
    outside, translated = "203.0.113.5", chance.random() < 0.5
    port, service = chance.randrange(1024, 65536), chance.choice((443, 80, 53, 22, 8080))
    configured = 60 if service == 53 else 1800
    packets = chance.randrange(1, 100_000)
    shared = {"protocol": "udp" if service == 53 else "tcp"}
    arrives = {
        "direction": "In", "source": client, "source_port": port, "destination": server, "destination_port": service,
        "interface": "ge-0/0/1.0", "gateway": client, "packets": packets, "size": packets * 400, **shared,
    }  # fmt: skip
    returns = {
        "direction": "Out", "source": server, "source_port": service, "destination": outside if translated else client,
        "destination_port": chance.randrange(1024, 65536) if translated else port, "interface": "ge-0/0/0.0",
        "gateway": server, "packets": packets, "size": packets * 900, **shared,
    }  # fmt: skip
    session = {
        "id": (4 << 32) + number, "flag": chance.randrange(64), "policy": f"trust-to-untrust-{chance.randrange(30)}/4",
        "pool": "outside-pool" if translated else "Null", "application": "junos-https", "number": 58,
        "configured": configured, "timeout": chance.randrange(1, configured + 1),
        "start": 1779728000 + chance.randrange(100_000), "duration": chance.randrange(100_000),
    }  # fmt: skip
    there = {f"in_{key}": value for key, value in arrives.items()}
    return session | there | {f"out_{key}": value for key, value in returns.items()}
