"""What a whole run costs above its own requests and waits.

A run is made against the lab. What arrived there is then sent by hand over one driver session, request after request,
with the two waits that the playbook asks for: how long to trace, and how long the file must have kept its size. By hand
the size is seen through the lab's back door at every moment; the run has to poll for it.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from lab_process import lab_process, table
from lxml import etree

from orchestrator.cli.workshop import connect, open_ledger, step_kinds
from orchestrator.driver.base import Line, Rpc
from orchestrator.driver.pyez import PyezDriver
from orchestrator.errors import CommandError
from orchestrator.lab.launch import LabDevice
from orchestrator.model.device import Device
from orchestrator.playbook.load import load
from orchestrator.runner.run import Runner

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
CAPTURE_SECONDS = 2.0
SETTLE_SECONDS = 1.5
PLAYBOOK = f"""\
name: whole-run
steps:
  - session_table: {{save: before}}
  - flow_trace:
      conversation: {{source: 10.1.1.10, destination: "192.0.2.80:443"}}
      directions: both
      for: {CAPTURE_SECONDS:g}s
      settle: {SETTLE_SECONDS * 1000:g}ms
  - session_table: {{save: after}}
"""


def whole_run(device: Device, folder: Path) -> float:
    """Seconds of a run, in this process."""
    path = folder / "whole-run.yml"
    path.write_text(PLAYBOOK)
    kinds = step_kinds()
    book = load(path, given={}, kinds={name: kind.Args for name, kind in kinds.items()})
    begun = time.perf_counter()
    with open_ledger() as ledger:
        runner = Runner(kinds=kinds, ledger=ledger, runs=folder / "runs", connect=connect, say=lambda *_: None)
        result = runner.run(book, [device])
    assert result.status.value == "passed" or result.exit_code in {0, 1}, result
    return time.perf_counter() - begun


def by_hand(lab: LabDevice, device: Device, requests: list[tuple[str, str]], folder: Path) -> tuple[float, float]:
    """Seconds of the same requests over one driver, and how many of them were waits."""
    begun, waited = time.perf_counter(), CAPTURE_SECONDS
    with PyezDriver(device) as driver:
        for channel, text in requests:
            _send(driver, channel, text, folder)
            if "monitor security flow start" in text:
                time.sleep(CAPTURE_SECONDS)
            if "monitor security flow stop" in text:
                waited += _settled(lab)
    return time.perf_counter() - begun, waited


def _settled(lab: LabDevice) -> float:
    """Wait until no file grew for a while; seconds."""
    begun = changed = time.perf_counter()
    sizes: object = None
    while time.perf_counter() - changed < SETTLE_SECONDS:
        seen = {name: size for name, size in lab.inspect()["files"].items() if name.startswith("orc-")}
        if seen != sizes:
            sizes, changed = seen, time.perf_counter()
        time.sleep(0.01)
    return time.perf_counter() - begun


def _send(driver: PyezDriver, channel: str, text: str, folder: Path) -> None:
    if channel == "scp":
        driver.copy(text.rsplit(maxsplit=1)[-1], folder / "copy")
        return
    if channel == "exec":
        driver.cli(Line.of(text))
        return
    element = etree.fromstring(text)
    if element.tag == "close-session":
        return
    try:
        if element.tag == "command":
            driver.command(Line.of(element.text or ""))
        elif element.tag == "get-flow-session-information":
            with (folder / "table.xml").open("wb") as file:
                driver.spool(_rpc(element), file)
        else:
            driver.rpc(_rpc(element))
    except CommandError:
        pass  # the run met it too: a form that the device does not know, a file that was gone


def _rpc(element: etree._Element) -> Rpc:
    attributes = tuple((str(name), str(value)) for name, value in element.attrib.items())
    if element.tag == "get-configuration":
        subtree = tuple(str(node.tag) for node in element.iterdescendants())
        return Rpc(str(element.tag), attributes=attributes, subtree=subtree)
    return Rpc(str(element.tag), tuple((str(child.tag), child.text) for child in element), attributes)


def wire(lab: LabDevice) -> list[tuple[str, str]]:
    """Every request that arrived so far."""
    return [(entry["channel"], entry["text"]) for entry in lab.inspect()["wire_log"]]


def main() -> None:
    runs, hands, count = [], [], 0
    with tempfile.TemporaryDirectory() as name, lab_process("default") as (lab, device):
        os.environ["ORCHESTRATOR_STATE"] = name
        folder = Path(name)
        (folder / "runs").mkdir()
        whole_run(device, folder)  # the device's forms are learnt, everything is imported
        for _ in range(ROUNDS):
            seen = len(wire(lab))
            runs.append(whole_run(device, folder))
            requests = wire(lab)[seen:]
            count = len(requests)
            hands.append(by_hand(lab, device, requests, folder))
    run, hand = statistics.median(runs), statistics.median(wall for wall, _ in hands)
    waits = statistics.median(waited for _, waited in hands)
    rows = [
        ("whole run", f"{run:.3f}", f"{run - waits:.3f}", f"x{run / hand:.3f}"),
        ("the same requests by hand", f"{hand:.3f}", f"{hand - waits:.3f}", "x1.000"),
    ]
    title = (
        f"whole run, medians of {ROUNDS}, {count} requests, {CAPTURE_SECONDS:g} s capture, {SETTLE_SECONDS:g} s settle"
    )
    table(title, ("", "wall s", "without the waits s", "wall ratio"), rows)


if __name__ == "__main__":
    main()
