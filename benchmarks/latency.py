"""What one RPC costs: the product, PyEZ as it comes, and ncclient as it comes, against the same lab."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

from jnpr.junos import Device as StockDevice
from lab_process import lab_process, median_milliseconds, table
from lxml import etree
from ncclient import manager

from orchestrator.driver.base import Rpc
from orchestrator.driver.pyez import PyezDriver
from orchestrator.lab.launch import LabDevice
from orchestrator.model.device import Device

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 7
RPCS = 20
NAME = "get-flow-status-all"
Opened = tuple[Callable[[], object], Callable[[], object]]  # ask, close


def product(_: LabDevice, device: Device) -> Opened:
    driver = PyezDriver(device)
    return lambda: driver.rpc(Rpc(NAME)), driver.close


def stock(lab: LabDevice, device: Device) -> Opened:
    key = str(device.credentials.key_file)
    one = StockDevice(
        host=lab.host,
        port=lab.port,
        user=lab.user,
        ssh_private_key_file=key,
        ssh_config=os.devnull,
        look_for_keys=False,
    )
    one.open(gather_facts=False)
    return one.rpc.get_flow_status_all, one.close


def raw(lab: LabDevice, device: Device) -> Opened:
    one: Any = manager.connect(
        host=lab.host, port=lab.port, username=lab.user, key_filename=str(device.credentials.key_file),
        hostkey_verify=False, look_for_keys=False, allow_agent=False, device_params={"name": "junos"},
    )  # fmt: skip
    return lambda: one.rpc(etree.Element(NAME)), one.close_session


WAYS = {"product": product, "PyEZ": stock, "ncclient": raw}


def main() -> None:
    warnings.simplefilter("ignore")
    first: dict[str, list[float]] = {way: [] for way in WAYS}
    each: dict[str, list[float]] = {way: [] for way in WAYS}
    closing: dict[str, list[float]] = {way: [] for way in WAYS}
    with lab_process("quiet") as (lab, device):
        for _ in range(ROUNDS):
            for way, connect in WAYS.items():  # interleaved: a busy machine slows all of them
                begun = time.perf_counter()
                ask, close = connect(lab, device)
                ask()
                first[way].append(time.perf_counter() - begun)
                for _ in range(RPCS):
                    begun = time.perf_counter()
                    ask()
                    each[way].append(time.perf_counter() - begun)
                begun = time.perf_counter()
                close()
                closing[way].append(time.perf_counter() - begun)
    columns = ("", *(f"{way} ms" for way in WAYS), "PyEZ / product", "ncclient / product")
    rows = []
    for name, samples in (("connect and first RPC", first), ("each further RPC", each), ("close", closing)):
        found = {way: median_milliseconds(samples[way]) for way in WAYS}
        ratios = [f"x{found[way] / found['product']:.1f}" for way in ("PyEZ", "ncclient")]
        rows.append((name, *(f"{found[way]:.2f}" for way in WAYS), *ratios))
    table(f"latency, medians of {ROUNDS} sessions of {RPCS} RPCs", columns, rows)


if __name__ == "__main__":
    main()
