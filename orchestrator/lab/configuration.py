"""The committed configuration that a scenario amounts to, as XML, as curly text and as ``set`` lines.

Nothing here can be changed: the device takes configuration commands, answers as a real one would, and counts them.
"""

from __future__ import annotations

import shlex
from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

from lxml import etree

from orchestrator.lab.configuration_flow import statements
from orchestrator.lab.configuration_log import log_statements
from orchestrator.lab.configuration_services import services_logging
from orchestrator.lab.markup import Element, local_name
from orchestrator.lab.scenario import DestinationRule, Policy, Scenario, SourceRule

if TYPE_CHECKING:
    from orchestrator.lab.box import Box

DEFAULT_MTU = 1500
# Lists whose tag is not written before the key in text.
BARE = {("interfaces", "interface")}


class Configuration:
    """The tree of one device."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def tree(self) -> Element:
        """A fresh ``<configuration>``."""
        root = etree.Element("configuration")
        scenario = self._box.scenario
        _put(root, "version", self._box.persona.version)
        _put(root, "system/host-name", self._box.name)
        _put(root, "system/services/netconf/ssh")
        _interfaces(root, scenario)
        for route in scenario.routes:
            entry = _named(_at(root, "routing-options/static"), "route", route.prefix)
            tag, value = ("reject", "") if route.reject else ("next-hop", route.next_hop or route.interface or "")
            _put(entry, tag, value)
        security = _at(root, "security")
        log_statements(root, scenario.log)
        _flow(security, scenario)
        _nat(security, scenario)
        _policies(security, scenario, self._box.datapath.deleted_policies)
        _zones(security, scenario)
        _applications(root, scenario)
        if self._box.persona.platform == "mx":
            services_logging(root, scenario.stateful_firewall)
        for line in scenario.configuration.splitlines():
            _graft(root, shlex.split(line.strip().removeprefix("set ")))
        return root


def _at(parent: Element, path: str) -> Element:
    """The element at a path, made when it is not there."""
    for tag in path.split("/"):
        found = parent.find(tag)
        parent = etree.SubElement(parent, tag) if found is None else found
    return parent


def _put(parent: Element, path: str, text: str = "") -> Element:
    """Add a statement: the last tag of the path is new even when there is one."""
    folder, _, tag = path.rpartition("/")
    element = etree.SubElement(_at(parent, folder) if folder else parent, tag)
    element.text = text or None
    return element


def _named(parent: Element, tag: str, name: str) -> Element:
    """A list entry with its key."""
    for entry in parent.findall(tag):
        if entry.findtext("name") == name:
            return entry
    entry = etree.SubElement(parent, tag)
    _put(entry, "name", name)
    return entry


def _interfaces(root: Element, scenario: Scenario) -> None:
    for full, interface in scenario.interfaces.items():
        device, _, unit = full.partition(".")
        logical = _named(_named(_at(root, "interfaces"), "interface", device), "unit", unit or "0")
        if interface.mtu != DEFAULT_MTU and interface.addresses:
            _put(_at(logical, "family/inet"), "mtu", str(interface.mtu))
        for address in interface.addresses:
            family = "inet6" if ":" in address else "inet"
            _named(_at(logical, f"family/{family}"), "address", address)


def _flow(security: Element, scenario: Scenario) -> None:
    for path, value in statements(scenario.flow):
        _put(security, f"flow/{path}", value)
    if scenario.traceoptions:
        trace = _at(security, "flow/traceoptions")
        _put(trace, "file/filename", "flow-trace")
        _named(trace, "flag", "basic-datapath")


def _nat(security: Element, scenario: Scenario) -> None:
    for name, pool in scenario.nat.pools.items():
        _named(_named(_at(security, "nat/source"), "pool", name), "address", pool.addresses)
    for rule in scenario.nat.source:
        _source_rule(_at(security, "nat/source"), rule)
    for translation in scenario.nat.destination:
        _destination_rule(_at(security, "nat/destination"), translation)
    for static in scenario.nat.static:
        entry = _named(_rule_set(_at(security, "nat/static"), static.from_zone), "rule", static.name)
        _put(entry, "static-nat-rule-match/destination-address", f"{static.public}/32")
        _put(entry, "then/static-nat/prefix/addr-prefix", f"{static.private}/32")


def _rule_set(parent: Element, from_zone: str, to_zone: str = "") -> Element:
    rules = _named(parent, "rule-set", f"{from_zone}-to-{to_zone}" if to_zone else f"from-{from_zone}")
    if rules.find("from") is None:
        _put(rules, "from/zone", from_zone)
        if to_zone:
            _put(rules, "to/zone", to_zone)
    return rules


def _source_rule(source: Element, rule: SourceRule) -> None:
    entry = _named(_rule_set(source, rule.from_zone, rule.to_zone), "rule", rule.name)
    _put(entry, "src-nat-rule-match/source-address", rule.source or "0.0.0.0/0")
    if rule.destination:
        _put(entry, "src-nat-rule-match/destination-address", rule.destination)
    then = _at(entry, "then/source-nat")
    if rule.pool:
        _put(then, "pool/pool-name", rule.pool)
    else:
        _put(then, "interface")


def _destination_rule(destination: Element, rule: DestinationRule) -> None:
    address = _named(_named(destination, "pool", rule.name), "address", f"{rule.to.address}/32")
    if rule.to.port:
        _put(address, "port", str(rule.to.port))
    entry = _named(_rule_set(destination, rule.from_zone), "rule", rule.name)
    _put(entry, "dest-nat-rule-match/destination-address", f"{rule.match.address}/32")
    if rule.match.port:
        _put(entry, "dest-nat-rule-match/destination-port", str(rule.match.port))
    _put(entry, "then/destination-nat/pool/pool-name", rule.name)


def _policies(security: Element, scenario: Scenario, deleted: Container[str]) -> None:
    policies = _at(security, "policies")
    present = [policy for policy in scenario.policies if policy.name not in deleted]
    pairs: dict[tuple[str, str], Element] = {}
    for policy in present:
        zones = (policy.from_zone, policy.to_zone)
        if "any" not in zones and zones not in pairs:
            pairs[zones] = etree.SubElement(policies, "policy")
            _put(pairs[zones], "from-zone-name", zones[0])
            _put(pairs[zones], "to-zone-name", zones[1])
        if "any" not in zones:
            _policy(pairs[zones], policy)
    for policy in present:
        if "any" in (policy.from_zone, policy.to_zone):  # evaluated after those of the zone pair: global ones
            match = _policy(_at(policies, "global"), policy)
            _put(match, "from-zone", policy.from_zone)
            _put(match, "to-zone", policy.to_zone)
    _put(policies, f"default-policy/{scenario.default_policy}-all")


def _policy(pair: Element, policy: Policy) -> Element:
    """Add a policy and return its ``match``."""
    entry = _named(pair, "policy", policy.name)
    match = _at(entry, "match")
    for tag, values in (
        ("source-address", policy.match.source),
        ("destination-address", policy.match.destination),
        ("application", policy.match.application),
    ):
        for value in values or ["any"]:
            _put(match, tag, value)
    for value in policy.match.dynamic_application:
        _put(match, "dynamic-application", f"junos:{value}")
    then = _at(entry, "then")
    _put(then, policy.action)
    for when in policy.log:
        _put(then, f"log/session-{when}")
    return match


def _zones(security: Element, scenario: Scenario) -> None:
    for name, zone in scenario.zones.items():
        entry = _named(_at(security, "zones"), "security-zone", name)
        if zone.tcp_rst:
            _put(entry, "tcp-rst")
        if zone.screens or zone.session_limit:
            _put(entry, "screen", f"{name}-screen")
        for service in zone.host_inbound:
            _named(_at(entry, "host-inbound-traffic"), "system-services", service)
        for full, interface in scenario.interfaces.items():
            if interface.zone == name:
                _named(entry, "interfaces", full)


def _applications(root: Element, scenario: Scenario) -> None:
    for application in scenario.applications:
        entry = _named(_at(root, "applications"), "application", application.name)
        _put(entry, "protocol", application.protocol)
        if application.port:
            _put(entry, "destination-port", str(application.port))
        if application.inactivity_timeout:
            _put(entry, "inactivity-timeout", str(application.inactivity_timeout))


def _graft(root: Element, words: list[str]) -> None:
    """A scenario's own statement: every word a level, the last one the value."""
    if len(words) > 1:
        _put(_at(root, "/".join(words[:-2])) if words[:-2] else root, words[-2], words[-1])


