"""Security associations asked of, and cleared on, every kind of device the lab plays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.driver import guard
from orchestrator.driver.base import Line, Rpc
from orchestrator.driver.operations import vpn, vpn_clear
from orchestrator.errors import DeniedError, GuardError, RefusedError, UnsupportedError
from orchestrator.lab.operations import catalogue, es_pic, vpn_services
from orchestrator.model.certificate import Certificate, CertificateDatabase
from orchestrator.model.ipsec import Facility
from orchestrator.model.ipsec_clear import Aftermath

PERSONAS = {
    "vsrx-24.4": Facility.SECURITY,
    "cluster-24.4": Facility.SECURITY,
    "branch-17.3": Facility.SECURITY,
    "es-pic": Facility.ROUTING_ENGINE,
    "mx": Facility.SERVICES,
}
TUNNELS = """
name: vpn
vpn:
  obeys_clear: {obeys}
  tunnels:
    - {{name: one, remote: 198.51.100.7, index: 131073, keys: true}}
    - {{name: two, remote: 198.51.100.8, index: 131074, on_traffic: true, service_set: other}}
    - {{name: fixed, remote: 198.51.100.9, index: 131075, type: manual}}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Callable[..., Path]:
    def write(*, obeys: bool = True) -> Path:
        path = tmp_path / "vpn.yml"
        path.write_text(TUNNELS.format(obeys=str(obeys).lower()))
        return path

    return write


@pytest.mark.parametrize("persona", PERSONAS)
def test_every_kind_of_device_is_asked_until_it_knows_and_remembered(
    start_lab: Callable, driver: Callable, persona: str
) -> None:
    device = start_lab(persona=persona)[0]
    with_memory = driver(device)
    first = vpn.ike(with_memory)
    asked = len(device.inspect()["wire_log"])
    second = vpn.ike(with_memory)
    assert {one.facility for one in first} == {PERSONAS[persona]}
    assert [one.cookies for one in first] == [one.cookies for one in second]
    assert first[0].established is True
    assert len(device.inspect()["wire_log"]) - asked == 1  # not a form too many
    found = vpn.ipsec(with_memory)
    assert {one.facility for one in found} == {PERSONAS[persona]}
    assert all(len(one.spis) == 2 for one in found)
    assert found[0].remote_gateway == "" if persona == "es-pic" else found[0].remote_gateway == "198.51.100.7"


