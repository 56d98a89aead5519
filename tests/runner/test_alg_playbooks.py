"""The ALG playbooks against a services card, and against devices that lack one."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from place import Site
from ruamel.yaml import YAML

from orchestrator.lab.scenario_file import load
from orchestrator.playbook.load import find

StartSite = Callable[..., Site]


def firewall(scenario: str) -> dict[str, Any]:
    """The stateful firewall of a shipped scenario, to be damaged."""
    return copy.deepcopy(load(scenario).stateful_firewall.model_dump())


def run(start: StartSite, name: str, setup: dict[str, Any] | None = None, **plan: Any) -> tuple[int, dict[str, Any]]:
    plan = {"persona": "mx", "scenario": name, "name": "mx1"} | plan
    if setup is not None:
        plan["extra"] = {"stateful_firewall": setup}
    place = start(**plan)
    code, result, err = place.playbook("--var", "pause=100ms", name=name)
    assert result, err
    place.assert_clean()
    assert json.loads(place.run("runs", "report", "last", "--format", "json")[1]) == result
    return code, result["devices"][0]


def symptoms(device: dict[str, Any]) -> list[str]:
    return [one["symptom"] for one in device["findings"]]


def _next_seconds(count: int) -> list[datetime]:
    now = datetime.now(UTC)
    return [now + timedelta(seconds=number) for number in range(count)]


def flows_of(setup: dict[str, Any]) -> list[dict[str, Any]]:
    return setup["conversations"][0]["flows"]


@pytest.mark.parametrize("name", ["alg-ftp", "alg-rtsp"])
def test_a_session_that_works_passes(site: StartSite, name: str) -> None:
    code, device = run(site, name)
    assert (code, device["status"], symptoms(device)) == (0, "completed", []), device
    assert {one["name"]: one["passed"] for one in device["expectations"]} == {
        "alg is active": True, "alg findings is 0": True,
    }  # fmt: skip
    assert f"{name.removeprefix('alg-')} ALG: transferring" in device["notes"]
    kinds = [one["kind"] for one in device["artifacts"]]
    assert kinds.count("stateful_firewall") == 4
    assert kinds.count("services_configuration") == 2


@pytest.mark.parametrize(("name", "noun"), [("alg-ftp", "data flow"), ("alg-rtsp", "media flow")])
def test_a_missing_data_flow_is_named(site: StartSite, name: str, noun: str) -> None:
    setup = firewall(name)
    setup["conversations"][0]["flows"] = [one for one in flows_of(setup) if one["state"] == "Watch"]
    code, device = run(site, name, setup)
    alg = name.removeprefix("alg-")
    assert (code, symptoms(device)) == (1, [f"{alg} control is up, the {noun} is missing"])
    assert any(":21" in one["text"] or "/21" in one["text"] or "/554" in one["text"]
               for one in device["findings"][0]["lines"])  # fmt: skip
    failed = [one["name"] for one in device["expectations"] if not one["passed"]]
    assert failed == ["alg findings is 0"]


def test_a_control_flow_that_is_not_watched_is_named(site: StartSite) -> None:
    setup = firewall("alg-ftp")
    flows_of(setup)[0]["state"] = "Forward"
    code, device = run(site, "alg-ftp", setup)
    assert (code, symptoms(device)) == (1, ["ftp control flow is not watched"])


def test_the_one_level_without_logging_is_named(site: StartSite) -> None:
    setup = firewall("alg-rtsp")
    setup["logging"]["system"] = False
    code, device = run(site, "alg-rtsp", setup)
    assert (code, symptoms(device)) == (1, ["logging is missing at the level of the system"])
    assert "messages take other facilities only" in device["findings"][0]["saw"]


def test_errors_that_grow_between_the_two_readings_are_told(site: StartSite) -> None:
    setup = firewall("alg-ftp")
    setup["counters"] |= {"alg-errors": 4, "alg-ftp-errors": 4}
    setup["counters_per_read"] = {"alg-errors": 3, "alg-ftp-errors": 3}
    code, device = run(site, "alg-ftp", setup)
    assert (code, symptoms(device)) == (1, ["ftp ALG errors grow"])
    assert "4 -> 7" in device["findings"][0]["saw"]


def test_data_refused_during_the_run_is_found_in_the_log(site: StartSite) -> None:
    said = "(FPC Slot 1, PIC Slot 3) {ss-rtsp}[FWNAT]: ASP_SFW_NO_RULE_DROP: proto 17 (UDP), ge-0/0/1.0:"
    line = said + "203.0.113.2:6970 -> 10.1.79.3:6970, No SFW rule match"
    old = "Oct 27 11:43:30 mx1 " + line.replace("6970", "6990") + "\n"
    soon = "".join(f"{stamp:%b %e %H:%M:%S} mx1 {line}\n" for stamp in _next_seconds(60))
    files = [{"path": "/var/log/card", "content": old + soon}]
    place = site(persona="mx", scenario="alg-rtsp", name="mx1", extra={"files": files})
    code, result, err = place.playbook("--var", "pause=100ms", "--var", "log=card", name="alg-rtsp")
    (device,) = result["devices"]
    assert (code, symptoms(device)) == (1, ["data arrives, and no flow was made for it"]), err
    assert "6970" in device["findings"][0]["saw"]


def test_a_class_that_may_not_view_is_denied(site: StartSite) -> None:
    classes = {"login_classes": {"super-user": ("network",)}}
    code, device = run(site, "alg-ftp", overrides=classes)
    assert (code, device["status"]) == (2, "failed")
    assert device["error"]["kind"] == "DeniedError"


def test_an_srx_tells_which_algs_are_off_and_what_it_cannot_tell(site: StartSite) -> None:
    setup = firewall("alg-ftp") | {"alg_disabled": ["ftp"]}
    code, device = run(site, "alg-ftp", setup, persona="vsrx-24.4")
    assert (code, symptoms(device)) == (1, ["the ftp ALG is disabled"])
    assert any("flow sessions" in text for text in device["notes"])
    assert [one["passed"] for one in device["expectations"]] == [False, False]


def test_a_device_without_algs_is_refused_cleanly(site: StartSite) -> None:
    code, device = run(site, "alg-ftp", persona="es-pic")
    assert (code, device["status"], device["error"]["kind"]) == (2, "failed", "UnsupportedError")
    assert device["artifacts"] == []


def test_the_shipped_playbooks_only_read() -> None:
    for name in ("alg-ftp", "alg-rtsp"):
        text = YAML(typ="safe").load(find(name))
        assert {next(iter(step)) for step in text["steps"]} == {"alg", "wait", "system_log"}
