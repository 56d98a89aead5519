"""Why a session was closed, in the words of RT_FLOW, and who ended it.

Sources of the words: Juniper's table of session close log fields (documentation), and two words seen in published logs
only. The sentences are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

DOCUMENTATION = "documentation: Session Close Log Fields"
PUBLISHED_LOGS = "published logs; no documentation found"


class EndedBy(StrEnum):
    """Who ended a session, as far as its close reason tells."""

    CLIENT = "client"
    SERVER = "server"
    ENDPOINT = "endpoint"  # one of the two, the word does not tell which
    COMPLETION = "completion"  # question answered, nothing left to do
    SILENCE = "silence"  # nobody spoke until the timeout
    NETWORK = "network"  # somebody on the way said that the packet cannot get there
    DEVICE = "device"
    OPERATOR = "operator"
    UNKNOWN = "unknown"


class CloseReason(StrEnum):
    """The words of the structured form. The unstructured form prints the same ones, some with `` N/A`` behind them."""

    UNSET = "unset"
    TCP_CLIENT_RST = "TCP CLIENT RST"
    TCP_SERVER_RST = "TCP SERVER RST"
    TCP_RST = "TCP RST"
    TCP_FIN = "TCP FIN"
    RESPONSE_RECEIVED = "response received"
    ICMP_ERROR = "ICMP error"
    AGED_OUT = "aged out"
    ALG = "ALG"
    HA = "HA"
    IDLE_TIMEOUT = "idle Timeout"
    AUTH = "auth"
    IDP = "IDP"
    SYNPROXY_FAILURE = "synproxy failure"
    SYNPROXY_LIMIT = "synproxy limit"
    PARENT_CLOSED = "parent closed"
    CLI = "CLI"
    CP_NACK = "CP NACK"
    CP_DELETE = "CP delete"
    POLICY_DELETE = "policy delete"
    FWD_SESSION = "fwd session"
    MULTICAST_ROUTE_CHANGE = "multicast route change"
    FIRST_PATH_REROUTE = "first path reroute, session recreated"
    SOURCE_NAT_ALLOCATION_FAILURE = "source NAT allocation failure"
    APPLICATION_FAILURE = "application failure or action"
    OTHER = "other"
    IKE_TEMPLATE_ERROR = "error create IKE pass-through template"
    IKE_CHILD_AGEOUT = "IKE pass-through child session ageout"
    PENDING_TIMEOUT = "sess timeout on pending state"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ReasonMeaning:
    """What a close reason says: a sentence, where the word is from, and who ended the session."""

    reason: CloseReason
    meaning: str
    ended_by: EndedBy
    source: str = DOCUMENTATION


MEANINGS: dict[CloseReason, ReasonMeaning] = {
    each.reason: each
    for each in (
        ReasonMeaning(
            CloseReason.UNSET,
            "The session could not be installed on the central point, for example for want of memory.",
            EndedBy.DEVICE,
        ),
        ReasonMeaning(CloseReason.TCP_CLIENT_RST, "The client sent a TCP reset.", EndedBy.CLIENT),
        ReasonMeaning(CloseReason.TCP_SERVER_RST, "The server sent a TCP reset.", EndedBy.SERVER),
        ReasonMeaning(CloseReason.TCP_RST, "One of the two ends sent a TCP reset.", EndedBy.ENDPOINT, PUBLISHED_LOGS),
        ReasonMeaning(CloseReason.TCP_FIN, "One of the two ends closed the connection with FIN.", EndedBy.ENDPOINT),
        ReasonMeaning(
            CloseReason.RESPONSE_RECEIVED,
            "The one question of the session was answered, as an echo request by its reply.",
            EndedBy.COMPLETION,
        ),
        ReasonMeaning(CloseReason.ICMP_ERROR, "An ICMP error came back for the session.", EndedBy.NETWORK),
        ReasonMeaning(CloseReason.AGED_OUT, "The session reached its age limit.", EndedBy.SILENCE),
        ReasonMeaning(CloseReason.ALG, "An error in an application layer gateway closed it.", EndedBy.DEVICE),
        ReasonMeaning(CloseReason.HA, "A message of the chassis cluster closed it.", EndedBy.DEVICE),
        ReasonMeaning(
            CloseReason.IDLE_TIMEOUT, "No packet came before the configured timeout ran out.", EndedBy.SILENCE
        ),
        ReasonMeaning(CloseReason.AUTH, "Authentication failed.", EndedBy.DEVICE),
        ReasonMeaning(CloseReason.IDP, "Intrusion prevention closed it for an error of its own.", EndedBy.DEVICE),
        ReasonMeaning(CloseReason.SYNPROXY_FAILURE, "The SYN proxy failed.", EndedBy.DEVICE),
        ReasonMeaning(
            CloseReason.SYNPROXY_LIMIT,
            "The SYN proxy could allocate no minor session, so the original one was given up.",
            EndedBy.DEVICE,
        ),
        ReasonMeaning(CloseReason.PARENT_CLOSED, "The session it belongs to was closed.", EndedBy.DEVICE),
        ReasonMeaning(CloseReason.CLI, "Somebody cleared it with a command.", EndedBy.OPERATOR),
        ReasonMeaning(CloseReason.CP_NACK, "The central point refused it.", EndedBy.DEVICE),
        ReasonMeaning(CloseReason.CP_DELETE, "The central point deleted it.", EndedBy.DEVICE),
        ReasonMeaning(CloseReason.POLICY_DELETE, "Its policy is being deleted.", EndedBy.OPERATOR),
        ReasonMeaning(CloseReason.FWD_SESSION, "Its forwarding session was deleted.", EndedBy.DEVICE),
        ReasonMeaning(CloseReason.MULTICAST_ROUTE_CHANGE, "The multicast route changed.", EndedBy.DEVICE),
        ReasonMeaning(
            CloseReason.FIRST_PATH_REROUTE, "The route changed and the session was made anew.", EndedBy.DEVICE
        ),
        ReasonMeaning(
            CloseReason.SOURCE_NAT_ALLOCATION_FAILURE,
            "No address or port of the source NAT pool was to be had; the packet is dropped.",
            EndedBy.DEVICE,
        ),
        ReasonMeaning(
            CloseReason.APPLICATION_FAILURE,
            "An application service failed on it or acted against it.",
            EndedBy.DEVICE,
            PUBLISHED_LOGS,
        ),
        ReasonMeaning(CloseReason.OTHER, "Another reason that has no word of its own.", EndedBy.UNKNOWN),
        ReasonMeaning(
            CloseReason.IKE_TEMPLATE_ERROR, "The template for IKE pass-through could not be made.", EndedBy.DEVICE
        ),
        ReasonMeaning(
            CloseReason.IKE_CHILD_AGEOUT, "The template for IKE pass-through has no child left.", EndedBy.DEVICE
        ),
        ReasonMeaning(
            CloseReason.PENDING_TIMEOUT, "The session was still pending when its timer ran out.", EndedBy.DEVICE
        ),
        ReasonMeaning(CloseReason.UNKNOWN, "The device does not know why.", EndedBy.UNKNOWN),
    )
}
_BY_WORDS = {str(reason).lower(): reason for reason in CloseReason}


def close_reason(printed: str) -> CloseReason | None:
    """Read a reason of either form (``idle Timeout``, ``idle Timeout N/A``); ``None`` for a word that is not known."""
    words = " ".join(printed.split()).lower()
    return _BY_WORDS.get(words) or _BY_WORDS.get(words.removesuffix(" n/a"))


def meaning_of(printed: str) -> ReasonMeaning | None:
    """What a printed reason says; ``None`` for a word that is not known."""
    reason = close_reason(printed)
    return None if reason is None else MEANINGS[reason]
