"""Sessions out of the leaves of the XML reply, whoever read the leaves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from orchestrator.model import protocols
from orchestrator.model.flow_session import FlowSession, Wing
from orchestrator.model.place import Place
from orchestrator.parsers.record_maker import maker
from orchestrator.parsers.values import UNKNOWN_PROTOCOL, integer, is_absent, present, protocol_number

# Leaves that have a field of their own, in the order in which their texts are handed over; all others are ``extra``.
SESSION_LEAVES = (
    "session-identifier", "policy", "sess-state", "session-state", "status", "session-flag", "timeout",
    "configured-timeout", "start-time", "duration", "application-name", "dynamic-application-name",
    "nat-source-pool-name", "logical-system",
)  # fmt: skip
WING_LEAVES = (
    "direction", "source-address", "source-port", "destination-address", "destination-port", "protocol",
    "interface-name", "pkt-cnt", "byte-cnt",
)  # fmt: skip

# A table repeats few words very often.
_number = lru_cache(maxsize=512)(protocol_number)
_present = lru_cache(maxsize=4096)(present)

_flow_session = maker(FlowSession)
_wing = maker(Wing)


@lru_cache(maxsize=4096)
def policy_of(text: str) -> tuple[str, int | None]:
    """Split ``name/index``; both are empty for ``N/A``."""
    name, slash, index = present(text).rpartition("/")
    number = integer(index)
    return (name, number) if slash and number is not None else (present(text), None)


@lru_cache(maxsize=1024)
def pool_of(text: str) -> str:
    """Name of the source NAT pool, empty for ``Null``."""
    return "" if is_absent(text) else text.strip()


def sorted_out(found: Mapping[str, str], leaves: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The texts of ``leaves``, empty where there is none, and all others that are not empty."""
    rest = {name: text for name, text in found.items() if text and name not in leaves}
    return tuple([found.get(name, "") for name in leaves]), rest


def session_of(
    texts: tuple[str, ...], extra: dict[str, str], wings: tuple[Wing, ...], where: tuple[str, str], place: Place | None
) -> FlowSession | None:
    """A session from the stripped texts of ``SESSION_LEAVES``; ``where`` is node and SPU.

    ``None`` when there is no identifier.
    """
    (
        identifier, policy, state, ha_state, status, flag, timeout, configured, start, duration, application, dynamic,
        pool, logical_system,
    ) = texts  # fmt: skip
    session_id = integer(identifier)
    if session_id is None:
        return None
    name, index = policy_of(policy)
    return _flow_session(
        session_id, wings, name, index, _present(state), _present(ha_state), _present(status), _present(flag),
        integer(timeout), integer(configured), integer(start), integer(duration), _present(application),
        _present(dynamic), pool_of(pool), _present(logical_system), where[0], where[1], extra, place,
    )  # fmt: skip


def keep_words(extra: dict[str, str], source: str, destination: str) -> None:
    """Keep what stands in the columns of the ports where there are none.

    For ESP these are the halves of the SPI (facts: live 24.4R1 prints them so for an established tunnel).
    """
    words = {"source-port": source, "destination-port": destination}
    extra.update({name: word for name, word in words.items() if word not in {"", "0"}})


def wing_of(texts: tuple[str, ...], extra: dict[str, str]) -> Wing:
    """A wing from the stripped texts of ``WING_LEAVES``."""
    direction, source, source_word, destination, destination_word, written, interface, packets, size = texts
    protocol = _number(written)
    if protocol == UNKNOWN_PROTOCOL:
        extra["protocol"] = written
    first, second = integer(source_word), integer(destination_word)
    ports: tuple[int | None, int | None] = (None, None)
    words: tuple[int | None, int | None] = (None, None)
    if protocol in protocols.WITH_PORTS:
        ports = first, second
    elif protocol in protocols.ICMP:
        words = first, second
    else:
        keep_words(extra, source_word, destination_word)
    return _wing(
        direction, source, destination, protocol, *ports, None if None in words else words, _present(interface),
        integer(packets), integer(size), extra,
    )  # fmt: skip
