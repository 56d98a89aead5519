"""``show|clear services ipsec-vpn`` of an MX with services cards (leaves: YANG 16.1 and a published reply).

SPIs are decimal. No source shows the text of these commands: it is synthetic, with the labels of the ES PIC's.
"""

from __future__ import annotations

from orchestrator.lab.markup import Element, Markup
from orchestrator.lab.operations.answer import Answer
from orchestrator.lab.operations.operation import Argument, Call, Operation
from orchestrator.lab.operations.vpn_certificates import OPERATIONS as CERTIFICATES
from orchestrator.lab.scenario_vpn import Tunnel
from orchestrator.lab.vpn import Negotiated

_LEVELS = Argument("level", choices=("brief", "detail", "extensive"))
_PEER = Argument("peer-address", positional=True)
_SERVICE_SET = Argument("service-set")


def ike(call: Call) -> Answer:
    """``show services ipsec-vpn ike security-associations``."""
    markup, now = call.markup("junos-ipsec"), call.box.clock.now()
    seen = [one for one in call.box.tunnels.standing()
            if one[0].type == "dynamic" and call.get("peer-address") in {"", one[0].remote}]  # fmt: skip
    detail = call.get("level") in {"detail", "extensive"}
    rows = [_ike(markup, tunnel, state, now, detail=detail) for tunnel, state in seen]
    text = "".join(
        f"IKE peer {tunnel.remote}\n  Role: Initiator, State: {'Matured' if tunnel.up else 'Not matured'}\n"
        f"  Initiator cookie: {state.initiator}, Responder cookie: {state.responder}\n"
        f"  Exchange type: Main, Authentication method: Pre-shared-keys\n  Flags: {tunnel.flags}\n"
        for tunnel, state in seen
    )
    return Answer(text, [markup.branch("ike-security-associations-information", rows)])


def _ike(markup: Markup, tunnel: Tunnel, state: Negotiated, now: float, *, detail: bool) -> Element:
    leaves: dict[str, object] = {
        "ike-sa-remote-address": tunnel.remote,
        "ike-sa-state": "matured" if tunnel.up else "not matured",
        "ike-sa-initiator-cookie": state.initiator,
        "ike-sa-responder-cookie": state.responder,
        "ike-sa-exchange-type": "main",
    }
    if not detail:
        return markup.branch("ike-security-associations", markup.leaves(leaves))
    remote = markup.leaf("ike-sa-remote-address", leaves.pop("ike-sa-remote-address"))
    more: dict[str, object] = {
        "ike-sa-role": "initiator",
        **leaves,
        "ike-sa-authentication-method": "pre-shared-keys",
        "ike-sa-local-address": tunnel.local,
        "ike-sa-local-port": 500,
        "ike-sa-remote-port": 500,
        "ike-sa-lifetime": f"Expires in {state.ike_left(now)} seconds",
    }
    misc = markup.branch("ike-sa-misc", [markup.leaf("ike-sa-flags", tunnel.flags)])
    inner = markup.branch("ike-security-associations", [*markup.leaves(more), misc])
    return markup.branch("ike-security-associations-block", [remote, inner])


def ipsec(call: Call) -> Answer:
    """``show services ipsec-vpn ipsec security-associations``."""
    markup, now = call.markup("junos-ipsec"), call.box.clock.now()
    seen = [one for one in call.box.tunnels.standing()
            if one[1].up and call.get("service-set") in {"", one[0].service_set}]  # fmt: skip
    detail = call.get("level") in {"detail", "extensive"}
    blocks = [_block(markup, tunnel, state, now, detail=detail) for tunnel, state in seen]
    text = "".join(
        f"Service set: {tunnel.service_set}\n  Rule: {tunnel.name}, Term: 1, Tunnel index: {tunnel.index}\n"
        f"  Local gateway: {tunnel.local}, Remote gateway: {tunnel.remote}\n"
        f"  Direction: inbound, SPI: {state.inbound}, AUX-SPI: 0\n    Mode: tunnel, Type: {tunnel.type}\n"
        f"  Direction: outbound, SPI: {state.outbound}, AUX-SPI: 0\n    Mode: tunnel, Type: {tunnel.type}\n"
        for tunnel, state in seen
    )
    return Answer(text, [markup.branch("services-security-associations-information", blocks)])


