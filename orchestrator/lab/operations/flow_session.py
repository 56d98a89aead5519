"""Flow sessions: the table, its summary, one session by its id, clearing, and the forwarding status."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from orchestrator.lab.datapath.records import Session
from orchestrator.lab.operations import flow_session_text as text
from orchestrator.lab.operations import flow_session_xml as xml
from orchestrator.lab.operations.answer import Answer, Refusal, unknown
from orchestrator.lab.operations.operation import Argument, Call, Operation
from orchestrator.lab.operations.protocols import number_of_protocol, number_of_service

LEVELS = ("summary", "brief", "extensive", "pretty", "plugins", "old")
ADD_ONS = (
    "nat", "tunnel", "idp", "encrypted", "services-offload", "resource-manager", "ssl", "application-firewall",
    "application-traffic-control",
    "security-intelligence", "advanced-anti-malware", "anti-virus", "content-filtering", "web-filtering", "drop-flow",
)  # fmt: skip
# What came after 17.4 (facts: YANG); an older release does not know the word.
LATER = frozenset(
    "zone session-state ssl url-category vrf-group source-nat-pool session-type anti-virus content-filtering "
    "web-filtering drop-flow".split()
)
# Names of the argument ``application`` (facts: YANG); each stands for the predefined applications it begins.
APPLICATIONS = frozenset(
    "dns ftp ignore mgcp-ca mgcp-ua ms-rpc pptp sun-rpc q931 ras realaudio rsh rtsp sccp sip sqlnet-v2 talk tftp "
    "http https smtp imap ssh telnet".split()
)
# A clear without a filter leaves these alone (documentation).
SPARED = ("tunnel", "resource-manager")
BOUNDS = tuple(
    f"{what}-{side}-than" for what in ("duration", "timeout", "packets", "bytes") for side in ("more", "less")
)
FILTERS = (
    Argument("source-prefix"), Argument("destination-prefix"),
    Argument("source-port"), Argument("destination-port"),
    Argument("protocol"), Argument("application"), Argument("family"), Argument("interface"), Argument("zone"),
    Argument("policy-id", low=1, high=2**32 - 1), Argument("conn-tag", low=0, high=2**32 - 1),
    Argument("session-state"), Argument("dynamic-application"), Argument("source-nat-pool"),
    Argument("add-on", choices=ADD_ONS),
    *(Argument(name, low=1, high=100_000) for name in BOUNDS),
)  # fmt: skip
SELECTING = tuple(argument.name for argument in FILTERS)
IDENTIFIER = Argument("session-identifier", mandatory=True, positional=True, low=0, high=2**64 - 1)
Test = Callable[[Session], bool]


def _prefix_test(call: Call, argument: str, address: Callable[[Session], str]) -> Test:
    try:
        prefix = ipaddress.ip_network(call.get(argument), strict=False)
    except ValueError as error:
        raise Refusal(f"invalid prefix: {call.get(argument)}", bad_element=argument) from error
    return lambda session: ipaddress.ip_address(address(session)) in prefix


def _tests(call: Call) -> list[Test]:
    """One test for each filter given; all must hold."""
    get = call.get
    tests: dict[str, Callable[[], Test]] = {
        "source-prefix": lambda: _prefix_test(call, "source-prefix", lambda s: s.incoming.source),
        "destination-prefix": lambda: _prefix_test(call, "destination-prefix", lambda s: s.incoming.destination),
        "source-port": lambda: _equals(number_of_service(get("source-port"), "source-port"), "source_port"),
        "destination-port": lambda: _equals(
            number_of_service(get("destination-port"), "destination-port"), "destination_port"
        ),
        "protocol": lambda: _equals(number_of_protocol(get("protocol")), "protocol"),
        "application": lambda: _application_test(get("application")),
        "family": lambda: lambda s: (":" in s.incoming.source) == (get("family") == "inet6"),
        "interface": lambda: lambda s: get("interface") in {w.interface for w in (s.incoming, s.outgoing) if w},
        "zone": lambda: lambda s: get("zone") in {s.from_zone, s.to_zone},
        "policy-id": lambda: lambda s: s.policy.rpartition("/")[2] == get("policy-id"),
        "conn-tag": lambda: lambda _: get("conn-tag") == "0",
        "session-state": lambda: lambda _: get("session-state") == "active",
        "dynamic-application": lambda: (
            lambda s: get("dynamic-application") in {"any", f"junos:{s.dynamic_application or 'UNKNOWN'}"}
        ),
        "source-nat-pool": lambda: lambda s: s.source_pool == get("source-nat-pool"),
        "add-on": lambda: lambda s: _has(s, get("add-on")),
    }
    _refuse_later(call)
    found = [make() for name, make in tests.items() if get(name)]
    return found + [_bound(call, name) for name in BOUNDS if get(name)]


def _refuse_later(call: Call) -> None:
    """An older release does not know the newer words (which words: facts; how it refuses: as any unknown element)."""
    if call.box.persona.flow_layout != "17.3":
        return
    for name, value in call.arguments.items():
        if name in BOUNDS or name in LATER or value in LATER:
            raise unknown(value if name == "add-on" else name)


def _application_test(name: str) -> Test:
    if name not in APPLICATIONS:
        raise unknown("application")

    def matches(session: Session) -> bool:
        said = session.application.removeprefix("junos-")
        return said == name or said.startswith(f"{name}-")

    return matches


def _equals(number: int, attribute: str) -> Test:
    return lambda session: getattr(session.incoming, attribute) == number


def _has(session: Session, add_on: str) -> bool:
    if add_on == "nat":
        return text.is_translated(session)
    if add_on == "tunnel" and session.outgoing is None and not session.multicast:
        return True
    return add_on in session.kinds


def _bound(call: Call, name: str) -> Test:
    what, side, _ = name.split("-")
    limit, now = int(call.get(name)), call.box.clock.now()

    def amount(session: Session) -> float:
        wings = [wing for wing in (session.incoming, session.outgoing) if wing]
        return {
            "duration": now - session.created,
            "timeout": text.remaining(session, now),
            "packets": sum(wing.packets for wing in wings),
            "bytes": sum(wing.bytes for wing in wings),
        }[what]

    return lambda session: amount(session) > limit if side == "more" else amount(session) < limit


def _everything(call: Call) -> list[Session]:
    return [*call.box.datapath.sessions.values(), *call.box.standing.living(call.box.clock.now())]


def _selected(call: Call) -> list[Session]:
    tests = _tests(call)
    sessions = sorted(_everything(call), key=lambda one: one.session_id)
    return [one for one in sessions if all(test(one) for test in tests)]


def _view(call: Call) -> text.View:
    persona, box = call.box.persona, call.box
    return text.View(
        layout=persona.flow_layout,
        now=box.clock.now(),
        booted=box.booted,
        clustered=persona.nodes > 1,
        backup=call.node > 0,
    )


def get(call: Call) -> Answer:
    """``show security flow session`` with its filters, plain or summary."""
    sessions = _selected(call)
    view = _view(call)
    markup = call.markup("junos-flow")
    padded = call.box.persona.padded
    if call.get("level") in {"summary", "old"}:
        if any(call.get(name) for name in SELECTING):
            elements = xml.filtered_summary(markup, sessions)
            return Answer(text.filtered_summary(sessions), elements, padded=padded)
        numbers = text.summary_numbers(sessions, call.box.datapath.counters)
        return Answer(text.summary(numbers, view), xml.summary(markup, numbers, view), padded=padded)
    if call.wants_xml:
        return Answer("", [xml.table(markup, sessions, view)], padded=padded)
    return Answer(text.table(sessions, view))


def get_by_identifier(call: Call) -> Answer:
    """``show security flow session session-identifier N``."""
    wanted = int(call.get("session-identifier"))
    found = [one for one in _everything(call) if one.session_id == wanted]
    view = _view(call)
    element = xml.table(call.markup("junos-flow"), found, view)
    return Answer(text.table(found, view), [element], padded=call.box.persona.padded)


def _cleared(call: Call, matches: Test, *, ends_session: bool = False) -> Answer:
    count = 0
    if call.node == 0:
        standing, carried = call.box.standing.clear(matches, call.box.clock.now())
        count = call.box.datapath.clear(matches) + standing
        ends_session = ends_session or call.caller.session in carried
        for number in carried - {call.caller.session}:
            call.box.connections[number].drop()
    markup = call.markup("junos-flow")
    element = markup.branch("clear-flow-session-information", [markup.leaf("cleared-flow-session-count", count)])
    feedback = f"{count} active sessions cleared\n"
    return Answer(feedback, [element], padded=call.box.persona.padded, ends_session=ends_session)


def clear(call: Call) -> Answer:
    """``clear security flow session``: without a filter it also ends the session that carries the request."""
    if not any(call.get(name) for name in SELECTING):
        return clear_all(call)
    chosen = {session.session_id for session in _selected(call)}
    return _cleared(call, lambda session: session.session_id in chosen)


def clear_all(call: Call) -> Answer:
    """``clear security flow session all``."""
    return _cleared(call, lambda one: not any(_has(one, kind) for kind in SPARED), ends_session=True)


def clear_by_identifier(call: Call) -> Answer:
    """``clear security flow session session-identifier N``."""
    wanted = int(call.get("session-identifier"))
    return _cleared(call, lambda session: session.session_id == wanted)


def status(call: Call) -> Answer:
    """``show security flow status``."""
    markup = call.markup("junos-flow")
    tracing = "on" if call.box.monitor.traceoptions_on else "off"
    return Answer(text.status(tracing), [xml.status(markup, tracing)], padded=call.box.persona.padded)


OPERATIONS = (
    Operation(
        "get-flow-session-information", "show security flow session", get, "view", per_node=True,
        arguments=(*FILTERS, Argument("level", choices=LEVELS)),
    ),
    Operation(
        "get-flow-session-by-identifier", "show security flow session session-identifier", get_by_identifier, "view",
        per_node=True, arguments=(IDENTIFIER, Argument("level", choices=LEVELS)),
    ),
    Operation(
        "clear-flow-session", "clear security flow session", clear, "clear", per_node=True, arguments=FILTERS,
    ),
    Operation("clear-flow-session-all", "clear security flow session all", clear_all, "clear", per_node=True),
    Operation(
        "clear-flow-session-by-session-identifier", "clear security flow session session-identifier",
        clear_by_identifier, "clear", per_node=True, arguments=(IDENTIFIER,),
    ),
    Operation("get-flow-status-all", "show security flow status", status, "view", per_node=True),
)  # fmt: skip