def _statements(element: Element) -> Iterator[tuple[str, list[Element]]]:
    """Each statement's words and the children inside its braces."""
    for child in element:
        tag = local_name(child)
        inside = list(child)
        if tag in {"name", "from-zone-name", "to-zone-name"}:
            continue
        if child.find("from-zone-name") is not None:
            yield f"from-zone {child.findtext('from-zone-name')} to-zone {child.findtext('to-zone-name')}", inside
        elif (key := child.findtext("name")) is not None:
            bare = (local_name(element), tag) in BARE
            yield (key if bare else f"{tag} {key}"), inside
        else:
            yield (f"{tag} {child.text}" if child.text and child.text.strip() else tag), inside


def as_text(element: Element, depth: int = 0) -> str:
    """Curly text of what is inside an element."""
    indent = "    " * depth
    lines = []
    for (words, inside), child in zip(_statements(element), _bodies(element), strict=True):
        rest = [one for one in inside if local_name(one) not in {"name", "from-zone-name", "to-zone-name"}]
        lines.append(f"{indent}{words} {{\n{as_text(child, depth + 1)}{indent}}}\n" if rest else f"{indent}{words};\n")
    return "".join(lines)


def _bodies(element: Element) -> list[Element]:
    return [child for child in element if local_name(child) not in {"name", "from-zone-name", "to-zone-name"}]


def as_set(element: Element, path: str = "set") -> str:
    """``set`` lines of what is inside an element; ``path`` is how they begin."""
    lines = []
    for (words, _), child in zip(_statements(element), _bodies(element), strict=True):
        inner = as_set(child, f"{path} {words}") if _bodies(child) else f"{path} {words}\n"
        lines.append(inner)
    return "".join(lines)


def only(tree: Element, wanted: Element) -> Element:
    """The part of a tree that a subtree filter names; an empty filter element takes everything below it."""
    asked = {local_name(child) for child in wanted}
    if not asked:
        return tree
    for child in list(tree):
        tag = local_name(child)
        keys = tag in {"name", "from-zone-name", "to-zone-name"}
        if tag in asked:
            match = next(one for one in wanted if local_name(one) == tag)
            only(child, match)
        elif not keys:
            tree.remove(child)
    return tree
