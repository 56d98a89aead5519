"""RT_FLOW: session create, close and deny, unstructured and structured.

Field lists: facts (Juniper's syslog templates for 22.2R1, published logs of 12.3). Files are rotated, so that a lab
running for days stays small.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from orchestrator.lab.datapath.outcome import Outcome
from orchestrator.lab.datapath.packet import ICMP, Key
from orchestrator.lab.datapath.policy import Verdict
from orchestrator.lab.datapath.records import Session
from orchestrator.lab.datapath.style import DeviceStyle
from orchestrator.lab.filesystem import DiskFullError, Filesystem
from orchestrator.lab.scenario import Log

MESSAGES: Final = "/var/log/messages"
TRAFFIC_LOG: Final = "/var/log/traffic-log"
FILE_BYTES: Final = 256 * 1024
FILES: Final = 4  # with their archives a file and its rotations stay under 1 MB

Pairs = list[tuple[str, str]]
CATEGORY: Final[Pairs] = [
    ("application-category", "N/A"),
    ("application-sub-category", "N/A"),
    ("application-risk", "-1"),
    ("application-characteristics", "N/A"),
]
VRF: Final[Pairs] = [("src-vrf-grp", "N/A"), ("dst-vrf-grp", "N/A")]
TUNNEL: Final[Pairs] = [("tunnel-inspection", "Off"), ("tunnel-inspection-policy-set", "root")]
TENANT: Final[Pairs] = [("source-tenant", "N/A"), ("destination-service", "N/A")]
USER: Final[Pairs] = [("username", "N/A"), ("roles", "N/A")]
UNKNOWN_APPLICATION: Final[Pairs] = [("application", "UNKNOWN"), ("nested-application", "UNKNOWN")]
PEER: Final[Pairs] = [
    ("secure-web-proxy-session-type", "NA"),
    ("peer-session-id", "0"),
    ("peer-source-address", "0.0.0.0"),  # noqa: S104 - a printed value
    ("peer-source-port", "0"),
    ("peer-destination-address", "0.0.0.0"),  # noqa: S104 - a printed value
    ("peer-destination-port", "0"),
    ("hostname", "NA NA"),
]
TAIL_WORDS: Final = "N/A N/A -1 N/A"
PEER_WORDS: Final = "NA 0 0.0.0.0/0->0.0.0.0/0 NA NA"


@dataclass(frozen=True, slots=True)
class Denial:
    """What a denial tells; ``zones`` are from and to, ``kind`` is the ICMP type."""

    time: float
    ends: Key
    kind: str
    interface: str
    zones: tuple[str, str]
    verdict: Verdict
    service: str
    session_id: int = 0
    application: str = "UNKNOWN"


class SessionLog:
    """Writes RT_FLOW lines; collected until ``flush`` so that a burst costs one write."""

    def __init__(self, style: DeviceStyle, log: Log, filesystem: Filesystem, idle_reason: str) -> None:
        self._style = style
        self._log = log
        self._filesystem = filesystem
        self._idle_reason = idle_reason
        self._is_old = style.log_fields == "12.3"
        self._pending: dict[str, bytearray] = {}

    def created(self, session: Session, now: float) -> None:
        """``RT_FLOW_SESSION_CREATE``."""
        text, pairs = self._session_words(session), self._session_pairs(session)
        if not self._is_old:
            iface = session.incoming.interface
            text += f" N/A(N/A) {iface} UNKNOWN UNKNOWN UNKNOWN {TAIL_WORDS} N/A N/A Off root N/A N/A"
            pairs += [*USER, ("packet-incoming-interface", iface), *UNKNOWN_APPLICATION, ("encrypted", "UNKNOWN")]
            pairs += [*CATEGORY, *VRF, *TUNNEL, *TENANT]
        self._write(now, "RT_FLOW_SESSION_CREATE", f"session created {text}", pairs)

    def closed(self, session: Session, now: float) -> None:
        """``RT_FLOW_SESSION_CLOSE``; an aged-out session counts its timeout into the elapsed time."""
        out, into = session.outgoing, session.incoming
        assert out is not None
        reason = session.closing or self._idle_reason
        elapsed = int((session.last_packet if session.closing else now) - session.created)
        text = f"{self._session_words(session)} {into.packets}({into.bytes}) {out.packets}({out.bytes}) {elapsed}"
        pairs = [("reason", reason), *self._session_pairs(session)]
        pairs += [("packets-from-client", str(into.packets)), ("bytes-from-client", str(into.bytes))]
        pairs += [("packets-from-server", str(out.packets)), ("bytes-from-server", str(out.bytes))]
        pairs += [("elapsed-time", str(elapsed))]
        if not self._is_old:
            iface, application = into.interface, session.dynamic_application or "UNKNOWN"
            text += f" {application} UNKNOWN N/A(N/A) {iface} No {TAIL_WORDS} {PEER_WORDS} N/A N/A Off root 0 N/A N/A"
            pairs += [("application", application), ("nested-application", "UNKNOWN"), *USER]
            pairs += [("packet-incoming-interface", iface), ("encrypted", "No")]
            pairs += [*CATEGORY, *PEER, *VRF, *TUNNEL, ("session-flag", "0"), *TENANT]
        self._write(now, "RT_FLOW_SESSION_CLOSE", f"session closed {reason}: {text}", pairs)

    def denied(self, outcome: Outcome, service: str) -> None:
        """``RT_FLOW_SESSION_DENY``; where no session was made its id is 0."""
        packet, verdict = outcome.packet, outcome.verdict
        assert verdict is not None
        kind = str(packet.icmp[0] if packet.protocol == ICMP else 0)
        zones = (outcome.from_zone, outcome.to_zone)
        self._denied(Denial(packet.time, packet.key, kind, packet.interface, zones, verdict, service))

    def denied_late(self, session: Session, verdict: Verdict, now: float) -> None:
        """The same once the application is known (facts: live 23.2R2): named from the client, with the session's id."""
        wing, zones = session.incoming, (session.from_zone, session.to_zone)
        ends = (wing.source, wing.source_port, wing.destination, wing.destination_port, wing.protocol)
        number, application = session.session_id, session.dynamic_application
        self._denied(Denial(now, ends, "0", wing.interface, zones, verdict, session.service, number, application))

    def _denied(self, one: Denial) -> None:
        source, source_port, destination, destination_port, protocol = one.ends
        policy, zones = one.verdict.name, " ".join(one.zones)
        tag = "" if self._is_old else "0x0 "
        ends = f"{source}/{source_port}->{destination}/{destination_port}"
        text = f"{ends} {tag}{one.service} {protocol}({one.kind}) {policy} {zones}"
        pairs = [
            ("source-address", source),
            ("source-port", str(source_port)),
            ("destination-address", destination),
            ("destination-port", str(destination_port)),
            *([] if self._is_old else [("connection-tag", "0")]),
            ("service-name", one.service),
            ("protocol-id", str(protocol)),
            ("icmp-type", one.kind),
            ("policy-name", policy),
            ("source-zone-name", one.zones[0]),
            ("destination-zone-name", one.zones[1]),
        ]
        if not self._is_old:
            reason = "Rejected by policy" if one.verdict.action == "reject" else "Denied by policy"
            number, tail = one.session_id, f"{TAIL_WORDS} N/A N/A Off root N/A N/A"
            text += f" {one.application} UNKNOWN N/A(N/A) {one.interface} No {reason} {number} {tail}"
            pairs += [("application", one.application), ("nested-application", "UNKNOWN"), *USER]
            pairs += [("packet-incoming-interface", one.interface), ("encrypted", "No"), ("reason", reason)]
            pairs += [("session-id", str(number)), *CATEGORY, *VRF, *TUNNEL, *TENANT]
        self._write(one.time, "RT_FLOW_SESSION_DENY", f"session denied {text}", pairs)

    def flush(self) -> None:
        """Append what was collected and rotate; lines are lost when the disk is full."""
        pending, self._pending = self._pending, {}
        for path, data in pending.items():
            try:
                self._filesystem.append(path, bytes(data), mode=0o640)
            except DiskFullError:
                continue
            file = self._filesystem.get(path)
            if file is not None and len(file.data) > FILE_BYTES:
                self._filesystem.rotate(path, FILES)

    def wipe(self) -> None:
        """A reboot: what was not written is lost."""
        self._pending.clear()

    def _write(self, now: float, tag: str, text: str, pairs: Pairs) -> None:
        if not self._log.is_local:
            return
        if self._log.messages:
            date = datetime.fromtimestamp(now, UTC)
            line = f"{date:%b} {date.day:2} {date:%H:%M:%S} {self._style.host_name} RT_FLOW: {tag}: {text}\n"
            self._pending.setdefault(MESSAGES, bytearray()).extend(line.encode())
        if self._log.structured:
            self._pending.setdefault(TRAFFIC_LOG, bytearray()).extend(self._structured(now, tag, pairs).encode())

    def _structured(self, now: float, tag: str, pairs: Pairs) -> str:
        stamp = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        data = " ".join(f'{key}="{value}"' for key, value in pairs)
        oid = self._style.platform_oid
        return f"<14>1 {stamp} {self._style.host_name} RT_FLOW - {tag} [junos@2636.1.1.1.2.{oid} {data}]\n"

    def _rules(self, session: Session) -> tuple[str, str, str, str]:
        """Source rule type and name, destination rule type and name."""
        none = "None" if self._is_old else "N/A"
        source = "static rule" if session.static_source else "source rule"
        destination = "static rule" if session.static_destination else "destination rule"
        return (
            source if session.source_rule else "N/A",
            session.source_rule or none,
            destination if session.destination_rule else "N/A",
            session.destination_rule or none,
        )

    def _session_words(self, session: Session) -> str:
        into, out = session.incoming, session.outgoing
        assert out is not None
        tag = "" if self._is_old else " 0x0"
        ends = f"{into.source}/{into.source_port}->{into.destination}/{into.destination_port}{tag}"
        after = f"{out.destination}/{out.destination_port}->{out.source}/{out.source_port}{tag}"
        rules = self._rules(session)
        named = " ".join(rules[1::2] if self._is_old else rules)
        policy = session.policy.rpartition("/")[0]
        zones = f"{session.from_zone} {session.to_zone}"
        return f"{ends} {session.service} {after} {named} {into.protocol} {policy} {zones} {session.session_id}"

    def _session_pairs(self, session: Session) -> Pairs:
        into, out, rules = session.incoming, session.outgoing, self._rules(session)
        assert out is not None
        tagged = not self._is_old
        return [
            ("source-address", into.source),
            ("source-port", str(into.source_port)),
            ("destination-address", into.destination),
            ("destination-port", str(into.destination_port)),
            *([("connection-tag", "0")] if tagged else []),
            ("service-name", session.service),
            ("nat-source-address", out.destination),
            ("nat-source-port", str(out.destination_port)),
            ("nat-destination-address", out.source),
            ("nat-destination-port", str(out.source_port)),
            *([("nat-connection-tag", "0")] if tagged else []),
            *([("src-nat-rule-type", rules[0])] if tagged else []),
            ("src-nat-rule-name", rules[1]),
            *([("dst-nat-rule-type", rules[2])] if tagged else []),
            ("dst-nat-rule-name", rules[3]),
            ("protocol-id", str(into.protocol)),
            ("policy-name", session.policy.rpartition("/")[0]),
            ("source-zone-name", session.from_zone),
            ("destination-zone-name", session.to_zone),
            ("session-id" if tagged else "session-id-32", str(session.session_id)),
        ]
