"""The NETCONF door, byte by byte where a source shows the bytes."""

from __future__ import annotations

import pytest
from ncclient import manager
from ncclient.operations import RPCError
from ncclient.xml_ import to_ele

ENVELOPE = (
    '<nc:rpc-reply xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" '
    'xmlns:junos="http://xml.juniper.net/junos/24.4R1.9/junos" message-id="1">\n'
)


def ncclient_session(device, **options):
    return manager.connect(
        host=device.host,
        port=device.port,
        username=device.user,
        password=device.password,
        hostkey_verify=False,
        allow_agent=False,
        look_for_keys=False,
        timeout=10,
        **options,
    )


@pytest.mark.parametrize("framing", ["1.0", "1.1"])
@pytest.mark.parametrize("handler", ["junos", "default"])
def test_ncclient_speaks_both_framings(launch, framing, handler):
    device = launch(overrides={"framing": framing})
    with ncclient_session(device, device_params={"name": handler}) as session:
        assert (":base:1.1" in session.server_capabilities) == (framing == "1.1")
        reply = session.dispatch(to_ele("<get-system-information/>"))
        assert "24.4R1.9" in str(reply)
        with pytest.raises(RPCError, match="syntax error"):
            session.dispatch(to_ele("<no-such-thing/>"))


def test_long_replies_are_chunked_and_hold_keep_alive_comments(launch):
    device = launch(overrides={"framing": "1.1"})
    for number in range(300):
        device.ask("write", path=f"/var/log/file-{number:04}", text="x")
    with ncclient_session(device, device_params={"name": "junos"}) as session:
        reply = str(session.dispatch(to_ele("<file-list><path>/var/log</path><detail/></file-list>")))
    assert reply.count("<file-name>") == 301
    assert reply.count("<!-- keep alive -->") >= 2


def test_hello_has_comments_first_and_a_session_id(device, netconf):
    greeting = netconf(device).greeting.decode()
    assert greeting.startswith("<!-- No zombies were killed during the creation of this user interface -->\n")
    assert "<!-- user lab, class j-super-user -->\n<nc:hello" in greeting
    assert "<nc:session-id>" in greeting
    assert "<?xml" not in greeting


def test_exec_of_xml_mode_netconf_is_the_same_door(device, netconf):
    session = netconf(device, start="xml-mode netconf need-trailer")
    assert "<software-information>" in session.ask("<get-software-information/>")


def test_every_attribute_of_the_rpc_is_echoed(device, netconf):
    reply = netconf(device).ask("<get-system-information/>", 'message-id="urn:x:7" owner="me"')
    assert 'message-id="urn:x:7" owner="me"' in reply.partition("\n")[0]


def test_unknown_rpc_has_the_documented_bytes(device, netconf):
    assert netconf(device).ask("<get-flow-session-summary-information/>") == ENVELOPE + (
        "<nc:rpc-error>\n"
        "<nc:error-type>protocol</nc:error-type>\n"
        "<nc:error-tag>operation-failed</nc:error-tag>\n"
        "<nc:error-severity>error</nc:error-severity>\n"
        "<nc:error-message>syntax error</nc:error-message>\n"
        "<nc:error-info>\n"
        "<nc:bad-element>get-flow-session-summary-information</nc:bad-element>\n"
        "</nc:error-info>\n"
        "</nc:rpc-error>\n"
        "</nc:rpc-reply>\n"
    )


def test_missing_argument_has_the_documented_bytes(device, netconf):
    assert netconf(device).ask("<file-delete/>") == ENVELOPE + (
        "<nc:rpc-error>\n"
        "<nc:error-type>application</nc:error-type>\n"
        "<nc:error-tag>missing-element</nc:error-tag>\n"
        "<nc:error-severity>error</nc:error-severity>\n"
        "<nc:error-message>missing mandatory argument: path</nc:error-message>\n"
        "<nc:error-info>\n"
        "<nc:bad-element>path</nc:bad-element>\n"
        "</nc:error-info>\n"
        "</nc:rpc-error>\n"
        "</nc:rpc-reply>\n"
    )


def test_permission_denied_without_rfc_compliance_has_no_prefix(launch, netconf):
    device = launch(persona="branch-17.3")
    assert netconf(device, user="viewer").ask("<clear-flow-session><protocol>tcp</protocol></clear-flow-session>") == (
        '<rpc-reply xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" '
        'xmlns:junos="http://xml.juniper.net/junos/17.3R3/junos" message-id="1">\n'
        "<rpc-error>\n"
        "<error-type>protocol</error-type>\n"
        "<error-tag>operation-failed</error-tag>\n"
        "<error-severity>error</error-severity>\n"
        "<error-message>permission denied</error-message>\n"
        "<error-info>\n"
        "<bad-element>clear-flow-session</bad-element>\n"
        "</error-info>\n"
        "</rpc-error>\n"
        "</rpc-reply>\n"
    )


def test_daemon_failure_is_padded_and_has_no_error_info(device, netconf):
    reply = netconf(device).ask('<command format="text">monitor security flow start</command>')
    assert reply == ENVELOPE + (
        "<nc:rpc-error>\n"
        "<nc:error-type>protocol</nc:error-type>\n"
        "<nc:error-tag>operation-failed</nc:error-tag>\n"
        "<nc:error-severity>error</nc:error-severity>\n"
        "<nc:error-message>\nerror: Please specify the monitor flow trace file.\n</nc:error-message>\n"
        "</nc:rpc-error>\n"
        "</nc:rpc-reply>\n"
    )