def _block(markup: Markup, tunnel: Tunnel, state: Negotiated, now: float, *, detail: bool) -> Element:
    head: dict[str, object] = {
        "sa-rule-name": tunnel.name,
        "sa-term-name": "1",
        "sa-tunnel-index": tunnel.index,
        "sa-local-gateway": tunnel.local,
        "sa-remote-gateway": tunnel.remote,
        "sa-inside-interface": "ms-1/3/0.1",
        "sa-tunnel-mtu": 1500,
    }
    block = markup.branch("services-security-associations-block", [markup.leaf("svc-set-name", tunnel.service_set)])
    block.append(markup.branch("sa-tunnel-information", markup.leaves(head)))
    for way, spi in (("inbound", state.inbound), ("outbound", state.outbound)):
        leaves: dict[str, object] = {
            "sa-direction": way, "sa-spi": spi, "sa-aux-spi": 0, "sa-mode": "tunnel", "sa-type": tunnel.type,
        }  # fmt: skip
        if detail:
            leaves["sa-state"] = "installed" if tunnel.installed else "not installed"
        leaves["sa-protocol"] = "ESP"
        if detail:
            leaves |= {
                "sa-authentication-algorithm": "hmac-sha1-96",
                "sa-encryption-algorithm": "3des-cbc",
                "sa-soft-lifetime": f"Expires in {state.soft(now)} seconds" if state.soft(now) else "Expired",
                "sa-hard-lifetime": f"Expires in {state.hard(now)} seconds",
                "sa-anti-replay-service": "enabled" if tunnel.replay_window else "disabled",
                "sa-replay-window-size": tunnel.replay_window,
            }
        markup.grow(block, "security-associations", leaves)
    return block


def statistics(call: Call) -> Answer:
    """``show services ipsec-vpn ipsec statistics``."""
    markup = call.markup("junos-ipsec")
    sets = [
        markup.branch(
            "ipsec-service-set-statistics",
            [markup.leaf("pic-name", "ms-1/3/0"), markup.leaf("service-set-name", name), _idle(markup)],
        )
        for name in dict.fromkeys(one.service_set for one, _state in call.box.tunnels.standing())
    ]
    text = "ESP Statistics:\n  Encrypted bytes: 0\n  Decrypted bytes: 0\n" if sets else ""
    return Answer(text, [markup.branch("ipsec-total-statistics-information", sets)])


def _idle(markup: Markup) -> Element:
    names = [f"esp-{what}-{unit}" for unit in ("bytes", "packets") for what in ("encrypted", "decrypted")]
    errors = ["esp-authentication-failures", "esp-decryption-failures", "bad-headers", "replay-errors"]
    groups = {"esp-statistics": names, "error-statistics": errors}
    parts = [markup.branch(name, markup.leaves(dict.fromkeys(leaves, 0))) for name, leaves in groups.items()]
    return markup.branch("ipsec-statistics", parts)


def clear_ike(call: Call) -> Answer:
    """``clear services ipsec-vpn ike security-associations``; no source shows an output."""
    call.box.tunnels.clear_ike(call.get("peer-address"))
    return Answer()


def clear_ipsec(call: Call) -> Answer:
    """``clear services ipsec-vpn ipsec security-associations``; no source shows an output."""
    call.box.tunnels.clear_ipsec(index=call.get("tunnel-index"), remote=call.get("remote-gateway"))
    return Answer()


OPERATIONS = (
    Operation(
        "get-ike-services-security-associations-information", "show services ipsec-vpn ike security-associations",
        ike, "view", arguments=(_LEVELS, _PEER),
    ),
    Operation(
        "get-services-security-associations-information", "show services ipsec-vpn ipsec security-associations",
        ipsec, "view", arguments=(_LEVELS, _SERVICE_SET),
    ),
    Operation(
        "get-services-ipsec-statistics-information", "show services ipsec-vpn ipsec statistics", statistics, "view",
        arguments=(_LEVELS, _SERVICE_SET),
    ),
    Operation(
        "clear-services-ike-security-associations", "clear services ipsec-vpn ike security-associations", clear_ike,
        "clear", arguments=(_PEER, _SERVICE_SET),
    ),
    Operation(
        "clear-services-ipsec-vpn-security-associations", "clear services ipsec-vpn ipsec security-associations",
        clear_ipsec, "clear",
        arguments=(_SERVICE_SET, Argument("tunnel-index"), Argument("remote-gateway")),
    ),
    *CERTIFICATES,
)  # fmt: skip
