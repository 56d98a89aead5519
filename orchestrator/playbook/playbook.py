"""A playbook: what to do on a device, short and without a word about undoing it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, field_validator

from orchestrator.model.arguments import Arguments
from orchestrator.model.verdict import Verdict
from orchestrator.playbook.fields import Duration
from orchestrator.playbook.variables import Variable

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class Expectation(Arguments):
    """One thing the result must show."""

    verdict: Verdict


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
