"""What the operations answer, read with lxml alone."""

from __future__ import annotations

import time

import pytest
from lxml import etree


def asked(session, request):
    """The first child of a reply, namespaces gone, text stripped."""
    root = etree.fromstring(session.ask(request))
    for one in root.iter(etree.Element):
        one.tag = etree.QName(one).localname
        one.text = (one.text or "").strip()
    return root[0] if len(root) else None


def test_authorization_tells_class_and_permissions(device, netconf):
    def permissions(user):
        answer = asked(netconf(device, user=user), "<get-authorization-information/>")
        return answer.findtext(".//user-class"), {one.text for one in answer.iterfind(".//permission-type")}

    assert permissions("oncall") == ("j-operator", {"clear", "network", "reset", "trace", "view"})
    assert permissions("viewer") == ("view-only", {"view"})


def test_uptime_tells_of_a_reboot_and_of_the_last_commit(launch, netconf):
    device = launch(overrides={"commit_sources": ["uptime"]})
    session = netconf(device)
    answer = asked(session, "<get-system-uptime-information/>")
    assert int(answer.find("system-booted-time/date-time").attrib.values()[0]) < time.time()
    assert answer.findtext("last-configured-time/user") == "root"
    assert asked(session, "<get-commit-revision-information/>").tag == "rpc-error"
    assert asked(session, "<get-commit-information/>").tag == "rpc-error"


def test_uptime_may_keep_silent_about_commits(launch, netconf):
    session = netconf(launch(overrides={"commit_sources": ["revision"]}))
    assert asked(session, "<get-system-uptime-information/>").find("last-configured-time") is None
    revision = asked(session, "<get-commit-revision-information/>").findtext("revision")
    assert revision.startswith("re0-")


def test_a_cluster_answers_for_each_node(launch, netconf):
    session = netconf(launch(persona="cluster-24.4", scenario="default", clock_rate=20))
    answer = asked(session, "<get-flow-session-information/>")
    assert answer.tag == "multi-routing-engine-results"
    assert [one.text for one in answer.iterfind("*/re-name")] == ["node0", "node1"]
    states = [one.text for one in answer.iterfind(".//session-state")]
    assert set(states) == {"Active", "Backup"}
    backup = answer.findall("multi-routing-engine-item")[1]
    assert {one.text for one in backup.iterfind(".//pkt-cnt")} == {"0"}
    assert asked(session, "<get-chassis-cluster-status/>").findtext("cluster-id") == "1"


@pytest.fixture
def traffic(launch, netconf):
    device = launch(scenario="default", clock_rate=20)
    session = netconf(device)
    for _ in range(100):
        drops = asked(session, "<get-packet-drop-records-all/>")
        if device.inspect()["session_table_size"] > 10 and drops.find("packet-drop-information") is not None:
            break
        time.sleep(0.05)
    return session


def sessions(session, arguments=""):
    request = f"<get-flow-session-information>{arguments}</get-flow-session-information>"
    table = asked(session, request)
    found = table.findall("flow-session")
    assert len(found) == int(table.findtext("displayed-session-count"))
    return found


def is_translated(session):
    there, back = session.findall("flow-information")
    return there.findtext("source-address") != back.findtext("destination-address") or (
        there.findtext("destination-address") != back.findtext("source-address")
    )


@pytest.mark.parametrize(
    ("arguments", "fits"),
    [
        ("<protocol>udp</protocol>", lambda s: s.findtext("flow-information/protocol") == "udp"),
        ("<protocol>17</protocol>", lambda s: s.findtext("flow-information/protocol") == "udp"),
        ("<destination-port>8080</destination-port>", lambda s: s.findtext("*/destination-port") == "8080"),
        ("<source-port>54000</source-port>", lambda s: s.findtext("*/source-port") == "54000"),
        ("<source-prefix>10.1.1.20/32</source-prefix>", lambda s: s.findtext("*/source-address") == "10.1.1.20"),
        (
            "<destination-prefix>192.0.2.0/24</destination-prefix>",
            lambda s: s.findtext("*/destination-address").startswith("192.0.2."),
        ),
        ("<application>https</application>", lambda s: s.findtext("application-name") == "junos-https"),
        (
            "<interface>ge-0/0/2.0</interface>",
            lambda s: "ge-0/0/2.0" in [one.text for one in s.iterfind("*/interface-name")],
        ),
        ("<policy-id>6</policy-id>", lambda s: s.findtext("policy") == "trust-to-dmz/6"),
        ("<nat/>", is_translated),
    ],
)
def test_filters_select_sessions_and_no_others(traffic, arguments, fits):
    everything, selected = sessions(traffic), sessions(traffic, arguments)
    assert not all(fits(one) for one in everything), "the filter would have nothing to leave out"
    if "source-port" not in arguments:
        assert selected
    assert all(fits(one) for one in selected)


