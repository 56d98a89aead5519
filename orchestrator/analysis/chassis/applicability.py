"""Which detector works on which device: the table of the documentation, and the answer for one device.

A detector that the device lacks, or of which that is not known, is never called healthy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from orchestrator.model.chassis import Card
from orchestrator.model.chassis_health import ChassisSnapshot

# Releases: the first of the 15.1X49 train that has it, and the first of the main line.
_FRAMEWORK = 30
_CARDS = 50
_MAIN_LINE = (17, 3)
IOC2, IOC3, SPC2 = "IOC2", "IOC3", "SPC2"
ALL_CARDS = frozenset({IOC2, IOC3, SPC2})
_IOCS = frozenset({IOC2, IOC3})

# Where each shows what it found.
COUNTERS, ALARMS, LOG, ENGINE = "error counters", "alarms", "log", "forwarding engine"


@dataclass(frozen=True, slots=True)
class Detector:
    """One detector of the documentation: on which cards, since which release, and where its findings show.

    ``area`` and ``driver`` are those of the lines it writes to the log.
    """

    name: str
    cards: frozenset[str]
    since: int
    shows: tuple[str, ...]
    area: str = ""
    driver: str = ""


# facts: documentation of the SRX5400, SRX5600 and SRX5800 (15.1X49-D30, 15.1X49-D50, 17.3R1)
DETECTORS = (
    Detector("error management of the routing engine", frozenset(), _FRAMEWORK, (ALARMS, COUNTERS)),
    Detector("error management of the IOC2 and IOC3 cards", _IOCS, _CARDS, (ALARMS, COUNTERS)),
    Detector("error management of the SPC2 microkernel", frozenset({SPC2}), _CARDS, (ALARMS, COUNTERS)),
    Detector("fabric errors", frozenset(), _FRAMEWORK, (ALARMS, LOG), area="fabric"),
    Detector("control path errors of the IOC2 and IOC3 cards", _IOCS, _CARDS, (ALARMS, LOG), area="control-path"),
    Detector("wedge of the XM driver", ALL_CARDS, _CARDS, (ALARMS, LOG), "wedge", "xm"),
    Detector("wedge of the LU driver", ALL_CARDS, _CARDS, (ALARMS, LOG), "wedge", "lu"),
    Detector("wedge of the XL driver", ALL_CARDS, _CARDS, (ALARMS, LOG), "wedge", "xl"),
    Detector("wedge of the TOE driver", frozenset({SPC2}), _CARDS, (ALARMS, LOG), "wedge", "toe"),
    Detector("wedge of the host loopback", frozenset({SPC2}), _CARDS, (ALARMS, LOG), "wedge", "host-loopback"),
)

_MODEL = re.compile(r"srx5[468]00", re.IGNORECASE)
_RELEASE = re.compile(r"(?P<major>\d{1,2})\.(?P<minor>\d)(?:X(?P<train>\d{1,3})-D(?P<d>\d{1,4})|R\d+)", re.IGNORECASE)
# Model numbers are documented; how the inventory words them is general knowledge.
_KINDS = (
    (SPC2, re.compile(r"SPC[- ]?(?:II|2)\b(?!I)|SPC-4-15-320", re.IGNORECASE)),
    ("SPC3", re.compile(r"SPC[- ]?(?:III|3)\b", re.IGNORECASE)),
    (IOC3, re.compile(r"IOC[- ]?(?:III|3)\b|\bMPC3-", re.IGNORECASE)),
    (IOC2, re.compile(r"IOC[- ]?(?:II|2)\b(?!I)|SRX5K-MPC\b(?!\d)", re.IGNORECASE)),
    ("IOC4", re.compile(r"IOC[- ]?(?:IV|4)\b", re.IGNORECASE)),
)
_FIRST_ENGINE = re.compile(r"RE-13-20|\bRE1\b", re.IGNORECASE)
_SECOND_ENGINE = re.compile(r"RE-1800X4|\bRE2\b|RE3-128G|\bRE3\b", re.IGNORECASE)


def kind_of(card: Card) -> str:
    """The kind of a card (``SPC2``), empty when its words tell none."""
    words = f"{card.model} {card.description}"
    return next((kind for kind, sign in _KINDS if sign.search(words)), "")


def card_in(snapshot: ChassisSnapshot, node: str, slot: int | None) -> str:
    """The kind of the card in a slot, empty when it is not known."""
    return next((kind_of(card) for card in snapshot.cards or () if card.slot == slot and card.node in ("", node)), "")


def is_large(snapshot: ChassisSnapshot) -> bool:
    """Whether it is one of the devices the documentation speaks of."""
    return _MODEL.search(snapshot.model) is not None


def lacks(detector: Detector, snapshot: ChassisSnapshot) -> str:
    """Why the device does not have a detector, or why that is not known; empty when it has it."""
    if not snapshot.model:
        return "the model of the device is not known"
    if not is_large(snapshot):
        return f"documented for SRX5400, SRX5600 and SRX5800 only, this is {snapshot.model}"
    return _too_old(snapshot.release, detector.since) or _engine(snapshot) or _no_card(detector, snapshot)


def _too_old(release: str, since: int) -> str:
    found = _RELEASE.match(release)
    if found is None:
        return f"the release is not known ({release or 'none told'})"
    number = int(found["major"]), int(found["minor"])
    if number >= _MAIN_LINE:
        return ""
    if number == (15, 1) and found["train"] == "49" and int(found["d"]) >= since:
        return ""
    return f"since 15.1X49-D{since} and 17.3R1, this is {release}"


def _engine(snapshot: ChassisSnapshot) -> str:
    engines = [card for card in snapshot.cards or () if card.name.startswith("Routing Engine")]
    if any(_FIRST_ENGINE.search(f"{one.model} {one.description}") for one in engines):
        return "not supported on routing engine 1"
    if not any(_SECOND_ENGINE.search(f"{one.model} {one.description}") for one in engines):
        return "the kind of routing engine is not known, and it is not supported on routing engine 1"
    return ""


def _no_card(detector: Detector, snapshot: ChassisSnapshot) -> str:
    if not detector.cards:
        return ""
    kinds = {kind_of(card) for card in snapshot.cards or () if card.slot is not None}
    if detector.cards & kinds:
        return ""
    names = ", ".join(sorted(detector.cards))
    if "" in kinds:
        return f"on {names} only, and not every card could be told from the inventory"
    return f"on {names} only, of which the chassis has none"
