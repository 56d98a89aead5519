"""The verbs about redundant encryption PICs, as a person types them."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.cli.app import app
from orchestrator.driver.base import Line
from orchestrator.errors import InputError, RefusedError
from orchestrator.lab.launch import LabDevice

LINE = "request ipsec switch"
Type = Callable[..., tuple[int, str, str]]


@pytest.fixture
def types(start_lab: Callable[..., list[LabDevice]], client_key: Path, tmp_path: Path,
          capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Type:  # fmt: skip
    """Types a command for a router of the scenario and gives exit code, stdout and stderr; ``says`` is the answer."""

    def one(device: LabDevice, *words: str, says: str = "") -> tuple[int, str, str]:
        extras = {"host_keys": [device.host_key], "key_file": str(client_key), "agent": False}
        host = {"hostname": device.host, "port": device.port, "username": device.user,
                "connection_options": {"orchestrator": {"extras": extras}}}  # fmt: skip
        (tmp_path / "hosts.yaml").write_text(json.dumps({device.name: host}))
        monkeypatch.setattr(sys, "stdin", io.StringIO(says))
        capsys.readouterr()
        code = app([*words, "-i", str(tmp_path)], standalone_mode=False)
        return code or 0, *capsys.readouterr()

    return one


def router(start_lab: Callable[..., list[LabDevice]], **es_pic: object) -> LabDevice:
    return start_lab(persona="es-pic", extra={"es_pic": es_pic})[0]


def sent(device: LabDevice) -> int:
    return sum(LINE in entry["text"] for entry in device.inspect()["wire_log"])


def test_a_healthy_router_is_shown_without_findings(start_lab: Callable, types: Type) -> None:
    code, out, _ = types(router(start_lab), "show", "ipsec-redundancy", "srx")
    assert code == 0
    assert [line.split() for line in out.splitlines()] == [
        ["WHAT", "NAME", "PRIMARY", "BACKUP", "LOCAL", "SWITCHES"],
        ["interface", "es-1/3/0", "es-1/3/0", "Active", "es-1/1/0", "Standby", "-", "0"],
        ["security-associations", "sa-dynamic", "198.51.100.1", "Active", "203.0.113.1", "Standby", "192.0.2.1", "0"],
    ]


def test_one_name_is_asked_for_alone(start_lab: Callable, types: Type) -> None:
    device = router(start_lab)
    for name, count in (("es-1/1/0", 1), ("sa-dynamic", 1), ("sa-manual", 0)):
        _, out, _ = types(device, "show", "ipsec-redundancy", "srx", "--name", name, "--format", "json")
        assert len(json.loads(out)[0]["pairs"]) == count


def test_what_is_wrong_with_a_router_is_shown_with_its_cure(start_lab: Callable, types: Type) -> None:
    device = router(
        start_lab, pics={"backup_offline": True}, counter=3,
        associations=[
            {"name": "sa-down", "family": "Down"}, {"name": "sa-loose", "family": "No reference"},
            {"name": "sa-host", "type": "manual", "mode": "transport", "family": "", "installed": False},
        ],
    )  # fmt: skip
    _, out, _ = types(device, "show", "ipsec-redundancy", "srx")
    for symptom in (
        "1. es-1/1/0 is offline: nobody stands by", "2. es-1/3/0 has switched 3 times since the software was activated",
        "3. sa-down: interface family is down", "4. sa-loose: no interface family refers to it",
        "5. sa-host: its transport association is not installed (inbound and outbound)",
    ):  # fmt: skip
        assert symptom in out
    assert out.count("next: ") == 5


def test_an_srx_has_no_such_redundancy(start_lab: Callable, types: Type) -> None:
    with pytest.raises(RefusedError, match="does not know 'show ipsec redundancy'"):
        types(start_lab()[0], "show", "ipsec-redundancy", "srx")


def test_nothing_is_switched_without_a_yes(start_lab: Callable, types: Type) -> None:
    device = router(start_lab)
    code, _, err = types(device, "request", "ipsec-switch", "srx", "--interface", "es-1/3/0", says="\n")
    assert (code, sent(device)) == (2, 0)
    assert "switch srx over to es-1/1/0? traffic moves with it [y/N]" in err
    assert "nothing was switched" in err


def test_a_switch_is_proven_and_the_way_back_is_offered_and_taken(start_lab: Callable, types: Type) -> None:
    device = router(start_lab)
    code, _, err = types(device, "request", "ipsec-switch", "srx", "--interface", "es-1/3/0", says="y\ny\n")
    assert (code, sent(device)) == (0, 2), err
    assert "switched: es-1/3/0 Standby, es-1/1/0 Active, counter 1; security associations: inherited" in err
    assert "switch back to es-1/3/0? nothing else will: there is no preemption" in err
    assert "switched: es-1/3/0 Active, es-1/1/0 Standby, counter 2; security associations: inherited" in err


class Meanwhile(io.StringIO):
    """A person who says yes, but only after something has happened on the device; ``None`` for nothing."""

    def __init__(self, *happens: Callable[[], object] | None) -> None:
        super().__init__("y\n" * len(happens))
        self._happens = list(happens)

    def readline(self, size: int | None = -1, /) -> str:
        if (one := self._happens.pop(0)) is not None:
            one()
        return super().readline(-1 if size is None else size)


@pytest.mark.parametrize("question", [0, 1], ids=["there", "back"])
def test_who_says_yes_after_a_colleague_switched_does_not_undo_it(
    start_lab: Callable, types: Type, driver: Callable, monkeypatch: pytest.MonkeyPatch, question: int
) -> None:
    device = router(start_lab)

    def colleague() -> None:
        driver(device).command(Line.of("request ipsec switch interface es-1/3/0"))

    answers = Meanwhile(*[None] * question, colleague)
    monkeypatch.setattr(io, "StringIO", lambda _says: answers)
    with pytest.raises(RefusedError, match=r"has switched meanwhile: it was .*; it is ") as refused:
        types(device, "request", "ipsec-switch", "srx", "--interface", "es-1/3/0")
    assert refused.value.hint.startswith("nothing was sent")
    assert sent(device) == question + 1  # the colleague's, and ours before it


def test_yes_switches_once_and_says_how_to_get_back(start_lab: Callable, types: Type) -> None:
    device = router(start_lab)
    words = ("request", "ipsec-switch", "srx", "--security-association", "sa-dynamic")
    code, out, err = types(device, *words, "--yes", "--format", "json")
    assert (code, sent(device)) == (0, 1)
    assert f"to switch back: orchestrator {' '.join(words)}" in err
    assert [(one["associations"], one["counter_after"]) for one in json.loads(out)] == [("new", 1)]


def test_a_switch_that_was_not_clean_is_exit_code_one(start_lab: Callable, types: Type) -> None:
    device = router(start_lab, inherits=False)
    assert types(device, "request", "ipsec-switch", "srx", "--interface", "es-1/3/0", "--yes")[0] == 1


def test_no_pair_named_is_told_before_the_device_is_met(start_lab: Callable, types: Type) -> None:
    device = router(start_lab)
    with pytest.raises(InputError, match="one of them"):
        types(device, "request", "ipsec-switch", "srx", "--yes")
    assert device.inspect()["wire_log"] == []
