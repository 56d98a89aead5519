"""Session logs as types: every field and every reason of the documentation's three tables, in every release."""

from __future__ import annotations

import pytest
from log_maker import FIELDS, VALUES, structured, text, values_of

from orchestrator.model.close_reasons import DOCUMENTATION, MEANINGS, CloseReason, EndedBy, close_reason, meaning_of
from orchestrator.model.flow import FlowKey
from orchestrator.model.session_log import LogEnd, SessionEvent, SessionLog
from orchestrator.model.system_log import LogRecord
from orchestrator.parsers import system_log
from orchestrator.parsers.source import Source
from orchestrator.parsers.system_log_session import session_log

KINDS = ("CREATE", "CLOSE", "DENY")
FORMS = {"structured": structured, "text": text}


def read(line: str) -> LogRecord:
    (record,) = system_log.parse(Source.of_text(line))
    return record


def log_of(line: str) -> SessionLog:
    log = session_log(read(line))
    assert log is not None
    return log


# -- the tables -----------------------------------------------------------------------------------------------------

BOTH_ENDS = {
    "source-address": ("203.0.113.77", lambda log: log.key.source),
    "source-port": ("1111", lambda log: log.key.source_port),
    "destination-address": ("2001:db8::5", lambda log: log.key.destination),
    "destination-port": ("2222", lambda log: log.key.destination_port),
    "service-name": ("junos-telnet", lambda log: log.service),
    "protocol-id": ("17", lambda log: log.key.protocol),
    "policy-name": ("policy13", lambda log: log.policy),
}
TRANSLATED = {
    "nat-source-address": ("198.51.100.1", lambda log: log.nat_source.address),
    "nat-source-port": ("3333", lambda log: log.nat_source.port),
    "nat-destination-address": ("198.51.100.2", lambda log: log.nat_destination.address),
    "nat-destination-port": ("4444", lambda log: log.nat_destination.port),
    "src-nat-rule-name": ("static-1", lambda log: log.source_rule),
    "dst-nat-rule-name": ("static-2", lambda log: log.destination_rule),
    "session-id-32": ("4294967295", lambda log: log.session_id),
}
COUNTED = {
    "reason": ("aged out", lambda log: log.reason),
    "packets-from-client": ("11", lambda log: log.packets_from_client),
    "bytes-from-client": ("22", lambda log: log.bytes_from_client),
    "packets-from-server": ("33", lambda log: log.packets_from_server),
    "bytes-from-server": ("44", lambda log: log.bytes_from_server),
    "elapsed-time": ("55", lambda log: log.elapsed_seconds),
}
TABLES = {
    "CREATE": BOTH_ENDS | TRANSLATED,
    "CLOSE": BOTH_ENDS | TRANSLATED | COUNTED,
    "DENY": BOTH_ENDS | {"icmp-type": ("3", lambda log: log.icmp_type)},
}
# Of releases after the tables: the NAT rule types (12.1X47-D20, 17.3R1), zones, users, applications.
LATER = {
    "src-nat-rule-type": ("static rule", lambda log: log.source_rule_type),
    "dst-nat-rule-type": ("destination rule", lambda log: log.destination_rule_type),
    "source-zone-name": ("dmz", lambda log: log.from_zone),
    "destination-zone-name": ("junos-host", lambda log: log.to_zone),
    "session-id": ("1357210026769", lambda log: log.session_id),
    "username": ("jane", lambda log: log.user),
    "roles": ("admins", lambda log: log.roles),
    "packet-incoming-interface": ("reth1.100", lambda log: log.interface),
    "application": ("SSL", lambda log: log.application),
    "nested-application": ("GMAIL", lambda log: log.nested_application),
}
CASES = [
    (kind, release, name, *expected)
    for kind in KINDS
    for (of, release), names in FIELDS.items()
    for name, expected in (TABLES[kind] | LATER).items()
    if of == kind and name in names.split()
]


def _short(value):
    """The same name in every process: a function's own is none."""
    return "" if callable(value) else str(value)[:30]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("kind", "release", "name", "value", "look"), CASES, ids=_short)
