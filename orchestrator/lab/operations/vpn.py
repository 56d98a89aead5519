"""``show|clear security ike|ipsec`` of an SRX and the certificates of its PKI.

Leaves and roots: live 24.4R1.9 and YANG 17.2R1 to 24.4R1; the detail's leaves and all text: published captures. Keys
are in the YANG of 24.4R1; no source shows them printed, so their labels in text are synthetic.
"""

from __future__ import annotations

from datetime import UTC, datetime

from orchestrator.lab.markup import Element, Markup
from orchestrator.lab.operations.answer import Answer
from orchestrator.lab.operations.operation import Argument, Call, Operation
from orchestrator.lab.operations.vpn_certificates import OPERATIONS as CERTIFICATES
from orchestrator.lab.scenario_vpn import Tunnel
from orchestrator.lab.vpn import Negotiated, key_of

LEVELS = Argument("level", choices=("brief", "detail"))
SEEN = tuple[Tunnel, Negotiated]


def ike(call: Call) -> Answer:
    """``show security ike security-associations``."""
    markup, detail = call.markup(), call.get("level") == "detail"
    seen = [one for one in _standing(call) if one[0].type == "dynamic" and call.get("peer-address") in
            {"", one[0].remote}]  # fmt: skip
    now = call.box.clock.now()
    rows = [_ike_block(markup, one, now) if detail else _ike_row(markup, one) for one in seen]
    head = f"{'Index':<8}{'State':<7}Initiator cookie  Responder cookie  {'Mode':<15}Remote Address\n"
    text = "".join(_ike_text(one, now) if detail else _ike_line(one) for one in seen)
    style = {"junos:style": "detail" if detail else "brief"}
    element = markup.branch("ike-security-associations-information", rows, style)
    return Answer(text if detail or not text else head + text, [element], padded=call.box.persona.padded)


def _standing(call: Call) -> list[SEEN]:
    return list(call.box.tunnels.standing()) if call.node == 0 else []


def _ike_leaves(one: SEEN) -> dict[str, object]:
    tunnel, state = one
    return {
        "ike-sa-remote-address": tunnel.remote,
        "ike-sa-index": state.index,
        "ike-sa-state": "UP" if tunnel.up else "DOWN",
        "ike-sa-initiator-cookie": state.initiator,
        "ike-sa-responder-cookie": state.responder,
        "ike-sa-exchange-type": "IKEv2",
    }


def _ike_row(markup: Markup, one: SEEN) -> Element:
    return markup.branch("ike-security-associations", markup.leaves(_ike_leaves(one)))


def _ike_block(markup: Markup, one: SEEN, now: float) -> Element:
    tunnel, state = one
    leaves = _ike_leaves(one)
    head = {name: leaves.pop(name) for name in ("ike-sa-remote-address", "ike-sa-index")}
    inner: dict[str, object] = {
        "ike-sa-role": "responder",
        **leaves,
        "ike-sa-local-address": tunnel.local,
        "ike-sa-local-port": 500,
        "ike-sa-remote-port": 500,
        "ike-sa-lifetime": f"Expires in {state.ike_left(now)} seconds",
        "ike-sa-reauthlifetime": "Disabled",
    }
    misc: dict[str, object] = {
        "ike-sa-flags": tunnel.flags,
        "ike-sa-num-ipsec-sas-created": 2,
        "ike-sa-num-ipsec-sas-deleted": 0,
        "ike-sa-num-phase2-negotiations": 0,
    }
    association = markup.branch(
        "ike-security-associations", [*markup.leaves(inner), markup.branch("ike-sa-misc", markup.leaves(misc))]
    )
    return markup.branch(
        "ike-security-associations-block", [*markup.leaves({**head, "ike-gw-name": tunnel.gateway}), association]
    )


def _ike_line(one: SEEN) -> str:
    tunnel, state = one
    word = "UP" if tunnel.up else "DOWN"
    return f"{state.index:<8}{word:<7}{state.initiator}  {state.responder}  {'IKEv2':<15}{tunnel.remote}\n"


def _ike_text(one: SEEN, now: float) -> str:
    tunnel, state = one
    return (
        f"IKE peer {tunnel.remote}, Index {state.index}, Gateway Name: {tunnel.gateway}\n"
        f"  Role: Responder, State: {'UP' if tunnel.up else 'DOWN'}\n"
        f"  Initiator cookie: {state.initiator}, Responder cookie: {state.responder}\n"
        f"  Exchange type: IKEv2, Authentication method: Pre-shared-keys\n"
        f"  Local: {tunnel.local}:500, Remote: {tunnel.remote}:500\n"
        f"  Lifetime: Expires in {state.ike_left(now)} seconds\n"
        f"  Reauth Lifetime: Disabled\n  Flags: {tunnel.flags}\n"
        "  IPSec security associations: 2 created, 0 deleted\n  Phase 2 negotiations in progress: 0\n"
    )


