"""Facts about the device."""

import base64

import pytest
from lxml import etree

from orchestrator.errors import ParseError
from orchestrator.model.system import CommitMark, Filesystem, Node, SystemInformation
from orchestrator.parsers import checksum, file_content, system

NS = 'xmlns:junos="http://xml.juniper.net/junos/24.4R1.9/junos"'


def reply(body: str) -> bytes:
    return f"<rpc-reply {NS}>{body}</rpc-reply>".encode()


def on_nodes(body: str) -> bytes:
    items = "".join(
        f"<multi-routing-engine-item><re-name>node{n}</re-name>{body}</multi-routing-engine-item>" for n in (0, 1)
    )
    return reply(f"<multi-routing-engine-results>{items}</multi-routing-engine-results>")


def test_the_newest_commit_of_the_history_counts():
    history = "".join(
        f"<commit-history><sequence-number>{n}</sequence-number><user>u{n}</user><client>cli</client>"
        f'<date-time junos:seconds="{900 - n}">day {n}</date-time></commit-history>'
        for n in range(3)
    )
    body = f'<commit-information xmlns="http://xml.juniper.net/junos/24.4R0/junos">{history}</commit-information>'
    assert system.commit_information(reply(body)) == CommitMark(
        source="history", value="900 u0 cli", user="u0", client="cli", time="day 0"
    )
    assert system.commit_information(reply("<commit-information/>")) is None


def test_a_revision_is_its_own_mark():
    body = (
        "<commit-revision-information><revision>re0-1384090137-1</revision><user>a</user></commit-revision-information>"
    )
    assert system.commit_revision(reply(body)).value == "re0-1384090137-1"


def test_uptime_per_node_with_epochs():
    body = (
        '<system-uptime-information><system-booted-time><date-time junos:seconds="100">boot</date-time>'
        "</system-booted-time>"
        '<last-configured-time><date-time junos:seconds="200">conf</date-time><user>eve</user></last-configured-time>'
        "</system-uptime-information>"
    )
    assert [(each.node, each.booted_seconds) for each in system.uptime(on_nodes(body))] == [
        ("node0", 100),
        ("node1", 100),
    ]
    mark = system.last_configured(reply(body))
    assert (mark.source, mark.value, mark.user) == ("last-configured", "200", "eve")


def test_authorization_names_class_and_permissions():
    body = (
        "<authorization-information><user-information><user>lab</user><user-class>ops</user-class></user-information>"
        "<user-permission-list><user-permission-entry><permission-type>\nclear\n</permission-type>"
        "</user-permission-entry>"
        "<user-permission-entry><permission-type>view</permission-type></user-permission-entry></user-permission-list>"
        "</authorization-information>"
    )
    found = system.authorization(reply(body))
    assert (found.user, found.login_class, found.may("clear"), found.may("trace")) == ("lab", "ops", True, False)


def test_system_information_from_an_element_with_the_reply_as_root():
    body = (
        "<system-information><hardware-model>vsrx</hardware-model><os-name>junos-es</os-name>"
        "<os-version>24.4R1.9</os-version><host-name>fw1</host-name></system-information>"
    )
    found = system.system_information(etree.fromstring(on_nodes(body)))
    assert found[1] == SystemInformation(host_name="fw1", model="vsrx", release="24.4R1.9", node="node1")


def test_an_old_release_is_read_from_the_package():
    body = (
        "<software-information><host-name>fw</host-name><product-model>srx240h</product-model><package-information>"
        "<name>junos</name><comment>JUNOS Software Release [12.1X46-D10.2]</comment></package-information>"
        "</software-information>"
    )
    assert system.software_information(reply(body))[0].release == "12.1X46-D10.2"


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        ("<flow-trace-status>on</flow-trace-status>", True),
        ("<flow-trace-status>off</flow-trace-status>", False),
        ("", None),
    ],
)
def test_flow_status_says_whether_traceoptions_run(leaf, expected):
    body = f"<flow-status-all><flow-trace-option>{leaf}</flow-trace-option></flow-status-all>"
    assert [each.trace_on for each in system.flow_status(reply(body))] == [expected]


def test_cluster_nodes_follow_one_another_in_one_group():
    stats = "".join(
        f"<device-name>node{n}</device-name><device-priority>{200 - n}</device-priority>"
        f"<redundancy-group-status>{status}</redundancy-group-status>"
        for n, status in enumerate(("primary", "secondary"))
    )
    body = (
        "<chassis-cluster-status><cluster-id>3</cluster-id><redundancy-group>"
        "<redundancy-group-id>1</redundancy-group-id>"
        f"<device-stats>{stats}</device-stats></redundancy-group></chassis-cluster-status>"
    )
    found = system.cluster_status(reply(body))
    assert found.cluster_id == "3"
    assert found.nodes == (
        Node(name="node0", group=1, priority=200, status="primary"),
        Node(name="node1", group=1, priority=199, status="secondary"),
    )


def test_a_device_without_clustering_has_no_nodes():
    body = (
        '<xnm:error xmlns:xnm="http://xml.juniper.net/xnm/1.1/xnm">'
        "<message>error: Chassis cluster is not enabled</message>"
        "</xnm:error>"
    )
    assert system.cluster_status(reply(body)).nodes == ()


def test_idle_cpu_per_node():
    body = "<route-engine-information><route-engine><cpu-idle>65</cpu-idle></route-engine></route-engine-information>"
    assert [(each.node, each.cpu_idle) for each in system.route_engine(on_nodes(body))] == [
        ("node0", 65),
        ("node1", 65),
    ]


@pytest.mark.parametrize(("shown", "block"), [("2.3G", 512), ("4.6G", 1024), ("", 512)])
def test_free_bytes_follow_the_block_size_the_device_implies(shown, block):
    body = (
        "<system-storage-information><filesystem><filesystem-name>/dev/a</filesystem-name>"
        f'<total-blocks junos:format="{shown}">4826716</total-blocks><available-blocks>10</available-blocks>'
        "<mounted-on>/var</mounted-on></filesystem></system-storage-information>"
    )
    (found,) = system.storage(reply(body))
    assert isinstance(found, Filesystem)
    assert (found.mounted_on, found.available_bytes) == ("/var", 10 * block)


def test_another_reply_is_an_error_with_what_the_device_said():
    with pytest.raises(ParseError) as caught:
        system.uptime(reply("<rpc-error><error-message>permission denied</error-message></rpc-error>"))
    assert "permission denied" in caught.value.hint


def test_checksums():
    body = (
        "<checksum-information><file-checksum><computation-method>SHA256</computation-method><input-file>/var/log/a"
        "</input-file><checksum>ABCD</checksum></file-checksum></checksum-information>"
    )
    assert checksum.parse(reply(body)) == [checksum.Checksum("SHA256", "/var/log/a", "abcd")]
    with pytest.raises(ParseError):
        checksum.parse(reply("<output>No such file or directory</output>"))


def test_file_content_as_text_and_as_base64():
    text = '<file-content filename="/a" filesize="13" encoding="text">\nuser@fw&gt; x\n y\n</file-content>'
    (found,) = file_content.parse(reply(text))
    assert (found.file, found.data, found.size_bytes) == ("/a", b"user@fw> x\n y\n", 13)
    binary = bytes(range(256))
    body = f'<file-content filename="/b" encoding="base64">\n{base64.encodebytes(binary).decode()}</file-content>'
    assert file_content.parse(etree.fromstring(reply(body)))[0].data == binary
    with pytest.raises(ParseError):
        file_content.parse(reply('<file-content encoding="base64">%%%</file-content>'))