def test_every_field_of_the_tables_is_read(kind, release, name, value, look, form):
    changed = {name: value} | ({"protocol-id": "1"} if name == "icmp-type" else {})
    log = log_of(FORMS[form](kind, values_of(kind, release, **changed)))
    assert str(look(log)) == value
    assert log.kind == kind.lower()


def test_the_tables_above_are_complete():
    """The field lists of the documentation's tables 1 to 3, counted by hand: 14, 20 and 8."""
    assert [len(TABLES[kind]) for kind in KINDS] == [14, 20, 8]
    for kind in KINDS:
        assert set(TABLES[kind]) <= set(FIELDS[kind, "12.1"].split())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("release", sorted({release for _, release in FIELDS}))
def test_both_forms_of_a_record_say_the_same(kind, release):
    fields = values_of(kind, release)
    first, second = read(structured(kind, fields)), read(text(kind, fields))
    assert first.fields == fields
    assert second.fields == fields
    assert (first.form, second.form, first.tag) == ("structured", "text", second.tag)


# -- reasons --------------------------------------------------------------------------------------------------------

DOCUMENTED = (
    "unset", "TCP CLIENT RST", "TCP SERVER RST", "TCP FIN", "response received", "ICMP error", "aged out", "ALG", "HA",
    "idle Timeout", "auth", "IDP", "synproxy failure", "synproxy limit", "parent closed", "CLI", "CP NACK", "CP delete",
    "policy delete", "fwd session", "multicast route change", "first path reroute, session recreated",
    "source NAT allocation failure", "other", "error create IKE pass-through template",
    "IKE pass-through child session ageout", "sess timeout on pending state", "unknown",
)  # fmt: skip
PUBLISHED = ("TCP RST", "application failure or action")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("suffix", ["", " N/A"])
@pytest.mark.parametrize("reason", DOCUMENTED + PUBLISHED)
@pytest.mark.parametrize("release", ["12.1", "22.2"])
def test_every_reason_is_read_in_both_forms(reason, suffix, form, release):
    log = log_of(FORMS[form]("CLOSE", values_of("CLOSE", release, reason=reason + suffix)))
    assert log.reason == reason + suffix
    assert log.close_reason == reason
    assert log.key == FlowKey("10.1.1.10", 51000, "192.0.2.80", 443, 6)


def test_every_reason_has_a_meaning_and_its_source():
    assert {str(each) for each in CloseReason} == {*DOCUMENTED, *PUBLISHED}
    assert set(MEANINGS) == set(CloseReason)
    assert {str(each.reason) for each in MEANINGS.values() if each.source == DOCUMENTATION} == set(DOCUMENTED)
    assert all(each.meaning.endswith(".") for each in MEANINGS.values())


@pytest.mark.parametrize(
    ("reason", "who"),
    [
        ("TCP CLIENT RST", EndedBy.CLIENT), ("TCP SERVER RST", EndedBy.SERVER), ("TCP RST", EndedBy.ENDPOINT),
        ("TCP FIN", EndedBy.ENDPOINT), ("idle Timeout N/A", EndedBy.SILENCE), ("aged out", EndedBy.SILENCE),
        ("HA N/A", EndedBy.DEVICE), ("CLI", EndedBy.OPERATOR), ("policy delete", EndedBy.OPERATOR),
        ("response received", EndedBy.COMPLETION), ("ICMP error", EndedBy.NETWORK), ("unknown", EndedBy.UNKNOWN),
    ],
)  # fmt: skip
def test_a_reason_says_who_ended_the_session(reason, who):
    meaning = meaning_of(reason)
    assert meaning is not None
    assert meaning.ended_by is who


def test_a_word_that_is_not_known_is_kept_and_means_nothing():
    log = log_of(structured("CLOSE", values_of("CLOSE", "12.1", reason="struck by lightning")))
    assert (log.reason, log.close_reason) == ("struck by lightning", None)
    assert close_reason("") is None


# -- what is special ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("protocol", ["1", "58"])
def test_the_words_of_icmp_are_not_ports(form, protocol):
    log = log_of(FORMS[form]("CREATE", values_of("CREATE", "17.3", protocol_id=protocol, destination_port="8")))
    assert log.key == FlowKey("10.1.1.10", None, "192.0.2.80", None, int(protocol))
    assert log.nat_source == LogEnd("203.0.113.5", None)
    assert log.icmp_words == (51000, 8)


