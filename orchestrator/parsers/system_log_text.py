"""RT_FLOW and APPTRACK in the unstructured form: the words in the order of Juniper's message templates.

Templates read (facts: System Log Explorer for 12.3 and 22.2R1, documentation of 2010, published logs between; the
order of APPTRACK: Juniper's own test library, and the published template of 12.x): later releases put connection tags
and NAT rule types between the old words and append the rest. Names are those of the structured form.
"""

from __future__ import annotations

import re

_ENDS = (
    r"(?P<{0}source_address>[0-9a-fA-F:.]{{2,45}})/(?P<{0}source_port>\d+)-{{1,2}}>"
    r"(?P<{0}destination_address>[0-9a-fA-F:.]{{2,45}})/(?P<{0}destination_port>\d+)"
)
_RULE_TYPE = r"(?:N/A|None|[A-Za-z]+ rule)"
_TAGGED_ENDS = _ENDS.format("") + r"(?: 0x(?P<connection_tag>[0-9a-f]+))?"
_SERVICE = r" (?P<service_name>\S+) "
_NAT = _ENDS.format("nat_") + r"(?: 0x(?P<nat_connection_tag>[0-9a-f]+))? "
_RULES = (
    rf"(?:(?P<src_nat_rule_type>{_RULE_TYPE}) (?P<src_nat_rule_name>\S+) "
    rf"(?P<dst_nat_rule_type>{_RULE_TYPE}) (?P<dst_nat_rule_name>\S+)"
    r"|(?P<src_nat_rule_name_old>\S+) (?P<dst_nat_rule_name_old>\S+)) "
)
_WHERE = r"(?P<policy_name>\S+) (?P<source_zone_name>\S+) (?P<destination_zone_name>\S+)"
_RULES_TO_ID = _NAT + _RULES + r"(?P<protocol_id>\d+) " + _WHERE + r" (?P<session_id>\d+)"
_SESSION = _TAGGED_ENDS + _SERVICE + _RULES_TO_ID
_COUNTERS = (
    r" (?P<packets_from_client>\d+)\((?P<bytes_from_client>\d+)\) (?P<packets_from_server>\d+)"
    r"\((?P<bytes_from_server>\d+)\) (?P<elapsed_time>\d+)"
)
_USER = r"(?P<username>\S+?)\((?P<roles>[^)]*)\) (?P<packet_incoming_interface>\S+)"
_ONLY_INTERFACE = r" (?P<packet_incoming_interface_old>[a-z.][\w./-]*)$"  # documentation of 2010
_APPLICATION = r"(?P<application>\S+) (?P<nested_application>\S+)"
_CATEGORY = (
    r"(?P<application_category>\S+) (?P<application_sub_category>\S+) (?P<application_risk>-?\d+|N/A) "
    r"(?P<application_characteristics>(?:[^;\s][^;]*;)+|\S+)"
)
_TUNNEL = (
    r"(?P<src_vrf_grp>\S+) (?P<dst_vrf_grp>\S+) (?P<tunnel_inspection>Off|On|N/A) (?P<tunnel_inspection_policy_set>\S+)"
)
_TENANT = r"(?P<source_tenant>\S+) (?P<destination_service>\S+)"
_PEER = (
    r"(?P<secure_web_proxy_session_type>\S+) (?P<peer_session_id>\S+) (?P<peer_source_address>\S+)/"
    r"(?P<peer_source_port>\d+)->(?P<peer_destination_address>\S+)/(?P<peer_destination_port>\d+) "
    r"(?P<hostname>\S+(?: NA)?)"
)
_REASON = r"(?P<reason>[^/:]{0,120}(?:/A)?)"
_TRACKED = _TAGGED_ENDS + _SERVICE + _APPLICATION + " " + _RULES_TO_ID
_TRACKED_USER = r" (?P<username>\S+) (?P<roles>\S+) (?P<encrypted>\S+)"
_ROUTE = r" (?P<profile_name>\S+) (?P<rule_name>\S+) (?P<routing_instance>\S+)(?: (?P<destination_interface_name>\S+))?"
_PATTERNS = {
    "session created": re.compile(
        rf"session created {_SESSION}(?:{_ONLY_INTERFACE}| {_USER}(?: {_APPLICATION} (?P<encrypted>\S+)(?: {_CATEGORY}"
        rf"(?: {_TUNNEL}(?: {_TENANT})?)?)?)?)?"
    ),
    "session closed": re.compile(
        rf"session closed {_REASON}: {_SESSION}{_COUNTERS}"
        rf"(?:{_ONLY_INTERFACE}| {_APPLICATION}(?: {_USER}(?: (?P<encrypted>\S+)(?: {_CATEGORY}(?: {_PEER}"
        rf"(?: {_TUNNEL}(?: (?P<session_flag>\S+)(?: {_TENANT})?)?)?)?)?)?)?)?"
    ),
    "session denied": re.compile(
        rf"session denied {_TAGGED_ENDS}{_SERVICE}(?P<protocol_id>\d+)\((?P<icmp_type>\d+)\) {_WHERE}"
        rf"(?:{_ONLY_INTERFACE}| {_APPLICATION} {_USER}"
        r"(?: (?P<encrypted>\S+)(?: (?P<reason>N/A|[^\d/][^/]{0,80}?)"
        rf"(?: (?P<session_id>\d+)(?: {_CATEGORY}(?: {_TUNNEL}(?: {_TENANT})?)?)?(?= |$)|$))?)?)?"
    ),
    "AppTrack session created": re.compile(rf"AppTrack session created {_TRACKED}(?:{_TRACKED_USER})?"),
    "AppTrack session closed": re.compile(
        rf"AppTrack session closed {_REASON}: {_TRACKED}{_COUNTERS}(?:{_TRACKED_USER}(?:{_ROUTE})?)?"
    ),
    "AppTrack volume update": re.compile(rf"AppTrack volume update ?: {_TRACKED}{_COUNTERS}(?:{_TRACKED_USER})?"),
    "AppTrack route update": re.compile(rf"AppTrack route update ?: {_TRACKED}(?:{_TRACKED_USER}(?:{_ROUTE})?)?"),
}
_TAGS = {
    "session created": "RT_FLOW_SESSION_CREATE",
    "session closed": "RT_FLOW_SESSION_CLOSE",
    "session denied": "RT_FLOW_SESSION_DENY",
    "AppTrack session created": "APPTRACK_SESSION_CREATE",
    "AppTrack session closed": "APPTRACK_SESSION_CLOSE",
    "AppTrack volume update": "APPTRACK_SESSION_VOL_UPDATE",
    "AppTrack route update": "APPTRACK_SESSION_ROUTE_UPDATE",
}
_BEGIN = re.compile(
    r"(?:^|\s)(AppTrack (?:session (?:created|closed)|(?:volume|route) update)|session (?:created|closed|denied))\b"
)
_BEGIN = re.compile(rf"(?:^|\s)({'|'.join(_PATTERNS)})\b")
_SESSION_TAG = re.compile(r"(?:RT_FLOW_SESSION|APPTRACK_SESSION)_[A-Z_]+")
_PAIRS = (re.compile(_ENDS.format("")), re.compile(_ENDS.format("nat_")))
_MODERN = "src_vrf_grp"  # in templates that have it the identifier is called session-id
_FARTHEST = 200


