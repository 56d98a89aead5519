"""Several ways to say the same thing to a device, tried in order; the one it took is remembered.

No source tells which release takes which form of the ``monitor`` verb over NETCONF, so the device is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from orchestrator.driver.base import Driver
from orchestrator.errors import CommandError, UnsupportedError

T = TypeVar("T")


def first_known(driver: Driver, verb: str, forms: Mapping[str, Callable[[], T]]) -> T:
    """Run the forms until the device knows one, beginning with the one it took last time.

    Only "I do not know that" moves on to the next form. Any other refusal is an answer, and a lost reply must not be
    followed by a second try of a change.

    Raises:
        UnsupportedError: the device knows none of them; it says what each was answered.
    """
    key = f"{driver.device.name}/{verb}"
    remembered = driver.memory.get(key)
    order = sorted(forms, key=lambda name: name != remembered)
    refusals = []
    for name in order:
        try:
            answer = forms[name]()
        except UnsupportedError as error:
            refusals.append(f"{name}: {error.message}")
            continue
        except CommandError:
            driver.memory[key] = name  # it understood, and refused
            raise
        driver.memory[key] = name
        return answer
    raise UnsupportedError(
        f"the device takes no form of this command ({'; '.join(refusals)})",
        device=driver.device.name,
        command=verb,
        hint="the release may be too old, or the login class may hide the command",
    )