@pytest.mark.parametrize("form", FORMS)
def test_the_icmp_type_of_a_deny_counts_for_icmp_only(form):
    fields = values_of("DENY", "12.1", protocol_id="1", icmp_type="8")
    assert log_of(FORMS[form]("DENY", fields)).icmp_type == 8
    assert log_of(FORMS[form]("DENY", fields | {"protocol-id": "6", "icmp-type": "0"})).icmp_type is None


@pytest.mark.parametrize("nothing", ["N/A", "None"])
def test_no_rule_no_user_and_no_application_are_empty(nothing):
    fields = values_of(
        "CREATE", "19.x", src_nat_rule_type="N/A", src_nat_rule_name=nothing, dst_nat_rule_type="N/A",
        dst_nat_rule_name=nothing, username="N/A", roles="N/A", application="UNKNOWN", nested_application="UNKNOWN",
        nat_source_address="10.1.1.10", nat_source_port="51000", nat_destination_address="192.0.2.80",
        nat_destination_port="443",
    )  # fmt: skip
    log = log_of(structured("CREATE", fields))
    assert (log.source_rule, log.source_rule_type, log.destination_rule, log.user, log.roles) == ("",) * 5
    assert (log.application, log.nested_application) == ("", "")
    assert not log.is_translated
    assert log_of(structured("CREATE", fields | {"nat-source-port": "1024"})).is_translated


@pytest.mark.parametrize(("printed", "expected"), [("No ", False), ("Yes", True), ("UNKNOWN", None)])
def test_encrypted_is_read_with_the_blank_of_12_x(printed, expected):
    assert log_of(structured("CLOSE", values_of("CLOSE", "12.1X46", encrypted=printed))).encrypted is expected


def test_a_deny_has_neither_translation_nor_session():
    log = log_of(structured("DENY", values_of("DENY", "22.2", session_id="0")))
    assert (log.nat_source, log.nat_destination, log.session_id, log.close_reason) == (None, None, None, None)
    assert (log.reason, log.is_translated) == ("Denied by policy", False)


@pytest.mark.parametrize(
    ("tag", "kind", "tracking"),
    [
        ("RT_FLOW_SESSION_CREATE_LS", SessionEvent.CREATE, False),
        ("RT_FLOW_SESSION_CLOSE_USF", SessionEvent.CLOSE, False),
        ("APPTRACK_SESSION_CREATE", SessionEvent.CREATE, True),
        ("APPTRACK_SESSION_CLOSE_LS", SessionEvent.CLOSE, True),
    ],
)
def test_tags_of_logical_systems_service_sets_and_application_tracking(tag, kind, tracking):
    line = structured("CLOSE", values_of("CLOSE", "12.1") | {"logical-system-name": "lsys1"})
    log = log_of(line.replace("RT_FLOW_SESSION_CLOSE", tag))
    assert (log.kind, log.tracking, log.logical_system) == (kind, tracking, "lsys1")


@pytest.mark.parametrize(
    "line",
    [
        structured("CLOSE", VALUES).replace("RT_FLOW_SESSION_CLOSE", "APPTRACK_SESSION_VOL_UPDATE"),
        structured("CLOSE", {"reason": "TCP FIN", "source-address": "10.1.1.10"}),
        "May  1 08:28:10 fw1 sshd[12]: Accepted password for x",
        "May  1 08:28:10 fw1 RT_FLOW: RT_FLOW_SESSION_DENY: session denied in words nobody knows",
    ],
)
def test_other_records_are_no_session_log(line):
    assert session_log(read(line)) is None


def test_a_session_log_keeps_its_line_and_how_often_it_came():
    line = structured("DENY", values_of("DENY", "19.x"))
    *_, log = (session_log(each) for each in system_log.parse(Source.of_text(f"\n{line}\n", "a.log")))
    assert log is not None
    assert (log.line.file, log.line.number, log.line.text, log.repeated) == ("a.log", 2, line, 0)
    assert (log.host, log.time) == ("fw1", "2024-05-01T08:28:10.933Z")
