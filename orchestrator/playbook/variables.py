"""Variables of a playbook: a type, a default, and the value given for a run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from orchestrator.model import protocols, quantities
from orchestrator.model.arguments import Arguments
from orchestrator.model.flow import Endpoint

VariableType = Literal["prefix", "endpoint", "port", "protocol", "duration", "size", "interface", "text"]
_INTERFACE = re.compile(r"[a-z]{1,8}[0-9]*(-[0-9]+(/[0-9]+){0,2})?(:[0-9]+)?(\.[0-9]+)?")
# What may stand in a free text: it can end up in a command, so nothing that begins another one.
_TEXT = re.compile(r"[A-Za-z0-9 ._:/@+=,\[\]*^-]{0,256}")


class Variable(Arguments):
    """One variable. Without a default it must be given."""

    type: VariableType = "text"
    default: str | int | float | None = None
    about: str = ""


def _prefix(text: str) -> str:
    endpoint = Endpoint.parse(text)
    if endpoint.port is not None:
        raise ValueError(f"not a prefix: {text!r} has a port (the type endpoint takes one)")
    return str(endpoint)


def _port(text: str) -> str:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise ValueError(f"not a port: {text!r} (1 to 65535)")
    return text


def _matching(pattern: re.Pattern[str], what: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(f"not {what}: {text!r}")
        return text

    return read


_READERS: dict[str, Callable[[str], str]] = {
    "prefix": _prefix,
    "endpoint": lambda text: str(Endpoint.parse(text)),
    "port": _port,
    "protocol": lambda text: protocols.name_of(protocols.number_of(text)),
    "duration": lambda text: quantities.in_words(quantities.duration(text)),
    "size": lambda text: str(quantities.size_bytes(text)),
    "interface": _matching(_INTERFACE, "an interface (write ge-0/0/0.0)"),
    "text": _matching(_TEXT, "a plain text (letters, digits, blanks and . _ : / @ + = , [ ] * ^ -)"),
}


def read_value(variable: Variable, value: Any) -> str:
    """Check a value against its type and return its canonical text.

    Raises:
        ValueError: it is not of the type.
    """
    return _READERS[variable.type](str(value).strip())


def missing(variables: Mapping[str, Variable], given: Mapping[str, str]) -> list[str]:
    """Names of variables without a default that were not given."""
    return [name for name, variable in variables.items() if variable.default is None and name not in given]
