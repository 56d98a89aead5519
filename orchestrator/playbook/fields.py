"""Field types for step arguments, as people write them in YAML."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from orchestrator.model import protocols, quantities
from orchestrator.model.flow import Endpoint


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError("a duration needs a unit: write 30s, 5m or 1h30m")
    return quantities.duration(str(value))


def _size(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else quantities.size_bytes(str(value))


def _endpoint(value: Any) -> Endpoint:
    return value if isinstance(value, Endpoint) else Endpoint.parse(str(value))


def _protocol(value: Any) -> int:
    return protocols.number_of(str(value))


Duration = Annotated[
    timedelta, BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": "^([0-9]+h)?([0-9]+m)?([0-9.]+s)?([0-9]+ms)?$", "examples": ["30s"]}),
]  # fmt: skip
SizeBytes = Annotated[
    int, BeforeValidator(_size), WithJsonSchema({"type": ["string", "integer"], "examples": ["10m", "64k"]})
]
EndpointField = Annotated[
    Endpoint,
    BeforeValidator(_endpoint),
    WithJsonSchema({"type": "string", "examples": ["192.0.2.8:443"]}),
]


def _any_protocol(value: Any) -> int | None:
    return None if value in {None, ""} else _protocol(value)  # a variable left empty


Protocol = Annotated[
    int | None, BeforeValidator(_any_protocol),
    WithJsonSchema({"type": ["string", "integer"], "examples": ["tcp", 47]}),
]  # fmt: skip