def ipsec(call: Call) -> Answer:
    """``show security ipsec security-associations``."""
    markup, detail = call.markup(), call.get("level") == "detail"
    wanted = call.get("show-index-ipsec-security-association")
    seen = [one for one in _standing(call) if one[1].up and wanted in {"", str(one[0].index)}]
    blocks = [_block(markup, one, call, detail=detail) for one in seen]
    head = [markup.leaf("total-active-tunnels", len(seen)), markup.leaf("total-ipsec-sas", len(seen))]
    style = {"junos:style": "detail" if detail else "brief"}
    element = markup.branch("ipsec-security-associations-information", [*head, *blocks], style)
    text = f"  Total active tunnels: {len(seen)}     Total Ipsec sas: {len(seen)}\n"
    if seen and not detail:
        text += "  ID    Algorithm       SPI      Life:sec/kb  Mon lsys Port  Gateway\n"
    text += "".join((_detail_text if detail else _brief_text)(one, call) for one in seen)
    return Answer(text, [element], padded=call.box.persona.padded)


def _ways(one: SEEN) -> tuple[tuple[str, str, int], ...]:
    return ("inbound", "<", one[1].inbound), ("outbound", ">", one[1].outbound)


def _block(markup: Markup, one: SEEN, call: Call, *, detail: bool) -> Element:
    tunnel, now = one[0], call.box.clock.now()
    block = markup.branch("ipsec-security-associations-block", [markup.leaf("sa-block-state", "up")])
    if detail:
        leaves: dict[str, object] = {
            "sa-tunnel-index": tunnel.index,
            "sa-virtual-system": "root",
            "sa-vpn-name": tunnel.name,
            "sa-local-gateway": tunnel.local,
            "sa-remote-gateway": tunnel.remote,
            "sa-local-identity": "ipv4_subnet(any:0,[0..7]=0.0.0.0/0)",
            "sa-remote-identity": "ipv4_subnet(any:0,[0..7]=0.0.0.0/0)",
            "sa-ike-version": "IKEv2",
        }
        block.extend(markup.leaves(leaves))
        bound: dict[str, object] = {"sa-df-bit": "clear", "sa-bind-interface": tunnel.interface}
        block.append(markup.branch("sa-df-bit-policy-name", markup.leaves(bound)))
        block.append(_events(markup, one))
    for word, sign, spi in _ways(one):
        markup.grow(block, "ipsec-security-associations", _way(one, word if detail else sign, spi, now, detail=detail))
    return block


def _events(markup: Markup, one: SEEN) -> Element:
    events = markup.branch("sa-ipsec-tunnel-events")
    for text in one[1].events:
        leaves: dict[str, object] = {
            "sa-tunnel-event-time": _stamp(one[1].made), "sa-tunnel-event": text, "sa-tunnel-event-num-times": 1,
        }  # fmt: skip
        events.extend(markup.leaves(leaves))
    return events


def _stamp(time: float) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%a %b %d %Y %H:%M:%S}"


def _way(one: SEEN, word: str, spi: int, now: float, *, detail: bool) -> dict[str, object]:
    tunnel, state = one
    leaves: dict[str, object] = {
        "sa-direction": word,
        "sa-tunnel-index": tunnel.index,
        "sa-spi": f"{spi:x}",
        "sa-aux-spi": 0,
        "sa-remote-gateway": tunnel.remote,
        "sa-port": 500,
        "sa-vpn-monitoring-state": tunnel.monitoring,
        "sa-protocol": "ESP",
        "sa-esp-encryption-algorithm": "aes-gcm-256",
        "sa-hmac-algorithm": "None",
        "sa-hard-lifetime": f"Expires in {state.hard(now)} seconds" if detail else state.hard(now),
        "sa-lifesize-remaining": "Unlimited" if detail else "unlim",
        "sa-virtual-system": "root",
    }
    if not detail:
        return leaves
    leaves |= {
        "sa-soft-lifetime": f"Expires in {state.soft(now)} seconds" if state.soft(now) else "Expired",
        "sa-mode": "Tunnel(0 0)",
        "sa-type": tunnel.type,
        "sa-state": "installed" if tunnel.installed else "not installed",
        "sa-authentication-algorithm": "None",
        "sa-encryption-algorithm": "aes-gcm (256 bits)",
        "sa-anti-replay-service": "counter-based enabled" if tunnel.replay_window else "disabled",
        "sa-replay-window-size": tunnel.replay_window,
    }
    if tunnel.keys:
        leaves["sa-authentication-key"], leaves["sa-encryption-key"] = key_of(spi)
    return leaves


def _brief_text(one: SEEN, call: Call) -> str:
    tunnel, state = one
    monitor = tunnel.monitoring[:1]
    return "".join(
        f"  {sign}{tunnel.index} ESP:aes-gcm-256/None {spi:x} {state.hard(call.box.clock.now())}/ unlim {monitor} root "
        f"500 {tunnel.remote}\n"
        for _word, sign, spi in _ways(one)
    )