def is_session_tag(tag: str) -> bool:
    """Whether the tag is one of RT_FLOW or APPTRACK."""
    return _SESSION_TAG.fullmatch(tag) is not None


def is_session_text(message: str) -> bool:
    """Whether a message without a tag begins like an RT_FLOW or APPTRACK record."""
    return message.startswith(tuple(_TAGS)) and ">" in message


def tag_of(message: str) -> str:
    """Tag of a message that lost it."""
    return next((tag for start, tag in _TAGS.items() if message.startswith(start)), "")


def fields_of(message: str) -> dict[str, str]:
    """Fields of a message; only the addresses when it follows no template we know, nothing when it has none.

    The message of a logical system or a service set has words of its own in front. These, and what stands behind the
    words we know, are kept as ``unparsed``.
    """
    begin = _BEGIN.search(message, 0, _FARTHEST)
    start = begin.start(1) if begin else 0
    found = _PATTERNS[begin[1]].match(message, start) if begin else None
    if not found:
        return _addresses(message)
    fields = _named(found)
    if rest := f"{message[:start]}{message[found.end() :]}".strip():
        fields["unparsed"] = rest
    return fields


def _named(found: re.Match[str]) -> dict[str, str]:
    groups = {name: text for name, text in found.groupdict().items() if text is not None}
    fields = {name.removesuffix("_old").replace("_", "-"): text.rstrip() for name, text in groups.items()}
    if "session_id" in groups and _MODERN not in groups:
        fields["session-id-32"] = fields.pop("session-id")
    return fields


def _addresses(message: str) -> dict[str, str]:
    first = _PAIRS[0].search(message)
    if not first:
        return {}
    second = _PAIRS[1].search(message, first.end())
    both = first.groupdict() | (second.groupdict() if second else {})
    return {name.replace("_", "-"): text for name, text in both.items()}