def test_a_filter_that_fits_nothing_gives_an_empty_table(traffic):
    assert sessions(traffic, "<family>inet6</family>") == []
    assert sessions(traffic, "<source-prefix>203.0.113.99/32</source-prefix>") == []


def test_one_session_by_its_id_in_both_renderings(traffic):
    table = asked(traffic, "<get-flow-session-information><protocol>tcp</protocol></get-flow-session-information>")
    number = table.findall("flow-session/session-identifier")[-1].text
    one = asked(
        traffic,
        "<get-flow-session-by-identifier>"
        f"<session-identifier>{number}</session-identifier></get-flow-session-by-identifier>",
    )
    assert one.findtext("flow-session/session-identifier") == number
    text = asked(traffic, f'<command format="text">show security flow session session-identifier {number}</command>')
    assert text.text.startswith(f"Session ID: {number}, Policy name: ")
    assert text.text.endswith("Total sessions: 1")


def test_a_session_is_cleared_by_its_id_and_nobody_is_disconnected(traffic):
    table = asked(traffic, "<get-flow-session-information><protocol>udp</protocol></get-flow-session-information>")
    number = table.findall("flow-session/session-identifier")[-1].text
    request = (
        "<clear-flow-session-by-session-identifier>"
        f"<session-identifier>{number}</session-identifier></clear-flow-session-by-session-identifier>"
    )
    assert asked(traffic, request).findtext("cleared-flow-session-count") == "1"
    assert asked(traffic, request).findtext("cleared-flow-session-count") == "0"


def test_a_filtered_summary_counts_by_state(traffic):
    request = "<get-flow-session-information><protocol>tcp</protocol><summary/></get-flow-session-information>"
    summary = asked(traffic, request)
    assert summary.find("flow-session-summary-information") is None
    assert int(summary.findtext("displayed-session-valid")) == int(summary.findtext("displayed-session-count"))


def test_values_out_of_range_are_refused(traffic):
    request = "<get-flow-session-information><policy-id>0</policy-id></get-flow-session-information>"
    assert asked(traffic, request).findtext(".//bad-element") == "policy-id"


def test_drops_are_listed_newest_first_and_cleared(traffic):
    drops = asked(traffic, "<get-packet-drop-records-all/>")
    times = [one.text for one in drops.iterfind("packet-drop-information/drop-time")]
    assert times
    assert all(one.text.startswith("Dropped by ") for one in drops.iterfind(".//drop-messages"))
    cleared = asked(traffic, "<clear-security-packet-drop-records/>")
    assert int(cleared.findtext("cleared-packet-drop-records-count")) >= len(times)


def test_show_configuration_takes_a_path(traffic):
    text = asked(
        traffic, '<command format="text">show configuration security policies from-zone trust to-zone dmz</command>'
    )
    assert text.text.startswith("policy trust-to-dmz {")
    shown = asked(traffic, "<command>show configuration security policies</command>")
    assert shown.find("security/policies/policy/from-zone-name") is not None


def test_logs_are_cleared_with_their_archives(device, netconf):
    session = netconf(device)
    for name in ("run-1", "run-1.0.gz", "run-10"):
        device.ask("write", path=f"/var/log/{name}", text="abc")
    assert session.ask("<get-log><filename>run-1.0.gz</filename></get-log>").count("abc") == 1
    session.ask("<clear-log><filename>run-1</filename><all/></clear-log>")
    files = device.inspect()["files"]
    assert (files["run-1"], files["run-10"]) == (0, 3)
    assert "run-1.0.gz" not in files


def test_what_is_not_there_is_said_so(device, netconf):
    session = netconf(device)
    assert "No such file" in session.ask("<get-log><filename>nothing</filename></get-log>")
    assert asked(session, "<file-delete><path>/var/log/nothing</path></file-delete>").tag == "output"
    assert asked(session, "<file-list><path>/var/log/nothing</path></file-list>").find("output") is not None


def test_file_get_brings_base64(device, netconf):
    device.ask("write", path="/var/log/run-1", text="abc")
    answer = asked(
        netconf(device),
        "<file-get><filename>/var/log/run-1</filename><encoding>base64</encoding></file-get>",
    )
    assert answer.findtext("file-contents") == "YWJj"
