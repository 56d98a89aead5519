"""The typed view of an RT_FLOW or APPTRACK record."""

from __future__ import annotations

from orchestrator.model import protocols
from orchestrator.model.close_reasons import close_reason
from orchestrator.model.flow import FlowKey
from orchestrator.model.session_log import LogEnd, SessionEvent, SessionLog
from orchestrator.model.system_log import LogRecord
from orchestrator.parsers.values import icmp_words, integer, ports, present

_EVENTS = {"CREATE": SessionEvent.CREATE, "CLOSE": SessionEvent.CLOSE, "DENY": SessionEvent.DENY}
_FLOW, _TRACKING = "RT_FLOW_SESSION_", "APPTRACK_SESSION_"
# What a NAT rule field holds without a rule: ``None`` up to 12.1X46, ``N/A`` later.
_NO_RULE = {"", "none", "n/a"}
_ENCRYPTED = {"yes": True, "no": False}


def session_log(record: LogRecord) -> SessionLog | None:
    """Read a record as what happened to a session.

    ``None`` for every other record, for the volume and route updates of APPTRACK, and for a record whose addresses or
    protocol cannot be read (a cut line, a template that is not known).
    """
    kind, key = event_of(record.tag), _key(record.fields)
    if kind is None or key is None:
        return None
    fields = record.fields
    protocol = key.protocol
    return SessionLog(
        kind=kind,
        key=key,
        nat_source=_end(fields, "nat-source", protocol),
        nat_destination=_end(fields, "nat-destination", protocol),
        from_zone=present(fields.get("source-zone-name")),
        to_zone=present(fields.get("destination-zone-name")),
        policy=present(fields.get("policy-name")),
        service=present(fields.get("service-name")),
        session_id=_session_id(fields),
        reason=present(fields.get("reason")),
        close_reason=close_reason(fields.get("reason", "")) if kind is SessionEvent.CLOSE else None,
        packets_from_client=integer(fields.get("packets-from-client")),
        bytes_from_client=integer(fields.get("bytes-from-client")),
        packets_from_server=integer(fields.get("packets-from-server")),
        bytes_from_server=integer(fields.get("bytes-from-server")),
        elapsed_seconds=integer(fields.get("elapsed-time")),
        application=_application(fields, "application"),
        nested_application=_application(fields, "nested-application"),
        source_rule=_rule(fields, "src-nat-rule-name"),
        source_rule_type=_rule(fields, "src-nat-rule-type"),
        destination_rule=_rule(fields, "dst-nat-rule-name"),
        destination_rule_type=_rule(fields, "dst-nat-rule-type"),
        icmp_type=integer(fields.get("icmp-type")) if protocol in protocols.ICMP else None,
        icmp_words=icmp_words(protocol, fields.get("source-port", ""), fields.get("destination-port", "")),
        interface=present(fields.get("packet-incoming-interface")),
        user=present(fields.get("username")),
        roles=present(fields.get("roles")),
        encrypted=_ENCRYPTED.get(fields.get("encrypted", "").strip().lower()),
        logical_system=present(fields.get("logical-system-name")),
        host=record.host,
        time=record.time,
        tracking=record.tag.startswith(_TRACKING),
        repeated=record.repeated,
        line=record.line,
    )


def event_of(tag: str) -> SessionEvent | None:
    """What a tag tells, also that of a logical system (``_LS``) or a service set (``_USF``)."""
    for family in (_FLOW, _TRACKING):
        if tag.startswith(family):
            return _EVENTS.get(tag.removeprefix(family).removesuffix("_LS").removesuffix("_USF"))
    return None


def _key(fields: dict[str, str]) -> FlowKey | None:
    source, destination = fields.get("source-address", ""), fields.get("destination-address", "")
    protocol = integer(fields.get("protocol-id"))
    if not source or not destination or protocol is None:
        return None
    first, second = ports(protocol, fields.get("source-port", ""), fields.get("destination-port", ""))
    return FlowKey(source, first, destination, second, protocol)


def _end(fields: dict[str, str], which: str, protocol: int) -> LogEnd | None:
    address = fields.get(f"{which}-address")
    if not address:
        return None
    port, _ = ports(protocol, fields.get(f"{which}-port", ""), "")
    return LogEnd(address, port)


def _session_id(fields: dict[str, str]) -> int | None:
    """The identifier; 0 in a deny means that no session was made."""
    number = integer(fields.get("session-id") or fields.get("session-id-32"))
    return number or None


def _application(fields: dict[str, str], name: str) -> str:
    said = present(fields.get(name))
    return "" if said.upper() == "UNKNOWN" else said


def _rule(fields: dict[str, str], name: str) -> str:
    said = fields.get(name, "").strip()
    return "" if said.lower() in _NO_RULE else said
