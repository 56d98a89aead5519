"""``request packet-capture``: packets to a pcap file of the device, without touching the configuration.

The device captures once at a time for everybody (documentation), and its state has no owner. Only the form as an RPC is
published (YANG 24.4R1); a release without it does not offer the facility here.
"""

from __future__ import annotations

from orchestrator.driver.base import Driver, Rpc
from orchestrator.driver.operations import files
from orchestrator.errors import CommandError, ParseError
from orchestrator.model import protocols
from orchestrator.model.files import RemoteFile
from orchestrator.model.packet_capture import CaptureRequest, CaptureStatus
from orchestrator.parsers import packet_capture
from orchestrator.parsers.source import Source

# Which of them the device writes to is in no source.
FOLDERS = ("/var/log", "/var/tmp")  # noqa: S108 - paths on the device
_SHOW = Rpc("request-packet-capture-show")


def status(driver: Driver) -> list[CaptureStatus]:
    """Read the state of packet capture, one entry a node that answers.

    Raises:
        UnsupportedError: the release has no such facility.
    """
    reply = driver.rpc(_SHOW)
    name = f"{driver.device.name} packet-capture status"
    try:
        found = list(packet_capture.parse_element(reply.root, name))
    except ParseError:  # text in place of the leaves
        found = list(packet_capture.parse(Source.of_text(reply.text, name)))
    return found or [CaptureStatus()]


def words(request: CaptureRequest) -> tuple[tuple[str, str | None], ...]:
    """Arguments of ``request packet-capture start``."""
    args: list[tuple[str, str | None]] = [
        ("capture-file", request.name),
        ("size", str(request.size_bytes)),
        ("maximum-capture-size", str(request.snap)),
        ("count", str(request.count)),
    ]
    if request.bidirectional:
        args.append(("bidirectional", None))
    for name, value in request.criteria.items():
        text = protocols.name_of(int(str(value))) if name == "protocol" else str(value)
        args.append((name.replace("_", "-"), text))
    return tuple(args)


def start_line(request: CaptureRequest) -> str:
    """The start as a person would type it."""
    flat = [word for pair in words(request) for word in pair if word is not None]
    return " ".join(["request packet-capture start", *flat])


STOP_LINE = "request packet-capture stop"


def start(driver: Driver, request: CaptureRequest) -> str:
    """Begin a capture; return what the device says, whose wording is in no source: only the status proves it.

    Raises:
        CommandError: the device refused.
    """
    return driver.rpc(Rpc("request-packet-capture-start", words(request))).text.strip()


def stop(driver: Driver) -> str:
    """End the capture, whosever it is: look first. Returns what the device says."""
    return driver.rpc(Rpc("request-packet-capture-stop")).text.strip()


def our_files(driver: Driver, name: str) -> list[RemoteFile]:
    """The files of a capture of ours, in whichever folder the device put them; also those with a suffix of its own."""
    found: list[RemoteFile] = []
    for folder in FOLDERS:
        try:
            listed = files.listing(driver, f"{folder}/{name}*")
        except CommandError:
            if folder == FOLDERS[0]:
                raise
            continue  # a class that may read the logs need not see the other folder
        found += [_below(one, folder) for one in listed if not one.is_directory]
    return found


def _below(file: RemoteFile, folder: str) -> RemoteFile:
    return RemoteFile(
        path=f"{folder}/{file.name}", size_bytes=file.size_bytes, modified=file.modified,
        permissions=file.permissions, owner=file.owner, group=file.group, node=file.node,
    )  # fmt: skip
