"""What goes wrong, when, and for which request."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from orchestrator.errors import ScenarioError

Kind: TypeAlias = Literal[
    "delay",  # `seconds` of lab time
    "drop-before",  # the connection is lost, nothing was carried out
    "drop-after",  # carried out, the connection is lost before the reply
    "lost",  # not carried out, no answer, the connection stays
    "lost-reply",  # carried out, no answer
    "half-reply",  # carried out, half an answer and then silence
    "error",  # `text` as a daemon's failure
    "reset",  # as drop-before, with a TCP RST
    "freeze",  # nothing of the device answers for `seconds`, or until it is thawed
    "reboot",  # the device boots; with `when: after` the request was carried out
    "failover",  # redundancy group 0 of a cluster moves to the other node
    "disk-full",
    "disk-writable",
    "cpu-high",  # `percent`
    "login-class",  # `user` gets `text` as login class
]
STATE_KINDS = frozenset({"disk-full", "disk-writable", "cpu-high", "login-class"})


class Fault(BaseModel):
    """One fault: ``match`` is a regular expression searched in the request, empty for every request.

    ``times`` is how often it strikes, ``None`` for always; ``skip`` lets that many matching requests pass first.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    match: str = ""
    when: Literal["before", "after"] = "before"
    seconds: float | None = Field(None, ge=0)
    text: str = "error: the lab was told to fail"
    user: str = ""
    percent: int = Field(95, ge=0, le=100)
    once: bool = True
    times: int | None = Field(None, ge=1)
    skip: int = Field(0, ge=0)
    struck: int = 0

    @field_validator("match")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return pattern

    @property
    def is_spent(self) -> bool:
        """Whether it has struck as often as it should."""
        limit = self.times or (1 if self.once else None)
        return limit is not None and self.struck >= limit


class Faults:
    """The faults of one device, in the order given; a request meets the first that fits."""

    def __init__(self, given: Iterable[dict[str, Any]] = ()) -> None:
        self._faults = [self._read(one) for one in given]

    @staticmethod
    def _read(given: dict[str, Any]) -> Fault:
        try:
            return Fault.model_validate(given)
        except ValidationError as error:
            raise ScenarioError(f"not a fault: {error}", hint="See lab/faults.py for the kinds.") from error

    def add(self, given: dict[str, Any]) -> None:
        """One more.

        Raises:
            ScenarioError: it is not valid.
        """
        self._faults.append(self._read(given))

    def clear(self) -> None:
        """None any more."""
        self._faults.clear()

    def strike(self, request: str) -> Fault | None:
        """The fault this request meets; counted."""
        for fault in self._faults:
            if fault.is_spent or not re.search(fault.match, request):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.struck += 1
            return fault
        return None

    def described(self) -> list[dict[str, Any]]:
        """For the control socket."""
        return [fault.model_dump() for fault in self._faults]
