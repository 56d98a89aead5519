"""Multicast sessions: template and leaves linked, their timeout, and streams that speak too seldom for it.

Template and leaves can have one timeout only, the highest of those configured for the leaves' policies and of the IP
protocol; the protocol's is the default and cannot be configured (documentation: multicast flow sessions).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence

from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_configuration import UDP_TIMEOUT_SECONDS, FlowConfiguration
from orchestrator.model.flow_session import FlowSession
from orchestrator.model.multicast_session import LEAF_TIMEOUT, MulticastStream, MulticastTable
from orchestrator.model.policy import Policies
from orchestrator.model.verdict import Finding

UDP = 17
_OF_ONE_LINK = (ipaddress.ip_network("224.0.0.0/24"), ipaddress.ip_network("ff02::/16"))
_COUNTS_FROM = 2  # packets that make an interval
CURE = (
    "give the leaf's policy a custom application with a longer time: applications application NAME protocol udp "
    "destination-port {port} application-protocol ignore inactivity-timeout {seconds}, and match application NAME in "
    "the policy {policy}"
)


def table(
    sessions: Iterable[FlowSession],
    earlier: Iterable[FlowSession] | None = None,
    *,
    configuration: FlowConfiguration | None = None,
    policies: Policies | None = None,
    interval_seconds: float | None = None,
) -> MulticastTable:
    """Link the sessions of one look; ``earlier`` is another look, which shows streams that were made anew."""
    streams = [_told(one, configuration, policies, interval_seconds) for one in linked(sessions)]
    before = list(linked(earlier)) if earlier is not None else None
    found = [finding for one in streams for finding in _of(one)]
    if before is not None:
        found += _made_anew(before, streams)
    missing: list[str] = []
    if streams and (configuration is None or configuration.application_timeouts is None):
        missing.append("the timeout that should hold: the applications were not read")
    if streams and policies is None:
        missing.append("times of the leaves' policies: the policies were not read")
    if streams and before is None:
        missing.append("whether streams are made anew: one look cannot tell, --again-after 70s looks twice")
    return MulticastTable(streams=tuple(streams), findings=tuple(found), not_checked=tuple(missing))


def linked(sessions: Iterable[FlowSession]) -> Iterator[MulticastStream]:
    """Streams by node and packet, each with its template and leaves, in the order of the table.

    A template may have no ``Out`` wing, a leaf has the timeout of leaves: so streams are found also where a text has
    had its group addresses replaced, as the documentation's own sample.
    """
    held: dict[tuple[str, FlowKey], list[FlowSession]] = {}
    for session in sessions:
        arrives = session.wing("In")
        if arrives is None:
            continue
        if _is_group(arrives.destination) or _is_leaf(session) or session.wing("Out") is None:
            held.setdefault((session.node, arrives.key), []).append(session)
    for (node, key), members in held.items():
        leaves = tuple(one for one in members if _is_leaf(one))
        if not (leaves or _is_group(key.destination)):
            continue  # a tunnel
        template = next((one for one in members if one not in leaves), None)
        yield MulticastStream(key=key, node=node, template=template, leaves=leaves)


def _is_leaf(session: FlowSession) -> bool:
    return LEAF_TIMEOUT in {session.timeout, session.configured_timeout}


def _is_group(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_multicast
    except ValueError:
        return False


def _told(
    stream: MulticastStream, configuration: FlowConfiguration | None, policies: Policies | None, asked: float | None
) -> MulticastStream:
    return MulticastStream(
        key=stream.key, node=stream.node, template=stream.template, leaves=stream.leaves,
        expected_seconds=_expected(stream, configuration, policies),
        interval_seconds=asked if asked is not None else _interval(stream),
    )  # fmt: skip


def _expected(
    stream: MulticastStream, configuration: FlowConfiguration | None, policies: Policies | None
) -> int | None:
    """``None`` where a source is missing, the protocol has no documented time, or a time is ``never``."""
    if configuration is None or configuration.application_timeouts is None or policies is None:
        return None
    if stream.key.protocol != UDP:
        return None
    times: list[int] = [UDP_TIMEOUT_SECONDS]
    for leaf in stream.leaves:
        named = {leaf.application} | {
            name for one in policies.policies if one.name == leaf.policy for name in one.applications
        }
        for one in configuration.application_timeouts:
            if one.application in named and one.seconds is None:
                return None
            if one.application in named and one.seconds is not None:
                times.append(one.seconds)
    return max(times)


def _interval(stream: MulticastStream) -> float | None:
    """Seconds between two packets, as the longest-lived session of the stream counted them."""
    members = [one for one in (stream.template, *stream.leaves) if one is not None]
    counted = [
        (one.duration, wing.packets)
        for one in members
        if (wing := one.wing("In")) is not None and one.duration and (wing.packets or 0) >= _COUNTS_FROM
    ]
    if not counted:
        return None
    duration, packets = max(counted, key=lambda pair: pair[0] or 0)
    return (duration or 0) / ((packets or 0) - 1)


def _of(stream: MulticastStream) -> Iterator[Finding]:
    yield from _premature(stream)
    template, expected = stream.template, stream.expected_seconds
    if template is None and stream.leaves:
        yield Finding(
            symptom="leaf sessions without their template",
            saw=f"{stream.key}: {len(stream.leaves)} leaf sessions, no template session beside them",
            why="a leaf ages out with its template only: without one it may stay, or was just being taken down",
            next="look again in a minute: are they gone?",
            soft=True,
        )
    if template is None:
        return
    if not stream.leaves and not _is_of_one_link(stream.key.destination):
        yield Finding(
            symptom="a multicast template without leaves", saw=f"{stream.key}: session {template.session_id}",
            why="packets of the group arrive, and no interface with a receiver is there to send them to",
            next="show multicast route extensive, show igmp group: is there a receiver behind this device? does a "
            "policy permit the stream to its zone?",
        )  # fmt: skip
    configured = template.configured_timeout
    if stream.leaves and expected is not None and configured is not None and configured != expected:
        yield Finding(
            symptom="the template's timeout is not the highest of its leaves and the protocol",
            saw=f"{stream.key}: session {template.session_id} has {configured} s, expected are {expected} s",
            why="template and leaves share the highest of the configured leaf times and the protocol's; a session "
            "keeps what held when it was made",
            next="was the application or the policy committed after the session was made? clear sessions --id "
            f"{template.session_id} makes it anew",
        )


def _premature(stream: MulticastStream) -> Iterator[Finding]:
    interval, timeout = stream.interval_seconds, stream.timeout_seconds
    timeout = UDP_TIMEOUT_SECONDS if timeout is None else timeout
    if interval is None or stream.key.protocol != UDP or interval <= timeout:
        return
    yield Finding(
        symptom="multicast sessions age out before the next packet",
        saw=f"{stream.key}: a packet every {interval:.0f} s, and a session timeout of {timeout} s",
        why=f"the sessions are gone when the packet comes: each makes them anew, and packets are lost; the time of "
        f"UDP is always {UDP_TIMEOUT_SECONDS} s",
        next=_cure(stream, interval),
    )


def _cure(stream: MulticastStream, interval: float) -> str:
    policy = next((one.policy for one in stream.leaves if one.policy), "of the leaf")
    return CURE.format(port=stream.key.destination_port or "PORT", seconds=int(interval) * 2, policy=policy)


def _made_anew(before: Sequence[MulticastStream], after: Sequence[MulticastStream]) -> Iterator[Finding]:
    now = {(one.node, one.key): one for one in after}
    for old in before:
        new = now.get((old.node, old.key))
        if old.template is None or (new is not None and new.template is None):
            continue
        if new is None:
            yield Finding(
                symptom="a multicast stream's sessions are gone", saw=f"{old.key}: {_of_template(old)}, now none",
                why="they aged out: the stream ended, or its packets come more seldom than its timeout",
                next=f"does the source still send? if it does: {_cure(old, UDP_TIMEOUT_SECONDS * 2)}", soft=True,
            )  # fmt: skip
        elif new.template is not None and new.template.session_id != old.template.session_id:
            yield Finding(
                symptom="multicast sessions were made anew",
                saw=f"{old.key}: {_of_template(old)}, then {_of_template(new)}",
                why="they aged out between two packets of one stream, so packets come more seldom than the timeout, "
                "unless somebody cleared them",
                next=_cure(new, UDP_TIMEOUT_SECONDS * 2),
            )


def _of_template(stream: MulticastStream) -> str:
    assert stream.template is not None
    return f"session {stream.template.session_id} with {stream.timeout_seconds or '?'} s"


def _is_of_one_link(address: str) -> bool:
    group = ipaddress.ip_address(address)
    return any(group in network for network in _OF_ONE_LINK if network.version == group.version)
