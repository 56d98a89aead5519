"""IKE and IPsec associations and certificates of a router with encryption PICs.

Leaves: YANG 16.1; text: documentation of ES PICs. The XML of certificates is in no source, so there is only text, and
the text of a revocation list is synthetic.
"""

from __future__ import annotations

from orchestrator.lab.es_pic import Encryption, Keys
from orchestrator.lab.markup import Element, Markup
from orchestrator.lab.operations.answer import Answer
from orchestrator.lab.operations.operation import Argument, Call, Operation
from orchestrator.lab.scenario_es_pic import Association, Certificate

_LEVELS = Argument("level", choices=("brief", "detail"))


def ike(call: Call) -> Answer:
    """``show ike security-associations``: one for each dynamic association with a peer."""
    encryption, markup, detail = call.box.encryption, call.markup("junos-ike"), call.get("level") == "detail"
    rows, texts = [], []
    for one in encryption.scenario.associations:
        peer = encryption.active_peer(one)
        if one.type == "manual" or not peer or call.get("peer-address") not in {"", peer}:
            continue
        keys = encryption.memory.keys[one.name]
        rows.append(_ike_element(markup, call, one, keys) if detail else _ike_row(markup, peer, keys))
        texts.append(
            _ike_text(call, one, keys) if detail
            else f"{peer:<15} {'Matured':<13} {keys.initiator}  {keys.responder}  Main"
        )  # fmt: skip
    head = [] if detail else ["Remote Address  State         Initiator cookie  Responder cookie  Exchange type"]
    element = markup.branch("ike-security-associations-information", rows)
    return Answer("\n".join([*head, *texts]) + "\n" if texts else "", [element])


def _ike_row(markup: Markup, peer: str, keys: Keys) -> Element:
    leaves: dict[str, object] = {
        "ike-sa-remote-address": peer,
        "ike-sa-state": "matured",
        "ike-sa-initiator-cookie": keys.initiator,
        "ike-sa-responder-cookie": keys.responder,
        "ike-sa-exchange-type": "main",
    }
    return markup.branch("ike-security-associations", markup.leaves(leaves))


def _ike_element(markup: Markup, call: Call, one: Association, keys: Keys) -> Element:
    assert one.peers is not None
    encryption = call.box.encryption
    peer = encryption.active_peer(one)
    head: dict[str, object] = {
        "ike-sa-role": "initiator",
        "ike-sa-state": "matured",
        "ike-sa-initiator-cookie": keys.initiator,
        "ike-sa-responder-cookie": keys.responder,
        "ike-sa-exchange-type": "main",
        "ike-sa-authentication-method": "pre-shared-keys",
        "ike-sa-local-address": one.peers.local,
        "ike-sa-local-port": 500,
        "ike-sa-remote-address": peer,
        "ike-sa-remote-port": 500,
        "ike-sa-lifetime": f"Expires in {keys.hard(call.box.clock.now())} seconds",
    }
    algorithms: dict[str, object] = {
        "ike-sa-authentication-algorithm": "md5",
        "ike-sa-encryption-algorithm": "3des-cbc",
        "ike-sa-prf-algorithm": "hmac-md5",
    }
    traffic = dict.fromkeys(f"ike-sa-{way}-{what}" for what in ("bytes", "packets") for way in ("input", "output"))
    counts: dict[str, object] = dict(zip(traffic, (1000, 1280, 5, 9), strict=True))
    misc: dict[str, object] = {
        "ike-sa-flags": "caller notification sent",
        "ike-sa-num-ipsec-sas-created": 2,
        "ike-sa-num-ipsec-sas-deleted": 0,
        "ike-sa-num-phase2-negotiations": 0,
    }
    inner = markup.branch(
        "ike-security-associations",
        [
            *markup.leaves(head),
            markup.branch("ike-sa-algorithms", markup.leaves(algorithms)),
            markup.branch("ike-sa-traffic-statistics", markup.leaves(counts)),
            markup.branch("ike-sa-misc", markup.leaves(misc)),
        ],
    )
    return markup.branch("ike-security-associations-block", [markup.leaf("ike-sa-remote-address", peer), inner])


