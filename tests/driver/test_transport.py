"""NETCONF on the wire: framing, sizes, dead peers, retries, forks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ncclient.transport.errors import NetconfFramingError

from orchestrator.driver.base import Line, Rpc
from orchestrator.driver.netconf import END, READ_BYTES, Deframer
from orchestrator.driver.operations import files, flow_monitor, flow_session, system
from orchestrator.driver.pyez import PyezDriver
from orchestrator.errors import ConnectError, ReplyTimeoutError, SessionLostError
from orchestrator.lab.launch import LabDevice
from orchestrator.model.flow_session import FlowSession

STATUS = Rpc("get-flow-status-all")
START = "monitor security flow start"


def sent(device: LabDevice, text: str) -> int:
    """How often a request arrived at the device."""
    return sum(text in entry["text"] for entry in device.inspect()["wire_log"])


# -- framing --------------------------------------------------------------------------------------------------------

bodies = st.lists(
    st.binary(max_size=200).filter(lambda data: END not in data and not data.endswith((b"]", b">", b"\n"))), max_size=5
)


def marked(message: bytes, _: st.DataObject) -> bytes:
    return message + END


def chunked(message: bytes, data: st.DataObject) -> bytes:
    framed, rest = b"", message
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        framed, rest = framed + b"\n#%d\n" % size + rest[:size], rest[size:]
    return framed + b"\n##\n"


@pytest.mark.parametrize("frame", [marked, chunked])
@settings(max_examples=200, deadline=None)
@given(messages=bodies, data=st.data())
def test_any_split_of_any_messages_gives_the_same_messages(
    frame: Callable, messages: list, data: st.DataObject
) -> None:
    stream = b"".join(frame(message, data) for message in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    deframer = Deframer()
    deframer.chunked = frame is chunked
    got, parts = [], []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        for piece, ends in deframer.feed(stream[start:end]):
            parts.append(piece)
            if ends:
                got.append(b"".join(parts))
                parts = []
    assert got == messages
    assert parts == []


def test_the_line_end_behind_the_hello_is_no_chunk() -> None:
    deframer = Deframer()
    assert list(deframer.feed(b"<hello/>" + END + b"\n")) == [(b"<hello/>", True)]
    deframer.chunked = True
    pieces = list(deframer.feed(b"\n#3\nabc\n##\n"))
    assert b"".join(piece for piece, _ in pieces) == b"abc"
    assert pieces[-1][1]


@pytest.mark.parametrize(
    "garbage", [b"no chunk header at all", b"\n#0\n12345678901", b"\n#x\n0123456789012", b"\n#12345678901\n"]
)
def test_bytes_that_are_no_chunk_header_are_an_error(garbage: bytes) -> None:
    deframer = Deframer()
    deframer.chunked = True
    with pytest.raises(NetconfFramingError) as refused:
        list(deframer.feed(garbage))
    assert garbage.decode()[-8:].strip() not in str(refused.value)  # it may be the middle of a key


@pytest.mark.parametrize("frame", ["marked", "one chunk", "small chunks"])
def test_deframing_takes_time_in_proportion_to_the_reply(frame: str) -> None:
    def seconds(size: int) -> float:
        body = b"x" * size
        if frame == "marked":
            stream = body + END
        elif frame == "one chunk":
            stream = b"\n#%d\n%s\n##\n" % (size, body)
        else:
            stream = b"".join(b"\n#8\nxxxxxxxx" for _ in range(size // 8)) + b"\n##\n"
        best = 1e9
        for _ in range(3):
            deframer = Deframer()
            deframer.chunked = frame != "marked"
            begun = time.process_time()
            total = 0
            for start in range(0, len(stream), READ_BYTES):
                total += sum(len(piece) for piece, _ in deframer.feed(stream[start : start + READ_BYTES]))
            best = min(best, time.process_time() - begun)
            assert total == size
        return best

    small = 1_000_000 if frame == "small chunks" else 20_000_000
    assert seconds(8 * small // 2) < 4 * 3 * seconds(small)  # quadratic would be sixteen times as long
    assert seconds(small) < 1.0


# -- replies --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("framing", ["1.0", "1.1"])
def test_a_large_reply_of_multibyte_characters_comes_whole(framing: str, start_lab: Callable, driver: Callable) -> None:
    [device] = start_lab(overrides={"framing": framing})
    text = "é漢🔥" * 300_000
    device.ask("write", path="/var/log/big", text=text)
    session = driver(device)
    assert files.log(session, "big").strip() == text
    assert system.information(session)[0].host_name == device.name
    assert session._session._deframer.chunked == (framing == "1.1")


SPOOLING = """
import os, resource, sys
from pathlib import Path
from orchestrator.driver.base import Rpc
from orchestrator.driver.pyez import PyezDriver
from orchestrator.model.device import Credentials, Device
host, port, user, key, host_key, name, target = sys.argv[1:]
credentials = Credentials(user=user, key_file=Path(key), agent=False, prompt=False)
device = Device(name="srx", host=host, port=int(port), host_keys=(host_key,), credentials=credentials)
with PyezDriver(device) as driver, open(target, "wb") as into:
    driver.spool(Rpc("get-log", (("filename", "small"),)), into)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    driver.spool(Rpc("get-log", (("filename", name),)), into)
    print(os.path.getsize(target), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_reply_is_spooled_in_constant_memory(lab: LabDevice, client_key: Path, tmp_path: Path) -> None:
    lab.ask("write", path="/var/log/small", text="x")
    for _ in range(4):
        lab.ask("write", path="/var/log/large", text="0123456789abcde\n" * 500_000)
    target = tmp_path / "reply"
    arguments = [lab.host, str(lab.port), lab.user, str(client_key), lab.host_key, "large", str(target)]
    done = subprocess.run([sys.executable, "-c", SPOOLING, *arguments], capture_output=True, text=True, check=True)
    size, grown_kib = map(int, done.stdout.split())
    assert size > 32_000_000
    assert grown_kib < 12 * 1024  # the reply is three times that


def test_a_spooled_read_that_starts_over_leaves_no_trace_of_the_first_attempt(
    start_lab: Callable, driver: Callable
) -> None:
    [device] = start_lab(scenario="default")
    device.ask("fault", fault={"kind": "half-reply", "match": "summary"})
    assert len(flow_session.summary(driver(device, reply_seconds=0.5))) == 1
    assert sent(device, "<summary/>") == 2


# -- peers that die -------------------------------------------------------------------------------------------------


def test_a_frozen_device_is_noticed_at_the_timeout_and_the_session_is_dropped(lab: LabDevice, driver: Callable) -> None:
    session = driver(lab)
    system.information(session)
    lab.ask("freeze")
    begun = time.monotonic()
    with pytest.raises(ReplyTimeoutError) as caught:
        session.rpc(Rpc("clear-flow-session-all"), timeout=0.5)  # a change: asked once
    assert 0.4 < time.monotonic() - begun < 2.0
    assert caught.value.device == lab.name
    assert session._session is None
    lab.ask("thaw")
    assert system.information(session)[0].host_name == lab.name
    assert sent(lab, "clear-flow-session-all") == 1


def test_a_read_survives_a_device_that_freezes_for_a_moment(lab: LabDevice, driver: Callable) -> None:
    session = driver(lab)
    session.rpc(STATUS)
    lab.ask("freeze", seconds=1.0)
    assert not session.rpc(STATUS, timeout=0.4).is_empty


def test_a_read_of_a_dead_device_ends(lab: LabDevice, driver: Callable) -> None:
    session = driver(lab, connect_seconds=1.0)
    session.rpc(STATUS)
    lab.ask("freeze")
    begun = time.monotonic()
    with pytest.raises(ConnectError):
        session.rpc(STATUS, timeout=0.4)
    assert time.monotonic() - begun < 6.0


def test_closing_a_frozen_device_does_not_hang(lab: LabDevice, driver: Callable, clean: Callable) -> None:
    session = driver(lab)
    session.rpc(STATUS)
    session.cli(Line.of("show version"))
    lab.ask("freeze")
    begun = time.monotonic()
    session.close()
    assert time.monotonic() - begun < 5.0
    lab.ask("thaw")
    clean(lab)


def test_a_connection_that_breaks_under_a_change_is_a_lost_session(lab: LabDevice, driver: Callable) -> None:
    session = driver(lab)
    session.rpc(STATUS)
    lab.ask("fault", fault={"kind": "delay", "match": "clear-flow", "seconds": 5})
    threading.Timer(0.3, lambda: lab.ask("drop", reset=True)).start()
    begun = time.monotonic()
    with pytest.raises(SessionLostError):
        session.rpc(Rpc("clear-flow-session-all"))
    assert time.monotonic() - begun < 2.0
    assert not session.rpc(STATUS).is_empty


def test_a_session_that_broke_while_idle_is_replaced_without_a_word(lab: LabDevice, driver: Callable) -> None:
    session = driver(lab)
    session.rpc(STATUS)
    lab.ask("drop")
    time.sleep(0.1)
    assert not session.rpc(STATUS).is_empty


def test_nothing_is_left_open_after_close(lab: LabDevice, driver: Callable, clean: Callable) -> None:
    session = driver(lab)
    session.rpc(STATUS)
    session.cli(Line.of("show version"))
    assert lab.inspect()["sessions_open"] == 2
    session.close()
    clean(lab)
    assert sent(lab, "close-session") == 1
    session.close()


# -- sent again, or never -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["drop-before", "drop-after", "reset", "lost", "lost-reply", "half-reply"])
def test_a_read_is_sent_again(kind: str, lab: LabDevice, driver: Callable) -> None:
    lab.ask("fault", fault={"kind": kind, "match": "get-flow-status"})
    assert not driver(lab).rpc(STATUS, timeout=0.5).is_empty
    assert sent(lab, "get-flow-status-all") == 2


def test_a_read_is_sent_three_times_at_most(lab: LabDevice, driver: Callable) -> None:
    lab.ask("fault", fault={"kind": "drop-before", "match": "get-flow-status", "once": False})
    with pytest.raises(SessionLostError):
        driver(lab).rpc(STATUS)
    assert sent(lab, "get-flow-status-all") == 3


@pytest.mark.parametrize(
    ("kind", "error"),
    [("drop-before", SessionLostError), ("drop-after", SessionLostError), ("reset", SessionLostError),
     ("lost", ReplyTimeoutError), ("lost-reply", ReplyTimeoutError), ("half-reply", ReplyTimeoutError)],
)  # fmt: skip
def test_a_change_is_never_sent_twice(kind: str, error: type[Exception], lab: LabDevice, driver: Callable) -> None:
    lab.ask("fault", fault={"kind": kind, "match": "clear-flow-session", "once": False})
    with pytest.raises(error):
        driver(lab).rpc(Rpc("clear-flow-session", (("source-port", "1"),)), timeout=0.5)
    assert sent(lab, "clear-flow-session") == 1


@pytest.mark.parametrize("kind", ["drop-after", "lost-reply"])
def test_a_lost_answer_to_a_monitor_verb_is_not_followed_by_another_form(
    kind: str, lab: LabDevice, driver: Callable
) -> None:
    lab.ask("fault", fault={"kind": kind, "match": START, "once": False})
    with pytest.raises((SessionLostError, ReplyTimeoutError)):
        flow_monitor.start(driver(lab, reply_seconds=0.5))
    assert sent(lab, START) == 1


# -- processes ------------------------------------------------------------------------------------------------------


def test_a_session_is_not_used_by_a_child_process(lab: LabDevice, driver: Callable) -> None:
    session: PyezDriver = driver(lab)
    session.rpc(STATUS)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        said = b"nothing"
        try:
            session._session.send(
                '<nc:rpc xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"><get-flow-status-all/></nc:rpc>'
            )
        except BaseException as error:  # noqa: BLE001 - told to the parent
            said = str(error).encode()
        os.write(writer, said)
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 200) == b"the session belongs to another process"
    assert not session.rpc(STATUS).is_empty
    assert sent(lab, "get-flow-status-all") == 2


def test_sessions_of_the_table_are_read_while_traffic_runs(start_lab: Callable, driver: Callable) -> None:
    [device] = start_lab(scenario="default")
    session = driver(device)
    deadline = time.monotonic() + 3
    while not (seen := list(flow_session.sessions(session))) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert any(isinstance(one, FlowSession) for one in seen)
