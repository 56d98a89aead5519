"""Whether everything that a scenario names is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.lab.scenario import Scenario

Location = tuple[int | str, ...]
ROOT = "root-logical-system"


def broken_references(scenario: Scenario) -> Iterator[tuple[Location, str]]:
    """Places in a scenario that name something it does not define, each with what is wrong."""
    for location, zone in _zones_named(scenario):
        if zone not in scenario.zones and zone not in {"any", "junos-host"}:
            yield location, f"there is no zone '{zone}'"
    for location, interface in _interfaces_named(scenario):
        if interface not in scenario.interfaces:
            yield location, f"there is no interface '{interface}'"
    for location, system in _logical_systems_named(scenario):
        if system != ROOT and system not in scenario.logical_systems:
            yield location, f"there is no logical system '{system}'"
    yield from _broken_rules(scenario)


def _zones_named(scenario: Scenario) -> Iterator[tuple[Location, str]]:
    for name, interface in scenario.interfaces.items():
        if interface.zone is not None:
            yield ("interfaces", name, "zone"), interface.zone
    for index, policy in enumerate(scenario.policies):
        yield ("policies", index, "from"), policy.from_zone
        yield ("policies", index, "to"), policy.to_zone
    for index, rule in enumerate(scenario.nat.source):
        yield ("nat", "source", index, "from"), rule.from_zone
        yield ("nat", "source", index, "to"), rule.to_zone
    for index, destination in enumerate(scenario.nat.destination):
        yield ("nat", "destination", index, "from"), destination.from_zone
    for index, static in enumerate(scenario.nat.static):
        yield ("nat", "static", index, "from"), static.from_zone


def _interfaces_named(scenario: Scenario) -> Iterator[tuple[Location, str]]:
    for index, route in enumerate(scenario.routes):
        if route.interface is not None:
            yield ("routes", index, "interface"), route.interface
    for index, conversation in enumerate(scenario.traffic):
        if conversation.interface is not None:
            yield ("traffic", index, "interface"), conversation.interface
        if conversation.reply_interface is not None:
            yield ("traffic", index, "reply_interface"), conversation.reply_interface
    for index, change in enumerate(scenario.changes):
        if change.address is not None:
            yield ("changes", index, "address", "interface"), change.address.interface
        if change.route is not None and change.route.interface is not None:
            yield ("changes", index, "route", "interface"), change.route.interface


def _logical_systems_named(scenario: Scenario) -> Iterator[tuple[Location, str]]:
    for name, interface in scenario.interfaces.items():
        yield ("interfaces", name, "logical_system"), interface.logical_system


def _broken_rules(scenario: Scenario) -> Iterator[tuple[Location, str]]:
    own = {application.name for application in scenario.applications}
    for index, policy in enumerate(scenario.policies):
        for name in policy.match.application:
            if name not in own and not name.startswith("junos-"):
                yield ("policies", index, "match", "application"), f"there is no application '{name}'"
    for index, rule in enumerate(scenario.nat.source):
        if rule.pool is not None and rule.pool not in scenario.nat.pools:
            yield ("nat", "source", index, "pool"), f"there is no source NAT pool '{rule.pool}'"
    names = {policy.name for policy in scenario.policies}
    for index, change in enumerate(scenario.changes):
        if change.policy is not None and change.policy.name not in names:
            yield ("changes", index, "policy", "name"), f"there is no policy '{change.policy.name}'"
    for index, route in enumerate(scenario.routes):
        if not (route.reject or route.next_hop or route.interface):
            yield ("routes", index), "a route needs a next_hop, an interface or 'reject: true'"