def _ike_text(call: Call, one: Association, keys: Keys) -> str:
    assert one.peers is not None
    peer = call.box.encryption.active_peer(one)
    return (
        f"IKE peer {peer}\n  Role: Initiator, State: Matured\n"
        f"  Initiator cookie: {keys.initiator}, Responder cookie: {keys.responder}\n"
        f"  Exchange type: Main, Authentication method: Pre-shared-keys\n"
        f"  Local: {one.peers.local}:500, Remote: {peer}:500\n"
        f"  Lifetime: Expires in {keys.hard(call.box.clock.now())} seconds\n"
        "  Algorithms:\n    Authentication        : md5\n    Encryption            : 3des-cbc\n"
        "    Pseudo random function: hmac-md5\n"
        "  Traffic statistics:\n    Input bytes   :                 1000\n    Output bytes  :                 1280\n"
        "    Input packets :                    5\n    Output packets:                    9\n"
        "  Flags: Caller notification sent\n  IPsec security associations: 2 created, 0 deleted\n"
        "  Phase 2 negotiations in progress: 0\n"
    )


def ipsec(call: Call) -> Answer:
    """``show ipsec security-associations``."""
    encryption, markup = call.box.encryption, call.markup("junos-ipsec")
    detail, now = call.get("level") == "detail", call.box.clock.now()
    blocks, texts = [], []
    for one in encryption.scenario.associations:
        if call.get("sa-name") not in {"", one.name}:
            continue
        ways = [_leaves(encryption, one, way, detail=detail, now=now) for way in ("inbound", "outbound")]
        head: dict[str, object] = {"sa-name": one.name, "sa-block-state": one.family or None}
        rows = [markup.branch("security-associations", markup.leaves(leaves)) for leaves in ways]
        blocks.append(markup.branch("security-associations-block", [*markup.leaves(head), *rows]))
        family = f", Interface family: {one.family}" if one.family else ""
        texts.append(f"Security association: {one.name}{family}\n{(_detail if detail else _brief)(ways)}")
    return Answer("\n".join(texts), [markup.branch("security-associations-information", blocks)])


def _leaves(encryption: Encryption, one: Association, way: str, *, detail: bool, now: float) -> dict[str, object]:
    keys = encryption.memory.keys[one.name]
    leaves: dict[str, object] = {
        "sa-direction": way,
        "sa-spi": keys.inbound if way == "inbound" else keys.outbound,
        "sa-aux-spi": keys.inbound % 9999 + 1 if one.protocol == "AH+ESP" else 0,
        "sa-mode": one.mode,
        "sa-type": "dynamic" if detail and one.misprinted_type else one.type,
        "sa-protocol": one.protocol,
    }
    if not detail:
        return leaves
    leaves |= {
        "sa-state": "Installed" if one.installed else "Not installed",
        "sa-authentication-algorithm": "hmac-md5-96",
        "sa-encryption-algorithm": "None",
    }
    if one.type == "dynamic":
        leaves["sa-soft-lifetime"] = _left(keys.soft(now))
        leaves["sa-hard-lifetime"] = _left(keys.hard(now))
    leaves["sa-anti-replay-service"] = "Enabled" if one.replay_window else "Disabled"
    leaves["sa-replay-window-size"] = one.replay_window or None
    return leaves


def _left(seconds: int) -> str:
    return f"Expires in {seconds} seconds" if seconds else "Expired"


def _brief(ways: list[dict[str, object]]) -> str:
    widths = {"sa-direction": 9, "sa-spi": 11, "sa-aux-spi": 11, "sa-mode": 10, "sa-type": 8, "sa-protocol": 0}
    heads = ("Direction", "SPI", "AUX-SPI", "Mode", "Type", "Protocol")
    lines = [" ".join(f"{head:<{width}}" for head, width in zip(heads, widths.values(), strict=True))]
    lines += [" ".join(f"{way[name]!s:<{width}}" for name, width in widths.items()) for way in ways]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _detail(ways: list[dict[str, object]]) -> str:
    return "".join(f"\n{_direction(way)}" for way in ways)


