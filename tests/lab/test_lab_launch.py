"""Starting and stopping labs, and what reads their input."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import ScenarioError
from orchestrator.lab.launch import LabDevice, Plan, running_lab
from orchestrator.lab.netconf.framing import Deframer, FramingError, framed
from orchestrator.lab.persona import load, names

SERVE = "from orchestrator.lab.launch import Plan, serve; serve(Plan(count=2, name='edge'))"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_prints_its_devices_and_stops_cleanly(number):
    with subprocess.Popen([sys.executable, "-W", "error", "-c", SERVE], stdout=-1, stderr=-1, text=True) as lab:
        devices = [json.loads(lab.stdout.readline()) for _ in range(2)]
        assert [device["name"] for device in devices] == ["edge1", "edge2"]
        assert devices[0].keys() >= {"name", "host", "port", "user", "password", "host_key", "control"}
        assert devices[0]["host_key"].startswith("ssh-ed25519 AAAA")
        assert devices[0]["port"] != devices[1]["port"]
        assert Path(devices[0]["control"]).exists()
        lab.send_signal(number)
        _, errors = lab.communicate(timeout=20)
    assert lab.returncode == 0
    assert errors == ""
    assert not Path(devices[0]["control"]).exists()


def test_serve_stops_while_clients_are_connected(netconf):
    with subprocess.Popen([sys.executable, "-c", SERVE], stdout=-1, stderr=-1, text=True) as lab:
        session = netconf(LabDevice(**json.loads(lab.stdout.readline())))
        assert "24.4R1.9" in session.ask("<get-system-information/>")
        lab.send_signal(signal.SIGTERM)
        _, errors = lab.communicate(timeout=20)
    assert (lab.returncode, errors) == (0, "")


def test_every_launch_has_its_own_password_and_host_keys():
    with running_lab() as one, running_lab() as other:
        assert one.devices[0].password != other.devices[0].password
        assert one.devices[0].host_key != other.devices[0].host_key


def test_devices_of_one_lab_do_not_share_state(netconf):
    with running_lab(Plan(count=2)) as lab:
        first, second = lab.devices
        netconf(first).ask('<command format="text">monitor security flow file only-here</command>')
        assert first.inspect()["monitor"]["file"] == "only-here"
        assert second.inspect()["monitor"]["file"] is None


def test_a_wrong_name_is_an_error_that_names_the_right_ones():
    with pytest.raises(ScenarioError) as caught:
        load("vsrx-99")
    assert "branch-17.3" in caught.value.hint
    with pytest.raises(ScenarioError), running_lab(Plan(scenario="no-such")):
        pass
    with pytest.raises(ScenarioError), running_lab(Plan(extra={"faults": [{"kind": "meteor"}]})):
        pass


@pytest.mark.parametrize("name", names())
def test_every_shipped_persona_loads_and_starts(name):
    with running_lab(Plan(persona=name)) as lab:
        assert lab.devices[0].inspect()["config_operations"] == 0


messages = st.lists(st.binary(max_size=200).filter(lambda m: b"]]>" not in m and m[:1] != b"\n"), max_size=5)


@given(messages, st.booleans(), st.lists(st.integers(1, 40), min_size=1))
def test_framing_survives_any_cut(sent, chunked, cuts):
    sent = [message for message in sent if message or not chunked]
    wire = b"".join(piece for message in sent for piece in framed(message, chunked=chunked))
    deframer = Deframer()
    deframer.chunked = chunked
    got, position = [], 0
    while position < len(wire):
        size = cuts[len(got) % len(cuts)]
        deframer.feed(wire[position : position + size])
        position += size
        while (message := deframer.next_message()) is not None:
            got.append(message)
    assert [message.removeprefix(b"\n") for message in got] == sent


def test_the_delimiter_is_cut_across_packets():
    assert not any(b"]]>]]>" in piece for piece in framed(b"<reply/>", chunked=False))


def test_chunks_are_64_kb_at_most_and_nonsense_is_an_error():
    pieces = framed(b"x" * 200_000, chunked=True)
    assert max(map(len, pieces)) <= 65536 + len(b"\n#65536\n")
    deframer = Deframer()
    deframer.chunked = True
    deframer.feed(b"this is no chunk header")
    with pytest.raises(FramingError):
        deframer.next_message()
