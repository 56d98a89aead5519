"""What an operation gives back, in both renderings, and how it refuses."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrator.lab.markup import Element


@dataclass(slots=True)
class Answer:
    """XML for NETCONF and text for the CLI.

    ``padded``: this daemon writes leaf text on lines of its own. ``structured_only``: the XML is what comes back also
    when text was asked for, as with ``file-content``. ``ok``: an ``<ok/>``. ``ends_session``: the caller's own
    connection is gone before the reply.
    """

    text: str = ""
    elements: list[Element] = field(default_factory=list)
    padded: bool = False
    structured_only: bool = False
    ok: bool = False
    ends_session: bool = False


class Refusal(Exception):  # noqa: N818 - it is what the device does, and it is no defect of ours
    """The device says no; the defaults are a daemon's plain failure."""

    def __init__(  # noqa: PLR0913 - the fields of an rpc-error
        self,
        message: str,
        *,
        kind: str = "protocol",
        tag: str = "operation-failed",
        bad_element: str = "",
        padded: bool = False,
        parse: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.tag = tag
        self.bad_element = bad_element
        self.padded = padded
        self.parse = parse


def daemon_failure(message: str) -> Refusal:
    """A daemon's failure: no error-info, the message on lines of its own (facts: live 24.4R1.9)."""
    return Refusal(message, padded=True)


def unknown(name: str) -> Refusal:
    """An element or word the device does not know."""
    return Refusal("syntax error", bad_element=name)


def missing(argument: str) -> Refusal:
    """A mandatory argument is not there."""
    return Refusal(
        f"missing mandatory argument: {argument}", kind="application", tag="missing-element", bad_element=argument
    )


def denied(name: str) -> Refusal:
    """The login class lacks the permission."""
    return Refusal("permission denied", bad_element=name)