def test_cluster_not_enabled_is_an_xnm_error_and_no_rpc_error(device, netconf):
    assert netconf(device).ask("<get-chassis-cluster-status/>") == ENVELOPE + (
        '<xnm:error xmlns="http://xml.juniper.net/xnm/1.1/xnm" xmlns:xnm="http://xml.juniper.net/xnm/1.1/xnm">\n'
        "<parse/>\n"
        "<source-daemon>jsrpd</source-daemon>\n"
        "<message>error: Chassis cluster is not enabled</message>\n"
        "</xnm:error>\n"
        "</nc:rpc-reply>\n"
    )


def test_summary_of_24_4_is_nested_and_padded(device, netconf):
    namespace = 'xmlns="http://xml.juniper.net/junos/24.4R0/junos-flow"'
    reply = netconf(device).ask("<get-flow-session-information><summary/></get-flow-session-information>")
    assert reply.startswith(
        ENVELOPE + f"<security-flow-information {namespace}>\n<flow-session-information>\n"
        "<flow-session-summary-information>\n<active-unicast-sessions>\n0\n</active-unicast-sessions>\n"
    )
    assert reply.count("<max-sessions>\n524288\n</max-sessions>\n") == 1


def test_summary_of_17_3_is_three_siblings(launch, netconf):
    reply = netconf(launch(persona="branch-17.3")).ask(
        "<get-flow-session-information><summary/></get-flow-session-information>"
    )
    assert reply.count("<flow-session-information ") == 2
    assert "<security-flow-information" not in reply
    assert "active-drop-sessions" not in reply


def test_session_elements_come_in_the_order_of_24_4(launch, netconf):
    device = launch(scenario="default", clock_rate=20)
    reply = netconf(device).ask("<get-flow-session-information><protocol>tcp</protocol></get-flow-session-information>")
    names = ["session-identifier", "status", "session-flag", "policy", "nat-source-pool-name", "configured-timeout",
             "timeout", "sess-state", "start-time", "duration", "session-mask", "direction", "conn-tag",
             "flow-cookie", "interface-name", "session-token", "route", "gateway", "port-sequence", "pkt-cnt",
             "byte-cnt"]  # fmt: skip
    positions = [reply.index(f"<{name}>") for name in names]
    assert positions == sorted(positions)
    assert '<flow-session junos:style="brief">' in reply


def test_text_of_a_command_is_inside_output(device, netconf):
    reply = netconf(device).ask('<command format="text">show security packet-drop records</command>')
    assert reply == ENVELOPE + "<output>\nTotal packet-drop records: 0\n</output>\n</nc:rpc-reply>\n"


def test_a_command_with_nothing_to_say_gives_an_empty_reply(device, netconf):
    reply = netconf(device).ask('<command format="text">monitor security flow stop</command>')
    assert reply == ENVELOPE + "</nc:rpc-reply>\n"


def test_close_session_says_ok(device, netconf):
    assert netconf(device).ask("<close-session/>") == ENVELOPE + "<nc:ok/>\n</nc:rpc-reply>\n"


def test_broken_xml_is_answered_and_the_session_lives(device, netconf):
    session = netconf(device)
    session.channel.sendall(b"<rpc><unclosed></rpc>]]>]]>")
    assert "malformed-message" in session.receive().decode()
    assert "software-information" in session.ask("<get-software-information/>")


def test_entities_of_a_client_are_not_expanded(device, netconf):
    session = netconf(device)
    session.channel.sendall(
        b'<!DOCTYPE rpc [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        b'<rpc message-id="1"><file-show><filename>&x;</filename></file-show></rpc>]]>]]>'
    )
    assert "malformed-message" in session.receive().decode()
    assert device.inspect()["wire_log"] == []


def test_configuration_is_read_with_a_subtree_filter_and_in_three_forms(launch, netconf):
    session = netconf(launch(scenario="default"))
    wanted = "<configuration><security><policies/></security></configuration>"
    xml = session.ask(f"<get-configuration>{wanted}</get-configuration>")
    assert "<session-close/>" in xml
    assert "<host-name>" not in xml
    text = session.ask(f'<get-configuration format="text">{wanted}</get-configuration>')
    assert "from-zone trust to-zone untrust {" in text
    lines = session.ask(f'<get-configuration format="set">{wanted}</get-configuration>')
    assert "set security policies from-zone trust to-zone untrust policy deny-smtp then deny\n" in lines


@pytest.mark.parametrize(
    "request_",
    [
        "<lock><target><candidate/></target></lock>",
        "<edit-config><target><candidate/></target></edit-config>",
        "<load-configuration/>",
        "<rollback-configuration/>",
        "<open-configuration/>",
        "<discard-changes/>",
        '<command format="text">configure</command>',
    ],
)
def test_what_would_change_the_configuration_is_answered_and_counted(device, netconf, request_):
    assert "rpc-error" not in netconf(device).ask(request_)
    assert device.inspect()["config_operations"] == 1
    assert device.inspect()["commits"] == 0


def test_a_commit_adds_to_the_history_and_changes_the_revision(device, netconf):
    session = netconf(device)
    before = session.ask("<get-commit-revision-information><level>detail</level></get-commit-revision-information>")
    assert "<commit-success/>" in session.ask("<commit-configuration/>")
    after = session.ask("<get-commit-revision-information><level>detail</level></get-commit-revision-information>")
    assert before != after
    assert session.ask("<get-commit-information/>").count("<commit-history>") == 2
    state = device.inspect()
    assert (state["commits"], state["config_operations"]) == (1, 1)


def test_reading_counts_nothing(device, netconf):
    session = netconf(device)
    for request in ("<get-configuration/>", "<get-commit-information/>", "<get-system-storage/>", "<file-list/>"):
        assert "rpc-error" not in session.ask(request)
    assert device.inspect()["config_operations"] == 0
