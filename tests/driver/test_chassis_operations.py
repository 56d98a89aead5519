"""Alarms, errors and commands of a card, against the lab."""

from __future__ import annotations

import pytest

from orchestrator.driver.base import Rpc
from orchestrator.driver.operations import chassis
from orchestrator.errors import CommandError, DeniedError, GuardError, UnsupportedError
from orchestrator.model.chassis import ErrorType, FpcErrors, Severity
from orchestrator.parsers import chassis_errors
from orchestrator.parsers.reading import Reading

BAD = {
    "alarms": [
        {"node": 1, "description": "FPC 0 Hard errors"},
        {"node": 1, "severity": "Minor", "type": "Configuration", "description": "Rescue configuration is not set"},
    ],
    "cards": [
        {"node": 0, "slot": 0},
        {"node": 1, "slot": 0, "major": {"occurred": 3, "cleared": 1, "threshold": 1, "taken": 2,
                                         "action": "CM ALARM|GET STATE|"},
         "groups": [{"name": "XMCHIP", "error_id": 458, "occurred": 3, "threshold": 2, "description": "parity",
                     "action": "CM ALARM|"}]},
    ],
    "active_errors": [{"slot": 0, "name": "XMCHIP_CMERROR_A", "identifier": "/fpc/0/pfe/0/cm/0/XMCHIP(0)/0/A",
                       "occurred": 3, "cleared": 1, "threshold": 2, "limit": 9, "scope": "pfe", "category": "memory"}],
}  # fmt: skip


def test_a_cluster_with_one_bad_node_answers_for_both(start_lab, driver):
    one = driver(start_lab(persona="cluster-24.4", extra={"chassis": BAD})[0])
    lists = {each.node: each for each in chassis.alarms(one)}
    assert lists["node0"].alarms == ()
    assert lists["node0"].declared == 0
    [alarm] = lists["node1"].alarms
    assert (alarm.description, alarm.alarm_class, alarm.fpc, alarm.alarm_type) == (
        "FPC 0 Hard errors", "Major", 0, "Chassis",
    )  # fmt: skip
    assert [len(each.alarms) for each in chassis.system_alarms(one)] == [0, 2]


def test_counters_come_from_the_misspelt_leaves_and_thresholds_by_type_from_the_detail(start_lab, driver):
    one = driver(start_lab(persona="cluster-24.4", extra={"chassis": BAD})[0])
    found = chassis.fpc_errors(one, detail=True)
    cards = {each.node: each for each in found if isinstance(each, FpcErrors)}
    major = next(level for level in cards["node1"].levels if level.severity is Severity.MAJOR)
    assert (major.occurred, major.cleared, major.threshold, major.action_taken) == (3, 1, 1, 2)
    assert major.actions == ("alarm", "get-state")
    assert cards["node1"].pfe_state == "pfe-0 -ENABLED"
    [kind] = [each for each in found if isinstance(each, ErrorType)]
    assert (kind.name, kind.error_id, kind.threshold, kind.description) == ("XMCHIP", "458", 2, "parity")
    [scoped] = [
        each
        for each in _records(one, (("scope", "pfe"), ("category", "memory")))
        if isinstance(each, FpcErrors) and each.node == "node1"
    ]
    assert (scoped.scope, scoped.category, scoped.levels) == ("pfe", "memory", cards["node1"].levels)


def _records(one, args) -> list:
    reading: Reading = chassis_errors.parse_element(one.rpc(Rpc("get-fpc-error-information", args)).root)
    return list(reading)


def test_active_errors_have_every_field(start_lab, driver):
    one = driver(start_lab(extra={"chassis": BAD})[0])
    [error], unread = chassis.active_errors(one)
    assert unread == 0
    assert (error.name, error.unit, error.slot, error.severity) == ("XMCHIP_CMERROR_A", "FPC 0", 0, Severity.MAJOR)
    assert (error.occurred, error.cleared, error.threshold, error.limit) == (3, 1, 2, 9)
    assert (error.scope, error.category, error.state, error.last_occurred) == ("pfe", "memory", "enabled", "120")
    [counted] = chassis.active_error_counts(one)
    assert (counted.unit, counted.major, counted.fatal) == ("FPC 0", 3, 0)


def test_a_release_without_active_errors_is_unsupported_and_not_empty(start_lab, driver):
    one = driver(start_lab(persona="branch-17.3", extra={"chassis": BAD})[0])
    with pytest.raises(UnsupportedError):
        chassis.active_errors(one)
    assert chassis.alarms(one)[0].is_whole


def test_a_card_is_asked_in_its_own_shell_and_only_for_what_is_listed(start_lab, driver):
    lab = start_lab(extra={"chassis": BAD})[0]
    one = driver(lab)
    rows, unread = chassis.pfe_show(one, 0, "show cmerror module brief")
    assert unread == 0
    assert [(row.values["name"], row.values["active_errors"]) for row in rows] == [
        ("PQ3 Chip", "0"), ("Host Loopback", "0"),
    ]  # fmt: skip
    assert (rows[0].target, rows[0].command) == ("fpc0", "show cmerror module brief")
    with pytest.raises(CommandError):
        chassis.pfe_show(one, 0, "show luchip 0")
    with pytest.raises(CommandError, match="target"):
        chassis.pfe_show(one, 3, "show threads")
    sent = len(lab.inspect()["wire_log"])
    for command in ("clear cmerror all", "show threads\nclear x", "show luchip 0; reboot", "test show threads",
                    "show threads | clear", "show  threads", "set parser security 10", ""):  # fmt: skip
        with pytest.raises(GuardError):
            chassis.pfe_show(one, 0, command)
    assert len(lab.inspect()["wire_log"]) == sent


def test_a_class_without_the_permission_is_denied_the_card_but_sees_alarms(start_lab, driver):
    one = driver(start_lab(extra={"chassis": BAD})[0], user="auditor")
    assert chassis.alarms(one)
    with pytest.raises(DeniedError):
        chassis.pfe_show(one, 0, "show threads")


def test_the_inventory_names_the_cards(start_lab, driver):
    held = {"routing_engine": "SRX5K-RE-1800X4", "cards": [{"slot": 2, "description": "SRX5k SPC II"}]}
    cards = chassis.cards(driver(start_lab(extra={"chassis": held})[0]))
    assert [(card.name, card.slot, card.description) for card in cards if card.name != "Midplane"][:2] == [
        ("Routing Engine 0", None, "SRX5K-RE-1800X4"),
        ("FPC 2", 2, "SRX5k SPC II"),
    ]
