"""Redundancy of encryption PICs and tunnels, and the clears (leaves: YANG 16.1; text: documentation of ES PICs).

Synthetic, because no source shows it: what is printed where nothing is redundant, and why a switch is refused. A
switch that is carried out says nothing. There is no RPC for it: it comes as a command line only.
"""

from __future__ import annotations

from orchestrator.lab.es_pic import NotSwitchedError
from orchestrator.lab.operations.answer import Answer, daemon_failure, denied
from orchestrator.lab.operations.es_pic_show import OPERATIONS as SHOWN
from orchestrator.lab.operations.operation import Argument, Call, Operation

NOT_SWITCHED = {
    "unknown": "error: no redundancy is configured for it",
    "offline": "error: the backup is not in standby",
}
NOT_REDUNDANT = "No redundancy is configured"


def interfaces(call: Call) -> Answer:
    """``show ipsec redundancy interface``."""
    encryption, markup = call.box.encryption, call.markup("junos-ipsec")
    pics, wanted = encryption.scenario.pics, call.get("interface-name")
    if pics is None or wanted not in {"", pics.primary, pics.backup}:
        nothing = markup.branch("ipsec-pic-redundancy", [markup.leaf("ipsec-redundancy-pic-no-information")])
        return Answer(f"{NOT_REDUNDANT}\n", [markup.branch("ipsec-pic-redundancy-information", [nothing])])
    (primary, backup), count = encryption.pic_states(), encryption.memory.pics.counter
    leaves: dict[str, object] = {
        "ipsec-redundancy-counter": count,
        "ipsec-pic-redundancy-primary-interface": pics.primary,
        "ipsec-redundancy-primary-state": primary,
        "ipsec-pic-redundancy-backup-interface": pics.backup,
        "ipsec-redundancy-backup-state": backup,
    }
    text = (
        f"Failure counter: {count}\nPrimary interface: {pics.primary}, State: {primary}\n"
        f"Backup interface : {pics.backup}, State: {backup}\n"
    )
    pair = markup.branch("ipsec-pic-redundancy", markup.leaves(leaves))
    return Answer(text, [markup.branch("ipsec-pic-redundancy-information", [pair])])


def tunnels(call: Call) -> Answer:
    """``show ipsec redundancy security-associations``."""
    encryption, markup = call.box.encryption, call.markup("junos-ipsec")
    rows, texts = [], []
    for one in encryption.scenario.associations:
        peers = one.peers
        if peers is None or call.get("security-association-name") not in {"", one.name}:
            continue
        (primary, backup), count = encryption.peer_states(one), encryption.memory.peers[one.name].counter
        leaves: dict[str, object] = {
            "sa-name": one.name,
            "ipsec-redundancy-counter": count,
            "ipsec-tunnel-redundancy-local-address": peers.local,
            "ipsec-tunnel-redundancy-primary-remote-address": peers.primary,
            "ipsec-redundancy-primary-state": primary,
            "ipsec-tunnel-redundancy-backup-remote-address": peers.backup,
            "ipsec-redundancy-backup-state": backup,
        }
        rows.append(markup.branch("ipsec-tunnel-redundancy", markup.leaves(leaves)))
        texts.append(
            f"Security association: {one.name}, Failure counter: {count}\nLocal IP: {peers.local}\n"
            f"Primary remote IP: {peers.primary}, State: {primary}\n"
            f"Backup remote IP : {peers.backup}, State: {backup}\n"
        )
    if not rows:
        empty = markup.leaf("ipsec-redundancy-tunnel-no-information")
        rows, texts = [markup.branch("ipsec-tunnel-redundancy", [empty])], [f"{NOT_REDUNDANT}\n"]
    return Answer("\n".join(texts), [markup.branch("ipsec-tunnel-redundancy-information", rows)])


def switch_interface(call: Call) -> Answer:
    """``request ipsec switch interface``."""
    return _switched(call, tunnel=False)


def switch_tunnel(call: Call) -> Answer:
    """``request ipsec switch security-associations``."""
    return _switched(call, tunnel=True)


def _switched(call: Call, *, tunnel: bool) -> Answer:
    _may(call, call.box.encryption.scenario.switch_permission)
    encryption = call.box.encryption
    try:
        (encryption.switch_peers if tunnel else encryption.switch_pics)(call.get("name"))
    except NotSwitchedError as why:
        key = str(why.args[0])
        raise daemon_failure(call.box.persona.texts.get(f"ipsec-switch-{key}", NOT_SWITCHED[key])) from why
    return Answer(call.box.persona.texts.get("ipsec-switched", ""))


def clear_ike(call: Call) -> Answer:
    """``clear ike security-associations``: each dynamic one is negotiated anew."""
    encryption = call.box.encryption
    _may(call, encryption.scenario.clear_permission)
    for one in encryption.scenario.associations:
        if call.get("peer-address") in {"", encryption.active_peer(one)}:
            encryption.renew(one.name)
    return Answer()


def clear_ipsec(call: Call) -> Answer:
    """``clear ipsec security-associations``: a new one is then created, of dynamic ones only."""
    _may(call, call.box.encryption.scenario.clear_permission)
    call.box.encryption.renew(call.get("sa-name"))
    return Answer()


def _may(call: Call, permission: str) -> None:
    if not call.box.persona.allows(call.caller.login_class, permission):
        raise denied(call.operation.words.split()[-1])


_NAME = (Argument("name", positional=True),)
OPERATIONS = (
    *SHOWN,
    Operation(
        "get-ipsec-pic-redundancy-information", "show ipsec redundancy interface", interfaces, "view",
        arguments=(Argument("interface-name", positional=True),),
    ),
    Operation(
        "get-ipsec-tunnel-redundancy-information", "show ipsec redundancy security-associations", tunnels, "view",
        arguments=(Argument("security-association-name", positional=True),),
    ),
    Operation("", "request ipsec switch interface", switch_interface, "", arguments=_NAME),
    Operation("", "request ipsec switch security-associations", switch_tunnel, "", arguments=_NAME),
    Operation(
        "clear-ike-security-associations", "clear ike security-associations", clear_ike, "",
        arguments=(Argument("peer-address", positional=True),),
    ),
    Operation(
        "clear-ipsec-security-associations", "clear ipsec security-associations", clear_ipsec, "",
        arguments=(Argument("sa-name", positional=True),),
    ),
)  # fmt: skip
