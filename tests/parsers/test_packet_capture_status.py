"""The state of packet capture, by the leaves of YANG 24.4R1."""

from __future__ import annotations

from orchestrator.parsers import packet_capture
from orchestrator.parsers.kinds import kind_of
from orchestrator.parsers.source import Source

RUNNING = """
<rpc-reply><request-packet-capture-show-result>
<request-packet-capture-show-status>
running
</request-packet-capture-show-status>
<enable_status>1</enable_status><packet-capture-count>1000</packet-capture-count>
<capture-file-filename>/var/log/orc-x</capture-file-filename><capture-file-size>10240</capture-file-size>
<capture-file-rotate>2</capture-file-rotate><capture-file-snap>128</capture-file-snap>
<packet-capture-bidirect>1</packet-capture-bidirect><mutex_status>0</mutex_status>
<packet-capture-filter-entry><filter-flag>3</filter-flag><filter-proto>tcp</filter-proto>
<source-address>10.1.1.10</source-address><source-address-mask>255.255.255.255</source-address-mask>
<source-address-mask-vx>32</source-address-mask-vx>
<packet-capture-source-port-low>0</packet-capture-source-port-low>
<packet-capture-source-port-high>65535</packet-capture-source-port-high>
<destination-address>192.0.2.80</destination-address><destination-address-mask-vx>32</destination-address-mask-vx>
<packet-capture-destination-port-low>443</packet-capture-destination-port-low>
<packet-capture-destination-port-high>443</packet-capture-destination-port-high>
<interface-name>ge-0/0/0.0</interface-name><interface-ifl>70</interface-ifl>
</packet-capture-filter-entry></request-packet-capture-show-result></rpc-reply>
"""
TEXT = """
user@srx> show packet-capture status
enable_status: 1
capture file filename: /var/log/hers
packet-capture-filter-entry:
  source-address: 10.0.0.0
  source-address-mask-vx: 8
something nobody knows
"""


def test_every_leaf_of_the_model_comes_out() -> None:
    (one,) = packet_capture.parse(Source.of_text(RUNNING))
    assert (one.enabled, one.is_running, one.file_name, one.said) == (True, True, "orc-x", "running")
    assert (one.count, one.size_bytes, one.rotate, one.snap, one.bidirectional) == (1000, 10240, 2, 128, True)
    (entry,) = one.filters
    assert (entry.source, entry.source_ports) == ("10.1.1.10/32", (0, 65535))
    assert (entry.destination, entry.destination_ports) == ("192.0.2.80/32", (443, 443))
    assert (entry.protocol, entry.interface) == ("tcp", "ge-0/0/0.0")
    assert entry.extra == {"filter-flag": "3", "interface-ifl": "70"}


def test_each_node_of_a_cluster_has_its_state() -> None:
    item = "<multi-routing-engine-item><re-name>node{0}</re-name><request-packet-capture-show-result><enable_status>{0}"
    item += "</enable_status></request-packet-capture-show-result></multi-routing-engine-item>"
    reply = f"<multi-routing-engine-results>{item.format(0)}{item.format(1)}</multi-routing-engine-results>"
    assert [(one.node, one.enabled) for one in packet_capture.parse(Source.of_text(reply))] == [
        ("node0", False), ("node1", True),
    ]  # fmt: skip


def test_a_device_that_does_not_say_whether_it_runs_is_taken_by_its_filters() -> None:
    bare = "<request-packet-capture-show-result>{}</request-packet-capture-show-result>"
    entry = "<packet-capture-filter-entry><filter-proto>tcp</filter-proto></packet-capture-filter-entry>"
    states = [next(iter(packet_capture.parse(Source.of_text(bare.format(text))))) for text in ("", entry)]
    assert [(one.enabled, one.is_running) for one in states] == [(None, False), (None, True)]


def test_text_is_read_by_the_names_of_the_leaves_and_the_rest_is_counted() -> None:
    reading = packet_capture.parse(Source.of_text(TEXT))
    (one,) = reading
    assert (one.enabled, one.file, one.filters[0].source) == (True, "/var/log/hers", "10.0.0.0/8")
    assert [sample.text for sample in reading.samples] == ["something nobody knows"]


def test_a_saved_status_is_known_for_what_it_is() -> None:
    assert kind_of(Source.of_text(RUNNING)) == "packet_capture"
