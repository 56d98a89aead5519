"""The router with two encryption PICs behaves as its documentation says."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from orchestrator.driver.base import Line, Rpc
from orchestrator.driver.operations import ipsec_redundancy, vpn
from orchestrator.driver.pyez import PyezDriver
from orchestrator.errors import CommandError, GuardError
from orchestrator.lab.es_pic import Encryption
from orchestrator.lab.launch import LabDevice
from orchestrator.lab.scenario_es_pic import EsPic
from orchestrator.model.certificate import Certificate
from orchestrator.model.ipsec_redundancy import PairKind
from orchestrator.parsers import ipsec_redundancy as parser
from orchestrator.parsers.source import Source


class Time:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.booted = 1000.0


def encryption(**es_pic: object) -> tuple[Encryption, Time]:
    clock = Time()
    return Encryption(EsPic.model_validate(es_pic), lambda: clock.now, lambda: clock.booted), clock


def test_interfaces_are_offline_at_start_and_then_active_and_standby() -> None:
    pics, clock = encryption()
    assert pics.pic_states() == ("Offline", "Offline")
    clock.now += 2
    assert pics.pic_states() == ("Active", "Standby")


def test_peers_stand_by_until_they_are_connected() -> None:
    pics, clock = encryption()
    tunnel = pics.association("sa-dynamic")
    assert pics.peer_states(tunnel) == ("Standby", "Standby")
    clock.now += 4
    assert pics.peer_states(tunnel) == ("Active", "Standby")


def test_a_failed_interface_that_is_well_again_does_not_take_over() -> None:
    pics, clock = encryption()
    clock.now += 2
    before = dict(pics.memory.keys)
    pics.fail("es-1/3/0")
    assert (pics.pic_states(), pics.memory.pics.counter) == (("Offline", "Active"), 1)
    pics.repair("es-1/3/0")
    assert (pics.pic_states(), pics.memory.pics.counter) == (("Standby", "Active"), 1)
    assert pics.memory.keys == before  # inherited, all of them


def test_a_boot_forgets_the_counter_and_negotiates_anew() -> None:
    pics, clock = encryption()
    clock.now += 9
    pics.switch_pics("es-1/3/0")
    before = pics.memory.keys["sa-dynamic"]
    clock.booted = clock.now = clock.now + 60
    assert (pics.memory.pics.counter, pics.pic_states()) == (0, ("Offline", "Offline"))
    assert pics.memory.keys["sa-dynamic"] != before


def test_lifetimes_run_down_and_the_association_is_renewed_at_the_hard_one() -> None:
    pics, clock = encryption()
    keys = pics.memory.keys["sa-dynamic"]
    assert (keys.soft(clock.now), keys.hard(clock.now)) == (23040, 28800)
    clock.now += 24000
    assert (keys.soft(clock.now), keys.hard(clock.now)) == (0, 4800)
    clock.now += 5000
    assert pics.memory.keys["sa-dynamic"] != keys


@pytest.fixture
def device(start_lab: Callable[..., list[LabDevice]]) -> LabDevice:
    return start_lab(persona="es-pic")[0]


@pytest.fixture
def session(device: LabDevice, driver: Callable[..., PyezDriver]) -> PyezDriver:
    return driver(device)


def test_text_and_xml_say_the_same_of_redundancy(session: PyezDriver) -> None:
    for kind in PairKind:
        text = session.command(Line.of(f"show ipsec redundancy {kind}")).text
        assert list(parser.parse(Source.of_text(text))) == ipsec_redundancy.pairs(session, kind) != []


def test_associations_are_read_in_detail_by_the_reader_of_all_platforms(session: PyezDriver) -> None:
    found = {one.name: one for one in vpn.ipsec(session)}
    assert {name: one.types for name, one in found.items()} == {"sa-dynamic": {"dynamic"}, "sa-manual": {"manual"}}
    assert all(way.installed for one in found.values() for way in one.directions)
    soft, hard = found["sa-dynamic"].directions[0].soft, found["sa-dynamic"].directions[0].hard
    assert soft.seconds < hard.seconds <= 28800
    assert [(one.remote_address, one.established) for one in vpn.ike(session)] == [("198.51.100.1", True)]


def test_certificates_and_revocation_lists_are_read_by_the_reader_of_all_platforms(session: PyezDriver) -> None:
    held = {one.serial: one for one in vpn.certificates(session) if isinstance(one, Certificate)}
    assert set(held) == {"22314868", "1538512"}
    assert held["22314868"].not_after.year == 2036
    assert [one.issuer for one in vpn.revocation_lists(session)] == ["C=FI, O=Example, CN=Example class 2"]


def test_a_clear_renews_the_dynamic_one_and_leaves_the_manual_one(session: PyezDriver) -> None:
    before = {one.name: one.spis for one in vpn.ipsec(session)}
    for name in before:
        session.rpc(Rpc("clear-ipsec-security-associations", (("sa-name", name),)))
    after = {one.name: one.spis for one in vpn.ipsec(session)}
    assert after["sa-manual"] == before["sa-manual"]
    assert not after["sa-dynamic"] & before["sa-dynamic"]


def test_there_is_no_rpc_for_the_switch_and_an_unnamed_one_does_not_leave(
    device: LabDevice, session: PyezDriver
) -> None:
    for line in (
        "request ipsec switch", "request ipsec switch interface", "request ipsec switch interface ge-0/0/0",
        "request ipsec switch interface es-1/3/0 es-1/1/0", "request ipsec switch security-associations a;b",
        f"request ipsec switch security-associations {'a' * 33}",
    ):  # fmt: skip
        with pytest.raises(GuardError):
            session.command(Line.of(line))
    with pytest.raises(GuardError):
        session.rpc(Rpc("request-ipsec-switch"))
    assert device.inspect()["wire_log"] == []


def test_a_switch_of_what_is_not_redundant_is_refused_and_says_so(session: PyezDriver) -> None:
    with pytest.raises(CommandError, match="no redundancy is configured"):
        ipsec_redundancy.switch(session, PairKind.INTERFACE, "es-0/0/0")


def test_a_device_without_redundant_interfaces_has_no_pair(
    start_lab: Callable[..., list[LabDevice]], driver: Callable[..., PyezDriver]
) -> None:
    session = driver(start_lab(persona="es-pic", extra={"es_pic": {"pics": None, "associations": []}})[0])
    assert [ipsec_redundancy.pairs(session, kind) for kind in PairKind] == [[], []]


def test_a_release_that_has_only_the_command_line_is_read_all_the_same(
    start_lab: Callable[..., list[LabDevice]], driver: Callable[..., PyezDriver]
) -> None:
    renamed = {"get-ipsec-pic-redundancy-information": "get-something-else"}
    session = driver(start_lab(persona="es-pic", overrides={"renamed": renamed})[0])
    assert [one.name for one in ipsec_redundancy.pairs(session, PairKind.INTERFACE)] == ["es-1/3/0"]


def test_after_a_reboot_the_interfaces_come_up_one_after_the_other(
    start_lab: Callable[..., list[LabDevice]], driver: Callable[..., PyezDriver]
) -> None:
    pics = {"es_pic": {"pics": {"online_after": 1.0}}}
    device = start_lab(persona="es-pic", extra=pics, overrides={"boot_seconds": 0.1})[0]
    device.ask("reboot")
    time.sleep(0.3)
    session = driver(device)
    first = ipsec_redundancy.pairs(session, PairKind.INTERFACE)[0]
    assert (first.primary.state, first.backup.state) == ("Offline", "Offline")
    time.sleep(1.2)
    assert ipsec_redundancy.pairs(session, PairKind.INTERFACE)[0].active is not None