def _direction(way: dict[str, object]) -> str:
    lifetimes = [
        f"{which} lifetime: {way[leaf]}"
        for which, leaf in (("Soft", "sa-soft-lifetime"), ("Hard", "sa-hard-lifetime")) if leaf in way
    ]  # fmt: skip
    window = f", Replay window size: {way['sa-replay-window-size']}" if way["sa-replay-window-size"] else ""
    spis = f"SPI: {way['sa-spi']}, AUX-SPI: {way['sa-aux-spi']}"
    algorithms = f"Authentication: {way['sa-authentication-algorithm']}, Encryption: {way['sa-encryption-algorithm']}"
    lines = [
        f"Direction: {way['sa-direction']}, {spis}, State: {way['sa-state']}",
        f"Mode: {way['sa-mode']}, Type: {way['sa-type']}",
        f"Protocol: {way['sa-protocol']}, {algorithms}",
        *lifetimes,
        f"Anti-replay service: {way['sa-anti-replay-service']}{window}",
    ]
    return "".join(f"  {line}\n" for line in lines)


def certificates(call: Call) -> Answer:
    """``show ipsec certificates``: text only."""
    held = call.box.encryption.scenario.certificates
    shown = [one for one in held if call.get("serial-number") in {"", str(one.serial)}]
    locked = sum(" Root " in f" {one.flags} " for one in held)
    head = f"Database: Total entries: {len(held)} Active entries: {len(held)} Locked entries: {locked}\n"
    if call.get("level") == "detail":
        return Answer(head + "\n".join(_certificate(one) for one in shown))
    rows = [f"{'ID':<7} {'Serial':<11} Subject"]
    rows += [f"{one.id:<7} {one.serial:<11} {one.subject}" for one in shown]
    return Answer(head + "".join(f"{row}\n" for row in rows))


def _certificate(one: Certificate) -> str:
    name, value = one.alternative
    return (
        f"Subject: {one.subject}\n  ID: {one.id}, References: 0, Serial: {one.serial}\n  Flags: {one.flags}\n"
        f"  Validity period starts: {one.starts}\n  Validity period ends: {one.ends}\n"
        f"  Alternative name information:\n    {name}: {value}\n  Issuer: {one.issuer}\n"
    )


def revoked(call: Call) -> Answer:
    """``show ipsec certificates crl``: one list of the first root, with nothing on it."""
    markup = call.markup("junos-ipsec")
    roots = [one for one in call.box.encryption.scenario.certificates if " Root " in f" {one.flags} "]
    rows, text = [], ""
    for one in roots:
        leaves: dict[str, object] = {"cert-issuer": one.issuer, "cert-id": one.id, "cert-references": 0}
        rows.append(markup.branch("crl", markup.leaves(leaves)))
        text += f"Issuer: {one.issuer}\n  ID: {one.id}, References: 0\n"
    return Answer(text, [markup.branch("crl-information", rows)])


OPERATIONS = (
    Operation(
        "get-ike-security-associations-information", "show ike security-associations", ike, "view",
        arguments=(_LEVELS, Argument("peer-address", positional=True)),
    ),
    Operation(
        "get-security-associations-information", "show ipsec security-associations", ipsec, "view",
        arguments=(_LEVELS, Argument("sa-name", positional=True)),
    ),
    Operation(
        "get-certificates-information", "show ipsec certificates", certificates, "view",
        arguments=(_LEVELS, Argument("serial-number", positional=True)),
    ),
    Operation(
        "get-crl-information", "show ipsec certificates crl", revoked, "view",
        arguments=(_LEVELS, Argument("crl-name", positional=True)),
    ),
)  # fmt: skip
