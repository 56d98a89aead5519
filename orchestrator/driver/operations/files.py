"""Files on the device: list, checksum, read, and delete what is ours."""

from __future__ import annotations

import base64
from collections.abc import Callable

from orchestrator.driver.base import Driver, Reply, Rpc
from orchestrator.driver.forms import first_known
from orchestrator.driver.translate import command_error
from orchestrator.errors import CommandError, ParseError, RetrievalError
from orchestrator.model.files import RemoteFile
from orchestrator.parsers import checksum as checksum_parser
from orchestrator.parsers import file_content, file_list

_CHECKSUMS = {
    "sha256": "get-sha256-checksum-information",
    "sha1": "get-sha1-checksum-information",
    "md5": "get-checksum-information",
}


def listing(driver: Driver, path: str) -> list[RemoteFile]:
    """``file list detail``: a folder, a file, or a pattern that ends in ``*``. Nothing there is an empty list.

    What the device says about a missing file is in no source; any answer without a listing counts as nothing there.
    """
    try:
        reply = driver.rpc(Rpc("file-list", (("path", path), ("detail", None))))
    except CommandError as error:
        if "no such file" in error.message.lower():
            return []
        raise
    if reply.root.find(".//directory-list") is None:
        said = reply.text.strip()
        if said and "no such file" not in said.lower():
            raise command_error(said, device=driver.device.name, command=f"file list {path}")
        return []
    return list(file_list.parse_element(reply.root, f"{driver.device.name} file list"))


def checksum(driver: Driver, path: str) -> tuple[str, str]:
    """Ask the device for a file's checksum: algorithm (of hashlib) and hexadecimal digest, the best it offers.

    Raises:
        UnsupportedError: it offers none.
    """
    forms: dict[str, Callable[[], tuple[str, str]]] = {
        algorithm: lambda name=name, algorithm=algorithm: (  # type: ignore[misc]
            algorithm,
            _digest(driver, driver.rpc(Rpc(name, (("path", path),)), timeout=driver.device.work_seconds), path),
        )
        for algorithm, name in _CHECKSUMS.items()
    }  # fmt: skip
    return first_known(driver, "checksum", forms)


def _digest(driver: Driver, reply: Reply, path: str) -> str:
    try:
        return checksum_parser.parse(reply.root, path)[0].checksum
    except ParseError:
        said = reply.text.strip() or "no checksum"
        raise command_error(said, device=driver.device.name, command=f"checksum {path}") from None


def get(driver: Driver, path: str) -> bytes:
    """Read a whole file inside a reply (``file-get``), for devices that refuse SCP. Byte-exact.

    Raises:
        RetrievalError: the contents came in no form we can read.
    """
    reply = driver.rpc(
        Rpc("file-get", (("filename", path), ("encoding", "base64"))), timeout=driver.device.work_seconds
    )
    try:
        content = file_content.parse(reply.root, path)[0].data
    except ParseError as error:
        raise RetrievalError(error.message, device=driver.device.name, path=path) from error
    named = any(node.get("encoding") or node.tag == "encoding" for node in reply.root.iter())
    return content if named else _decoded(content)


def _decoded(content: bytes) -> bytes:
    """Contents that do not name their encoding (YANG declares none): what we asked for, unless they cannot be that."""
    try:
        return base64.b64decode(b"".join(content.split()), validate=True)
    except ValueError:
        return content


def log(driver: Driver, name: str) -> str:
    """``show log NAME``: the text of a log, which XML may have changed in its blanks and unprintable characters."""
    reply = driver.rpc(Rpc("get-log", (("filename", name),)), timeout=driver.device.work_seconds)
    try:
        return file_content.parse(reply.root, name)[0].data.decode("utf-8", "replace")
    except ParseError:
        said = reply.text.strip()
        if said.lower().startswith("error") or "no such file" in said.lower():
            raise command_error(said, device=driver.device.name, command=f"show log {name}") from None
        return reply.text


def log_tail(driver: Driver, name: str, lines: int) -> list[str]:
    """The last lines of a log."""
    return [line for line in log(driver, name).splitlines() if line.strip()][-lines:]


def delete(driver: Driver, path: str) -> None:
    """Delete a file that carries our tag (the guard lets no other pass).

    Raises:
        CommandError: the device refused; empty is success, text is not (YANG).
    """
    reply = driver.rpc(Rpc("file-delete", (("path", path),)))
    said = reply.text.strip()
    if said:
        raise command_error(said, device=driver.device.name, command=f"file delete {path}")
