"""When a request may be sent again: reads only, a few times, on a fresh session."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import tenacity

from orchestrator.errors import AuthError, ConnectError, HostKeyError, ReplyTimeoutError, SessionLostError

T = TypeVar("T")
ATTEMPTS = 3
BUDGET_SECONDS = 12.0  # no new attempt begins later: who waited that long for nothing is not asked to wait again
_FINAL = (HostKeyError, AuthError)


def _worth_another(error: BaseException) -> bool:
    if isinstance(error, _FINAL):
        return False  # a second try would only lock the account or ask a stranger again
    return isinstance(error, ConnectError | SessionLostError | ReplyTimeoutError)


def read(attempt: Callable[[], T], *, first_wait: float = 0.2) -> T:
    """Run a read until it answers; the last error is raised as it is.

    Never used for a request that changes the device: after a timeout its outcome is unknown, and sending it again
    could do it twice.
    """
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(ATTEMPTS) | tenacity.stop_after_delay(BUDGET_SECONDS),
        wait=tenacity.wait_random_exponential(multiplier=first_wait, min=first_wait / 4, max=5),
        retry=tenacity.retry_if_exception(_worth_another),
        reraise=True,
    )
    return retrying(attempt)


def until(
    look: Callable[[], T], good: Callable[[T], bool], *, timeout: float, every: float, sleep: Callable[[float], None]
) -> T:
    """Look until what is seen is good, at most ``timeout`` seconds; then return the last look, good or not.

    Raises:
        DeviceError: looking failed.
    """
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_delay(timeout),
        wait=tenacity.wait_fixed(every),
        retry=tenacity.retry_if_result(lambda seen: not good(seen)),
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        sleep=sleep,
    )
    return retrying(look)
