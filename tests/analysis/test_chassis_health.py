"""Findings of the chassis, the detectors of the documentation, and what changed between two snapshots."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.analysis.chassis.applicability import DETECTORS, kind_of, lacks
from orchestrator.analysis.chassis.cautions import SPC2_CAUTION, SWITCHOVER
from orchestrator.analysis.chassis.health import judge
from orchestrator.model.chassis import (
    ActiveError,
    AlarmList,
    Card,
    ErrorType,
    FpcErrors,
    LevelCounters,
    Severity,
)
from orchestrator.model.chassis_changes import changes
from orchestrator.model.chassis_health import ChassisSnapshot, DetectorState, Movement
from orchestrator.model.flow_trace import Line
from orchestrator.parsers import alarms as alarms_parser
from orchestrator.parsers import wedge
from orchestrator.parsers.source import Source

ENGINE = Card(name="Routing Engine 0", description="SRX5k RE-1800X4")
SPC2 = Card(name="FPC 0", description="SRX5k SPC II")
IOC3 = Card(name="FPC 1", description="SRX5k IOC3 24XGE+6XLG")
LOOPBACK = "Jan  1 00:00:00 srx fpc0 HOST LOOPBACK WEDGE DETECTED IN PFE 0"
WEDGE_XL = "Jan  1 00:00:09 srx fpc1 XLCHIP(0): Wedge detected, Active Zones 0x3"


def alarms(text: str) -> tuple[AlarmList, ...]:
    return tuple(alarms_parser.parse(Source.of_text(text)))


NONE = alarms("No alarms currently active\n")
CARD_0 = alarms(
    "1 alarms currently active\nAlarm time               Class  Description\n"
    "2026-01-01 00:00:00 UTC  Major  FPC 0 Major Errors\n"
)


def event(text: str):
    found = wedge.event_of(Line("messages", 1, text))
    assert found is not None
    return found


def level(severity: Severity, occurred: int, threshold: int, *actions: str, cleared: int = 0, taken: int = 0):
    return LevelCounters(
        severity=severity, occurred=occurred, cleared=cleared, threshold=threshold, action_taken=taken,
        actions=actions,
    )  # fmt: skip


@pytest.fixture
def healthy() -> ChassisSnapshot:
    """An SRX5800 of which everything was read, and where nothing is wrong."""
    quiet = (level(Severity.MAJOR, 0, 1, "alarm"),)
    return ChassisSnapshot(
        device="big", model="srx5800", release="20.4R3", cards=(ENGINE, SPC2, IOC3), alarms=NONE, system_alarms=NONE,
        fpc_errors=(FpcErrors(slot=0, levels=quiet), FpcErrors(slot=1, levels=quiet)), error_types=(), active=(),
        pfe=(), events=(), log="messages",
    )  # fmt: skip


def states(snapshot: ChassisSnapshot) -> dict[str, DetectorState]:
    return {one.detector: one.state for one in judge(snapshot).detectors}


def test_a_chassis_that_was_read_whole_is_quiet_and_nothing_is_left_unchecked(healthy):
    found = judge(healthy)
    assert (found.findings, found.not_checked) == ((), ())
    assert {one.state for one in found.detectors} == {DetectorState.QUIET}


@pytest.mark.parametrize(
    ("change", "missing", "why"),
    [
        ({"cards": (ENGINE, IOC3)}, {"toe", "host loopback", "SPC2"}, "none"),
        ({"cards": (ENGINE, SPC2)}, {"IOC2 and IOC3"}, "none"),
        ({"release": "12.3X48-D100"}, {""}, "15.1X49"),
        ({"release": "17.1R2"}, {""}, "17.3R1"),
        ({"release": "15.1X49-D40"}, {"wedge", "IOC2", "SPC2"}, "15.1X49-D50"),
        ({"model": "vSRX"}, {""}, "SRX5800 only"),
        ({"cards": (replace(ENGINE, description="SRX5k RE-13-20"), SPC2, IOC3)}, {""}, "routing engine 1"),
        ({"cards": (SPC2, IOC3)}, {""}, "not known"),
        ({"cards": None}, {""}, "not known"),
        ({"release": ""}, {""}, "not known"),
        ({"events": None}, {"wedge", "fabric", "control path"}, "log"),
        ({"alarms": None}, {""}, "alarms"),
        ({"nodes": ("node0", "node1"), "alarms": (AlarmList(node="node0", declared=0),)}, {""}, "node1"),
    ],
)
def test_a_detector_that_the_device_lacks_reads_not_checked_and_not_healthy(healthy, change, missing, why):
    found = {one.detector: one for one in judge(replace(healthy, **change)).detectors}
    lacking = {name for name, one in found.items() if one.state is DetectorState.NOT_CHECKED}
    assert lacking == {name for name in found if any(word.lower() in name.lower() for word in missing)}
    assert all(why in found[name].why for name in lacking)
    assert all(one.state is DetectorState.QUIET for name, one in found.items() if name not in lacking)


def test_every_row_of_the_documentation_is_in_the_table():
    assert [one.name for one in DETECTORS if "TOE" in one.name or "loopback" in one.name]
    for one in DETECTORS:
        if one.driver in ("toe", "host-loopback"):
            assert one.cards == {"SPC2"}
        elif one.area == "wedge":
            assert one.cards == {"IOC2", "IOC3", "SPC2"}
    assert {one.driver for one in DETECTORS if one.area == "wedge"} == {"xm", "lu", "xl", "toe", "host-loopback"}


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("SRX5k SPC II", "SPC2"),
        ("SRX5K-SPC-4-15-320", "SPC2"),
        ("SRX5k SPC3", "SPC3"),
        ("SRX5k IOC II", "IOC2"),
        ("SRX5K-MPC", "IOC2"),
        ("SRX5k IOC3 24XGE+6XLG", "IOC3"),
        ("SRX5K-MPC3-100G10G", "IOC3"),
        ("SRX5k DPC 40x 1GE", ""),
    ],
)
def test_cards_are_told_by_their_words(words, kind):
    assert kind_of(Card(name="FPC 3", description=words)) == kind


def test_a_wedge_is_irreversible_when_its_card_alarms_and_transient_when_it_does_not(healthy):
    seen = (event(LOOPBACK), event(WEDGE_XL))
    loopback, lookup = judge(replace(healthy, events=seen)).findings
    assert loopback.symptom == "transient wedge: traffic was blocked on FPC 0 PFE 0 (host-loopback)"
    assert lookup.symptom.startswith("transient wedge")
    assert loopback.lines[0].text == LOOPBACK
    found = judge(replace(healthy, events=seen, alarms=CARD_0))
    by_driver = {one.symptom.rpartition("(")[2]: one for one in found.findings}
    assert by_driver["host-loopback)"].symptom.startswith("irreversible wedge")
    assert "FPC 0 Major Errors" in by_driver["host-loopback)"].why
    assert by_driver["xl)"].symptom.startswith("transient wedge"), "the alarm is of another card"
    unknown, _ = judge(replace(healthy, events=seen, alarms=None)).findings
    assert unknown.symptom.startswith("a wedge")
    assert "not read" in unknown.why
    elsewhere = judge(replace(healthy, model="mx480", events=seen)).findings
    assert [one.symptom.startswith("a wedge") for one in elsewhere] == [True, True]


def test_a_wedge_shows_in_its_detector_also_where_the_documentation_knows_none(healthy):
    bare = replace(healthy, model="vSRX", events=(event(LOOPBACK),))
    assert states(bare)["wedge of the host loopback"] is DetectorState.FOUND
    assert states(bare)["wedge of the TOE driver"] is DetectorState.NOT_CHECKED


def test_the_caution_stands_with_every_advice_to_restart_an_spc2_and_with_no_other(healthy):
    loopback, lookup = judge(replace(healthy, events=(event(LOOPBACK), event(WEDGE_XL)))).findings
    assert SPC2_CAUTION in loopback.next
    assert SPC2_CAUTION not in lookup.next
    [unknown] = judge(replace(healthy, cards=None, events=(event(LOOPBACK),))).findings
    assert f"not known whether this is an SPC2: {SPC2_CAUTION}" in unknown.next
    [small] = judge(replace(healthy, model="vSRX", events=(event(LOOPBACK),))).findings
    assert SPC2_CAUTION not in small.next


def test_an_spc2_set_to_reset_is_told_before_anything_fails(healthy):
    quiet = (level(Severity.FATAL, 0, 1, "alarm", "reset"),)
    risky = replace(healthy, fpc_errors=(FpcErrors(slot=0, levels=quiet), FpcErrors(slot=1, levels=quiet)))
    [found] = judge(risky).findings
    assert found.symptom == "fault handling of the SPC2 in FPC 0 can reboot the whole chassis"
    assert found.why == SPC2_CAUTION


def test_the_switchover_note_stands_with_major_and_fatal_in_a_cluster_only(healthy):
    assert all(SWITCHOVER not in one.why for one in judge(replace(healthy, alarms=CARD_0)).findings)
    lists = (replace(CARD_0[0], node="node0"), AlarmList(node="node1", declared=0))
    cluster = replace(healthy, nodes=("node0", "node1"), alarms=lists)
    [alarm] = judge(cluster).findings
    assert SWITCHOVER in alarm.why
    minor = FpcErrors(slot=0, node="node0", levels=(level(Severity.MINOR, 20, 10, "log"),))
    major = FpcErrors(slot=1, node="node0", levels=(level(Severity.MAJOR, 1, 1, "alarm"),))
    found = {one.symptom: one for one in judge(replace(cluster, alarms=None, fpc_errors=(minor, major))).findings}
    assert SWITCHOVER in found["major errors on node0 FPC 1"].why
    assert SWITCHOVER not in found["minor errors on node0 FPC 0"].why


def test_both_thresholds_and_both_counters_are_told(healthy):
    minor_level = level(Severity.MINOR, 4, 10, "log", cleared=1)
    counted = FpcErrors(slot=1, levels=(minor_level, level(Severity.MAJOR, 2, 1, "get-state", taken=2)))
    kind = ErrorType(slot=1, pfe="0", name="XMCHIP(0)", error_id="458", occurred=2, cleared=0, threshold=3)
    found = judge(replace(healthy, fpc_errors=(counted,), error_types=(kind,))).findings
    major, minor, single = found
    assert major.symptom == "major errors on FPC 1"
    assert "2 occurred, 0 cleared, 2 not cleared; threshold by severity 1: reached" in major.saw
    assert "actions were taken 2 times" in major.saw
    assert "get-state (keep the state of the card)" in major.why
    assert "4 occurred, 1 cleared, 3 not cleared; threshold by severity 10: not reached" in minor.saw
    assert "this error alone: 2 occurred" in single.saw
    assert "threshold by type 3: not reached" in single.saw


def test_an_active_error_tells_scope_and_fabric(healthy):
    one = ActiveError(
        name="XMCHIP_CMERROR_FI_CRC", unit="FPC 1", slot=1, scope="pfe", category="switch", severity=Severity.FATAL,
        default_severity=Severity.MAJOR, occurred=3, cleared=0, threshold=1, limit=5,
    )  # fmt: skip
    snapshot = replace(healthy, active=(one,))
    [found] = judge(snapshot).findings
    assert found.symptom == "active fatal fabric error on FPC 1: XMCHIP_CMERROR_FI_CRC"
    assert "scope pfe (of one forwarding engine)" in found.saw
    assert "by default major" in found.saw
    assert states(snapshot)["fabric errors"] is DetectorState.FOUND
    [plain] = judge(replace(healthy, active=(replace(one, name="A", category="memory"),))).findings
    assert "fabric" not in plain.symptom


def test_the_same_alarm_in_both_lists_and_on_both_nodes_is_told_once(healthy):
    lists = (replace(CARD_0[0], node="node0"), replace(CARD_0[0], node="node1"))
    found = judge(replace(healthy, nodes=("node0", "node1"), alarms=lists, system_alarms=lists)).findings
    assert [one.symptom for one in found] == ["major alarm on node0, node1: FPC 0 Major Errors"]


def test_fewer_alarms_than_declared_are_not_checked_and_not_none(healthy):
    cut = alarms("2 alarms currently active\n2026-01-01 00:00:00 UTC  Major  PEM 2 Fan Failed\n")
    assert "big: the device tells of 2 alarms, 1 were read" in judge(replace(healthy, alarms=cut)).not_checked


def test_a_card_that_declares_a_wedge_is_found_and_a_chip_without_polling_is_not_checked(healthy):
    text = "SENT: Ukern command: show toe pfe 0 xm 0 toe-inst 0 wedge-stats stream 0\nDeclared Wedge: YES\n"
    rows = tuple(wedge.parse(Source.of_text(text)))
    snapshot = replace(healthy, pfe=rows)
    [found] = judge(snapshot).findings
    assert found.symptom.startswith("wedge told by")
    assert states(snapshot)["wedge of the TOE driver"] is DetectorState.FOUND
    states_text = (
        "Wedge poll thread state  : 'Started'\nClient ID       Curr State    Prev State   Last read\n"
        "    0              NORMAL        NORMAL     1\n    1            DISABLED        NORMAL     1\n"
    )
    unpolled = judge(replace(healthy, pfe=tuple(wedge.parse(Source.of_text(states_text)))))
    assert unpolled.findings == ()
    assert [one for one in unpolled.not_checked if "lookup chip 1" in one]


def test_what_changed_between_two_snapshots(healthy):
    before = replace(healthy, events=(event(LOOPBACK),), fpc_errors=(
        FpcErrors(slot=0, levels=(level(Severity.MAJOR, 1, 1, "alarm"), level(Severity.MINOR, 9, 10))),))  # fmt: skip
    after = replace(
        before, alarms=CARD_0, system_alarms=CARD_0, events=(event(LOOPBACK), event(WEDGE_XL)),
        fpc_errors=(FpcErrors(slot=0, levels=(level(Severity.MAJOR, 4, 1, "alarm"), level(Severity.MINOR, 2, 10))),),
    )  # fmt: skip
    assert [str(one) for one in changes(before, after)] == [
        "new: alarm Major: FPC 0 Major Errors",
        f"new: log: {WEDGE_XL}",
        "moved: FPC 0 major errors occurred: 1 -> 4",
        "reset: FPC 0 minor errors occurred: 9 -> 2",
    ]
    back = changes(after, before)
    assert [one.movement for one in back] == [Movement.GONE, Movement.MOVED, Movement.RESET]
    assert changes(after, after) == ()


def test_what_only_one_snapshot_read_is_not_compared_and_never_unchanged(healthy):
    refused = replace(healthy, alarms=None, fpc_errors=None)
    found = [str(one) for one in changes(healthy, refused)]
    assert found == ["not compared: chassis alarms: not read after", "not compared: error counters: not read after"]
    silent = replace(healthy, alarms=(AlarmList(node="node0", declared=0),), nodes=("node0", "node1"))
    both = replace(silent, alarms=(*(silent.alarms or ()), AlarmList(node="node1", declared=0)))
    assert [str(one) for one in changes(both, silent)] == ["not compared: alarms of node1: only read before"]


def test_counters_of_cards_are_compared_and_run_times_are_not(healthy):
    def rows(active: int, interrupts: int, ran: int):
        text = (
            "SENT: Ukern command: show cmerror module brief\nModule  Name              Active Errors\n"
            f"1       LUCHIP(0)         {active}\n"
            "LI Block  Interrupt Name  Number of Interrupts  Last Occurrence\n"
            f"0         eope_err        {interrupts}                    -\n"
            "PID PR State     Name                   Stack Use  Time (Last/Max/Total) cpu\n"
            f"  1 H  asleep    Maintenance            368/2056   0/0/{ran} ms  0%\n"
        )
        return tuple(wedge.parse(Source.of_text(text)))

    found = changes(replace(healthy, pfe=rows(0, 23, 1)), replace(healthy, pfe=rows(1, 25, 99)))
    assert [(one.before, one.after) for one in found] == [("0", "1"), ("23", "25")]


def test_the_reason_a_detector_is_lacking_is_empty_only_when_it_is_there(healthy):
    assert {lacks(one, healthy) for one in DETECTORS} == {""}
    assert all(lacks(one, replace(healthy, model="")) for one in DETECTORS)


def test_an_alarm_of_a_card_rules_out_no_wedge_of_it_and_says_nothing_of_another(healthy):
    found = {one.detector: one for one in judge(replace(healthy, alarms=CARD_0)).detectors}
    assert found["error management of the SPC2 microkernel"].state is DetectorState.FOUND
    assert found["error management of the IOC2 and IOC3 cards"].state is DetectorState.QUIET
    for name in ("wedge of the TOE driver", "wedge of the host loopback", "wedge of the XM driver"):
        assert found[name].state is DetectorState.NOT_CHECKED
        assert "FPC 0 Major Errors" in found[name].why
    assert found["control path errors of the IOC2 and IOC3 cards"].state is DetectorState.QUIET


def test_errors_counted_on_a_card_show_in_the_detector_of_its_kind(healthy):
    counted = (FpcErrors(slot=1, levels=(level(Severity.MINOR, 1, 10, "log"),)),)
    found = states(replace(healthy, fpc_errors=counted))
    assert found["error management of the IOC2 and IOC3 cards"] is DetectorState.FOUND
    assert found["error management of the SPC2 microkernel"] is DetectorState.QUIET


def test_in_a_cluster_a_line_without_its_node_is_not_tied_to_the_alarm_of_either(healthy):
    lists = (AlarmList(node="node0", declared=0), replace(CARD_0[0], node="node1"))
    cluster = replace(healthy, nodes=("node0", "node1"), alarms=lists, system_alarms=None)
    nameless = judge(replace(cluster, events=(event(LOOPBACK),))).findings
    assert next(one.symptom for one in nameless if "wedge" in one.symptom).startswith("a wedge")
    named = judge(replace(cluster, events=(event(LOOPBACK.replace("fpc0", "node0.fpc0")),))).findings
    assert next(one.symptom for one in named if "wedge" in one.symptom).startswith("transient wedge")
