"""A playbook: what to do on a device, short and without a word about undoing it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from orchestrator.model.arguments import Arguments
from orchestrator.model.verdict import Certainty, Verdict
from orchestrator.playbook.fields import Duration
from orchestrator.playbook.variables import Variable

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
COUNT = re.compile(r"(?P<how><=|>=|<|>|=|)\s*(?P<number>\d{1,9})")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


Compared = Literal["policy", "nat", "route"]


class Expectation(Arguments):
    """What the result must show; each key is one check of its own."""

    verdict: Verdict | None = None
    certainty: Certainty | None = None
    policy: str | None = Field(default=None, description="name of the policy that decided")
    from_zone: str | None = None
    to_zone: str | None = None
    source_nat: str | None = Field(default=None, description="ADDRESS or ADDRESS/PORT after translation, or none")
    destination_nat: str | None = Field(default=None, description="ADDRESS or ADDRESS/PORT after translation, or none")
    sessions: str | None = Field(default=None, description="how many stand in the table afterwards: 1, >=1, <10, 0")
    close_reason: str | None = Field(default=None, description="of the last RT_FLOW close record, as printed")
    drops: str | None = Field(default=None, description="how many packets were dropped: 0, <=2")
    unchanged: list[Compared] | None = Field(
        default=None, description="what the sessions that stood before must have kept"
    )
    alg: Literal["active", "transferring"] | None = Field(
        default=None, description="alg: control flows have packets, or data flows too"
    )
    alg_findings: str | None = Field(default=None, description="alg: how many things are wrong: 0, <=2")
    switched: bool | None = Field(default=None, description="ipsec_switch: states swapped and counter one higher")
    security_associations: Literal["inherited", "new"] | None = Field(
        default=None, description="ipsec_switch: taken over by the standby, or negotiated anew"
    )
    switched_back: bool | None = Field(default=None, description="ipsec_switch with restore: true: as before again")

    @field_validator("sessions", "drops", "alg_findings", mode="before")
    @classmethod
    def _count(cls, written: object) -> object:
        text = str(written)
        if not COUNT.fullmatch(text):
            raise ValueError(f"not a count: {text!r} (write 1, >=1, <10 or 0)")
        return text

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(f"nothing is expected here: name one of {', '.join(type(self).model_fields)}")
        return self


class Limits(Arguments):
    """Bounds in time; the teardown is not counted, it always gets the time it needs."""

    run: Duration | None = Field(default=None, description="longest a run may take, waiting for devices included")
    device: Duration | None = Field(default=None, description="longest the work on one device may take")
    step: Duration | None = Field(default=None, description="longest any one step may take")


class Document(Arguments):
    """The YAML file; ``steps`` are checked by their kinds once the variables are known."""

    name: str
    about: str = ""
    vars: dict[str, Variable] = Field(default_factory=dict)
    limits: Limits = Field(default_factory=Limits)
    steps: list[dict[str, Any]] = Field(min_length=1)
    expect: list[Expectation] = Field(default_factory=list)

    @field_validator("vars")
    @classmethod
    def _usable(cls, variables: dict[str, Variable]) -> dict[str, Variable]:
        for name in variables:
            if not _VARIABLE.fullmatch(name):
                raise ValueError(f"not a name for a variable: {name!r} (letters, digits and underscores)")
        return variables

    @field_validator("name")
    @classmethod
    def _plain(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("a name is made of small letters, digits and dashes")
        return name


@dataclass(frozen=True, slots=True)
class Step:
    """One step, checked: its kind, its arguments, and the line it was written on."""

    kind: str
    args: BaseModel
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """A playbook with every variable filled in."""

    name: str
    about: str
    steps: tuple[Step, ...]
    expect: tuple[Expectation, ...]
    limits: Limits
    values: dict[str, str]
    source: str
    path: str
