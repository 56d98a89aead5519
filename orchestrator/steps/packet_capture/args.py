"""What a person writes under ``packet_capture``."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from orchestrator.model.arguments import Arguments
from orchestrator.model.packet_capture import COUNTS, SIZES, SNAPS, CaptureRequest
from orchestrator.playbook.fields import Duration, EndpointField, Protocol, SizeBytes
from orchestrator.steps.governor import Limits

HEADERS = 128  # of each packet: enough for every header, and hardly any of what people say to each other


class Args(Arguments):
    """Which packets to capture, how many at most, and how long."""

    once: ClassVar[bool] = True  # one capture a run: the device captures once at a time

    source: EndpointField | None = None
    destination: EndpointField | None = None
    protocol: Protocol | None = None
    interface: str | None = Field(default=None, pattern=r"^[a-z]{1,8}[0-9]*(-[0-9]+(/[0-9]+){0,2})?(\.[0-9]+)?$")
    directions: Literal["both", "forward"] = "both"
    count: Annotated[int, Field(ge=COUNTS[0], le=COUNTS[1])] = Field(
        default=1000, description="packets after which the device stops by itself"
    )
    size: Annotated[SizeBytes, Field(ge=SIZES[0], le=SIZES[1])] = Field(
        default=10 * 1024 * 1024, description="largest file"
    )
    snap: Annotated[int, Field(ge=SNAPS[0], le=SNAPS[1])] = Field(
        default=HEADERS, description="bytes kept of each packet; the default keeps the headers"
    )
    for_: Duration = Field(default=timedelta(seconds=10), alias="for", gt=timedelta(0), le=timedelta(hours=24))
    background: bool = Field(
        default=False, description="go on with the next steps at once; the capture ends with the run"
    )
    allow_any: bool = Field(default=False, description="permit a capture of every packet")
    optional: bool = Field(default=False, description="a device without packet capture is a note, not a refusal")
    if_taken: Literal["refuse", "wait"] = Field(default="refuse", description="when somebody's capture runs")
    wait_for: Duration = Field(default=timedelta(minutes=5), description="how long to wait, with if_taken: wait")
    limits: Limits = Field(default_factory=Limits, description="above these the capture does not start, or stops")
    settle: Duration = Field(
        default=timedelta(seconds=1.5), ge=timedelta(seconds=1), description="how long the file must keep its size"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Args:
        ends = self.source, self.destination
        if ends[0] and ends[1] and ends[0].prefix.version != ends[1].prefix.version:
            raise ValueError(f"{ends[0]} and {ends[1]} are of different address families")
        if self.request("x").is_wide and not self.allow_any:
            raise ValueError("this takes every packet of the device; say allow_any: true if that is meant")
        return self

    def request(self, name: str) -> CaptureRequest:
        """The capture as the driver takes it; a prefix of length 0 is no criterion."""
        source, destination = self.source, self.destination
        return CaptureRequest(
            name=name,
            size_bytes=self.size,
            count=self.count,
            snap=self.snap,
            bidirectional=self.directions == "both",
            source_prefix=source.prefix if source and source.prefix.prefixlen else None,
            destination_prefix=destination.prefix if destination and destination.prefix.prefixlen else None,
            source_port=source.port if source else None,
            destination_port=destination.port if destination else None,
            protocol=self.protocol,
            interface=self.interface,
        )
