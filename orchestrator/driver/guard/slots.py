"""Shapes of the values that may stand in a request.

Each is matched against the whole value. None lets through white space, control characters, quotes, pipes,
semicolons, ampersands, dollar signs, backticks, angle brackets or anything else that could begin a second command,
redirect output or reach a shell.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from orchestrator.model import tags

Slot = Callable[[str], bool]


def _shaped(pattern: str) -> Slot:
    compiled = re.compile(pattern, re.ASCII)
    return lambda value: compiled.fullmatch(value) is not None


def between(low: int, high: int) -> Slot:
    """A whole number in a range, both ends included."""
    return lambda value: (
        value.isascii() and value.isdigit() and len(value) <= len(str(high)) and low <= int(value) <= high
    )


def _prefix(value: str) -> bool:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return value.isascii() and "%" not in value


def _narrow_prefix(value: str) -> bool:
    return _prefix(value) and ipaddress.ip_network(value, strict=False).prefixlen > 0


def _address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return value.isascii() and "%" not in value


def one_of(*words: str) -> Slot:
    """One of a few words."""
    allowed = frozenset(words)
    return lambda value: value in allowed


def our_tag(value: str) -> bool:
    """A name that this product made: the only kind it may create, clear or delete."""
    return _TAG_SHAPE(value) and tags.read(value) is not None


# A tag is ASCII, and its time to live, in seconds, fits a date.
_TAG_SHAPE = _shaped(r"orc-[0-9]{8}T[0-9]{6}-[0-9a-f]{6}-[0-9]{1,9}s-[a-z0-9]{1,64}(\.[0-9]{1,4})?(\.gz)?")


def our_file(value: str) -> bool:
    """The path of a file that this product made."""
    folder, _, name = value.rpartition("/")
    return folder in ("/var/log", "/var/tmp") and our_tag(name)  # noqa: S108 - a path on the device


PREFIX: Slot = _prefix
NARROW_PREFIX: Slot = _narrow_prefix  # one of length 0 names everything
ADDRESS: Slot = _address
PORT = between(1, 65535)
UINT32 = between(0, 2**32 - 1)
UINT64 = between(0, 2**64 - 1)
SIZE = between(10240, 1073741824)
FILES = between(2, 1000)
NAME = _shaped(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
NODE = _shaped(r"\d|all|local|primary")
INTERFACE = _shaped(r"[a-z]{1,8}[0-9]*(-[0-9]{1,3}(/[0-9]{1,3}){0,2})?(:[0-9]{1,2})?(\.[0-9]{1,9})?")
SA_NAME = _shaped(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")  # facts: YANG 24.4R1, 1 to 32 characters
ES_INTERFACE = _shaped(r"es-[0-9]{1,2}/[0-9]{1,2}/[0-9]{1,2}")  # an encryption PIC
FILE_NAME = _shaped(r"[A-Za-z0-9][A-Za-z0-9._+@=-]{0,254}")
# A pattern for the device's own line filter: a smaller alphabet than Junos takes, so that it needs no quotes.
LINE_PATTERN = _shaped(r"[A-Za-z0-9._:/+*^\[\],=@-]{1,128}")
# Where files may be read: the two folders of logs, and below them.
READABLE = _shaped(r"/var/(log|tmp)(/[A-Za-z0-9][A-Za-z0-9._+@=-]{0,254}){1,3}")
LISTABLE = _shaped(r"/var/(log|tmp)(/[A-Za-z0-9][A-Za-z0-9._+@=-]{0,254}){0,3}/?\*?")
# A word of a show command: letters, digits and what addresses, interfaces and names are made of.
# Never two dots in a row: ``show log`` would follow them out of its folder.
SHOW_WORD = _shaped(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._:/@+*=-]{0,127}")
ELEMENT = _shaped(r"[a-z][a-z0-9-]{0,63}")
SERVICE_SET = _shaped(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")  # facts: YANG 24.4R1
