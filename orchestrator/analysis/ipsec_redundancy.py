"""What is wrong, or only worth knowing, with redundant encryption PICs, tunnels and the associations they carry.

Meaning of states and counters: documentation of ES PICs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from orchestrator.model.flow_trace import Line
from orchestrator.model.ipsec import IpsecSa
from orchestrator.model.ipsec_redundancy import OFFLINE, STANDBY, PairKind, RedundantPair
from orchestrator.model.verdict import Finding, lines_of

_SOURCE = ("show ipsec redundancy",)
_SA_SOURCE = ("show ipsec security-associations",)


def findings(pairs: Iterable[RedundantPair], associations: Iterable[IpsecSa]) -> list[Finding]:
    """Everything there is to say, the pairs first."""
    return [*(one for pair in pairs for one in _of_pair(pair)), *(one for sa in associations for one in _of_sa(sa))]


def _of_pair(pair: RedundantPair) -> Iterator[Finding]:
    offline = [side.name for side in pair.sides if side.state == OFFLINE]
    if len(offline) == len(pair.sides):
        yield _finding(
            pair, f"both encryption interfaces are offline: {' and '.join(offline)}",
            "both begin so; once up, one is Active and one Standby. Until then nothing is encrypted",
            "show chassis hardware and show interfaces: are the PICs there and up?",
        )  # fmt: skip
    elif offline:
        yield _finding(
            pair, f"{offline[0]} is offline: nobody stands by",
            "when the active one fails every tunnel is lost, and a switch would lead nowhere",
            f"show chassis hardware, show interfaces {offline[0]}: bring it up",
        )  # fmt: skip
    elif pair.kind is PairKind.TUNNEL and all(side.state == STANDBY for side in pair.sides):
        yield _finding(
            pair, f"{pair.name} has no connection to either peer",
            "both peers stand by until a connection exists",
            "show ike security-associations: is the negotiation matured?",
        )  # fmt: skip
    if pair.active is pair.backup:
        yield _finding(
            pair, f"{pair.backup.name}, the backup, carries the traffic",
            "there is no preemption: a primary that is well again stays in standby until somebody switches",
            f"when the primary is well: orchestrator request ipsec-switch, for {pair.name}",
        )  # fmt: skip
    if pair.counter:
        yield _finding(
            pair, f"{pair.name} has switched {pair.counter} time{'s' * (pair.counter != 1)} since the software was "
            "activated",
            "each is a failure of the active side, or a switch by hand",
            "show log messages: when, and did somebody ask for it?",
        )  # fmt: skip


def _finding(pair: RedundantPair, symptom: str, why: str, then: str) -> Finding:
    return Finding(symptom=symptom, saw=str(pair), why=why, next=then, sources=_SOURCE)


def _of_sa(sa: IpsecSa) -> Iterator[Finding]:
    state = " ".join(sa.state.lower().split())
    if state == "down":
        yield _of(
            sa, f"{sa.label}: interface family is down",
            "the association is referenced by an interface family, and that family is down: nothing passes",
            "show interfaces of the encryption interface: why is its family down?", lines_of(sa.line),
        )  # fmt: skip
    elif state == "no reference":
        yield _of(
            sa, f"{sa.label}: no interface family refers to it",
            "an association that no interface family references protects nothing",
            "the configuration of the encryption interface: its family inet must name this association",
            lines_of(sa.line),
        )  # fmt: skip
    missing = [one for one in sa.directions if one.mode.lower() == "transport" and one.installed is False]
    if missing:
        ways = " and ".join(one.direction for one in missing)
        lines = tuple(one.line for one in missing if one.line is not None)
        yield _of(
            sa, f"{sa.label}: its transport association is not installed ({ways})",
            "in transport mode the state should always be Installed",
            "show log messages of the key management daemon: why was it not installed?", lines,
        )  # fmt: skip


def _of(sa: IpsecSa, symptom: str, why: str, then: str, lines: Sequence[Line]) -> Finding:
    ways = ", ".join(f"{one.direction} SPI {one.spi} {one.state}".strip() for one in sa.directions)
    saw = f"{sa.label}: interface family {sa.state or 'not shown'}; {ways}"
    return Finding(symptom=symptom, saw=saw, why=why, next=then, lines=tuple(lines), sources=_SA_SOURCE)
