"""NAT as the configuration says it, as far as it tells the addresses of a reply before there is a session."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.model.flow import Endpoint, Network


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticRule:
    """One public prefix for one private prefix, both ways."""

    name: str
    public: Network
    private: Network


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationRule:
    """What is sent to ``public`` goes to ``server``."""

    name: str
    public: Endpoint
    server: Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRule:
    """What comes from ``source`` and goes to ``destination`` gets an address of ``pool``.

    The pool is empty for interface NAT (the address is that of whatever interface the route chooses) and for
    ``source-nat off``; ``translates`` tells the two apart.
    """

    name: str
    source: Network
    destination: Network
    pool: tuple[Network, ...] = ()
    translates: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NatRules:
    """All rules, in the order in which the configuration lists them."""

    static: tuple[StaticRule, ...] = ()
    destination: tuple[DestinationRule, ...] = ()
    source: tuple[SourceRule, ...] = ()
