"""Stock PyEZ, unmodified, against the lab."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator

import pytest
from jnpr.junos import Device
from jnpr.junos.exception import ConnectClosedError, RpcError
from jnpr.junos.exception import PermissionError as DeniedError
from jnpr.junos.utils.config import Config
from jnpr.junos.utils.fs import FS
from jnpr.junos.utils.scp import SCP
from jnpr.junos.utils.start_shell import StartShell


@contextlib.contextmanager
def opened(device, user="", **options) -> Iterator[Device]:
    one = Device(
        host=device.host,
        port=device.port,
        user=user or device.user,
        passwd=device.password,
        look_for_keys=False,
        allow_agent=False,
        ssh_config="/dev/null",
        **options,
    )
    one.open()
    try:
        yield one
    finally:
        with contextlib.suppress(Exception):
            one.close()


def test_all_facts_of_a_vsrx_are_gathered(device):
    with opened(device) as dev:
        facts = {name: dev.facts[name] for name in dev.facts}
    assert facts["hostname"] == device.name
    assert facts["version"] == "24.4R1.9"
    assert facts["model"] == "VSRX"
    assert facts["serialnumber"] == "1AB23C45D67E"
    assert facts["srx_cluster"] is False
    assert facts["current_re"] == ["re0", "master"]
    assert facts["HOME"] == "/var/home/lab"
    assert facts["RE0"]["status"] == "OK"
    assert facts["personality"] is None
    assert facts["vmhost"] is False


def test_facts_of_a_branch_box_say_srx_branch(launch):
    with opened(launch(persona="branch-17.3")) as dev:
        assert dev.facts["personality"] == "SRX_BRANCH"
        assert dev.facts["version"] == "17.3R3"


def test_facts_of_a_cluster_name_both_nodes(launch):
    with opened(launch(persona="cluster-24.4", name="fw")) as dev:
        assert dev.facts["srx_cluster"] is True
        assert dev.facts["srx_cluster_id"] == "1"
        assert dev.facts["hostname_info"] == {"node0": "fw-n0", "node1": "fw-n1"}
        assert dev.facts["current_re"] == ["node0"]


def test_open_sends_no_request_and_close_sends_one(device):
    with opened(device):
        assert device.inspect()["wire_log"] == []
        assert device.inspect()["sessions_open"] == 1
    log = device.inspect()["wire_log"]
    assert [entry["text"] for entry in log] == ["<close-session/>"]
    assert log[0]["user"] == "lab"
    assert log[0]["channel"] == "netconf"


def test_cli_gives_text_elements_and_the_rpc_behind_a_command(device):
    with opened(device) as dev:
        assert "Junos: 24.4R1.9" in dev.cli("show version", warning=False)
        assert dev.rpc.cli("show version", format="xml").tag == "software-information"
        rpc = dev.display_xml_rpc("show security flow session protocol tcp summary")
    assert rpc.tag == "get-flow-session-information"
    assert [(child.tag, child.text) for child in rpc] == [("protocol", "tcp"), ("summary", None)]


def test_unknown_rpc_raises_with_its_name(device):
    with opened(device) as dev, pytest.raises(RpcError) as caught:
        dev.rpc.get_flow_session_summary_information()
    assert caught.value.errs[0]["message"] == "syntax error"
    assert caught.value.errs[0]["bad_element"] == "get-flow-session-summary-information"


def test_permission_denied_is_recognised(device):
    with opened(device, user="viewer") as dev, pytest.raises(DeniedError):
        dev.rpc.clear_monitor_security_flow_filter(filter_name="x")


def test_files_are_listed_shown_checked_and_deleted(device):
    device.ask("write", path="/var/log/evidence", text="line one\n")
    with opened(device) as dev:
        fs = FS(dev)
        assert fs.ls("/var/log/evidence")["size"] == 9
        assert fs.ls("/var/log")["files"]["evidence"]["permissions"] == 640
        assert fs.ls("/var")["files"]["log"]["type"] == "dir"
        assert fs.cat("/var/log/evidence") == "\nline one\n"
        assert fs.checksum("/var/log/evidence", "md5") == hashlib.md5(b"line one\n").hexdigest()
        assert fs.rm("/var/log/evidence") is True
        assert fs.ls("/var/log/evidence") is None


def test_a_whole_configuration_session_works_and_every_step_is_counted(device):
    with opened(device) as dev, Config(dev) as candidate:
        candidate.lock()
        candidate.load("set system host-name other", format="set")
        candidate.diff()
        assert candidate.commit_check() is True
        assert device.inspect()["commits"] == 0
        assert candidate.commit() is True
        candidate.unlock()
    state = device.inspect()
    assert state["commits"] == 1
    assert state["config_operations"] == 5
    with opened(device) as dev:
        assert dev.facts["hostname"] == device.name


def test_a_refused_change_is_counted_too(device):
    with opened(device, user="auditor") as dev, pytest.raises(DeniedError):
        dev.rpc.lock_configuration()
    assert device.inspect()["config_operations"] == 1


def test_scp_brings_a_file_home(device, tmp_path):
    device.ask("write", path="/var/log/evidence", text="x" * 200_000)
    with opened(device) as dev, SCP(dev) as scp:
        scp.get("/var/log/evidence", str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_text() == "x" * 200_000
    assert [e["text"] for e in device.inspect()["wire_log"] if e["channel"] == "scp"] == ["scp -f /var/log/evidence"]


def test_start_shell_runs_commands_and_their_status(device):
    with opened(device) as dev, StartShell(dev) as shell:
        assert shell.run("ls /var/log")[0] is True
        assert "messages" in shell.run("ls /var/log")[1]
        assert shell.run("frobnicate")[0] is False


def test_unfiltered_clear_ends_the_session_that_asked(launch):
    device = launch(scenario="default")
    with opened(device) as dev, pytest.raises(ConnectClosedError):
        dev.rpc.clear_flow_session()
    assert device.inspect()["sessions_open"] == 0


def test_filtered_clear_counts_and_leaves_the_session(launch):
    device = launch(scenario="default", clock_rate=20)
    with opened(device) as dev:
        table = dev.rpc.get_flow_session_information(protocol="tcp", normalize=True)
        assert len(table.findall("flow-session")) > 0
        answer = dev.rpc.clear_flow_session(protocol="tcp", normalize=True)
        assert int(answer.findtext("cleared-flow-session-count")) > 0
        assert dev.connected
