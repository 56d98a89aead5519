"""Security policies as the configuration says them, as far as it tells what is logged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PolicyAction(StrEnum):
    """What a policy does with a new session."""

    PERMIT = "permit"
    DENY = "deny"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy of a zone pair, or a global one.

    A global policy may name several zones on either side; none means any. ``log_init`` and ``log_close`` are the two
    statements below ``then log``; without both of them the policy never causes an RT_FLOW record. ``count`` is
    ``then count``. ``applications`` and ``dynamic_applications`` are those it matches, as written: ``any`` is a name.
    ``action`` is ``None`` where the configuration holds none, as in a half-written policy.
    """

    name: str
    from_zones: tuple[str, ...] = ()
    to_zones: tuple[str, ...] = ()
    action: PolicyAction | None = None
    log_init: bool = False
    log_close: bool = False
    count: bool = False
    is_global: bool = False
    applications: tuple[str, ...] = ()
    dynamic_applications: tuple[str, ...] = ()

    @property
    def asks_for_application(self) -> bool:
        """Whether it decides by the application that the payload shows, so after the session began."""
        return any(name not in {"any", "none"} for name in self.dynamic_applications)

    @property
    def logs(self) -> bool:
        """Whether the policy causes RT_FLOW records at all."""
        return self.log_init or self.log_close

    def covers(self, from_zone: str, to_zone: str) -> bool:
        """Whether sessions from one zone to the other are held against this policy."""
        return _covers(self.from_zones, from_zone) and _covers(self.to_zones, to_zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """All active policies in the order of the configuration, those of zone pairs before the global ones.

    ``default_action`` is what the configuration says of sessions that no policy covers, ``None`` when it is silent
    (documentation: the device denies then).
    """

    policies: tuple[Policy, ...] = ()
    default_action: PolicyAction | None = None

    def named(self, name: str, from_zone: str, to_zone: str) -> Policy | None:
        """The policy that an RT_FLOW record or a session names; a global one when the zone pair has none."""
        found = [each for each in self.policies if each.name == name and each.covers(from_zone, to_zone)]
        return min(found, key=lambda each: each.is_global, default=None)


def _covers(zones: tuple[str, ...], zone: str) -> bool:
    return not zones or "any" in zones or zone in zones
