"""Stock PyEZ, with its own tables, reads what the lab's cards and alarms print."""

from __future__ import annotations

from pathlib import Path

import jnpr.junos
from jnpr.junos.factory import loadyaml
from test_lab_pyez import opened

TABLES = Path(jnpr.junos.__file__).parent / "command"
BAD = {
    "alarms": [{"description": "FPC 0 Hard errors"}],
    "pfe": [
        {
            "command": "show cmerror module brief",
            "text": "-------------------------------------------------------------------------\n"
            "Module  Name              Active Errors  PFE       Callback    ModuleData\n"
            "                                        Specific  Function\n"
            "-------------------------------------------------------------------------\n"
            "1       LUCHIP(0)         2              Yes       0x00000000  0x00000000\n"
            "2       CM[0]             0              No        0x41f550f0  0x462f767c\n",
        }
    ],
}


def _table(name: str, kind: str):
    return loadyaml(str(TABLES / f"{name}.yml"))[kind]


def test_pyez_reads_the_modules_of_a_card(launch):
    with opened(launch(extra={"chassis": BAD})) as dev:
        found = _table("cm_error", "CMErrorTable")(dev).get(target="fpc0")
        assert found[1]["name"] == "LUCHIP(0)"
        assert found[1]["errors"] == 2


def test_pyez_reads_a_host_loopback_without_wedges(device):
    with opened(device) as dev:
        found = dict(_table("host_loopback_status", "HostlbStatusSummaryTable")(dev).get(target="fpc0"))
        assert found == {"no-detected-wedges": True, "no-toolkit-errors": True}


def test_pyez_reads_the_alarms_and_the_text_says_the_same(launch):
    with opened(launch(extra={"chassis": BAD})) as dev:
        reply = dev.rpc.get_alarm_information(normalize=True)
        assert reply.findtext("alarm-summary/active-alarm-count") == "1"
        assert reply.findtext("alarm-detail/alarm-description") == "FPC 0 Hard errors"
        assert "Major  FPC 0 Hard errors" in dev.cli("show chassis alarms", warning=False)


def test_a_quiet_device_has_no_alarm(device):
    with opened(device) as dev:
        assert dev.rpc.get_alarm_information().find("alarm-summary/no-active-alarms") is not None