def _detail_text(one: SEEN, call: Call) -> str:
    tunnel, now = one[0], call.box.clock.now()
    said = [
        f"ID: {tunnel.index} Virtual-system: root, VPN Name: {tunnel.name}",
        f"  Local Gateway: {tunnel.local}, Remote Gateway: {tunnel.remote}",
        "  Local Identity: ipv4_subnet(any:0,[0..7]=0.0.0.0/0)",
        "  Remote Identity: ipv4_subnet(any:0,[0..7]=0.0.0.0/0)",
        "  Version: IKEv2",
        f"  DF-bit: clear, Bind-interface: {tunnel.interface}",
        "  Port: 500, Nego#: 1, Fail#: 0, Def-Del#: 0 Flag: 0x600a29",
        "  Tunnel events:",
        *(f"    {_stamp(one[1].made)}: {text} (1 times)" for text in one[1].events),
    ]
    for word, _sign, spi in _ways(one):
        way = _way(one, word, spi, now, detail=True)
        said += [
            f"  Direction: {word}, SPI: {spi:x}, AUX-SPI: 0", f"{' ' * 30}, VPN Monitoring: {tunnel.monitoring}",
            f"    Hard lifetime: {way['sa-hard-lifetime']}", "    Lifesize Remaining:  Unlimited",
            f"    Soft lifetime: {way['sa-soft-lifetime']}",
            f"    Mode: {way['sa-mode']}, Type: {way['sa-type']}, State: {way['sa-state']}",
            f"    Protocol: ESP, Authentication: None, Encryption: {way['sa-encryption-algorithm']}",
            f"    Anti-replay service: {way['sa-anti-replay-service']}, Replay window size: {tunnel.replay_window}",
        ]  # fmt: skip
        if tunnel.keys:
            said += [f"    Authentication key: {key_of(spi)[0]}", f"    Encryption key: {key_of(spi)[1]}"]
    return "".join(f"{line}\n" for line in said)


def statistics(call: Call) -> Answer:
    """``show security ipsec statistics``: all zero, as an idle device shows them."""
    markup = call.markup()
    groups = {
        "esp-statistics": [f"esp-{way}-{unit}" for unit in ("bytes", "packets") for way in ("encrypted", "decrypted")],
        "ah-statistics": [f"ah-{what}-{unit}" for unit in ("bytes", "packets") for what in ("input", "output")],
        "error-statistics": [
            "ah-authentication-failures", "replay-errors", "esp-authentication-failures", "esp-decryption-failures",
            "bad-headers", "bad-trailers",
        ],
    }  # fmt: skip
    parts = [markup.branch(name, markup.leaves(dict.fromkeys(leaves, 0))) for name, leaves in groups.items()]
    text = (
        "ESP Statistics:\n  Encrypted bytes:  0\n  Decrypted bytes:  0\n  Encrypted packets:  0\n"
        "  Decrypted packets:  0\nAH Statistics:\n  Input bytes:  0\n  Output bytes:  0\n  Input packets:  0\n"
        "  Output packets:  0\nErrors:\n  AH authentication failures: 0, Replay errors: 0\n"
        "  ESP authentication failures: 0, ESP decryption failures: 0\n  Bad headers: 0, Bad trailers: 0\n"
    )
    element = markup.branch("usp-ipsec-total-statistics-information", parts)
    return Answer(text, [element], padded=call.box.persona.padded)


def clear_ike(call: Call) -> Answer:
    """``clear security ike security-associations``; it prints nothing."""
    call.box.tunnels.clear_ike(call.get("peer-address"))
    return Answer()


def clear_ipsec(call: Call) -> Answer:
    """``clear security ipsec security-associations``; it prints nothing."""
    call.box.tunnels.clear_ipsec(index=call.get("index"))
    return Answer()


PEER = Argument("peer-address", positional=True)
OPERATIONS = (
    Operation(
        "get-ike-security-associations-information", "show security ike security-associations", ike, "view",
        arguments=(LEVELS, PEER), per_node=True,
    ),
    Operation(
        "get-security-associations-information", "show security ipsec security-associations", ipsec, "view",
        arguments=(LEVELS, Argument("show-index-ipsec-security-association")), per_node=True,
    ),
    Operation("get-ipsec-statistics-information", "show security ipsec statistics", statistics, "view", per_node=True),
    Operation(
        "clear-ike-security-association", "clear security ike security-associations", clear_ike, "clear",
        arguments=(PEER, Argument("index")),
    ),
    Operation(
        "clear-ipsec-security-association", "clear security ipsec security-associations", clear_ipsec, "clear",
        arguments=(Argument("index"),),
    ),
    *CERTIFICATES,
)  # fmt: skip
