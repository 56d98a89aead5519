"""One rule of the guard: what an RPC does to the device and which arguments it may carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.driver.guard import slots
from orchestrator.driver.guard.slots import Slot


class Effect(StrEnum):
    """What a request does to the device."""

    READ = "read"
    CHANGE = "change"  # operational state; nothing here can reach the configuration


@dataclass(frozen=True, slots=True)
class RpcRule:
    """One RPC: ``args`` with a value, ``flags`` without, ``required`` ones, and at least one of ``any_of``."""

    effect: Effect = Effect.READ
    args: Mapping[str, Slot] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    any_of: frozenset[str] = frozenset()
    attributes: Mapping[str, Slot] = field(default_factory=dict)
    subtree: frozenset[str] = frozenset()


# Any read may be asked for as the text a person would see.
_AS_TEXT: dict[str, Slot] = {"format": slots.one_of("text")}


def read(*flags: str, required: str = "", **args: Slot) -> RpcRule:
    """A rule of a request that only reads; names of arguments are written with ``_`` for ``-``."""
    return RpcRule(
        args=_dashed(args), flags=frozenset(flags), required=frozenset(required.split()), attributes=_AS_TEXT
    )


def change(*flags: str, required: str = "", any_of: frozenset[str] = frozenset(), **args: Slot) -> RpcRule:
    """A rule of a request that changes operational state; at least one of ``any_of`` must be given."""
    return RpcRule(Effect.CHANGE, _dashed(args), frozenset(flags), frozenset(required.split()), any_of)


def _dashed(args: Mapping[str, Slot]) -> dict[str, Slot]:
    return {name.rstrip("_").replace("_", "-"): slot for name, slot in args.items()}
