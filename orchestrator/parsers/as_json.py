"""Records as JSON-ready values."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from enum import Enum
from pathlib import PurePath
from typing import Any


def as_json(value: Any) -> Any:
    """Turn a record into dicts, lists, strings and numbers: times as ISO 8601, enums by value, sets sorted."""
    if isinstance(value, Enum):
        return as_json(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: as_json(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [as_json(each) for each in value]
        return sorted(items, key=str) if isinstance(value, set | frozenset) else items
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    networks = ipaddress.IPv4Network, ipaddress.IPv6Network, ipaddress.IPv4Address, ipaddress.IPv6Address
    if isinstance(value, (PurePath, *networks)):
        return str(value)
    raise TypeError(f"not a value of a record: {type(value).__name__}")