def test_a_router_with_services_cards_and_associations_of_its_own_shows_both(
    start_lab: Callable, driver: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(catalogue.PLATFORMS, "mx", (es_pic, vpn_services))
    asked = driver(start_lab(persona="mx")[0])
    for found in (vpn.ike(asked), vpn.ipsec(asked), vpn.ipsec(asked, detail=False)):
        assert {one.facility for one in found} == {Facility.ROUTING_ENGINE, Facility.SERVICES}
    done = vpn_clear.clear_ipsec(asked, everything=True)
    assert done.worked
    assert len(done.cleared) == 2


def test_brief_and_detail_name_the_same_associations(start_lab: Callable, driver: Callable) -> None:
    for persona in PERSONAS:
        asked = driver(start_lab(persona=persona)[0])
        assert [one.spis for one in vpn.ipsec(asked)] == [one.spis for one in vpn.ipsec(asked, detail=False)]


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_clear_is_done_when_other_spis_are_read_back(start_lab: Callable, driver: Callable, persona: str) -> None:
    asked = driver(start_lab(persona=persona)[0])
    target = next(one for one in vpn.ipsec(asked) if "manual" not in one.types)
    done = vpn_clear.clear_ipsec(asked, target.name or str(target.index))
    assert done.worked
    assert [one.aftermath for one in done.cleared] == [Aftermath.RENEWED]
    assert not set(done.cleared[0].before) & set(done.cleared[0].after)
    assert vpn.ipsec(asked)[0].spis != target.spis


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_cleared_peer_has_other_cookies(start_lab: Callable, driver: Callable, persona: str) -> None:
    asked = driver(start_lab(persona=persona)[0])
    before = vpn.ike(asked)[0]
    done = vpn_clear.clear_ike(asked, before.remote_address)
    assert done.worked
    assert vpn.ike(asked)[0].cookies != before.cookies


def test_a_clear_that_the_device_ignores_is_not_called_done(
    start_lab: Callable, driver: Callable, scenario: Callable
) -> None:
    asked = driver(start_lab(scenario=str(scenario(obeys=False)))[0])
    done = vpn_clear.clear_ipsec(asked, "one", patience=0.2)
    assert not done.worked
    assert [one.aftermath for one in done.cleared] == [Aftermath.UNCHANGED]
    ike = vpn_clear.clear_ike(asked, "198.51.100.7", patience=0.2)
    assert [one.aftermath for one in ike.cleared] == [Aftermath.UNCHANGED]


def test_a_tunnel_that_waits_for_traffic_is_gone_and_that_is_said(
    start_lab: Callable, driver: Callable, scenario: Callable
) -> None:
    asked = driver(start_lab(scenario=str(scenario()))[0])
    done = vpn_clear.clear_ipsec(asked, "198.51.100.8", patience=0.2)
    assert [one.aftermath for one in done.cleared] == [Aftermath.GONE]
    assert done.worked


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_manual_association_is_refused_with_the_reason_and_nothing_is_sent(
    start_lab: Callable, driver: Callable, scenario: Callable, persona: str
) -> None:
    device = start_lab(persona=persona, scenario=str(scenario()))[0]
    asked = driver(device)
    with pytest.raises(RefusedError, match="manual"):
        vpn_clear.clear_ipsec(asked, "sa-manual" if persona == "es-pic" else "131075")
    assert not [one for one in device.inspect()["wire_log"] if "clear" in one["text"]]


def test_a_misprinted_type_in_detail_does_not_make_a_manual_association_dynamic(
    start_lab: Callable, driver: Callable, tmp_path: Path
) -> None:
    path = tmp_path / "misprint.yml"
    path.write_text(
        "name: misprint\nes_pic:\n  associations:\n"
        "    - {name: sa-manual, type: manual, protocol: AH, replay_window: 0, misprinted_type: true}\n"
    )
    asked = driver(start_lab(persona="es-pic", scenario=str(path))[0])
    assert vpn.ipsec(asked)[0].types == {"dynamic"}
    with pytest.raises(RefusedError, match="manual"):
        vpn_clear.clear_ipsec(asked, "sa-manual")


def test_everything_is_cleared_one_by_one_and_the_manual_one_is_left(
    start_lab: Callable, driver: Callable, scenario: Callable
) -> None:
    device = start_lab(scenario=str(scenario()))[0]
    asked = driver(device)
    done = vpn_clear.clear_ipsec(asked, everything=True, patience=0.2)
    assert {one.what: one.aftermath for one in done.cleared} == {"one": Aftermath.RENEWED, "two": Aftermath.GONE}
    assert [text.split(":")[0] for text in done.skipped] == ["fixed"]
    sent = [one["text"] for one in device.inspect()["wire_log"] if "clear-" in one["text"]]
    assert len(sent) == 2
    assert all("<index>" in text for text in sent)


def test_an_index_that_two_associations_share_is_cleared_once(
    start_lab: Callable, driver: Callable, scenario: Callable
) -> None:
    path = scenario()
    path.write_text(path.read_text().replace("131074", "131073"))  # in the middle of a rekey, both are listed
    device = start_lab(scenario=str(path))[0]
    asked = driver(device)
    assert len([one for one in vpn.ipsec(asked) if one.index == 131073]) == 2
    vpn_clear.clear_ipsec(asked, "131073", patience=0.2)
    assert sum("clear-" in one["text"] for one in device.inspect()["wire_log"]) == 1


def test_nothing_is_cleared_unless_named_or_all_are_meant(start_lab: Callable, driver: Callable) -> None:
    asked = driver(start_lab()[0])
    for clear in (vpn_clear.clear_ike, vpn_clear.clear_ipsec):
        with pytest.raises(RefusedError, match="nothing was named"):
            clear(asked)
        with pytest.raises(RefusedError, match="no I"):
            clear(asked, "192.0.2.99")


@pytest.mark.parametrize(
    "request_",
    [
        Rpc("clear-ike-security-association"),
        Rpc("clear-ike-security-associations"),
        Rpc("clear-services-ike-security-associations"),
        Rpc("clear-ipsec-security-association"),
        Rpc("clear-ipsec-security-associations"),
        Rpc("clear-services-ipsec-vpn-security-associations", (("service-set", "x"),)),
        Rpc("clear-ike-security-association", (("peer-address", "198.51.100.0/24"),)),
        Rpc("get-pre-shared-key"),
        Rpc("clear-ipsec-security-associations", (("sa-name", "a b"),)),
    ],
    ids=str,
)
def test_the_guard_lets_no_unnamed_clear_and_no_request_for_keys_out(request_: Rpc) -> None:
    with pytest.raises(GuardError):
        guard.admit_element(request_.element())


@pytest.mark.parametrize("word", ["pre-shared-key", "pre-shared", "p", "PRE-SHARED-KEY", "Pre"])
def test_the_command_that_prints_keys_is_refused_also_cut_short(word: str) -> None:
    with pytest.raises(GuardError):
        guard.admit_line(f"show security ike {word}")
    guard.admit_line("show security ike security-associations")


def test_a_lost_reply_is_followed_by_reading_back(start_lab: Callable, driver: Callable) -> None:
    device = start_lab()[0]
    asked = driver(device)
    before = vpn.ipsec(asked)[0]
    device.ask("fault", fault={"kind": "drop-after", "match": "clear-ipsec-security-association"})
    done = vpn_clear.clear_ipsec(asked, before.name)
    assert done.reply_lost
    assert [one.aftermath for one in done.cleared] == [Aftermath.RENEWED]


def test_an_operator_who_may_not_clear_is_told_so_and_nothing_changed(start_lab: Callable, driver: Callable) -> None:
    device = start_lab()[0]
    before = vpn.ipsec(driver(device))[0].spis
    with pytest.raises(DeniedError):
        vpn_clear.clear_ipsec(driver(device, user="auditor"), "branch-1")
    assert vpn.ipsec(driver(device))[0].spis == before


def test_a_device_without_ipsec_is_a_clean_refusal(start_lab: Callable, driver: Callable) -> None:
    gone = ["get-ike-security-associations-information", "get-security-associations-information"]
    device = start_lab(overrides={"absent": gone})[0]
    asked = driver(device)
    with pytest.raises(UnsupportedError, match="no form"):
        vpn.ipsec(asked)
    with pytest.raises(UnsupportedError):
        vpn_clear.clear_ipsec(asked, "x")
    assert not [one for one in device.inspect()["wire_log"] if "<clear" in one["text"]]


def test_statistics_are_read_where_there_are_some(start_lab: Callable, driver: Callable) -> None:
    srx = vpn.statistics(driver(start_lab()[0]))
    assert srx[0].counter("esp-encrypted-bytes") == 0
    assert len(srx[0].counters) == 14
    services = vpn.statistics(driver(start_lab(persona="mx")[0]))
    assert [one.service_set for one in services] == ["ss-vpn"]


def test_certificates_come_from_the_database_and_from_the_pki(start_lab: Callable, driver: Callable) -> None:
    pki = vpn.certificates(driver(start_lab()[0]))
    assert [one.identifier for one in pki if isinstance(one, Certificate)] == ["vpn-local"]
    assert pki[0].not_after is not None  # type: ignore[union-attr]
    router = driver(start_lab(persona="es-pic")[0])
    database, *held = vpn.certificates(router)
    assert database == CertificateDatabase(total=2, active=2, locked=1)
    assert [one.serial for one in held if isinstance(one, Certificate)] == ["22314868", "1538512"]
    assert vpn.revocation_lists(router)[0].issuer


def test_keys_are_gone_before_anybody_can_store_them(
    start_lab: Callable, driver: Callable, scenario: Callable, tmp_path: Path
) -> None:
    device = start_lab(scenario=str(scenario()))[0]
    asked = driver(device)
    kept = tmp_path / "kept.xml"
    found = vpn.ipsec(asked, keep=kept)
    assert "(removed)" in kept.read_text()
    for text in (
        kept.read_text(),
        repr(found),
        asked.command(Line.of("show security ipsec security-associations detail")).text,
        asked.cli(Line.of("show security ipsec security-associations detail")),
    ):
        assert "5ec2e7" not in text
    with (tmp_path / "spool").open("wb") as file, pytest.raises(GuardError, match="keys"):
        asked.spool(Rpc("get-security-associations-information", (("detail", None),)), file)


def test_the_name_since_20_3_is_tried_too(start_lab: Callable, driver: Callable) -> None:
    device = start_lab(persona="re-ipsec-24.4")[0]
    asked = driver(device)
    assert {one.facility for one in vpn.ipsec(asked)} == {Facility.ROUTING_ENGINE}
    assert vpn_clear.clear_ipsec(asked, "sa-dynamic").worked
    assert vpn_clear.clear_ike(asked, "198.51.100.1").worked
    sent = [one["text"] for one in device.inspect()["wire_log"]]
    assert any("get-re-ike-security-associations-information" in text for text in sent)
    assert any("get-re-security-associations-information" in text for text in sent)
