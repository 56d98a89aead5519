"""What a person writes under ``flow_trace``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from orchestrator.model.arguments import Arguments
from orchestrator.model.flow_monitor import FlowFilter
from orchestrator.playbook.fields import Duration, EndpointField, Protocol, SizeBytes
from orchestrator.steps.flow_trace.filters import Conversation, both_ways
from orchestrator.steps.flow_trace.watch import until_reader
from orchestrator.steps.governor import Limits

DEFAULT_BYTES = 10 * 1024 * 1024
MAX_FILTERS = 16


class ConversationArgs(Arguments):
    """Who talks to whom, as the first packet arrives at the device."""

    source: EndpointField
    destination: EndpointField
    protocol: Protocol | None = None


class FilterArgs(Arguments):
    """One filter of the device: criteria are ANDed, addresses are those before NAT."""

    source: EndpointField | None = None
    destination: EndpointField | None = None
    protocol: Protocol | None = None
    interface: str | None = Field(default=None, pattern=r"^[a-z]{1,8}[0-9]*(-[0-9]+(/[0-9]+){0,2})?(\.[0-9]+)?$")
    logical_system: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")
    conn_tag: Annotated[int, Field(ge=0, le=4294967295)] | None = None

    def filter(self, name: str) -> FlowFilter:
        """The filter as the driver takes it."""
        source, destination = self.source, self.destination
        return FlowFilter(
            name=name,
            source_prefix=source.prefix if source else None,
            source_port=source.port if source else None,
            destination_prefix=destination.prefix if destination else None,
            destination_port=destination.port if destination else None,
            protocol=self.protocol,
            interface=self.interface,
            logical_system=self.logical_system,
            conn_tag=self.conn_tag,
        )


class FileArgs(Arguments):
    """The trace file on the device. Ranges are the device's own (live 24.4R1)."""

    size: Annotated[SizeBytes, Field(ge=10240, le=1073741824)] = DEFAULT_BYTES
    files: Annotated[int, Field(ge=2, le=1000)] = 3
    match: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._:/+*^\[\],=@-]{1,128}$")
    world_readable: bool | Literal["auto"] = "auto"


class Args(Arguments):
    """What to trace, how long, and when to stop early."""

    once: ClassVar[bool] = True  # one trace a run: the device has one monitor, and the verdict is about one trace

    conversation: ConversationArgs | None = None
    filters: list[FilterArgs] = Field(default_factory=list, max_length=MAX_FILTERS)
    directions: Literal["both", "forward"] = "both"
    file: FileArgs = Field(default_factory=FileArgs)
    for_: Duration = Field(default=timedelta(seconds=10), alias="for", gt=timedelta(0), le=timedelta(hours=24))
    until: str | None = Field(default=None, description="first-drop, first-packet, session or packets:N")
    progress: bool = Field(default=False, description="read the growing trace and tell what it shows")
    allow_any: bool = Field(default=False, description="permit a filter that matches every packet")
    if_taken: Literal["refuse", "wait", "coexist"] = Field(
        default="refuse", description="when somebody's monitor or filters are there"
    )
    wait_for: Duration = Field(default=timedelta(minutes=5), description="how long to wait, with if_taken: wait")
    limits: Limits = Field(default_factory=Limits, description="above these the capture does not start, or stops")
    settle: Duration = Field(
        default=timedelta(seconds=1.5), ge=timedelta(seconds=1), description="how long the file must keep its size"
    )

    @field_validator("until", mode="before")
    @classmethod
    def _none(cls, written: object) -> object:
        return written or None  # a variable left empty

    @model_validator(mode="after")
    def _consistent(self) -> Args:
        if (self.conversation is None) == (not self.filters):
            raise ValueError("give either a conversation or filters")
        if self.until is not None:
            until_reader(self.until)
        if self.until == "session" and self.conversation is None:
            raise ValueError("until: session needs a conversation to look for")
        for one in (self.conversation, *self.filters):
            if one and one.source and one.destination and one.source.prefix.version != one.destination.prefix.version:
                raise ValueError(f"{one.source} and {one.destination} are of different address families")
        wide = [one for one in self.flow_filters(str) if one.is_wide]
        if wide and not self.allow_any:
            raise ValueError("this filter takes every packet of the device; say allow_any: true if that is meant")
        return self

    def flow_filters(self, tag: Callable[[str], str]) -> list[FlowFilter]:
        """The filters that are known before the device is asked."""
        if self.conversation is None:
            return [one.filter(tag(f"f{number}")) for number, one in enumerate(self.filters, 1)]
        return both_ways(self.talk(), tag, both=self.directions == "both")

    def talk(self) -> Conversation:
        """The conversation as the filters take it."""
        assert self.conversation is not None
        return Conversation(self.conversation.source, self.conversation.destination, self.conversation.protocol)
