"""Tunnels seen, compared and cleared by the program, and keys that must be nowhere afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from place import Site
from typer.testing import CliRunner

from orchestrator.cli.app import app
from orchestrator.errors import InputError, RefusedError
from orchestrator.lab.vpn import key_of

KEY = key_of(0)[0][:8]  # what every key of the lab begins with
SCENARIO = """
name: vpn
vpn:
  tunnels:
    - {name: one, remote: 198.51.100.7, index: 131073, keys: true}
    - {name: two, remote: 198.51.100.8, index: 131074, flags: "Waiting for remove", up: false}
    - {name: fixed, remote: 198.51.100.9, index: 131075, type: manual, replay_window: 0}
  certificates:
    - {identifier: old, ends: "01- 2-2026 00:00 UTC"}
"""
PLAYBOOK = """
name: tunnels
about: what the tunnels are, before and after
steps:
  - vpn: {save: before}
  - command: {run: show security ipsec security-associations detail, save: text}
  - vpn: {save: after, compare: before}
"""
SiteMaker = Callable[..., Site]
Here = Callable[..., Result]


@pytest.fixture
def with_tunnels(site: SiteMaker, tmp_path: Path) -> Site:
    path = tmp_path / "vpn.yml"
    path.write_text(SCENARIO)
    return site(scenario=str(path))


@pytest.fixture
def here(with_tunnels: Site) -> Here:
    """The program in this process: a tenth of the time of one of its own."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, [*words, "-i", str(with_tunnels.inventory)])

    return run


def test_no_key_reaches_an_artefact_the_ledger_a_log_or_the_screen(
    with_tunnels: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_DEBUG", "1")
    playbook = tmp_path / "tunnels.yml"
    playbook.write_text(PLAYBOOK)
    code, result, err = with_tunnels.playbook(name=str(playbook))
    shown = with_tunnels.run("show", "ipsec-sa", "srx1", "-i", str(with_tunnels.inventory), "--format", "json")
    assert code in (0, 1), err
    files = [path for path in with_tunnels.state.rglob("*") if path.is_file()]
    kept = {path.name for path in files}
    assert any("ipsec-sa-before" in name for name in kept)
    assert any(name.startswith("text") or "text" in name for name in kept)
    assert any(name.endswith((".sqlite", ".db", ".sqlite3")) or "ledger" in name for name in kept)
    assert any(b"(removed)" in path.read_bytes() for path in files)  # there were keys to take out
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
    for text in (json.dumps(result), err, *shown[1:]):
        assert KEY not in text


def test_what_changed_between_two_steps_is_told(with_tunnels: Site, here: Here, tmp_path: Path) -> None:
    path = tmp_path / "again.yml"
    path.write_text(
        "name: again\nabout: x\nsteps:\n  - vpn: {save: before}\n  - wait: {for: 3s}\n"
        "  - vpn: {save: after, compare: before}\n"
    )
    process = with_tunnels.begin(name=str(path))
    while not any("get-security-associations-information" in text for text in with_tunnels.sent("get-security-ass")):
        assert process.poll() is None
    cleared = here("clear", "ipsec-sa", "srx1", "one", "--yes")
    assert cleared.exit_code == 0, cleared.output
    out, err = process.communicate(timeout=60)
    assert "IPsec one was negotiated anew (other SPIs)" in out, err
    assert "IKE peer 198.51.100.8: the negotiation failed" in out


def test_the_verbs_tell_associations_and_what_is_wrong_with_them(with_tunnels: Site, here: Here) -> None:
    ike = json.loads(here("show", "ike-sa", "srx1", "--format", "json").stdout)[0]
    assert [one["symptom"] for one in ike["findings"]] == ["IKE peer 198.51.100.8: the negotiation failed"]
    assert {one["remote_address"] for one in ike["records"]} == {"198.51.100.7", "198.51.100.8"}
    ipsec = json.loads(here("show", "ipsec-sa", "srx1", "fixed", "--format", "json").stdout)[0]
    assert [one["name"] for one in ipsec["records"]] == ["fixed"]
    assert "no protection against replay" in ipsec["findings"][0]["symptom"]
    held = json.loads(here("show", "certificates", "srx1", "--format", "json").stdout)[0]
    assert [one["symptom"] for one in held["findings"]] == ["certificate old: expired"]
    counters = json.loads(here("show", "ipsec-statistics", "srx1", "--format", "json").stdout)[0]
    assert len(counters["records"][0]["counters"]) == 14
    table = here("show", "ike-sa", "srx1").stdout
    assert table.splitlines()[0].split()[:3] == ["PEER", "STATE", "EXCHANGE"]
    assert "1. IKE peer 198.51.100.8: the negotiation failed" in table
    one = here("show", "ipsec-sa", "srx1", "one").stdout
    assert one.count("inbound") == one.count("outbound") == 1
    assert "(0x" in one
    assert "old" in here("show", "certificates", "srx1").stdout
    assert "replay-errors" in here("show", "ipsec-statistics", "srx1").stdout


def test_clears_need_a_name_and_a_yes_and_refuse_manual_ones(with_tunnels: Site, here: Here) -> None:
    assert isinstance(here("clear", "ipsec-sa", "srx1").exception, InputError)
    assert isinstance(here("clear", "ike-sa", "srx1", "nobody", "--yes").exception, InputError)
    assert here("clear", "ipsec-sa", "srx1", "one").exit_code == 2  # nobody said yes
    assert with_tunnels.sent("clear-") == []
    refused = here("clear", "ipsec-sa", "srx1", "fixed", "--yes").exception
    assert isinstance(refused, RefusedError)
    assert "manual" in str(refused)
    done = here("clear", "ike-sa", "srx1", "198.51.100.7", "--yes")
    assert (done.exit_code, done.stdout.startswith("IKE peer 198.51.100.7: renewed")) == (0, True)


def test_saved_outputs_are_explained_together_without_a_device() -> None:
    data = Path(__file__).parents[1] / "data"
    files = [
        data / kind / case / "input.txt"
        for kind, case in (
            ("ipsec_sa", "es_brief_manual"), ("ipsec_sa", "es_detail_manual"), ("certificate", "es_detail"),
            ("ike_sa", "es_brief_wrapped"),
        )
    ]  # fmt: skip
    done = CliRunner().invoke(app, ["explain", *map(str, files)], standalone_mode=False)
    for shown in (
        "IKE peer 192.0.2.9: not established",
        "sa-manual: brief and detail do not name the same type",
        "more active entries than entries",
    ):
        assert shown in done.stdout
    assert done.return_value == 1


@pytest.mark.parametrize("kind", ["ike_sa", "ipsec_sa"])
def test_a_saved_output_is_parsed_without_a_device(kind: str) -> None:
    data = Path(__file__).parents[1] / "data" / kind / "es_detail" / "input.txt"
    if kind == "ipsec_sa":
        data = data.parents[1] / "es_transport_kilobytes" / "input.txt"
    done = CliRunner().invoke(app, ["parse", kind, str(data)])
    assert json.loads(done.stdout.splitlines()[0])
    assert "00112233" not in done.output
