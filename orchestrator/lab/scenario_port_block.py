"""What a scenario may say of the port blocks that source NAT has given out."""

from __future__ import annotations

from pydantic import BaseModel, Field


class PortBlock(BaseModel, extra="forbid", frozen=True):
    """One block; ``left`` is the time left in seconds."""

    pool: str
    internal: str
    reflexive: str
    low: int = Field(ge=0, le=65535)
    high: int = Field(ge=0, le=65535)
    used: int = Field(default=1, ge=0)
    left: int = Field(default=0, ge=0)
