"""asyncio: operations that would wait are woken by this thread's doorbell (native/include/interproc.h, event loops).

An attempt is a function that does the operation once. It returns its result, or a ``Blocked`` that says what to wait for.
"""

from __future__ import annotations

import asyncio
import ctypes
import weakref
from typing import Any, Callable, NamedTuple, Optional

from . import _library as c
from ._errors import check
from ._library import lib


class Blocked(NamedTuple):
    """What has to hold before another attempt can succeed."""

    object: Any
    condition: int
    need: int = 0


#: Deaths ring no doorbell: while anything is armed, everything is tried again this often, in seconds.
INSPECTION = 0.05


class _Waiter:
    def __init__(self, attempt: Callable[[], Any], future: "asyncio.Future[Any]") -> None:
        self.attempt = attempt
        self.future = future
        self.armed: Optional[Blocked] = None


class _Waits:
    """What one event loop waits for."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        descriptor = ctypes.c_int()
        check(lib.ip_doorbell(ctypes.byref(descriptor)))
        self._loop = loop
        self._bell = descriptor.value
        self._waiters: list[_Waiter] = []
        self._inspection: Optional[asyncio.TimerHandle] = None

    def add(self, waiter: _Waiter) -> None:
        if not self._waiters:
            self._loop.add_reader(self._bell, self._rung)
            self._inspection = self._loop.call_later(INSPECTION, self._inspect)
        self._waiters.append(waiter)
        self._settle(waiter)

    def remove(self, waiter: _Waiter) -> None:
        if waiter in self._waiters:
            self._waiters.remove(waiter)
        if waiter.armed is not None:
            armed, waiter.armed = waiter.armed, None
            lib.ip_disarm(armed.object._number, armed.condition, armed.need)
            # Waiters of one thread for one thing are one to the library.
            for other in list(self._waiters):
                if other.armed is not None and other.armed.object is armed.object:
                    self._settle(other)
        if not self._waiters and self._inspection is not None:
            self._loop.remove_reader(self._bell)
            self._inspection.cancel()
            self._inspection = None

    def _settle(self, waiter: _Waiter) -> None:
        ready = ctypes.c_int(1)
        while not waiter.future.done():
            try:
                result = waiter.attempt()
            except Exception as error:
                waiter.future.set_exception(error)
                return
            if not isinstance(result, Blocked):
                waiter.future.set_result(result)
                return
            if waiter.armed is not None and waiter.armed[1:2] != result[1:2]:
                lib.ip_disarm(waiter.armed.object._number, waiter.armed.condition, waiter.armed.need)
            waiter.armed = result
            status = lib.ip_arm(result.object._number, result.condition, result.need, ctypes.byref(ready))
            if status != c.OK:
                continue  # closed: the next attempt says so
            if not ready.value:
                return

    def _settle_all(self) -> None:
        for waiter in list(self._waiters):
            self._settle(waiter)

    def _rung(self) -> None:
        lib.ip_doorbell_drain()
        self._settle_all()

    def _inspect(self) -> None:
        self._inspection = self._loop.call_later(INSPECTION, self._inspect)
        for waiter in list(self._waiters):
            armed = waiter.armed
            if armed is None or lib.ip_look(armed.object._number, armed.condition, armed.need):
                self._settle(waiter)


_waits: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Waits]" = weakref.WeakKeyDictionary()


async def wait(attempt: Callable[[], Any], timeout: Optional[float], expired: Callable[[], Any]) -> Any:
    """The result of the first attempt that is not blocked. When time runs out, ``expired()`` gives the result or raises.
    Cancelling takes nothing."""
    result = attempt()
    if not isinstance(result, Blocked):
        return result
    if timeout is not None and timeout <= 0:
        return expired()
    loop = asyncio.get_running_loop()
    waits = _waits.get(loop)
    if waits is None:
        waits = _waits[loop] = _Waits(loop)
    waiter = _Waiter(attempt, loop.create_future())
    # A result of its own says that time is up: a cancelled future would look like a cancelled task.
    timer = None if timeout is None else loop.call_later(timeout, _expire, waiter.future)
    waits.add(waiter)
    try:
        result = await waiter.future
    finally:
        if timer is not None:
            timer.cancel()
        waits.remove(waiter)
    return expired() if result is _EXPIRED else result


_EXPIRED = object()


def _expire(future: "asyncio.Future[Any]") -> None:
    if not future.done():
        future.set_result(_EXPIRED)
