"""``get-configuration`` of ``security nat``: static, destination and source rules.

The leaves around an address differ between releases (``name``, ``ipaddr``, ``dst-addr``), so the address itself is
looked for. What cannot be read is left out: these rules are a forecast, the session table is the truth.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator

from orchestrator.model.flow import Endpoint, Network
from orchestrator.model.nat import DestinationRule, NatRules, SourceRule, StaticRule
from orchestrator.parsers.xml_input import Element, children, descendants, leaf

_ANY = ipaddress.ip_network("0.0.0.0/0")
_PORT = re.compile(r"[1-9]\d{0,4}")


def parse(reply: Element) -> NatRules:
    """Read the rules of a reply; empty when there are none."""
    static: list[StaticRule] = []
    destination: list[DestinationRule] = []
    source: list[SourceRule] = []
    for nat in descendants(reply, "nat"):
        for kind in children(nat, "static"):
            static += _static(kind)
        for kind in children(nat, "destination"):
            destination += _destination(kind)
        for kind in children(nat, "source"):
            source += _source(kind)
    return NatRules(static=tuple(static), destination=tuple(destination), source=tuple(source))


def _static(kind: Element) -> Iterator[StaticRule]:
    for rule in _rules(kind):
        public = _first(_addresses(descendants(rule, "static-nat-rule-match")))
        private = _first(_addresses(descendants(rule, "then")))
        if public and private:
            yield StaticRule(name=leaf(rule, "name"), public=public, private=private)


def _destination(kind: Element) -> Iterator[DestinationRule]:
    pools = {leaf(pool, "name"): pool for pool in children(kind, "pool")}
    for rule in _rules(kind):
        public = _first(_addresses(descendants(rule, "destination-address")))
        pool = pools.get(_pool_name(rule))
        server = _first(_addresses([pool])) if pool is not None else None
        if public and server and pool is not None:
            yield DestinationRule(
                name=leaf(rule, "name"),
                public=Endpoint(public, _port(descendants(rule, "destination-port"))),
                server=Endpoint(server, _port(descendants(pool, "port"))),
            )


def _source(kind: Element) -> Iterator[SourceRule]:
    pools = {leaf(pool, "name"): tuple(_addresses([pool])) for pool in children(kind, "pool")}
    for rule in _rules(kind):
        sources = list(_addresses(descendants(rule, "source-address"))) or [_ANY]
        destinations = list(_addresses(descendants(rule, "destination-address"))) or [_ANY]
        off = any(True for then in descendants(rule, "source-nat") for _ in descendants(then, "off"))
        for one in sources:
            for other in destinations:
                yield SourceRule(
                    name=leaf(rule, "name"), source=one, destination=other, translates=not off,
                    pool=pools.get(_pool_name(rule), ()),
                )  # fmt: skip


def _rules(kind: Element) -> Iterator[Element]:
    for rule_set in children(kind, "rule-set"):
        yield from children(rule_set, "rule")


def _pool_name(rule: Element) -> str:
    return next((text for pool in descendants(rule, "pool") if (text := leaf(pool, "pool-name"))), "")


def _addresses(elements: Iterable[Element]) -> Iterator[Network]:
    for element in elements:
        for text in element.itertext():
            try:
                yield ipaddress.ip_network(str(text).strip())
            except ValueError:
                continue


def _first(addresses: Iterable[Network]) -> Network | None:
    return next(iter(addresses), None)


def _port(elements: Iterable[Element]) -> int | None:
    for element in elements:
        for text in element.itertext():
            if _PORT.fullmatch(str(text).strip()):
                return int(str(text).strip())
    return None
